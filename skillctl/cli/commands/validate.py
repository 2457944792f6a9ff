"""`skillctl validate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, here, settings
from skillctl.cli.page import Page, Part, bold, counted, green, red, size, yellow
from skillctl.cli.parameter import argument, option

if TYPE_CHECKING:
    from skillctl.app.validate import CheckedPack, ValidateOutcome


def command(
    paths: Annotated[
        list[str] | None,
        argument(metavar="[PATH]...", help="A pack, a folder of packs, an archive or a skill.json; or here."),
    ] = None,
    strict: Annotated[bool, option("--strict", help="Warnings count as failures.")] = False,
) -> Answer:
    """Check packs: manifest, skills, files, sizes.

    Every problem is told at once, with file, place and code. Notes never fail a check.
    """
    from skillctl.app.validate import ValidateRequest, validate

    request = ValidateRequest(paths=tuple(map(at, paths or ["."])), cwd=here(), strict=strict)
    outcome = validate(settings(), request)
    return Answer(outcome, lambda page: _show(page, outcome))


def _show(page: Page, outcome: ValidateOutcome) -> None:
    """A line for each pack; what is wrong follows on standard error, and that alone is what `--quiet` leaves."""
    if page.is_quiet:
        return
    page.table(
        [
            (
                _verdict(pack, strict=outcome.strict),
                bold(f"{pack.name} {pack.version}".strip() or pack.location),
                pack.location,
                _findings(pack),
            )
            for pack in outcome.packs
        ]
    )
    if len(outcome.packs) == 1:
        pack = outcome.packs[0]
        page.say(f"{counted(pack.files, 'file')}, {size(pack.size)}")
        for cost in pack.skills:
            page.say(
                f"/{cost.skill}: estimated tokens ~{cost.always_on:,} always on, ~{cost.on_demand:,} when used, "
                f"~{cost.context_files:,} in context files"
            )


def _verdict(pack: CheckedPack, *, strict: bool) -> Part:
    if pack.count("error") or (strict and pack.count("warning")):
        return red("failed")
    return yellow("passed") if pack.count("warning") else green("passed")


def _findings(pack: CheckedPack) -> str:
    counts = {severity: pack.count(severity) for severity in ("error", "warning", "note")}
    return ", ".join(counted(number, severity) for severity, number in counts.items() if number) or "no problems"
