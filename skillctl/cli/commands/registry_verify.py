"""`skillctl registry verify`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, keys_at, settings
from skillctl.cli.options import KeysDirectory, RegistryName
from skillctl.cli.page import Page, bold, counted, size
from skillctl.cli.parameter import option

_NAMED = 3


def command(
    registry: RegistryName = "",
    trust: Annotated[
        str, option("--trust", metavar="ROOT", help="The root to trust: sha256:…, a file, or an address.")
    ] = "",
    keys: KeysDirectory = "",
) -> Answer:
    """Check all of a registry: every signature, every digest, nothing missing, nothing that doesn't belong.

    It names files that nothing refers to, which `registry gc` takes away in time, and files that no publish writes in
    the registry's directories. What lies beside those, as in a web site, is nobody's here and not looked at.
    """
    from skillctl.app.registry_keeping import CheckOutcome, KeepingRequest, verify_registry

    request = KeepingRequest(registry=registry, cwd=here(), keys=keys_at(keys))
    outcome: CheckOutcome = verify_registry(settings(), request, root=trust)

    def shown(page: Page) -> None:
        wrong = sum(each.severity == "error" for each in outcome.problems)
        page.line(bold(outcome.registry), f": {counted(wrong, 'problem')} found" if wrong else " is in order")
        page.table(
            [
                ("packs", str(outcome.packs)),
                ("releases", f"{outcome.releases}, {size(outcome.bytes)}"),
                ("root", outcome.root_sha256 or "none: it is not signed"),
                *([("not in use", _first(outcome.loose))] if outcome.loose else []),
                *([("strange", _first(outcome.strange))] if outcome.strange else []),
            ],
            indent="  ",
        )

    return Answer(outcome, shown)


def _first(files: Sequence[str]) -> str:
    """How many files, and the first of them; `--json` has all."""
    return f"{counted(len(files), 'file')}: {', '.join(files[:_NAMED])}{', …' if len(files) > _NAMED else ''}"
