"""`skillctl registry serve`."""

from __future__ import annotations

import sys
from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, environment, registry_location, settings
from skillctl.cli.options import KeysDirectory
from skillctl.cli.page import Page
from skillctl.cli.parameter import option


def command(
    db: Annotated[
        str, option("--db", metavar="URL", help="The database: sqlite:///… or postgresql://…; a file of yours without.")
    ] = "",
    storage: Annotated[
        str, option("--storage", metavar="URL", help="Where the files lie: a directory or s3://…; yours without.")
    ] = "",
    blobs: Annotated[
        str, option("--blobs", metavar="PLACE", help="Keep a new registry's archives in OCI: oci://HOST/REPOSITORY.")
    ] = "",
    keys: KeysDirectory = "",
    host: Annotated[str, option("--host", metavar="HOST", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, option("--port", metavar="PORT", help="The port to listen at; 0 for any free one.")] = 8722,
    url: Annotated[
        str, option("--url", metavar="URL", help="The address that readers know, where a proxy stands before it.")
    ] = "",
    rate: Annotated[int, option("--rate", metavar="N", help="Requests a second that one caller may make.")] = 20,
    check: Annotated[bool, option("--check", help="Make or open everything, show it, and don't serve.")] = False,
) -> Answer:
    """Serve a registry that many publish to.

    The first start needs no set-up: it makes the registry and its keys, and prints the digest of its root and one token
    for the administrator, unless SKILLCTL_ADMIN_TOKEN has one. Several processes may serve one database and storage.
    """
    from skillctl.app.serve import Places, ServeRequest, Started, serve_registry

    def ready(started: Started) -> None:
        lines = [
            f"serving the registry {started.id} at {started.url}" if started.url else f"the registry {started.id}",
            f"  root {started.root_sha256}",
            f"  database {started.database}",
            f"  files {started.storage}",
        ]
        if started.keys:
            lines.append(f"  keys {started.keys}")
        if started.admin_token:
            lines.append(f"  token of the administrator, shown this once: {started.admin_token}")
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()

    request = ServeRequest(
        places=Places(
            database=db,
            storage=registry_location(storage) if storage else "",
            blobs=blobs,
            keys=at(keys) if keys else None,
            environ=environment(),
        ),
        host=host,
        port=port,
        rate=rate,
        url=url,
        check=check,
    )
    outcome = serve_registry(settings(), request, ready=ready)

    def shown(page: Page) -> None:
        page.line("ready to serve " if check else "served ", outcome.id)

    return Answer(outcome, shown)
