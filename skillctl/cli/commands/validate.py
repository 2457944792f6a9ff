"""`skillctl validate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, here, settings
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page, Part, bold, counted, dim, green, red, size, yellow
from skillctl.cli.parameter import argument, option

if TYPE_CHECKING:
    from skillctl.app.validate import CheckedPack, ValidateOutcome


def command(
    paths: Annotated[
        list[str] | None,
        argument(metavar="[PATH]...", help="A pack, a folder of packs, an archive or a skill.json; or here."),
    ] = None,
    strict: Annotated[bool, option("--strict", help="Warnings count as failures.")] = False,
    agent: Annotated[
        list[str] | None,
        option(
            "--agent",
            "-a",
            metavar="AGENT",
            help="Rules of this agent as well, or of claude-ai or skills-ref; may be repeated.",
        ),
    ] = None,
    fix: Annotated[bool, option("--fix", help="Mend what is mechanical, and show it.")] = False,
    dry_run: DryRun = False,
    form: Annotated[
        str, option("--format", metavar="FORMAT", help="text, or sarif for the code scanning of a host.")
    ] = "text",
    output: Annotated[str, option("--output", "-o", metavar="FILE", help="Where SARIF goes, if not to stdout.")] = "",
) -> Answer:
    """Check packs: manifest, skills, files, secrets, sizes.

    Every problem is told at once, with file, place and code. Notes never fail a check. Only --fix changes anything;
    with --dry-run it shows what it would change.
    """
    from skillctl.app.validate import ValidateRequest, validate, write_sarif
    from skillctl.core.errors import UsageError

    if form not in ("text", "sarif"):
        raise UsageError.of("E002", option="--format", reason="it takes text or sarif")
    if output and form != "sarif":
        raise UsageError.of("E002", option="--output", reason="it goes with --format sarif")
    request = ValidateRequest(
        paths=tuple(map(at, paths or ["."])),
        cwd=here(),
        strict=strict,
        agents=tuple(agent or ()),
        fix=fix,
        dry_run=dry_run,
    )
    outcome = validate(settings(), request)
    if form == "text":
        return Answer(outcome, lambda page: _show(page, outcome, dry_run=dry_run))
    if output and not dry_run:
        write_sarif(outcome, at(output))
        return Answer(outcome, lambda page: page.line(f"wrote {output}"))
    return Answer(outcome, lambda page: page.text(outcome.to_sarif()))


def _show(page: Page, outcome: ValidateOutcome, *, dry_run: bool) -> None:
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
    for pack in outcome.packs:
        _show_fixes(page, pack, dry_run=dry_run)
        _show_silenced(page, pack)
    if len(outcome.packs) == 1:
        pack = outcome.packs[0]
        page.say(f"{counted(pack.files, 'file')}, {size(pack.size)}")
        for cost in pack.skills:
            page.say(
                f"/{cost.skill}: estimated tokens ~{cost.always_on:,} always on, ~{cost.on_demand:,} when used, "
                f"~{cost.context_files:,} in context files"
            )


def _show_fixes(page: Page, pack: CheckedPack, *, dry_run: bool) -> None:
    for each in pack.fixes:
        spot = f"{each.file}:{each.line}" if each.line else each.file
        page.line("would mend " if dry_run else "mended ", bold(each.rule), f" in {spot}")
        page.line(red("  - "), each.before.replace("\n", " "))
        page.line(green("  + "), each.after.replace("\n", " "))


def _show_silenced(page: Page, pack: CheckedPack) -> None:
    for each in pack.silenced:
        place = each.problem.place
        page.line(dim(f"silenced {each.problem.code} in {place or pack.location}: {each.reason}"))


def _verdict(pack: CheckedPack, *, strict: bool) -> Part:
    if pack.count("error") or (strict and pack.count("warning")):
        return red("failed")
    return yellow("passed") if pack.count("warning") else green("passed")


def _findings(pack: CheckedPack) -> str:
    counts = {severity: pack.count(severity) for severity in ("error", "warning", "note")}
    return ", ".join(counted(number, severity) for severity, number in counts.items() if number) or "no problems"
