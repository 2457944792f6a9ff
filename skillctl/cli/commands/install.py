"""`skillctl install`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import agents, at, either, here, settings
from skillctl.cli.door import link_mode as link_mode_of
from skillctl.cli.options import (
    Agents,
    AllowHiddenText,
    DryRun,
    Force,
    LinkModeText,
    Offline,
    PlanFile,
    Registry,
    UserScope,
)
from skillctl.cli.page import Page
from skillctl.cli.parameter import argument, option
from skillctl.cli.quick import said
from skillctl.cli.scope_change import show_change


def command(
    requirements: Annotated[
        list[str] | None,
        argument(
            metavar="[PACK]...",
            help="What to install: `arcgis@^1.2`, `./dir`, `file.zip`, `owner/repo@skill`, a URL.",
        ),
    ] = None,
    agent: Agents = None,
    user: UserScope = False,
    skill: Annotated[
        list[str] | None,
        option("--skill", "-s", metavar="SKILL", help="Take only this skill of the pack; may be repeated."),
    ] = None,
    registry: Registry = "",
    frozen: Annotated[
        bool, option("--frozen", help="Fail if the lock and the project file disagree or a digest differs.")
    ] = False,
    editable: Annotated[
        bool, option("--editable", "-e", help="Link the directories that are named, so that agents see each change.")
    ] = False,
    allow_hidden_text: AllowHiddenText = False,
    look: Annotated[
        bool, option("--list", "-l", help="Show what packs and skills are there, and install nothing.")
    ] = False,
    offline: Offline = False,
    force: Force = False,
    vendor: Annotated[bool, option("--vendor", help="Write plain copies that are meant to be committed.")] = False,
    copy: Annotated[
        bool, option("--copy", help="Give every agent copies of its own instead of links; recorded in skillctl.json.")
    ] = False,
    no_copy: Annotated[bool, option("--no-copy", help="Give agents links to one copy again.")] = False,
    link_mode: LinkModeText = "",
    dry_run: DryRun = False,
    plan: PlanFile = "",
) -> Answer:
    """Install packs into your agents, or what the lock holds.

    With names: records them in skillctl.json (made if there is none), chooses versions, writes skillctl.lock and puts
    the skills into the directories of your agents. Without names: installs exactly what skillctl.lock says.

    A pack may come from a registry, a directory, an archive or a git repository; `--list` looks before you choose.
    """
    if look:
        return _shown_places(requirements or [], offline=offline)
    from skillctl.app.install import InstallRequest, install

    request = InstallRequest(
        cwd=here(),
        requests=tuple(requirements or ()),
        agents=agents(agent),
        skills=tuple(skill or ()),
        user=user,
        registry=registry,
        frozen=frozen,
        editable=editable,
        allow_hidden_text=allow_hidden_text,
        force=force,
        vendor=vendor,
        copy=either(copy, no_copy, "--copy", "--no-copy"),
        dry_run=dry_run,
        plan=at(plan) if plan else None,
        link_mode=link_mode_of(link_mode),
    )
    found = settings(offline=offline)
    outcome = install(found, request)

    def shown(page: Page) -> None:
        files = found.directories.config if user else ""
        show_change(page, outcome, nothing=said("install", outcome.packs), files=files)

    return Answer(outcome, shown)


def _shown_places(texts: list[str], *, offline: bool) -> Answer:
    """The answer to `--list`."""
    from skillctl.app.looking import look
    from skillctl.cli.places import show_places

    outcome = look(settings(offline=offline), here(), tuple(texts))
    return Answer(outcome, lambda page: show_places(page, outcome))
