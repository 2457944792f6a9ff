"""`skillctl doctor`: is this machine as skillctl needs it? Looked at piece by piece, each with what to do about it.

A piece is `ok`, `warn` (it works, and something is worth knowing) or `fail` (something will not work). What is wrong
with the skills themselves is found by `doctor_skills`, each with its code. Nothing is mended unless that is asked for,
and nothing is changed but caches; Patchwork, where it is, records the questions that test it.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from skillctl.app.config import load_settings
from skillctl.app.doctor_skills import findings, remedies
from skillctl.app.outcome import Outcome
from skillctl.app.scopes import ScopeFiles, find_project, the_project_scope, the_user_scope
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import SkillctlError
from skillctl.core.json_value import JsonObject
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, replace
from skillctl.core.wording import worded
from skillctl.edges.config import directories_of
from skillctl.edges.machine import has_program
from skillctl.install.scope import Scope

Health = Literal["ok", "warn", "fail"]

_PROBE = "skillctl-doctor"
"""A name that a registry is asked for; whether there is such a pack does not matter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One piece that was looked at."""

    name: str
    health: Health
    detail: str
    hint: str = ""
    code: str = ""
    """Of a finding that is told as a problem, too."""

    def to_json(self) -> JsonObject:
        """The check in an envelope."""
        return {
            "name": self.name,
            "health": self.health,
            "detail": self.detail,
            "hint": self.hint,
            "code": self.code or None,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class DoctorOutcome(Outcome):
    """Everything that was looked at."""

    checks: tuple[Check, ...]
    mended: tuple[str, ...] = ()
    """What was mended, or in a rehearsal would be."""
    dry_run: bool = False

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {
            "checks": [each.to_json() for each in self.checks],
            "mended": list(self.mended),
            "dry_run": self.dry_run,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Patient:
    """What is looked at."""

    settings: Settings
    environ: Mapping[str, str]
    cwd: Path

    @property
    def root(self) -> Path | None:
        """The project around."""
        return find_project(self.cwd, home=Path(self.settings.directories.home))

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The user's, and the project's where there is one."""
        user = the_user_scope(self.settings)
        return (user,) if self.root is None else (user, the_project_scope(self.settings, self.root))

    def has(self, program: str) -> bool:
        return has_program(program, path=self.settings.variable("PATH"))


def examine(
    environ: Mapping[str, str], cwd: Path, *, offline: bool = False, fix: bool = False, dry_run: bool = False
) -> DoctorOutcome:
    """Look at everything. What can't be looked at has failed, and the rest is looked at all the same.

    With `fix`, what can be mended without a loss is mended first, and what is left is told; a dry run tells what it
    would mend.
    """
    config, settings = _configuration(environ)
    patient = _Patient(settings=replace(settings, offline=offline or settings.offline), environ=environ, cwd=cwd)
    mended, troubles = _mended(patient, dry_run=dry_run) if fix else ([], [])
    checks = [config]
    for name, look in _LOOKS:
        try:
            checks += look(patient)
        except SkillctlError as error:
            checks.append(_failed(name, error))
    found: list[Problem] = []
    try:
        found += findings(patient.settings, patient.scopes)
    except SkillctlError as error:
        checks.append(_failed("installed skills", error))
    failures = (problem("E680", check=each.name, detail=each.detail) for each in checks if each.health == "fail")
    return DoctorOutcome(
        checks=(*checks, *map(_as_check, found)),
        problems=(*failures, *found, *troubles),
        mended=tuple(mended),
        dry_run=dry_run,
    )


def _mended(patient: _Patient, *, dry_run: bool) -> tuple[list[str], list[Problem]]:
    """What was mended, and what stood in the way of the rest."""
    done: list[str] = []
    troubles: list[Problem] = []
    for remedy in remedies(patient.settings, patient.scopes):
        try:
            if not dry_run:
                remedy.mend()
            done.append(remedy.about)
        except SkillctlError as error:
            troubles += error.problems
    return done, troubles


def _as_check(found: Problem) -> Check:
    told = worded(found)
    name = f"skill {found.evidence['skill']}" if "skill" in found.evidence else found.code
    health: Health = "fail" if found.severity == "error" else "warn"
    return Check(name=name, health=health, detail=told.title, hint=told.hint, code=found.code)


def _configuration(environ: Mapping[str, str]) -> tuple[Check, Settings]:
    """The configuration; where it can't be read, settings as if there were none."""
    directories = directories_of(environ)
    try:
        settings = load_settings(environ)
    except SkillctlError as error:
        path = (("PATH", environ.get("PATH", "")),)
        return _failed("configuration", error), Settings(directories=directories, environment=path)
    return Check(name="configuration", health="ok", detail=f"readable, in {directories.config}"), settings


def _directories(patient: _Patient) -> Iterator[Check]:
    directories = patient.settings.directories
    for name, path in (
        ("store and caches", directories.cache),
        ("state", directories.state),
        ("default registry", directories.data),
    ):
        there = next(each for each in (Path(path), *Path(path).parents) if each.exists())
        if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
            yield Check(name=name, health="ok", detail=f"can be written, in {path}")
        else:
            hint = f"change who may write to {there}, or set another place (SKILLCTL_..._DIR)"
            yield Check(name=name, health="fail", detail=f"{path} can't be written", hint=hint)


def _registries(patient: _Patient) -> Iterator[Check]:
    from skillctl.app.registries import look_at_registries

    scope = patient.scopes[-1]
    project = ScopeFiles(scope, patient.settings.limits).project
    for source in look_at_registries(patient.settings, project, scope).sources:
        name = f"registry {source.label}"
        try:
            source.releases(_PROBE)
            count = len(source.names())
        except SkillctlError as error:
            yield _failed(name, error)
            continue
        yield Check(name=name, health="ok", detail=f"answers; {count} pack{'s' * (count != 1)}")


def _agents(patient: _Patient) -> Iterator[Check]:
    from skillctl.app.audience import around_scope, detected_agents

    found = detected_agents(around_scope(patient.scopes[-1], patient.settings), patient.settings)
    if found:
        yield Check(name="agents", health="ok", detail=", ".join(each.agent.name for each in found))
    else:
        hint = "install one, or name one with --agent; without a word skills go to Claude Code's directory"
        yield Check(name="agents", health="warn", detail="none is known to be on this machine", hint=hint)


def _state(patient: _Patient) -> Iterator[Check]:
    from skillctl.app.glance import left_as_it_is
    from skillctl.install.state import read_state

    for scope in patient.scopes:
        name = "skills of the user" if scope.kind == "user" else "skills of the project"
        again = "skillctl sync -g" if scope.kind == "user" else "skillctl sync"
        files = ScopeFiles(scope, patient.settings.limits)
        state = read_state(scope)
        if files.lock is None and files.project_text is None:
            yield Check(name=name, health="ok", detail="none are wanted")
        elif files.lock is None:
            yield Check(name=name, health="warn", detail="there is no lock", hint="`skillctl install` makes one")
        elif state.pending is not None:
            detail = "a command was killed before everything was in place"
            yield Check(name=name, health="warn", detail=detail, hint=f"`{again}` goes on with it")
        elif left_as_it_is(scope, patient.settings) is None:
            detail = "they are not what the lock says, or were changed by hand"
            yield Check(name=name, health="warn", detail=detail, hint=f"`{again} --check` tells what differs")
        else:
            detail = f"{state.current.packs} pack{'s' * (state.current.packs != 1)}, as the lock says"
            yield Check(name=name, health="ok", detail=detail)


def _programs(patient: _Patient) -> Iterator[Check]:
    for program, use in (("git", "packs in Git repositories"), ("uv", "Python projects of plans, quickly")):
        if patient.has(program):
            yield Check(name=program, health="ok", detail="on PATH")
        else:
            yield Check(name=program, health="warn", detail="not on PATH", hint=f"it is needed for {use}")


def _isolation(patient: _Patient) -> Iterator[Check]:
    from skillctl_runtime.surroundings import find_isolation, surroundings

    around = surroundings(patient.settings, patient.environ)
    found = find_isolation(around, around.machine())
    if found.backend == "none":
        detail = "; ".join(found.passed_over) or "turned off"
        hint = "commands of plans run with your own rights; install bubblewrap, or use a Linux with Landlock"
        yield Check(name="isolation", health="warn", detail=detail, hint=hint)
    else:
        yield Check(name="isolation", health="ok", detail=" ".join(filter(None, (found.backend, found.detail))))


def _policy(patient: _Patient) -> Iterator[Check]:
    from skillctl_plugins.guards import policy_places
    from skillctl_plugins.policy.layers import layers_of, written_policies

    places = policy_places(patient.settings)
    written = written_policies(places, str(patient.root or patient.cwd))
    layers_of(written, cache=places.cache)
    shown = ", ".join(each.file for each in written)
    yield Check(name="policy", health="ok", detail=f"{shown} and the default rules" if shown else "the default rules")


def _audit(patient: _Patient) -> Iterator[Check]:
    from skillctl_plugins.audit.log import audit_log
    from skillctl_plugins.audit.verify import verify_log

    if patient.settings.audit == "off":
        yield Check(name="audit log", health="warn", detail="turned off", hint="`skillctl config unset audit`")
        return
    verdict = verify_log(audit_log(patient.settings.directories))
    if verdict.ok:
        yield Check(name="audit log", health="ok", detail=f"{verdict.records} records, whole")
    else:
        hint = "`skillctl log verify` tells all of it"
        yield Check(name="audit log", health="fail", detail=verdict.findings[0].what, hint=hint)


def _plugins(patient: _Patient) -> Iterator[Check]:
    from skillctl.app.plugins import list_plugins

    plugins = [each for each in list_plugins(patient.settings, patient.cwd).plugins if each.source != "built-in"]
    troubled = [each for each in plugins if each.state in ("broken", "untrusted")]
    for each in troubled:
        yield Check(name=f"plugin {each.name}", health="warn", detail=each.problem or each.state)
    if not troubled:
        yield Check(
            name="plugins", health="ok", detail=f"{len(plugins)} of your own" if plugins else "none of your own"
        )


def _hooks(patient: _Patient) -> Iterator[Check]:
    from skillctl.app.hooks import list_hooks

    outcome = list_hooks(patient.settings, patient.cwd)
    for each in outcome.registrations:
        name = f"hooks of {each.agent}, {each.scope}"
        if each.state == "partly installed":
            yield Check(name=name, health="warn", detail=each.state, hint="`skillctl hooks install` puts in the rest")
        else:
            yield Check(name=name, health="ok", detail=each.state)
    for found in outcome.problems:
        told = worded(found)
        yield Check(name="hooks", health="warn", detail=told.title, hint=told.hint)


def _patchwork(patient: _Patient) -> Iterator[Check]:
    from skillctl_plugins.patchwork.canary import check_engine, lets_everything_pass, verify
    from skillctl_plugins.patchwork.program import as_plugin, patchwork_of

    program = patchwork_of(patient.settings)
    if program is None:
        row = as_plugin(patient.settings)
        yield Check(name="Patchwork", health="ok", detail=f"{row.state}: {row.problem}" if row.problem else row.state)
        return
    cwd, session = str(patient.root or patient.cwd), f"skillctl-doctor-{uuid.uuid4()}"
    found = verify(program, cwd=cwd)
    if not found.ok:
        hint = "`patchwork verify` tells more; nothing is done while its log does not hold"
        yield Check(name="Patchwork's log", health="fail", detail=found.reason, hint=hint)
        return
    check_engine(program, session=session, cwd=cwd)
    yield Check(name="Patchwork", health="ok", detail=f"active: {program.path}; its log holds ({found.reason})")
    if lets_everything_pass(program, session=session, cwd=cwd):
        detail = "it would let a disk be erased and secrets be written"
        hint = "`patchwork policy init --strict` makes one that denies; skillctl's own policy counts in any case"
        yield Check(name="Patchwork's policy", health="warn", detail=detail, hint=hint)
    else:
        yield Check(name="Patchwork's policy", health="ok", detail="denies what is plainly dangerous")


def _failed(name: str, error: SkillctlError) -> Check:
    told = [worded(each) for each in error.problems]
    hint = next((each.hint for each in told if each.hint), "")
    places = (each.place.file if each.place is not None else "" for each in error.problems)
    said = [f"{each.title} ({file})" if file else each.title for each, file in zip(told, places, strict=True)]
    return Check(name=name, health="fail", detail="; ".join(said), hint=hint)


_LOOKS: tuple[tuple[str, Callable[[_Patient], Iterator[Check]]], ...] = (
    ("directories", _directories),
    ("registries", _registries),
    ("agents", _agents),
    ("skills", _state),
    ("programs", _programs),
    ("isolation", _isolation),
    ("policy", _policy),
    ("audit log", _audit),
    ("plugins", _plugins),
    ("hooks", _hooks),
    ("Patchwork", _patchwork),
)
