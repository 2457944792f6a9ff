"""Plans of installations: what would be done, written down to be looked at, and later done exactly so or not at all.

`install --plan FILE` (and `update`, `remove`) rehearses and writes FILE, nothing else. `skillctl apply FILE` rehearses
the same again: it begins with the files that the plan names, takes the lock that it holds, and does it only if what
comes out is the plan to the last digest. Whatever changed meanwhile is told, piece by piece (E435): the project's
files, what is installed, the agents, a release that was yanked or is served otherwise.

A plan names no place of a machine, so it may be made on one and done on another that is in the same state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.app.install import InstallOutcome, outcome_of
from skillctl.app.installing import Rehearsal, Wish, changing, registries_later, settle
from skillctl.app.outcome import Outcome
from skillctl.app.scopes import parse_lock, parse_project, scope_for_writing
from skillctl.app.surroundings import check_floor
from skillctl.app.trees import open_store
from skillctl.core.about import __version__
from skillctl.core.digests import line_sha256
from skillctl.core.errors import InstallError, ManifestError, SkillctlError, UsageError
from skillctl.core.fields import Fields, check_format
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.lockfile import Lock
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass, replace
from skillctl.edges.disk.files import read_bytes, write_atomic
from skillctl.formats.json_text import dump_json, load_json
from skillctl.install.plan import Change, WantedCopy, WantedLink
from skillctl.install.scope import Scope

if TYPE_CHECKING:
    from skillctl.install.apply import Texts

FORMAT = "1.0"
SCHEMA = "urn:skillctl:schema:install-plan-1"
_BYTES = 1 << 28  # a thousand packs with all their files are some megabytes
_DEPTH = 16
_SWITCHES = ("force", "thorough", "allow_hidden_text", "keeps_budget")
_COMPARED = {
    "before": "the project's files and state",
    "agents": "the agents",
    "after": "what the project's files would say",
    "packs": "the releases",
    "changes": "what would be changed",
    "kept": "what was edited by hand",
    "yanked": "what was yanked",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplyRequest:
    """What `apply` is asked for."""

    cwd: Path
    plan: Path
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplyOutcome(Outcome):
    """What was done by a plan."""

    command: str
    """The command that the plan was made with."""
    change: InstallOutcome

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {"planned": self.command, **self.change.to_json()}


def write_plan(path: Path, rehearsal: Rehearsal) -> None:
    """Write down what was rehearsed. UsageError E002 where one of the scope's own files would have to go for it, or
    where there is no directory for it: a name that was mistyped makes none.
    """
    scope = rehearsal.opened.scope
    if path in (scope.project_file, scope.lock_file, scope.ignore_file):
        raise UsageError.of("E002", option="--plan", reason=f"`{path.name}` is the project's own; name another file")
    if not path.parent.is_dir():
        raise UsageError.of("E002", option="--plan", reason=f"`{path.parent}` is no directory")
    if path.is_dir():
        raise UsageError.of("E002", option="--plan", reason=f"`{path.name}` is a directory; name a file")
    write_atomic(path, dump_json(plan_to_json(rehearsal)))


def apply_written(settings: Settings, request: ApplyRequest) -> ApplyOutcome:
    """Do what the plan says. InstallError E435 with all that is not as it was, E436 if the file is no plan."""
    planned = read_plan(request.plan, settings)
    command = str(planned["command"])
    scope = scope_for_writing(settings, request.cwd, user=planned["scope"] == "user")
    with changing(scope, settings, command, dry_run=request.dry_run) as opened:
        wish = _wish(planned, scope, settings, file=str(request.plan))
        check_floor(wish.project)
        if not wish.project.agents:  # those that the plan was made for, whoever is found here
            settings = replace(settings, agents=_texts_in(planned, "agents"))
        registries, store = registries_later(settings, wish.project, scope), open_store(settings)
        found: list[JsonObject] = []
        rehearsal = replace(wish, dry_run=True, rehearsed=lambda told: found.append(plan_to_json(told)))
        with _other_releases(request.plan):
            settle(opened, settings, rehearsal, store=store, registries=registries)
        differences = [said for key in _COMPARED for said in _differences(key, planned[key], found[0][key])]
        if differences:
            raise InstallError.of("E435", path=str(request.plan), differences=differences)
        done = replace(wish, dry_run=request.dry_run)
        settled = settle(opened, settings, done, store=store, registries=registries)
        change = outcome_of(scope, settled, opened.files, wish.lock, done, store, settings=settings)
    return ApplyOutcome(problems=change.problems, command=command, change=change)


@contextmanager
def _other_releases(plan: Path) -> Iterator[None]:
    """A release that is not what the plan says is a difference like any other, whichever of the two was changed."""
    try:
        yield
    except SkillctlError as error:
        if not all(each.code in ("E245", "E246", "E248") for each in error.problems):
            raise
        differences = [_other_release(each.evidence) for each in error.problems]
        raise InstallError.of("E435", path=str(plan), differences=differences) from error


def _other_release(evidence: Mapping[str, object]) -> str:
    release = evidence.get("release") or f"{evidence['name']} {evidence['version']}"
    return f"{release} in {evidence['registry']} is not the release of the plan"


def read_plan(path: Path, settings: Settings) -> JsonObject:
    """The members of a plan. InstallError E436 if the file is none."""
    if path.is_dir():
        raise InstallError.of("E436", path=str(path), reason="it is a directory")
    data = read_bytes(path, max_bytes=_BYTES)
    if data is None:
        raise InstallError.of("E436", path=str(path), reason="there is no such file")
    file = str(path)
    try:
        value = load_json(data, file=file, max_bytes=_BYTES, max_depth=max(_DEPTH, settings.limits.json_depth))
        fields = Fields(value, file=file)
        check_format(fields, kind="plan of an installation")
        for key in ("command", "scope"):
            fields.text(key)
        for key in ("before", "after"):
            fields.any_object(key)
        fields.texts("agents")
        for key in ("packs", "changes", "kept", "yanked"):
            list(fields.items(key)) if key in ("packs", "changes") else fields.texts(key)
    except ManifestError as error:
        if error.code == "E148":
            raise
        raise InstallError.of("E436", path=file, reason=str(error)) from error
    missing = [key for key in (*_COMPARED, *_SWITCHES) if not isinstance(value, dict) or key not in value]
    if missing or not isinstance(value, dict):
        raise InstallError.of("E436", path=file, reason=f"it has no {', '.join(missing)}")
    return value


def plan_to_json(rehearsal: Rehearsal) -> JsonObject:
    """The members of a plan."""
    wish, opened = rehearsal.wish, rehearsal.opened
    return {
        "$schema": SCHEMA,
        "format": FORMAT,
        "skillctl": __version__,
        "command": wish.command,
        "scope": opened.scope.kind,
        "force": wish.force,
        "thorough": wish.thorough,
        "allow_hidden_text": wish.allow_hidden_text,
        "keeps_budget": wish.keeps_budget,
        "agents": sorted(rehearsal.agents),
        "before": {"generation": opened.state.newest.number, **_digests(rehearsal.before)},
        "after": {
            "project": rehearsal.after.project,
            "lock": rehearsal.after.lock,
            "ignore": _digest(rehearsal.after.ignore),
        },
        "packs": _packs(rehearsal),
        "changes": [_change(each, opened.scope) for each in rehearsal.plan.changes],
        "kept": sorted(_shown(each.evidence) for each in rehearsal.plan.kept),
        "yanked": sorted(f"{each.evidence['name']} {each.evidence['version']}" for each in rehearsal.yanked),
    }


def _shown(evidence: Mapping[str, object]) -> str:
    return f"{evidence['directory']}/{evidence['skill']}"


def _packs(rehearsal: Rehearsal) -> list[JsonValue]:
    before, after = rehearsal.opened.files.lock or Lock(), rehearsal.wish.lock
    told: list[JsonValue] = []
    for name in sorted(before.packs.keys() | after.packs.keys()):
        old, new = before.packs.get(name), after.packs.get(name)
        if old == new:
            continue
        entry: dict[str, JsonValue] = {
            "name": name,
            "before": str(old.version) if old else None,
            "after": str(new.version) if new else None,
        }
        if new is not None:
            entry["tree"] = new.tree
        told.append(entry)
    return told


def _change(change: Change, scope: Scope) -> JsonObject:
    told: dict[str, JsonValue] = {
        "directory": change.directory,
        "skill": change.skill,
        "pack": change.pack,
        "action": change.action,
        "replaces": _replaced(change, scope),
    }
    if isinstance(change.wanted, WantedLink):
        told["link"] = change.wanted.text
    elif isinstance(change.wanted, WantedCopy):
        told["tree"] = change.wanted.tree
        told["files"] = {path: line_sha256(line) for path, line in sorted(change.wanted.files.items())}
    if change.backup:
        told["backup"] = True
    return told


def _replaced(change: Change, scope: Scope) -> str:
    """What stands there now, so that another thing there is seen: nothing, a link, or the digest of its files."""
    if change.seen.kind == "link":
        return f"link {change.seen.text}"
    if change.seen.kind != "directory":
        return change.seen.kind
    from skillctl.edges.disk.trees import hash_tree

    digest = hashlib.sha256()
    for path, sha256 in sorted(hash_tree(scope.directory(change.directory) / change.skill).items()):
        digest.update(f"{sha256} {path}\n".encode("utf-8", "surrogateescape"))
    return f"files sha256:{digest.hexdigest()}"


def _digests(texts: Texts) -> dict[str, JsonValue]:
    return {"project": _digest(texts.project), "lock": _digest(texts.lock), "ignore": _digest(texts.ignore)}


def _digest(text: str | None) -> str | None:
    if text is None:
        return None
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()}"


def _wish(planned: JsonObject, scope: Scope, settings: Settings, *, file: str) -> Wish:
    from skillctl.install.apply import Texts

    after = planned["after"]
    project, lock = (after.get(key) if isinstance(after, dict) else None for key in ("project", "lock"))
    if not isinstance(project, str | None) or not isinstance(lock, str | None):
        raise InstallError.of("E436", path=file, reason="`after` holds no texts")
    return Wish(
        project=parse_project(project, scope, settings.limits),
        lock=parse_lock(lock, scope, settings.limits) or Lock(),
        command=str(planned["command"]),
        force=planned["force"] is True,
        thorough=planned["thorough"] is True,
        allow_hidden_text=planned["allow_hidden_text"] is True,
        keeps_budget=planned["keeps_budget"] is True,
        by_lock_alone=True,
        texts=Texts(project=project, lock=lock, ignore=None),
    )


def _texts_in(planned: JsonObject, key: str) -> tuple[str, ...]:
    value = planned[key]
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _differences(key: str, planned: JsonValue, found: JsonValue) -> Iterator[str]:
    """What of one part of the plan is not so any more, as phrases."""
    if planned == found:
        return
    if isinstance(planned, dict) and isinstance(found, dict):
        names = {"project": "skillctl.json", "lock": "skillctl.lock", "ignore": ".gitignore"}
        for each in sorted(planned.keys() | found.keys()):
            if planned.get(each) != found.get(each):
                yield (
                    names.get(each, "what is installed")
                    if key == "before"
                    else f"what {names.get(each, each)} would say"
                )
    elif key == "changes" and isinstance(planned, list) and isinstance(found, list):
        old, new = _by_place(planned), _by_place(found)
        yield from (each for each in sorted(old.keys() | new.keys()) if old.get(each) != new.get(each))
    elif key == "yanked" and isinstance(found, list):
        yield from (f"{each} was yanked" for each in found)
    else:
        yield _COMPARED[key]


def _by_place(changes: list[JsonValue]) -> dict[str, JsonValue]:
    return {f"{each.get('directory')}/{each.get('skill')}": each for each in changes if isinstance(each, dict)}
