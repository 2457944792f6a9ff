"""`skillctl lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, settings
from skillctl.cli.options import DryRun, Offline, UserScope
from skillctl.cli.page import Page, counted, dim
from skillctl.cli.parameter import option
from skillctl.cli.scope_change import pack_line

if TYPE_CHECKING:
    from skillctl.app.lock import LockOutcome
    from skillctl.core.lockfile import Resolution


def command(
    resolution: Annotated[
        str, option("--resolution", metavar="WHICH", help="Take the highest versions that fit, or the lowest.")
    ] = "",
    exclude_newer: Annotated[
        str,
        option(
            "--exclude-newer",
            metavar="DATE",
            help="Leave out what was published after this day or time; `never` takes the limit away.",
        ),
    ] = "",
    upgrade: Annotated[
        list[str] | None, option("--upgrade", "-P", metavar="NAME", help="Let this pack move; may be repeated.")
    ] = None,
    upgrade_all: Annotated[bool, option("--upgrade-all", "-U", help="Let every pack move.")] = False,
    check: Annotated[
        bool, option("--check", help="Change nothing; status 1 if the lock is not what skillctl.json asks for.")
    ] = False,
    user: UserScope = False,
    offline: Offline = False,
    dry_run: DryRun = False,
) -> Answer:
    """Choose versions and write skillctl.lock, without installing anything.

    What is locked stays as far as skillctl.json admits it. --resolution and --exclude-newer are recorded in the lock
    and count for every later choice, also that of `install` and `update`, until they are given anew.
    """
    from skillctl.app.lock import LockRequest, lock

    request = LockRequest(
        cwd=here(),
        resolution=_resolution(resolution),
        exclude_newer=exclude_newer or None,
        upgrade=("*",) if upgrade_all else tuple(upgrade or ()),
        check=check,
        user=user,
        dry_run=dry_run,
    )
    outcome = lock(settings(offline=offline), request)
    return Answer(outcome, lambda page: _show(page, outcome, check=check))


def _resolution(text: str) -> Resolution | None:
    from skillctl.core.errors import UsageError

    match text:
        case "highest" | "lowest":
            return text
        case "":
            return None
    raise UsageError.of("E023", option="--resolution", reason=f"`{text}` is none of highest, lowest")


def _show(page: Page, outcome: LockOutcome, *, check: bool) -> None:
    if check:
        page.line("the lock is current" if outcome.ok else "the lock is not current")
        return
    for change in outcome.changed:
        page.line(*pack_line(change))
    if not outcome.written:
        page.line(f"nothing to do: {counted(outcome.packs, 'pack')} locked as skillctl.json asks")
    elif not outcome.changed:
        page.line(
            f"{'would lock' if outcome.dry_run else 'locked'} {counted(outcome.packs, 'pack')}, none of them anew"
        )
    if outcome.choice.resolution == "lowest":
        page.say("the lowest versions that fit are chosen")
    if outcome.choice.exclude_newer:
        page.say(f"nothing that was published after {outcome.choice.exclude_newer} is chosen")
    if outcome.dry_run and outcome.written:
        page.say(dim("nothing was changed: this was a dry run"))
