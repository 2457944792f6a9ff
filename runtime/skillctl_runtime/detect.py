"""Which stacks a project has, where, and which of them it is started by.

Every folder down to the second level is asked. The rules:

1. A strong manifest (go.mod, Cargo.toml, pom.xml, requirements.txt, package.json, CMakeLists.txt …) makes its folder a
   part, one for each stack that has one there; a member of a workspace above it is none of its own.
2. Where the project's own folder has no manifest, entry files by name decide, then the majority of endings. Folders
   called like services (`backend`, `frontend`, `api` …) with an entry file of their own are parts as well.
3. What the plan says (`stack`), and what its run command calls, are parts wherever there is anything of them.
4. Pages without a program, and scripts for a shell, count only where there is nothing else.

The primary part is the one that the plan names, else that of the run command's program, else the first of go, rust,
java, python, node, cpp; a front end that is only built stands behind all others.

What was seen and not taken is kept with each part, so that a person can be told why.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from skillctl.core.value import dataclass
from skillctl_runtime.plan import Plan, StackName
from skillctl_runtime.stack import Evidence, Files, Part, Stack
from skillctl_runtime.stacks import STACKS

ORDER: tuple[StackName, ...] = ("go", "rust", "java", "python", "node", "cpp", "static", "shell")
"""Who is primary where nothing else decides."""

_STRENGTHS = ("manifest", "entry", "extension")
_LEFT_OUT = frozenset(
    {"tests", "test", "__tests__", "spec", "e2e", "docs", "doc", "examples", "example", "samples", "fixtures", "vendor"}
    | {"third_party", "public", "static", "assets", "templates", "migrations", "benchmarks"}
)
"""Folders that hold no part of the program."""
_SERVICES = frozenset(
    {"backend", "back-end", "back", "server", "api", "service", "frontend", "front-end", "front", "client", "web", "ui"}
    | {"webapp", "website", "worker", "workers", "bot", "gateway", "dashboard", "admin", "mobile", "cli", "engine"}
)
_BEHIND = frozenset(
    {"frontend", "front-end", "front", "client", "web", "ui", "webapp", "website", "dashboard", "admin"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seen:
    """Evidence, and the folder it is of."""

    folder: str
    evidence: Evidence

    @property
    def stack(self) -> StackName:
        return self.evidence.stack


@dataclass(frozen=True, kw_only=True, slots=True)
class _Called:
    """What a run command calls."""

    stack: StackName | None = None
    folder: str = ""
    word: str = ""


def detect_parts(plan: Plan, files: Files, stacks: Mapping[StackName, Stack] = STACKS) -> tuple[Part, ...]:
    """The parts of a project, the primary one first; none where nothing is known of it."""
    called = _called(plan, stacks)
    seen = tuple(_survey(files, stacks))
    taken = list(_with_manifests(files, seen))
    taken += _in_the_root(files, stacks, taken)
    taken += _services(seen, taken)
    taken += _asked_for(plan.stack or called.stack, called.folder, seen, taken)
    taken = _without_weak(taken, plan.stack or called.stack)
    if not taken:
        return (Part(folder="", stack=plan.stack, because=("the plan says so",)),) if plan.stack else ()
    ordered = sorted(taken, key=lambda each: _rank(each, plan, called, files))
    return tuple(_part(each, ordered[0], seen, taken, plan, called) for each in ordered)


def run_verb(line: str) -> tuple[str, str]:
    """The program that a line ends up calling, without path and version, and the folder it is called in."""
    folder, verb = "", ""
    for command in _commands(line):
        words = [word for word in command if not re.match(r"[A-Za-z_]\w*=", word)]
        while words and words[0] in ("exec", "env", "nohup", "time", "command"):
            words = words[1:]
        if words[:1] == ["cd"] and len(words) == 2:
            folder = posixpath.normpath(posixpath.join(folder, words[1]))
        elif words:
            verb = re.sub(r"(?<=[a-z])[\d.]+$", "", posixpath.basename(words[0]).removesuffix(".exe"))
    return verb, "" if folder == "." or folder.startswith(("..", "/")) else folder


def _called(plan: Plan, stacks: Mapping[StackName, Stack]) -> _Called:
    if not plan.run:
        return _Called()
    word, folder = run_verb(plan.run[-1])
    folder = posixpath.normpath(posixpath.join(plan.cwd, folder)) if plan.cwd or folder else ""
    stack = next((name for name in stacks if word and word in stacks[name].verbs), None)
    return _Called(stack=stack, folder="" if folder == "." else folder, word=word)


def _commands(line: str) -> Iterator[list[str]]:
    """The simple commands of a line; a line that no shell could read has none."""
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:
        return
    command: list[str] = []
    for word in words:
        if word and set(word) <= set("();<>|&"):
            yield command
            command = []
        else:
            command.append(word)
    yield command


def _survey(files: Files, stacks: Mapping[StackName, Stack]) -> Iterator[_Seen]:
    """The evidence of every folder that may be a part, the project's own first."""
    for folder in _folders(files.paths()):
        inside = files.under(folder)
        for name in stacks:
            evidence = stacks[name].evidence(inside)
            if evidence is not None:
                yield _Seen(folder=folder, evidence=evidence)


def _folders(paths: Iterable[str]) -> list[str]:
    found = {""}
    for path in paths:
        words = path.split("/")[:-1][:2]
        for depth in range(1, len(words) + 1):
            if not any(word in _LEFT_OUT or word.startswith(".") for word in words[:depth]):
                found.add("/".join(words[:depth]))
    return sorted(found, key=lambda folder: (folder.count("/") + bool(folder), folder))


def _with_manifests(files: Files, seen: Sequence[_Seen]) -> Iterator[_Seen]:
    """Rule 1."""
    taken: list[_Seen] = []
    for each in seen:
        if each.evidence.strength != "manifest":
            continue
        above = (other for other in taken if other.stack == each.stack and _is_above(other.folder, each.folder))
        if not any(_owns(files.under(other.folder), each.stack, _inside(other.folder, each.folder)) for other in above):
            taken.append(each)
            yield each


def _in_the_root(files: Files, stacks: Mapping[StackName, Stack], taken: Sequence[_Seen]) -> list[_Seen]:
    """Rule 2: what the project's own folder is by its files, the parts below it left out."""
    if any(each.folder == "" for each in taken):
        return []
    folders = tuple(f"{each.folder}/" for each in taken)
    rest = _Rest(files, folders)
    evidence = [found for name in stacks if (found := stacks[name].evidence(rest)) is not None]
    if taken:  # beside real parts a stray source is none
        top = {path for path in rest.paths() if "/" not in path}
        evidence = [each for each in evidence if each.strength == "entry" and top & set(each.because)]
    elif _is_split(files, stacks):
        return []
    best = sorted(evidence, key=lambda each: (_weight(each), -each.count, ORDER.index(each.stack)))
    return [_Seen(folder="", evidence=each) for each in best[:1]]


def _is_split(files: Files, stacks: Mapping[StackName, Stack]) -> bool:
    """Do several folders called like services hold entries of several stacks, and the project's own folder none?"""
    found = set()
    for folder in _folders(files.paths()):
        inside = files.under(folder)
        for name in stacks:
            evidence = stacks[name].evidence(inside) if name in ORDER[:6] else None
            if evidence is not None and evidence.strength == "entry":
                if folder == "":
                    return False
                if folder.rpartition("/")[2] in _SERVICES:
                    found.add((folder, name))
    return len({folder for folder, _ in found}) > 1 and len({name for _, name in found}) > 1


def _services(seen: Sequence[_Seen], taken: Sequence[_Seen]) -> list[_Seen]:
    """Rule 2: folders called like services, with an entry file of a stack that no part above them has."""
    found: list[_Seen] = []
    for each in seen:
        if each.evidence.strength != "entry" or each.folder.rpartition("/")[2] not in _SERVICES:
            continue
        others = [*taken, *found]
        is_taken = any(other.folder == each.folder for other in others)
        is_part_of = any(other.stack == each.stack and _is_above(other.folder, each.folder) for other in others)
        if not is_taken and not is_part_of:
            found.append(each)
    return found


def _asked_for(stack: StackName | None, folder: str, seen: Sequence[_Seen], taken: Sequence[_Seen]) -> list[_Seen]:
    """Rule 3."""
    if stack is None or any(each.stack == stack for each in taken):
        return []
    found = [each for each in seen if each.stack == stack]
    return sorted(found, key=lambda each: (each.folder != folder, _weight(each.evidence), each.folder))[:1]


def _without_weak(taken: Sequence[_Seen], asked: StackName | None) -> list[_Seen]:
    """Rule 4, and of a service without a manifest beside a root of the same stack only the root."""
    strong = [each for each in taken if each.stack not in ("static", "shell") or each.stack == asked]
    return list(strong or taken)


def _rank(each: _Seen, plan: Plan, called: _Called, files: Files) -> tuple[object, ...]:
    """The least is the primary part."""
    name = each.folder.rpartition("/")[2]
    is_front = each.stack == "node" and _is_front_end(files.under(each.folder))
    return (
        each.stack != plan.stack if plan.stack else False,
        each.stack != called.stack if called.stack else False,
        each.folder != called.folder if called.folder else False,
        is_front,
        each.stack in ("static", "shell"),
        _weight(each.evidence),
        ORDER.index(each.stack),
        name in _BEHIND,
        each.folder.count("/") + bool(each.folder),
        each.folder,
    )


def _part(
    each: _Seen, primary: _Seen, seen: Sequence[_Seen], taken: Sequence[_Seen], plan: Plan, called: _Called
) -> Part:
    kept = {(other.folder, other.stack) for other in taken}
    rejected = tuple(
        other.evidence for other in seen if other.folder == each.folder and (other.folder, other.stack) not in kept
    )
    because = each.evidence.because
    if each is primary and each.stack == plan.stack:
        because = (*because, "the plan says so")
    elif each is primary and called.stack == each.stack:
        because = (*because, f"the run command calls {called.word}")
    return Part(folder=each.folder, stack=each.stack, because=because, rejected=rejected, primary=each is primary)


def _weight(evidence: Evidence) -> int:
    return _STRENGTHS.index(evidence.strength)


def _is_above(folder: str, other: str) -> bool:
    return folder != other and (folder == "" or other.startswith(f"{folder}/"))


def _inside(folder: str, other: str) -> str:
    return other.removeprefix(f"{folder}/") if folder else other


def _is_front_end(files: Files) -> bool:
    from skillctl_runtime.stacks.node_manifest import read_package

    return read_package(files).is_front_end


def _owns(files: Files, stack: StackName, member: str) -> bool:
    """Is a folder with a manifest a member of what the folder above it builds?"""
    return _OWNERS[stack](files, member)


def _node_owns(files: Files, member: str) -> bool:
    from skillctl_runtime.files import matching
    from skillctl_runtime.stacks.node_manifest import read_package

    if files.text("pnpm-workspace.yaml") is not None:
        return True
    globs = [each.removeprefix("./").rstrip("/") for each in read_package(files).workspaces]
    return bool(matching([member], globs))


def _rust_owns(files: Files, member: str) -> bool:
    text = files.text("Cargo.toml") or ""
    return "[workspace]" in text or f'path = "{member}"' in text


def _python_owns(files: Files, member: str) -> bool:
    text = files.text("pyproject.toml") or ""
    return (
        "[tool.uv.workspace]" in text
        or re.search(rf"path\s*=\s*[\"'](?:\./)?{re.escape(member)}[\"']", text) is not None
    )


def _java_owns(files: Files, _member: str) -> bool:
    gradle = any(files.data(name) is not None for name in ("settings.gradle", "settings.gradle.kts"))
    return gradle or "<module>" in (files.text("pom.xml") or "")


def _always(_files: Files, _member: str) -> bool:
    return True


def _go_owns(files: Files, _member: str) -> bool:
    return files.data("go.work") is not None


_OWNERS: Mapping[StackName, Callable[[Files, str], bool]] = {
    "go": _go_owns,
    "rust": _rust_owns,
    "java": _java_owns,
    "python": _python_owns,
    "node": _node_owns,
    "cpp": _always,
    "static": _always,
    "shell": _always,
}


class _Rest:
    """A folder's files without those of some folders below it."""

    def __init__(self, files: Files, without: tuple[str, ...]) -> None:
        self._files = files
        self._without = without

    def paths(self) -> tuple[str, ...]:
        """Every file that is left."""
        return tuple(path for path in self._files.paths() if not path.startswith(self._without))

    def data(self, path: str) -> bytes | None:
        """A file's bytes."""
        return self._files.data(path)

    def text(self, path: str) -> str | None:
        """A file's text."""
        return self._files.text(path)

    def found(self, pattern: str) -> tuple[str, ...]:
        """Paths that match a glob and are left."""
        return tuple(path for path in self._files.found(pattern) if not path.startswith(self._without))

    def under(self, folder: str) -> Files:
        """The files of one folder."""
        return self._files.under(folder)
