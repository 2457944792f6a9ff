"""`skillctl registry init`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, keys_at, now, settings
from skillctl.cli.options import DryRun, KeysDirectory
from skillctl.cli.page import Page, bold
from skillctl.cli.parameter import argument, option


def command(
    location: Annotated[
        str, argument(metavar="LOCATION", help="A directory, empty or not there yet, or s3://bucket/folder.")
    ],
    signed: Annotated[bool, option("--signed", help="Sign the index, so that readers can verify it.")] = False,
    blobs: Annotated[
        str, option("--blobs", metavar="PLACE", help="Keep the archives in an OCI registry: oci://HOST/REPOSITORY.")
    ] = "",
    keys: KeysDirectory = "",
    keyring: Annotated[bool, option("--keyring", help="Keep the private keys in the system's keyring.")] = False,
    root_keys: Annotated[int, option("--root-keys", metavar="N", help="How many keys the root has.")] = 1,
    threshold: Annotated[int, option("--threshold", metavar="N", help="How many of them sign a new root.")] = 1,
    expires: Annotated[
        list[str] | None,
        option("--expires", metavar="ROLE=DAYS", help="How long signatures are good for; may be repeated."),
    ] = None,
    dry_run: DryRun = False,
) -> Answer:
    """Make a registry in a directory or an object store.

    A signed one has keys: bins, snapshot and timestamp sign each publish, root and targets are kept elsewhere. Readers
    pin the digest of the root. Archives can be kept in an OCI registry, where `docker login` says who you are; the
    index stays where it is made. SKILLCTL_KEY_PASSPHRASE, if set, closes the key files.
    """
    from skillctl.app.registry_init import InitOutcome, InitRequest, init_registry
    from skillctl_registry.opening import is_address

    request = InitRequest(
        location=location if is_address(location) else str(at(location)),
        signed=signed,
        blobs=blobs,
        keys=keys_at(keys),
        root_keys=root_keys,
        threshold=threshold,
        in_keyring=keyring,
        expires=tuple(expires or ()),
        dry_run=dry_run,
    )
    outcome: InitOutcome = init_registry(settings(), request, now=now())

    def shown(page: Page) -> None:
        kind = "signed registry" if outcome.signed else "registry"
        page.line(f"would make a {kind} in " if outcome.dry_run else f"made a {kind} in ", bold(outcome.location))
        if outcome.blobs:
            page.line("  archives go to ", outcome.blobs)
        if outcome.root_sha256:
            page.table([("root", outcome.root_sha256), ("keys", outcome.keys)], indent="  ")
            page.line("Tell the root to whoever reads: `skillctl registry add NAME LOCATION --trust ROOT`.")
            page.line(
                "Take the keys of root and targets away from here, to a safe place; publishing doesn't need them."
            )

    return Answer(outcome, shown)
