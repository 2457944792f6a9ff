"""`skillctl publish`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, environment, here, keys_at, now, settings
from skillctl.cli.options import DryRun, KeysDirectory, Registry
from skillctl.cli.page import Page, bold, counted, size
from skillctl.cli.parameter import argument, option


def command(
    path: Annotated[str, argument(metavar="[PATH]", help="The pack's directory.")] = ".",
    registry: Registry = "",
    sign: Annotated[bool, option("--sign", help="Sign the release as its author.")] = False,
    key: Annotated[
        str,
        option("--key", metavar="FILE", help="The author's key, or keyring; your own without, made when needed."),
    ] = "",
    keys: KeysDirectory = "",
    dry_run: DryRun = False,
    no_test: Annotated[bool, option("--no-test", help="Publish without trying the pack in a clean room.")] = False,
) -> Answer:
    """Publish a pack to a registry.

    Without --registry to your default one, a directory that is made with the first release. A version is published
    once: the same files again do nothing, other files are refused. Publishing straight into a signed registry needs its
    online keys; SKILLCTL_KEY_PASSPHRASE opens those that have a passphrase.

    Before that the pack is tried as `skillctl test` does it: installed from its archive in an empty home, its tests
    run, its plans rehearsed.
    """
    from skillctl.app.publish import PublishOutcome, PublishRequest, publish

    request = PublishRequest(
        directory=at(path),
        cwd=here(),
        registry=registry,
        keys=keys_at(keys),
        sign=sign or key != "",
        author_key=key if key in ("", "keyring") else str(at(key)),
        dry_run=dry_run,
        test=not no_test,
        environ=environment(),
    )
    outcome: PublishOutcome = publish(settings(), request, now=now())

    def shown(page: Page) -> None:
        title = bold(f"{outcome.name} {outcome.version}")
        if outcome.already:
            page.line(title, f" is already published in {outcome.registry}, with the same files")
        elif outcome.dry_run:
            page.line(title, f" would be published in {outcome.registry}")
        else:
            page.line("published ", title, f" in {outcome.registry}")
        page.table(
            [
                ("registry", outcome.location),
                ("tree", outcome.tree),
                ("sha256", outcome.sha256),
                ("size", f"{size(outcome.size)}, {counted(outcome.files, 'file')}"),
                *(("signed by", keyid) for keyid in outcome.signed_by),
            ],
            indent="  ",
        )

    return Answer(outcome, shown)
