"""Validating packs: a directory, a folder of packs, an archive or a manifest; every problem at once."""

from __future__ import annotations

import json
import os
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.app.outcome import Outcome
from skillctl.archive.reader import read_archive
from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import InstallError, ManifestError, RegistryError, SkillctlError, UsageError
from skillctl.core.json_value import JsonObject
from skillctl.core.limits import Limits
from skillctl.core.manifest import MANIFEST_FILE
from skillctl.core.secrets import masked
from skillctl.core.settings import Settings
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.tokens import ContextCost
from skillctl.core.tree import is_ignored
from skillctl.core.value import dataclass, replace
from skillctl.edges.disk.files import list_names, read_bytes, write_atomic
from skillctl.edges.disk.look import iterate_directories
from skillctl.edges.disk.trees import read_tree_files
from skillctl.formats.agent_rules import UPLOADS
from skillctl.formats.checks import examine_pack
from skillctl.formats.silence import Silenced

if TYPE_CHECKING:
    from skillctl.formats.fixes import Fix

PACKS_FOLDER = "packs"
"""A directory that is no pack and has this folder is a repository of packs."""

_UNREAD_FILES = 20
"""So many files of a pack that can't be read are told; then it is none that could be checked."""

_ARCHIVE_ENDINGS = (".tar.gz", ".tgz")


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidateRequest:
    """What is to be checked."""

    paths: tuple[Path, ...]
    cwd: Path
    """What places in messages are relative to."""
    strict: bool = False
    """Whether warnings count as failures."""
    agents: tuple[str, ...] = ()
    """Readers whose own rules count, by id; none: the rules that all share."""
    fix: bool = False
    """Whether what is mechanical is mended."""
    dry_run: bool = False
    """Only tell what would be mended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedPack:
    """One pack and what was found in it."""

    location: str
    """Its directory or archive, as a person at the working directory knows it."""
    name: str
    version: str
    """Both as they are written, empty where that much can't be read."""
    files: int
    size: int
    """Bytes of all files."""
    skills: tuple[ContextCost, ...]
    problems: tuple[Problem, ...]
    silenced: tuple[Silenced, ...] = ()
    """What its author has silenced, with the reasons."""
    fixes: tuple[Fix, ...] = ()
    """What was mended before it was checked, or would be."""

    def count(self, severity: str) -> int:
        """How many problems are that bad."""
        return sum(each.severity == severity for each in self.problems)

    def to_json(self) -> JsonObject:
        return {
            "path": self.location,
            "name": self.name,
            "version": self.version,
            "errors": self.count("error"),
            "warnings": self.count("warning"),
            "notes": self.count("note"),
            "files": self.files,
            "size": self.size,
            "skills": [_cost_to_json(each) for each in self.skills],
            "silenced": [_silenced_to_json(each) for each in self.silenced],
            "fixes": [each.to_json() for each in self.fixes],
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidateOutcome(Outcome):
    """Every pack that was checked; `problems` has those of all of them."""

    packs: tuple[CheckedPack, ...]
    strict: bool

    @property
    def ok(self) -> bool:
        grave = ("error", "warning") if self.strict else ("error",)
        return not any(each.severity in grave for each in self.problems)

    def to_sarif(self) -> str:
        """The problems for a code host."""
        from skillctl.formats.sarif import findings_as_sarif

        return findings_as_sarif(self.problems, [each for pack in self.packs for each in pack.silenced])

    def to_json(self) -> JsonObject:
        return {"strict": self.strict, "packs": [each.to_json() for each in self.packs]}


def validate(settings: Settings, request: ValidateRequest) -> ValidateOutcome:
    """Check every pack at the paths. A path without one fails alone; InstallError E428 or E437 if there is none at any.

    UsageError E430 for a reader that nobody knows.
    """
    _check_agents(request.agents)
    checked: dict[Path, CheckedPack] = {}
    astray: dict[Path, tuple[Problem, ...]] = {}
    for path in dict.fromkeys(request.paths):
        try:
            for location in pack_locations(path):
                if location not in checked:
                    checked[location] = _mended_and_checked(location, request, settings.limits)
        except UsageError:
            raise
        except SkillctlError as error:
            astray[path] = error.problems
            checked[path] = _checked(_shown(path, request.cwd), {}, (), error.problems)
    packs = tuple(checked.values())
    if checked.keys() == astray.keys():
        raise InstallError(*(each for problems in astray.values() for each in problems))
    problems = tuple(each for pack in packs for each in pack.problems)
    return ValidateOutcome(packs=packs, strict=request.strict, problems=problems)


def write_sarif(outcome: ValidateOutcome, path: Path) -> None:
    """The problems for a code host, in a file."""
    write_atomic(path, outcome.to_sarif().encode())


def refuse_faulty(files: Mapping[str, bytes], directory: Path, limits: Limits) -> tuple[Problem, ...]:
    """What is to be said of a pack that may be published. ManifestError with all that is wrong, if anything is."""
    report = examine_pack(files, prefix=f"{directory}/", limits=limits, check_plan=_check_plan)
    errors = [each for each in report.problems if each.severity == "error"]
    if errors:
        raise ManifestError(*errors)
    warnings = [each for each in report.problems if each.severity == "warning"]
    return (*warnings, *(_noted(each) for each in report.silenced if each.problem.code == "E122"))


def _noted(each: Silenced) -> Problem:
    """A secret that its author says is none, for whoever publishes."""
    return problem("N118", place=each.problem.place, reason=each.reason)


def pack_locations(path: Path) -> Iterator[Path]:
    """The packs that a path means: itself, those of a folder, or those in a repository's `packs`."""
    if path.name == MANIFEST_FILE and path.is_file():
        yield path.parent
    elif (path.name.endswith(_ARCHIVE_ENDINGS) and path.is_file()) or (path / MANIFEST_FILE).is_file():
        yield path
    else:
        folders = (path, path / PACKS_FOLDER)
        inside = next((packs for folder in folders if (packs := _packs_in(folder))), [])
        if not path.exists():
            raise InstallError.of("E437", path=str(path))
        if not inside and not _has_skills(path):
            raise InstallError.of("E428", path=str(path))
        yield from inside or [path]


def check_location(location: Path, cwd: Path, limits: Limits, agents: tuple[str, ...] = ()) -> CheckedPack:
    """The pack in that directory or archive, checked. What can't even be read is a problem of it."""
    shown = _shown(location, cwd)
    left_out: dict[str, bytes] = {}
    unread: list[Problem] = []
    files: Mapping[str, bytes] | None = None
    while files is None:
        try:
            files = _read(location, shown, limits, left_out)
        except SkillctlError as error:
            unread += error.problems
            path = _one_file(error, location)
            if not path or path in left_out or len(left_out) >= _UNREAD_FILES:
                return _checked(shown, {}, (), unread)
            left_out[path] = b""
    # what can't be read is there all the same, so that nothing which refers to it counts as broken
    report = examine_pack(
        {**left_out, **files},
        prefix="" if shown == "." else f"{shown}/",
        limits=limits,
        agents=agents,
        check_plan=_check_plan,
    )
    checked = _checked(shown, files, report.costs, (*unread, *report.problems))
    return replace(checked, silenced=report.silenced) if report.silenced else checked


def _mended_and_checked(location: Path, request: ValidateRequest, limits: Limits) -> CheckedPack:
    """The pack, mended first where that is asked."""
    fixes: tuple[Fix, ...] = ()
    if request.fix:
        from skillctl.app.mending import mend

        with suppress(InstallError, RegistryError):  # what can't be read is told when it is checked
            fixes = mend(location, _read(location, _shown(location, request.cwd), limits, {}), request, limits)
    checked = check_location(location, request.cwd, limits, request.agents)
    return replace(checked, fixes=fixes) if fixes else checked


def _check_plan(path: str, data: bytes, files: Mapping[str, bytes]) -> Iterable[Problem]:
    from skillctl.app.plan_checks import check_plan  # most packs have no plans

    return check_plan(path, data, files)


def _check_agents(names: tuple[str, ...]) -> None:
    if not names:
        return
    from skillctl.agents.table import chosen_agents

    try:
        chosen_agents(name for name in names if name not in UPLOADS)
    except SkillctlError as error:
        raise UsageError(*error.problems) from error


def _checked(
    location: str, files: Mapping[str, bytes], skills: Iterable[ContextCost], problems: Iterable[Problem]
) -> CheckedPack:
    name, version = _named(files.get(MANIFEST_FILE, b""))
    return CheckedPack(
        location=location,
        name=name,
        version=version,
        files=len(files),
        size=sum(map(len, files.values())),
        skills=tuple(skills),
        problems=tuple(problems),
    )


def _one_file(error: SkillctlError, location: Path) -> str:
    """The path of the one file that can't be taken as it is: too large, a link, a device. Empty: all is unreadable."""
    (first, *others) = error.problems
    path = Path(location, str(first.evidence.get("path", "")))
    if others or first.code not in ("E455", "E456") or path == location or not path.is_relative_to(location):
        return ""
    name = path.relative_to(location).as_posix()
    return "" if name.rpartition("/")[2] in (MANIFEST_FILE, SKILL_FILE) else name


def _read(location: Path, shown: str, limits: Limits, left_out: Container[str]) -> Mapping[str, bytes]:
    if location.name.endswith(_ARCHIVE_ENDINGS):
        data = read_bytes(location, max_bytes=limits.archive_bytes) or b""
        return {member.path: member.data for member in read_archive(data, pack=shown, limits=limits)}

    def is_read(path: str) -> bool:
        return _is_kept(path) and path not in left_out

    return read_tree_files(location, limits=limits, keep=is_read, enter=_is_kept)


def _is_kept(path: str) -> bool:
    return not is_ignored(path)


def _packs_in(folder: Path) -> list[Path]:
    """The directories right below that have a manifest."""
    found = [folder / name for name in iterate_directories(folder) if not is_ignored(name)]
    return [path for path in found if (path / MANIFEST_FILE).is_file()]


def _has_skills(path: Path) -> bool:
    """Whether it is a pack without a manifest."""
    skills = path / "skills"
    return (path / SKILL_FILE).is_file() or any((skills / name / SKILL_FILE).is_file() for name in list_names(skills))


def _shown(location: Path, cwd: Path) -> str:
    if location.is_relative_to(cwd):
        return location.relative_to(cwd).as_posix()
    beside = os.path.relpath(location, cwd) if location.is_relative_to(cwd.parent) else str(location)
    return beside.replace(os.sep, "/")


def _named(manifest: bytes) -> tuple[str, str]:
    """Name and version as they stand in a manifest that may be wrong in any way."""
    try:
        value = json.loads(manifest)
    except (ValueError, RecursionError):
        return "", ""
    members = value if isinstance(value, dict) else {}
    name, version = (members.get(key) for key in ("name", "version"))
    return masked(name) if isinstance(name, str) else "", masked(version) if isinstance(version, str) else ""


def _silenced_to_json(each: Silenced) -> JsonObject:
    place = each.problem.place or Place()
    return {"code": each.problem.code, "file": place.file, "line": place.line, "reason": each.reason}


def _cost_to_json(cost: ContextCost) -> JsonObject:
    return {
        "name": cost.skill,
        "always_on": cost.always_on,
        "on_demand": cost.on_demand,
        "context_files": cost.context_files,
    }
