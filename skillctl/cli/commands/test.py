"""`skillctl test`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, environment, here, settings
from skillctl.cli.options import Offline, Registry
from skillctl.cli.page import Page, Part, bold, dim, green, red
from skillctl.cli.parameter import argument

if TYPE_CHECKING:
    from skillctl.app.clean_room import StepResult, Trial


def command(
    paths: Annotated[
        list[str] | None, argument(metavar="[PATH]...", help="A pack, a folder of packs or an archive; or here.")
    ] = None,
    registry: Registry = "",
    offline: Offline = False,
) -> Answer:
    """Try packs in a clean room: packed, installed, tested, plans rehearsed.

    The archive alone is installed in an empty home, with its dependencies from the registry that it would be published
    to. Then its own tests run (pytest in tests/, without a network), and its plans are rehearsed. Nothing of yours is
    changed.
    """
    from skillctl.app.clean_room import TestRequest, try_packs

    request = TestRequest(paths=tuple(map(at, paths or ["."])), cwd=here(), registry=registry)
    outcome = try_packs(settings(offline=offline), request, environment())

    def shown(page: Page) -> None:
        for each in outcome.packs:
            _show(page, each)

    return Answer(outcome, shown)


def _show(page: Page, trial: Trial) -> None:
    page.line(green("passed") if trial.ok else red("failed"), "  ", bold(f"{trial.name} {trial.version}".strip()))
    page.table([(each.step, _ending(each), f"{each.seconds:.2f} s", each.detail) for each in trial.steps], indent="  ")


def _ending(step: StepResult) -> Part:
    if step.ending == "failed":
        return red("failed")
    return green("passed") if step.ending == "passed" else dim("skipped")
