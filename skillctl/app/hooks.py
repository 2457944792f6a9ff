"""`skillctl hooks`: put our hooks into the settings of an agent's client, and take them out again.

Nothing that is there is overwritten: our entries stand beside those of others. What the file was before is kept in the
user's state directory, so that taking them out gives the very same bytes back, as long as nobody changed the file
meanwhile; if somebody did, our entries alone are taken out of what it is now.
"""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from pathlib import Path
from shlex import quote
from typing import Literal

from skillctl.app.guarding import new_phase_id
from skillctl.app.outcome import Outcome
from skillctl.app.scopes import find_project
from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.effects import Phase, Trust, guarded
from skillctl.core.errors import PluginError, SkillctlError
from skillctl.core.fields import Fields, check_format
from skillctl.core.json_value import JsonObject
from skillctl.core.limits import LIMITS
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.clock import now
from skillctl.edges.disk.files import (
    read_bytes,
    remove_empty_directory,
    remove_file,
    write_atomic,
)
from skillctl.edges.disk.look import kind_at, real_path
from skillctl.edges.disk.private import write_private
from skillctl.formats.json_text import dump_json, load_json
from skillctl_plugins.clients.claude_code import EVENTS, Event
from skillctl_plugins.clients.registration import is_mergeable, registered_in, with_ours, without_ours, written_like
from skillctl_plugins.guards import guard_notes, standard_guards

AGENT = "claude-code"
FORMAT = "1.0"

Scope = Literal["project", "user"]

_BYTES = 16 * 1024 * 1024
_OFF = "disableAllHooks"


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """What the settings of one scope say."""

    agent: str
    scope: Scope
    file: str
    events: tuple[Event, ...]

    @property
    def state(self) -> str:
        """In a word."""
        if not self.events:
            return "not installed"
        return "installed" if self.events == EVENTS else "partly installed"

    def to_json(self) -> JsonObject:
        """The registration in an envelope."""
        return {
            "agent": self.agent,
            "scope": self.scope,
            "file": self.file,
            "state": self.state,
            "events": list(self.events),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class HooksOutcome(Outcome):
    """Where hooks are registered."""

    registrations: tuple[Registration, ...]

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {"hooks": [each.to_json() for each in self.registrations]}


@dataclass(frozen=True, kw_only=True, slots=True)
class HooksChange(Outcome):
    """Settings that were changed, or need not be."""

    agent: str
    file: str
    installed: bool
    changed: bool
    exact: bool
    """Of taking out: the file is byte for byte what it was before."""
    dry_run: bool

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {
            "agent": self.agent,
            "file": self.file,
            "installed": self.installed,
            "changed": self.changed,
            "exact": self.exact,
            "dry_run": self.dry_run,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kept:
    """What a settings file was before we came, and what we made of it."""

    before: bytes | None
    after: str
    """sha256."""
    made_directory: bool


def list_hooks(settings: Settings, cwd: Path) -> HooksOutcome:
    """What is registered with Claude Code, for the user and here."""
    found: list[Registration] = []
    problems: list[Problem] = []
    scopes: tuple[Scope, ...] = ("user", "project")
    for scope in scopes:
        file = _settings_file(settings, cwd, scope)
        value = _value(file, read_bytes(file, max_bytes=_BYTES))
        events = registered_in(value)
        found.append(Registration(agent=AGENT, scope=scope, file=str(file), events=events))
        if events and value.get(_OFF) is True:
            problems.append(problem("W670", file=str(file), key=_OFF))
    return HooksOutcome(registrations=tuple(found), problems=tuple(problems))


def install_hooks(settings: Settings, cwd: Path, *, agent: str, user: bool, dry_run: bool) -> HooksChange:
    """Register our hooks. PluginError E673 if the settings can't be merged into, E674 for an agent without hooks."""
    file = _file(settings, cwd, agent, user=user)
    data = read_bytes(file, max_bytes=_BYTES)
    kept = _kept(settings, file)
    before = _base(file, data, kept)
    text = written_like(_text(before), with_ours(_value(file, before), _program(user=user)))
    after = text.encode()
    changed = after != data
    if changed and not dry_run:
        made = kind_at(str(file.parent)) == "nothing" or (kept is not None and kept.made_directory)
        with guarded(standard_guards(settings, clock=now), _phase(settings, cwd, file, after, given=True)):
            _keep(settings, file, _Kept(before=before, after=_sha256(after), made_directory=made))
            _write(file, after)
    off = _value(file, after).get(_OFF) is True
    warnings = (problem("W670", file=str(file), key=_OFF),) if off else ()
    problems = (*warnings, *(guard_notes(settings) if changed and not dry_run else ()))
    return HooksChange(
        agent=agent, file=str(file), installed=True, changed=changed, exact=False, dry_run=dry_run, problems=problems
    )


def uninstall_hooks(settings: Settings, cwd: Path, *, agent: str, user: bool, dry_run: bool) -> HooksChange:
    """Take our hooks out. PluginError E673, E674."""
    file = _file(settings, cwd, agent, user=user)
    data = read_bytes(file, max_bytes=_BYTES)
    kept = _kept(settings, file)
    exact = kept is not None and data is not None and _sha256(data) == kept.after
    after = kept.before if exact and kept is not None else _cleaned(file, data)
    changed = after != data
    if changed and not dry_run:
        with guarded(standard_guards(settings, clock=now), _phase(settings, cwd, file, after or b"", given=False)):
            if after is None:
                remove_file(file)
                if kept is not None and kept.made_directory:
                    remove_empty_directory(file.parent)
            else:
                _write(file, after)
    if not dry_run:
        remove_file(_record(settings, file))
    notes = guard_notes(settings) if changed and not dry_run else ()
    return HooksChange(
        agent=agent, file=str(file), installed=False, changed=changed, exact=exact, dry_run=dry_run, problems=notes
    )


def _file(settings: Settings, cwd: Path, agent: str, *, user: bool) -> Path:
    if agent != AGENT:
        raise PluginError.of("E674", agent=agent, known=AGENT)
    return _settings_file(settings, cwd, "user" if user else "project")


def _settings_file(settings: Settings, cwd: Path, scope: Scope) -> Path:
    """The client's settings; links of the user's own are followed, those of a project may not lead out of it."""
    if scope == "user":
        home = settings.variable("CLAUDE_CONFIG_DIR") or str(Path(settings.directories.home) / ".claude")
        return real_path(cwd / home / "settings.json")
    root = find_project(cwd, home=Path(settings.directories.home)) or cwd
    file = real_path(root / ".claude" / "settings.json")
    if not file.is_relative_to(real_path(root)):
        raise PluginError.of("E675", file=str(root / ".claude" / "settings.json"), target=str(file))
    return file


def _program(*, user: bool) -> str:
    """How the client starts us: the user's settings name this installation, a project's are for many machines."""
    return f"{quote(sys.executable)} -I -m skillctl" if user else "skillctl"


def _base(file: Path, data: bytes | None, kept: _Kept | None) -> bytes | None:
    """The settings without us: as they were, if nobody changed them since, else as they would be."""
    if kept is not None and data is not None and _sha256(data) == kept.after:
        return kept.before
    return _cleaned(file, data)


def _cleaned(file: Path, data: bytes | None) -> bytes | None:
    if data is None:
        return None
    value = _value(file, data)
    return written_like(_text(data), without_ours(value)).encode() if registered_in(value) else data


def _value(file: Path, data: bytes | None) -> JsonObject:
    """What settings say; nothing where there are none."""
    if data is None or not data.strip():
        return {}
    try:
        value = load_json(data, file=str(file), max_bytes=_BYTES, max_depth=LIMITS.json_depth)
    except SkillctlError as error:
        raise PluginError(problem("E673", place=Place(file=str(file)), file=str(file)), *error.problems) from error
    if not isinstance(value, dict) or not is_mergeable(value):
        raise PluginError.of("E673", place=Place(file=str(file)), file=str(file))
    return value


def _text(data: bytes | None) -> str:
    return "" if data is None else data.decode()


def _write(file: Path, data: bytes) -> None:
    """Settings may hold secrets: who could read them before can read them afterwards, and nobody else."""
    private = kind_at(str(file)) == "other" and os.stat(file).st_mode & 0o077 == 0
    (write_private if private else write_atomic)(file, data)


def _phase(settings: Settings, cwd: Path, file: Path, data: bytes, *, given: bool) -> Phase:
    root = find_project(cwd, home=Path(settings.directories.home))
    effect = Trust(subject=f"hooks:{file}", digest=f"sha256:{_sha256(data)}", given=given)
    return Phase(id=new_phase_id(), name="trust", project=str(root or ""), effects=(effect,))


def _record(settings: Settings, file: Path) -> Path:
    name = hashlib.sha256(os.fsencode(file)).hexdigest()[:16]
    return Path(settings.directories.state) / "hooks" / f"{name}.json"


def _kept(settings: Settings, file: Path) -> _Kept | None:
    path = _record(settings, file)
    data = read_bytes(path, max_bytes=2 * _BYTES)
    if data is None:
        return None
    fields = Fields(load_json(data, file=str(path), max_bytes=2 * _BYTES, max_depth=4), file=str(path))
    check_format(fields, kind="settings that were kept")
    before = base64.b64decode(fields.text("before")) if fields["before"] is not None else None
    return _Kept(before=before, after=fields.text("after"), made_directory=fields.flag("made_directory"))


def _keep(settings: Settings, file: Path, kept: _Kept) -> None:
    before = None if kept.before is None else base64.b64encode(kept.before).decode()
    members: JsonObject = {
        "format": FORMAT,
        "file": str(file),
        "before": before,
        "after": kept.after,
        "made_directory": kept.made_directory,
    }
    write_private(_record(settings, file), dump_json(members))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
