"""A small world to break: a project, a home, a registry, and a canary in every place that is nobody's business."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.faults.runner import NO_FAULT, Ended, Fault, Runner

MAPS = {
    "1.0.0": {"map-draw": "Draws maps", "map-read": "Reads maps"},
    "1.1.0": {"map-draw": "Draws maps in colour", "map-print": "Prints maps"},
    "1.2.0": {"map-draw": "Draws maps at night", "map-print": "Prints maps"},
}
"""Version of the pack `maps` -> its skills. `base` comes with it, and stays as it is."""

Snapshot = Mapping[str, str]
"""Path -> `directory`, `link <text>`, or mode and bytes of a file."""


@dataclass(frozen=True, slots=True)
class _Thing:
    """One directory entry: what it takes to make it again, and to see that nothing needs to be made."""

    kind: str
    size: int
    mtime_ns: int
    mode: int
    data: bytes


Photograph = Mapping[str, _Thing]
"""Path -> everything about it, the directories before what is in them."""

_OWN = (".skillctl", ".cache/skillctl", ".local", ".config/skillctl")
"""Below the project or the home: skillctl's own directories."""
_SKILL = re.compile(r"(?:.*/)?skills/[^/]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """Where everything lies."""

    room: Path
    runner: Runner
    more: Mapping[str, str] = field(default_factory=dict)
    """Variables beside the home."""
    changing: tuple[str, ...] = ("project", "home")
    """The parts of the room that a test changes and puts back."""
    kept: dict[str, dict[str, Photograph]] = field(default_factory=dict)
    """What was saved: name -> part -> how it looked."""

    @property
    def project(self) -> Path:
        return self.room / "project"

    @property
    def home(self) -> Path:
        return self.room / "home"

    @property
    def registry(self) -> Path:
        return self.room / "registry"

    def __call__(self, *words: str, fault: Fault = NO_FAULT) -> Ended:
        """Run a command line in the project."""
        environment = {"HOME": str(self.home), "PATH": "", "SKILLCTL_REGISTRY": str(self.registry), **self.more}
        return self.runner(words, cwd=self.project, environment=environment, fault=fault)

    def does(self, *words: str) -> Ended:
        """Run a command line that must succeed."""
        ended = self(*words)
        assert ended.status == 0, f"{words}: {ended}"
        return ended

    def save(self, name: str) -> None:
        """Keep the parts that change, as they are, under a name."""
        self.kept[name] = {part: _photograph(self.room / part) for part in self.changing}

    def restore(self, name: str) -> None:
        """Make them what they were under the name, with every time of every file."""
        for part, photograph in self.kept[name].items():
            _restore(self.room / part, photograph)

    def seen(self) -> Snapshot:
        """Everything in the world but skillctl's own directories and the registry."""
        own = {f"{root}/{each}" for root in ("project", "home") for each in _OWN}
        whole = {**self._walked("project"), **self._walked("home"), **self._walked("outside")}
        return {path: what for path, what in whole.items() if not _below(path, own)}

    def own(self) -> Snapshot:
        """skillctl's own directories, without the cache: it can be filled at any time."""
        keep = {f"{root}/{each}" for root in ("project", "home") for each in _OWN if "cache" not in each}
        whole = {**self._walked("project"), **self._walked("home")}
        return {path: what for path, what in whole.items() if _below(path, keep)}

    def _walked(self, part: str) -> Snapshot:
        return {f"{part}/{path}": what for path, what in snapshot(self.room / part).items()}


def new_world(room: Path, runner: Runner, more: Mapping[str, str] | None = None) -> World:
    """A world in which `maps` 1.0.0 and 1.1.0, and `base` 1.0.0, are published and nothing is installed."""
    world = World(room=room, runner=runner, more=more or {})
    canaries = (
        world.project / "README.md",
        world.project / ".claude" / "skills" / "by-hand" / "SKILL.md",
        world.home / ".claude" / "skills" / "mine" / "SKILL.md",
        world.home / ".bashrc",
        room / "outside" / "canary",
    )
    for path in canaries:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{path.name} of a person\n")
    world.project.joinpath(".gitignore").write_text("*.log\n")
    for each in (".cache", ".local"):
        world.home.joinpath(each).mkdir()
    base = room / "packs" / "base"
    write_pack(base, {"name": "base", "version": "1.0.0"}, {"legend": "Explains symbols"})
    world.does("publish", str(base), "--no-test", "--registry", str(world.registry))
    for version in ("1.0.0", "1.1.0"):
        world.does("publish", str(write_maps(world, version)), "--no-test", "--registry", str(world.registry))
    return world


def write_maps(world: World, version: str) -> Path:
    """The directory of `maps` at a version."""
    pack = world.room / "packs" / f"maps-{version}"
    write_pack(pack, {"name": "maps", "version": version, "dependencies": ["base ^1.0.0"]}, MAPS[version])
    return pack


def write_pack(pack: Path, manifest: Mapping[str, object], skills: Mapping[str, str]) -> None:
    """A pack whose skills have a script and the pack's context."""
    for name, text in skills.items():
        (pack / "skills" / name / "scripts").mkdir(parents=True)
        (pack / "skills" / name / "SKILL.md").write_text(f"---\nname: {name}\ndescription: {text}\n---\n\n{text}.\n")
        (pack / "skills" / name / "scripts" / "run.py").write_text(f"#!/usr/bin/env python3\nprint({text!r})\n")
    (pack / "CONTEXT.md").write_text(f"# {manifest['name']} {manifest['version']}\n")
    whole = {
        "description": "Maps",
        "author": "A. Mapper",
        "skills": [f"skills/{name}" for name in skills],
        "context_files": ["CONTEXT.md"],
        **manifest,
    }
    (pack / "skill.json").write_text(json.dumps(whole))


def snapshot(root: Path) -> Snapshot:
    """Everything below a directory."""
    return dict(_walked(root, ""))


def _walked(directory: Path, prefix: str) -> Iterator[tuple[str, str]]:
    for path, thing in _photograph(directory).items():
        if thing.kind == "file":
            yield (
                prefix + path,
                f"{'x' if thing.mode & 0o100 else '-'} {thing.data.decode('utf-8', 'backslashreplace')}",
            )
        else:
            yield prefix + path, f"{thing.kind} {os.fsdecode(thing.data)}".strip()


def _photograph(root: Path) -> Photograph:
    found: dict[str, _Thing] = {}
    waiting = [("", str(root))]
    while waiting:
        prefix, directory = waiting.pop()
        with os.scandir(directory) as entries:
            for entry in entries:
                path = prefix + entry.name
                thing = _look(entry)
                if thing.kind == "directory":
                    waiting.append((f"{path}/", entry.path))
                elif thing.kind == "file":
                    thing = replace(thing, data=Path(entry.path).read_bytes())
                found[path] = thing
    return found


def _look(entry: os.DirEntry[str]) -> _Thing:
    """All but the bytes of a file."""
    if entry.is_symlink():
        return _Thing("link", 0, 0, 0, os.fsencode(os.readlink(entry.path)))
    if entry.is_dir():
        return _Thing("directory", 0, 0, 0, b"")
    status = entry.stat()
    return _Thing("file", status.st_size, status.st_mtime_ns, status.st_mode & 0o777, b"")


def _restore(root: Path, photograph: Photograph) -> None:
    """Make again what differs, by size and time."""
    standing: set[str] = set()
    waiting = [("", str(root))]
    while waiting:
        prefix, directory = waiting.pop()
        with os.scandir(directory) as entries:
            for entry in entries:
                path, thing = prefix + entry.name, _look(entry)
                wanted = photograph.get(path)
                if wanted is None or thing != (replace(wanted, data=b"") if wanted.kind == "file" else wanted):
                    shutil.rmtree(entry.path) if thing.kind == "directory" else os.unlink(entry.path)
                    continue
                standing.add(path)
                if thing.kind == "directory":
                    waiting.append((f"{path}/", entry.path))
    for path, thing in photograph.items():
        if path not in standing:
            _make(root / path, thing)


def _make(path: Path, thing: _Thing) -> None:
    if thing.kind == "directory":
        path.mkdir()
    elif thing.kind == "link":
        path.symlink_to(os.fsdecode(thing.data))
    else:
        path.write_bytes(thing.data)
        path.chmod(thing.mode)
        os.utime(path, ns=(thing.mtime_ns, thing.mtime_ns))


def _below(path: str, roots: set[str]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def by_skill(seen: Snapshot) -> Mapping[str, Snapshot]:
    """Skill's directory -> what is in it; every other path for itself. Directories that hold skills are left out."""
    parts: dict[str, dict[str, str]] = {}
    for path, what in seen.items():
        match = _SKILL.match(path)
        if match or what != "directory":
            parts.setdefault(match[0] if match else path, {})[path] = what
    return parts


def mixtures(seen: Snapshot, old: Snapshot, new: Snapshot) -> list[str]:
    """What is neither as before nor as after; a skill may be absent as well."""
    now, before, after = by_skill(seen), by_skill(old), by_skill(new)
    strange = [place for place in now.keys() | before.keys() | after.keys() if not _fits(place, now, before, after)]
    return sorted(strange)


def _fits(
    place: str, now: Mapping[str, Snapshot], before: Mapping[str, Snapshot], after: Mapping[str, Snapshot]
) -> bool:
    if now.get(place) in (before.get(place), after.get(place)):
        return True
    return place not in now and bool(_SKILL.match(place)) and before.get(place) != after.get(place)


def differing(one: Snapshot, other: Snapshot) -> list[str]:
    """The paths that differ."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))
