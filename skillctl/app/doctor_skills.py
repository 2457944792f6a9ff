"""What is wrong with the skills of this machine, and mending what can be mended without asking.

Looked at, for the user and the project around:

    W412    a link in an agent's directory that leads nowhere
    W413    one name, two different skills, in directories of one scope that one agent reads: some list both
    W414    one name, two different skills, one of the user and one of the project: one hides the other
    W415    names of installed skills that are easily taken for one another
    W416    installed skills whose descriptions say nearly the same, so that an agent picks either
    W417    what a killed command left
    W418    a command file of Claude Code that a skill of the same name hides
    W419    a project in the list of scopes that is gone
    W420    backups that are older than a month
    W421    what killed commands left in the store
    E491    a tree of the store that is not what it was unpacked with

Mended is what loses nothing: a killed command is finished, what skillctl had put in place and somebody deleted or broke
is put back, projects that are gone are forgotten, damaged trees and rubbish leave the store. Nothing that a person made
or edited is touched.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from typing import Literal

from skillctl.agents.table import Agent, agents
from skillctl.agents.where import Surroundings, read_directories
from skillctl.app.audience import around_scope, chosen_agents, detected_agents
from skillctl.app.scopes import ScopeFiles, known_states
from skillctl.app.trees import open_store
from skillctl.app.verify import Damage, find_damage, heal
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import SkillctlError
from skillctl.core.likeness import alike_pairs
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.clock import seconds
from skillctl.edges.disk.files import link_text, list_names, read_bytes
from skillctl.edges.disk.look import kind_at, modified, real_path
from skillctl.edges.disk.trees import hash_tree, remove_tree
from skillctl.edges.machine import is_directory
from skillctl.install.generation import Linked
from skillctl.install.plan import is_rubbish
from skillctl.install.roots import forget_lost_states, lost_states
from skillctl.install.scope import Scope
from skillctl.install.state import has_leftovers, read_state
from skillctl.store.store import Store

Place = Literal["project", "user"]

_OLD = 30 * 24 * 3600  # seconds
_ALIKE = 0.8  # of the words of two descriptions
_FEWEST = 6  # words: shorter descriptions are alike by chance
_COMMAND_BYTES = 1 << 20
_WORD = re.compile(r"[^\W_]{3,}")


@dataclass(frozen=True, slots=True)
class Remedy:
    """Something that can be mended."""

    about: str
    """What is done, as a phrase in the past: `forgot …`."""
    mend: Callable[[], object]


@dataclass(frozen=True, slots=True)
class _Found:
    """A skill in a directory that an agent reads."""

    path: str
    scope: Place
    digest: str


def findings(settings: Settings, scopes: Sequence[Scope]) -> Iterator[Problem]:
    """All that is wrong, as problems."""
    yield from _places(settings, scopes)
    yield from _installed_set(settings, scopes)
    for scope in scopes:
        yield from _leftovers(scope)
    for path in lost_states(known_states(settings)):
        yield problem("W419", path=str(path))
    yield from _store(settings)


def remedies(settings: Settings, scopes: Sequence[Scope]) -> Iterator[Remedy]:
    """What can be mended, in the order in which it has to be."""
    for scope in scopes:
        yield from _of_scope(settings, scope)
    known = known_states(settings)
    lost = [str(path) for path in lost_states(known)]
    if lost:
        yield Remedy(f"forgot projects that are gone: {', '.join(lost)}", lambda: forget_lost_states(known))
    store = open_store(settings)
    damage = find_damage(store, sorted(store.digests()))
    if damage.trees:
        said = f"{len(damage.trees)} damaged tree{'s' * (len(damage.trees) != 1)}"
        yield Remedy(f"fetched again, or took out of the store: {said}", lambda: _heal(settings, scopes, store, damage))
    if list_names(store.root / "new"):
        yield Remedy("took out of the store what killed commands had left", lambda: _clear(settings, store))


def _heal(settings: Settings, scopes: Sequence[Scope], store: Store, damage: Damage) -> None:
    """What these scopes use is fetched again; the rest is when it is needed."""
    heal(settings, scopes, store, damage)
    with store.alone(timeout=settings.lock_timeout, purpose="skillctl doctor"):
        for digest in damage.trees:
            if not store.is_whole(digest):
                store.drop(digest)


def _clear(settings: Settings, store: Store) -> None:
    with store.alone(timeout=settings.lock_timeout, purpose="skillctl doctor"):
        remove_tree(store.root / "new")


def _of_scope(settings: Settings, scope: Scope) -> Iterator[Remedy]:
    state = read_state(scope)
    if state.pending is not None or has_leftovers(scope):
        yield Remedy(f"finished what a killed command had begun in {scope.root}", lambda: _finish(settings, scope))
    files = ScopeFiles(scope, settings.limits)
    if files.lock_text is None or (files.project_text, files.lock_text) != (state.newest.project, state.newest.lock):
        return
    broken = [
        f"{directory}/{skill}"
        for directory, skills in state.newest.targets.items()
        for skill, placed in skills.items()
        if _is_gone(f"{scope.directory(directory)}/{skill}", linked=isinstance(placed, Linked))
    ]
    if broken:
        yield Remedy(f"put back what was missing or led nowhere: {', '.join(broken)}", lambda: _sync(settings, scope))


def _is_gone(path: str, *, linked: bool) -> bool:
    kind = kind_at(path)
    return kind == "nothing" or (linked and kind == "link" and not is_directory(path))


def _finish(settings: Settings, scope: Scope) -> None:
    from skillctl.app.installing import changing

    with changing(scope, settings, "doctor"):
        pass  # to take the scope is to finish it


def _sync(settings: Settings, scope: Scope) -> None:
    from skillctl.app.sync import SyncRequest, sync

    sync(settings, SyncRequest(cwd=scope.files, user=scope.kind == "user"))


# --- what agents find ---------------------------------------------------------------------------------------------


def _places(settings: Settings, scopes: Sequence[Scope]) -> Iterator[Problem]:
    project = next((scope for scope in scopes if scope.kind == "project"), None)
    around = around_scope(project or scopes[0], settings)
    found = {each.agent.id: each.agent for each in detected_agents(around, settings)}
    for scope in scopes:  # also those that are only named: a teammate's, or the default
        with suppress(SkillctlError):  # a project file that can't be read is told elsewhere
            wanted = ScopeFiles(scope, settings.limits).project.agents
            found |= {each.id: each for each in chosen_agents(wanted, settings, around_scope(scope, settings))}
    cache: dict[str, dict[str, str]] = {}
    told: set[tuple[str, str]] = set()
    for agent in found.values():
        for finding in _of_agent(agent, around, project is not None, cache):
            key = (finding.code, str(finding.evidence.get("skill") or finding.evidence.get("path")))
            if key not in told:
                told.add(key)
                yield finding


def _of_agent(
    agent: Agent, around: Surroundings, in_project: bool, cache: dict[str, dict[str, str]]
) -> Iterator[Problem]:
    seen: dict[str, list[_Found]] = {}
    scopes: tuple[Place, ...] = ("project", "user") if in_project else ("user",)
    for scope in scopes:
        for directory in read_directories(agent, scope, around):
            if directory not in cache:
                cache[directory] = _skills_of(Path(directory))
            for name, digest in cache[directory].items():
                path = f"{directory}/{name}"
                if not digest:
                    yield problem("W412", path=path, target=link_text(path) or "")
                else:
                    seen.setdefault(name, []).append(_Found(path, scope, digest))
    for name, places in seen.items():
        yield from _several(agent, name, places)
    if agent.id == "claude-code":
        yield from _hidden_commands(seen, around, in_project)


def _several(agent: Agent, name: str, places: Sequence[_Found]) -> Iterator[Problem]:
    for one, other in combinations(places, 2):
        if one.digest == other.digest:
            continue
        if one.scope == other.scope:
            yield problem("W413", skill=name, agent=agent.name, one=one.path, other=other.path)
        else:
            by = other if agent.id == "claude-code" else one  # the only one known in which the user's comes first
            hidden = one if by is other else other
            yield problem("W414", skill=name, agent=agent.name, shown=by.path, hidden=hidden.path)
        return


def _skills_of(directory: Path) -> dict[str, str]:
    """Skill -> digest of what it holds; empty for a link that leads nowhere. Directories without SKILL.md are none."""
    found: dict[str, str] = {}
    for name in list_names(directory) if directory.is_dir() else ():
        path = f"{directory}/{name}"
        kind = kind_at(path)
        if kind == "link" and not Path(path).exists():
            found[name] = ""
        elif is_directory(path) and Path(path, "SKILL.md").is_file():
            files = sorted(each for each in hash_tree(real_path(Path(path))).items() if not is_rubbish(each[0]))
            found[name] = hashlib.sha256(repr(files).encode("utf-8", "surrogateescape")).hexdigest()
    return found


def _hidden_commands(seen: Mapping[str, list[_Found]], around: Surroundings, in_project: bool) -> Iterator[Problem]:
    """Files of `.claude/commands` that a skill of the same name comes before."""
    claude = next(each for each in agents() if each.id == "claude-code")
    scopes: tuple[Place, ...] = ("project", "user") if in_project else ("user",)
    for scope in scopes:
        commands = Path(read_directories(claude, scope, around)[0]).parent / "commands"
        for name in list_names(commands) if commands.is_dir() else ():
            skill = name.removesuffix(".md")
            if name.endswith(".md") and skill in seen and read_bytes(commands / name, max_bytes=_COMMAND_BYTES):
                yield problem("W418", path=str(commands / name), skill=skill, by=seen[skill][0].path)


# --- what was installed -------------------------------------------------------------------------------------------


def _installed_set(settings: Settings, scopes: Sequence[Scope]) -> Iterator[Problem]:
    """Names and descriptions of everything that skillctl installed, of the user and of the project together."""
    store = open_store(settings)
    packs: dict[str, str] = {}
    described: dict[str, str] = {}
    for scope in scopes:
        for skills in read_state(scope).newest.targets.values():
            for skill, placed in skills.items():
                packs.setdefault(skill, placed.pack)
                if skill in described:
                    continue
                record = store.record(placed.tree)
                described[skill] = record.skills[skill].description if record and skill in record.skills else ""
    for one, other in alike_pairs(packs):
        if packs[one] != packs[other]:
            yield problem("W415", one=one, pack=packs[one], other=other, by=packs[other])
    for one, other in alike_texts(described):
        yield problem("W416", one=one, pack=packs[one], other=other, by=packs[other])


def alike_texts(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Every two names whose texts share nearly all of their words, whatever the order.

    Two texts of which so many words are equal have one of their rarer words in common, so only those are compared.
    """
    words = {name: frozenset(_WORD.findall(text.lower())) for name, text in texts.items()}
    words = {name: each for name, each in words.items() if len(each) >= _FEWEST}
    count: dict[str, int] = {}
    for each in words.values():
        for word in each:
            count[word] = count.get(word, 0) + 1
    holders: dict[str, list[str]] = {}
    pairs: set[tuple[str, str]] = set()
    for name in sorted(words):
        rare = sorted(words[name], key=lambda word: (count[word], word))
        for word in rare[: len(rare) - int(_ALIKE * len(rare)) + 1]:
            pairs.update((other, name) for other in holders.get(word, ()))
            holders.setdefault(word, []).append(name)
    return sorted(pair for pair in pairs if _share(words[pair[0]], words[pair[1]]) >= _ALIKE)


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def _leftovers(scope: Scope) -> Iterator[Problem]:
    if read_state(scope).pending is not None or has_leftovers(scope):
        yield problem("W417", root=str(scope.root))
    old = [
        name
        for name in list_names(scope.backups)
        if (when := modified(scope.backups / name)) is not None and seconds() - when > _OLD
    ]
    if old:
        yield problem("W420", path=str(scope.backups), count=len(old))


def _store(settings: Settings) -> Iterator[Problem]:
    store = open_store(settings)
    damage = find_damage(store, sorted(store.digests()))
    for pack in damage.packs:
        yield problem("E491", tree=pack.tree, pack=f"{pack.name} {pack.version}")
    for tree in damage.unknown:
        yield problem("E491", tree=tree, pack="a pack that its record does not tell")
    if list_names(store.root / "new"):
        yield problem("W421", path=str(store.root / "new"))
