"""`skillctl import`."""

from __future__ import annotations

from typing import Annotated

from skillctl.app.importing import ImportedEntry, ImportOutcome
from skillctl.cli.answer import Answer
from skillctl.cli.door import agents, at, here, settings
from skillctl.cli.options import Agents, DryRun, Offline
from skillctl.cli.page import Page, Row, bold, counted, dim
from skillctl.cli.parameter import argument
from skillctl.cli.scope_change import show_change


def command(
    file: Annotated[
        str, argument(metavar="FILE", help="skills-lock.json, .skill-lock.json, apm.yml, apm.lock.yaml or agents.toml.")
    ],
    agent: Agents = None,
    offline: Offline = False,
    dry_run: DryRun = False,
) -> Answer:
    """Take over what npx skills, APM or dotagents installed.

    Reads the file that the other tool keeps. Every entry is looked for at its source and compared with what the file
    says was installed. Copies on disk that equal what would be installed are adopted; those that differ are told and
    stay as they are. The file itself is left alone.
    """
    from skillctl.app.importing import ImportRequest, import_file

    request = ImportRequest(cwd=here(), file=at(file), agents=agents(agent), dry_run=dry_run)
    outcome = import_file(settings(offline=offline), request)
    return Answer(outcome, lambda page: _show(page, outcome))


def _show(page: Page, outcome: ImportOutcome) -> None:
    page.say(f"{counted(len(outcome.entries), 'entry', 'entries')} of the {outcome.kind}")
    page.table(_row(each) for each in outcome.entries)
    if outcome.change is None:
        page.line("nothing was imported")
    else:
        page.line()
        show_change(page, outcome.change, nothing="nothing to do: all of it is installed")


def _row(each: ImportedEntry) -> Row:
    said = {"equal": "as it was installed", "differs": "changed since", "not known": "not to be compared"}
    disk = {"adopted": "the copy here is adopted", "absent": "", "differs": "the copy here differs and stays"}
    found = each.status in ("imported", "left out")
    details = [said[each.content], disk[each.disk]] if found else []
    return (bold(each.name), each.status, ", ".join(filter(None, details)), dim(", ".join(each.packs)))
