"""What Claude Code is answered when one of its hooks asks: policy and digests before, the log after, sync at the start.

Before a tool or a skill is used, whatever goes wrong here is a no. At the beginning of a session and after a tool it is
a line: nothing is stopped by it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.effects import Effect, Ending, Phase, PhaseName, Read
from skillctl.core.errors import PluginError, SkillctlError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.value import replace
from skillctl_plugins.clients.claude_code import (
    CLOSED,
    Event,
    Heard,
    asked,
    denied,
    effects_of,
    heard,
    line,
    nothing,
    reloading,
    skill_of,
)

if TYPE_CHECKING:
    from skillctl.app.used_skill import UsedSkill
    from skillctl.core.diagnostics import Problem
    from skillctl.install.scope import Scope

AGENT = "claude-code"


def answer_hook(
    settings: Settings, environ: Mapping[str, str], event: Event, data: bytes, *, cwd: str, now: Callable[[], str]
) -> JsonObject:
    """The answer, as the client wants it. Nothing is raised but what nobody expected."""
    try:
        told = heard(event, data, cwd=cwd)
        match event:
            case "PreToolUse" | "UserPromptExpansion":
                return _before(settings, environ, told, now)
            case "SessionStart":
                return _session_start(settings, told)
            case _:
                return _after(settings, told, now)
    except SkillctlError as error:
        reason = _worded(error.problems)
        return denied(event, reason) if event in CLOSED else line(event, reason)


def _before(settings: Settings, environ: Mapping[str, str], told: Heard, now: Callable[[], str]) -> JsonObject:
    effects = list(effects_of(told, home=settings.directories.home))
    name = skill_of(told)
    try:
        for skill in _skills(settings, told, name) if name else ():
            if skill.changed:
                raise PluginError.of("E672", skill=skill.name, pack=skill.pack, files=skill.changed[:5])
            effects.append(Read(path=os.path.join(skill.path, SKILL_FILE)))
        question = _judged(settings, _phase(told, "decision", effects, project=_project(environ, told)), now)
    except SkillctlError as error:
        # that a no can't be recorded does not make it a yes
        failed = _recorded(settings, _phase(told, "decision", effects), Ending(ok=False, detail=error.code), now)
        reason = f"skillctl: {_worded(error.problems)}"
        return denied(told.event, f"{reason}; {failed}" if failed else reason)
    return asked(told.event, f"skillctl: {question}") if question else nothing()


def _judged(settings: Settings, phase: Phase, now: Callable[[], str]) -> str:
    """What the policy wants to be asked, empty where it allows everything; its no is raised.

    Isolation is for commands of plans: what a client starts, it isolates.
    """
    if not phase.effects:
        return ""
    from skillctl_plugins.guards import policy_places
    from skillctl_plugins.policy.guard import PolicyGuard

    questions: list[str] = []

    def ask(question: str) -> bool:
        questions.append(question)
        return True

    places = policy_places(settings)
    PolicyGuard(places, home=settings.directories.home, now=now, isolated=True, ask=ask).before(phase)
    return " ".join(questions)


def _project(environ: Mapping[str, str], told: Heard) -> str:
    """Where the client was started, else where it is now."""
    named = environ.get("CLAUDE_PROJECT_DIR", "")
    return named if os.path.isabs(named) else told.cwd


def _skills(settings: Settings, told: Heard, name: str) -> list[UsedSkill]:
    from skillctl.app.scopes import find_project, the_project_scope, the_user_scope
    from skillctl.app.used_skill import used_skills

    root = find_project(Path(told.cwd), home=Path(settings.directories.home))
    scopes: list[Scope] = [the_user_scope(settings)]
    if root is not None:
        scopes.append(the_project_scope(settings, root))
    return [skill for scope in scopes for skill in used_skills(scope, settings, name, agent=AGENT)]


def _after(settings: Settings, told: Heard, now: Callable[[], str]) -> JsonObject:
    if told.event == "SessionEnd":
        failed = _recorded(settings, _phase(told, "client", ()), Ending(ok=True, detail=f"ends: {told.reason}"), now)
    else:
        phase = _phase(told, "client", effects_of(told, home=settings.directories.home))
        failed = _recorded(settings, phase, Ending(ok=True, detail=f"{told.tool} {skill_of(told)}".strip()), now)
    return line(told.event, failed) if failed else nothing()


def _phase(told: Heard, name: PhaseName, effects: Sequence[Effect], *, project: str = "") -> Phase:
    """What the client does, as a phase of its session."""
    return Phase(
        id=told.use or f"{told.session}-{os.urandom(4).hex()}",
        name=name,
        project=project or told.cwd,
        effects=tuple(effects),
        run=told.session,
    )


def _recorded(settings: Settings, phase: Phase, ending: Ending, now: Callable[[], str]) -> str:
    """Write both records of something that is over; why that failed, empty where it did not."""
    if settings.audit == "off":
        return ""
    from skillctl_plugins.audit.log import audit_log
    from skillctl_plugins.audit.record import begin_of, end_of

    log, time = audit_log(settings.directories), now()
    try:
        log.append(lambda seq, prev: begin_of(phase, seq=seq, prev=prev, time=time), now=time, durable=False)
        log.append(lambda seq, prev: end_of(phase, ending, seq=seq, prev=prev, time=time), now=time, durable=False)
    except SkillctlError as error:
        return _worded(error.problems)
    return ""


def _session_start(settings: Settings, told: Heard) -> JsonObject:
    """Make the skills equal to the lock, if that lock is one that this user installed or trusted here."""
    from skillctl.app.scopes import ScopeFiles, find_project, the_project_scope

    root = find_project(Path(told.cwd), home=Path(settings.directories.home))
    if root is None:
        return nothing()
    scope = the_project_scope(settings, root)
    files = ScopeFiles(scope, settings.limits)
    if files.lock_text is None:
        if not files.project.packs:
            return nothing()
        return line(told.event, "skillctl: this project wants packs and has no lock; `skillctl install` makes one")
    if not _is_own_lock(settings, scope, files.lock_text):
        return line(
            told.event,
            "skillctl: the packs of this project were not synced: its lock is not one that you installed here. "
            "`skillctl sync` installs it, `skillctl trust skillctl.lock` lets sessions do so",
        )
    from skillctl.app.glance import left_as_it_is

    current = left_as_it_is(scope, settings)
    if current is not None and current.fresh:
        return nothing()
    from skillctl.app.sync import SyncRequest, sync

    outcome = sync(replace(settings, offline=True), SyncRequest(cwd=root))
    if not outcome.changes:
        return nothing()
    count = len({each.skill for each in outcome.changes})
    return reloading(f"skillctl: {count} skill{'s' * (count != 1)} synced with the lock of this project")


def _is_own_lock(settings: Settings, scope: Scope, text: str) -> bool:
    from skillctl.install.state import read_state

    newest = read_state(scope).newest
    if newest.number and newest.lock == text:
        return True
    import hashlib

    from skillctl.edges.disk.look import real_path
    from skillctl_plugins.discovery import file_subject
    from skillctl_plugins.trust import is_trusted

    digest = f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()}"
    return is_trusted(Path(settings.directories.state), file_subject(real_path(scope.lock_file)), digest)


def _worded(problems: tuple[Problem, ...]) -> str:
    from skillctl.core.wording import worded

    told = [worded(each) for each in problems]
    return "; ".join(f"{each.title} ({each.hint})" if each.hint else each.title for each in told)
