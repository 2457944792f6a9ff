"""`test`: a pack tried as a stranger would meet it, in an empty home, from its archive alone.

pack        the directory becomes an archive, and the archive is read again by the strict reader
validate    every rule, warnings told
install     into a new project, dependencies from the registry that it would be published to
check       what was installed is what was locked, file by file
tests       pytest in the pack's `tests/`, inside the walls that the runtime has, without a network
plans       a rehearsal of each plan

A step that fails ends the trial. Everything happens in a directory that is gone afterwards; the user's configuration,
caches, state and registries are not written. Tests that `files` leaves out of the pack are put beside it for the trial.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal

from skillctl.app.install import InstallRequest, install
from skillctl.app.outcome import Outcome
from skillctl.app.pack import read_pack
from skillctl.app.sync import SyncRequest, sync
from skillctl.app.validate import pack_locations, refuse_faulty
from skillctl.archive.reader import read_archive
from skillctl.archive.writer import write_archive
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.effects import Phase, Run, guarded
from skillctl.core.errors import InstallError, RegistryError, SkillctlError
from skillctl.core.json_value import JsonObject
from skillctl.core.manifest import MANIFEST_FILE, Manifest
from skillctl.core.project import RegistryEntry
from skillctl.core.settings import Directories, PluginSettings, Settings
from skillctl.core.value import dataclass, replace
from skillctl.core.web import Secret, is_web, origin_of
from skillctl.edges import clock
from skillctl.edges.disk.files import read_bytes
from skillctl.edges.disk.look import kind_at
from skillctl.edges.disk.room import temporary_room
from skillctl.edges.disk.trees import read_tree_files, write_tree
from skillctl_plugins.guards import standard_guards
from skillctl_registry.opening import is_address, open_backend
from skillctl_registry.packs import read_manifest, release_of
from skillctl_registry.publish import publish

StepName = Literal["pack", "validate", "install", "check", "tests", "plans"]
Ending = Literal["passed", "failed", "skipped"]

TESTS = "tests"
_PATIENCE = 600
"""Seconds that the pack's own tests may take, unless the settings say otherwise."""
_TAIL = 4_000
_NO_TESTS = 5
"""What pytest ends with where it finds none."""
_PUBLISHED_TO = "published-to"
_ARCHIVES = (".tar.gz", ".tgz")


@dataclass(frozen=True, kw_only=True, slots=True)
class TestRequest:
    """Which packs are tried."""

    __test__ = False  # no test of ours, whatever its name

    paths: tuple[Path, ...]
    cwd: Path
    registry: str = ""
    """Where dependencies come from, by alias or location; empty: where `publish` would publish."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepResult:
    """One step."""

    step: StepName
    ending: Ending
    seconds: float
    detail: str = ""

    def to_json(self) -> JsonObject:
        """The step in an envelope."""
        return {"step": self.step, "ending": self.ending, "seconds": round(self.seconds, 3), "detail": self.detail}


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One pack, tried."""

    location: str
    name: str
    version: str
    steps: tuple[StepResult, ...]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether no step failed."""
        return all(each.ending != "failed" for each in self.steps)

    def to_json(self) -> JsonObject:
        """The trial in an envelope."""
        return {
            "path": self.location,
            "name": self.name,
            "version": self.version,
            "ok": self.ok,
            "steps": [each.to_json() for each in self.steps],
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class TestOutcome(Outcome):
    """Every pack that was tried."""

    __test__ = False

    packs: tuple[Trial, ...]

    @property
    def ok(self) -> bool:
        return all(each.ok for each in self.packs)

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {"packs": [each.to_json() for each in self.packs]}


def try_packs(settings: Settings, request: TestRequest, environ: Mapping[str, str]) -> TestOutcome:
    """Try each pack at the paths. InstallError E428 where there is none, UsageError E004 for an unknown registry.

    RegistryError E232 for a registry that is named and not there: nothing is about to be published to it.
    """
    locations = list(dict.fromkeys(each for path in request.paths for each in pack_locations(path)))
    registry = registry_of_dependencies(settings, request.cwd, request.registry)
    if request.registry and not is_address(registry.location) and kind_at(registry.location) == "nothing":
        raise RegistryError.of("E232", location=registry.location, reason="there is no such directory")
    trials = tuple(_tried(settings, each, registry, environ) for each in locations)
    return TestOutcome(packs=trials, problems=tuple(problem for trial in trials for problem in trial.problems))


def registry_of_dependencies(settings: Settings, cwd: Path, wanted: str) -> RegistryEntry:
    """Where dependencies come from: the registry that the pack would be published to, trusted as it is configured.

    UsageError E004 and E005 if it is none, or not one.
    """
    from skillctl.app.meant_registry import registry_meant
    from skillctl.app.scopes import ScopeFiles, find_project, the_project_scope

    label, location = registry_meant(settings, cwd, wanted)
    root = find_project(cwd, home=Path(settings.directories.home))
    of_project = ScopeFiles(the_project_scope(settings, root), settings.limits).project.registries if root else ()
    known = {each.name: replace(each, insecure=False) for each in of_project}
    known.update({each.name: each for each in settings.registries})
    entry = known.get(label, RegistryEntry(name=label, location=location))
    return replace(entry, name=_PUBLISHED_TO, location=location, scopes=())


def refuse_failing(settings: Settings, directory: Path, registry: RegistryEntry, environ: Mapping[str, str]) -> Trial:
    """The trial of a pack that was validated and is about to be published. InstallError with what failed in it."""
    trial = _tried(settings, directory, registry, environ, validated=True)
    if not trial.ok:
        raise InstallError(*(each for each in trial.problems if each.severity == "error"))
    return trial


def _tried(
    settings: Settings, location: Path, registry: RegistryEntry, environ: Mapping[str, str], *, validated: bool = False
) -> Trial:
    with temporary_room("skillctl-test") as room:
        trial = _Trial(settings, location, room, environ)
        steps: tuple[tuple[StepName, Callable[[], str]], ...] = (
            ("pack", trial.pack),
            *((("validate", trial.validate),) if not validated else ()),
            ("install", lambda: trial.install(registry)),
            ("check", trial.check),
            ("tests", trial.tests),
            ("plans", trial.plans),
        )
        results: list[StepResult] = []
        for name, step in steps:
            result = trial.timed(name, step)
            results.append(result)
            if result.ending == "failed":
                break
    manifest = trial.manifest
    return Trial(
        location=str(location),
        name=manifest.name if manifest else location.name,
        version=str(manifest.version) if manifest else "",
        steps=tuple(results),
        problems=tuple(trial.problems),
    )


class _Skipped(Exception):  # noqa: N818  no failure
    """There is nothing to do in a step; the text says why."""


class _Trial:
    """One pack in its room."""

    def __init__(self, settings: Settings, location: Path, room: Path, environ: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        self.manifest: Manifest | None = None
        self._real = settings
        self._location = location
        self._room = room
        self._environ = environ
        self._files: Mapping[str, bytes] = {}
        self._project = room / "home" / "project"
        write_tree(self._project, {})
        self._settings = _alone(settings, room)

    def timed(self, name: StepName, step: Callable[[], str]) -> StepResult:
        """The step with how it went and how long it took; what is wrong is among the problems."""
        begun = clock.seconds()
        ending: Ending = "passed"
        try:
            detail = step()
        except _Skipped as reason:
            ending, detail = "skipped", str(reason)
        except SkillctlError as error:
            self.problems += error.problems
            ending, detail = "failed", f"{error.code}"
        return StepResult(step=name, ending=ending, seconds=max(0.0, clock.seconds() - begun), detail=detail)

    def pack(self) -> str:
        """The archive, and from here on only what it holds."""
        limits = self._real.limits
        if self._location.name.endswith(_ARCHIVES):
            data = read_bytes(self._location, max_bytes=limits.archive_bytes) or b""
        else:
            tree = read_pack(self._location, limits)
            self.manifest = tree.manifest
            data = write_archive(tree.files, pack=tree.title, limits=limits)
        self._files = {each.path: each.data for each in read_archive(data, pack=self._location.name, limits=limits)}
        self.manifest = read_manifest(self._files.get(MANIFEST_FILE, b""), file=MANIFEST_FILE, limits=limits)
        return f"files: {len(self._files)}, bytes: {len(data):,}"

    def validate(self) -> str:
        """Every rule."""
        told = refuse_faulty(self._files, self._location, self._real.limits)
        self.problems += told
        warnings = sum(each.severity == "warning" for each in told)
        return f"warnings: {warnings}" if warnings else ""

    def install(self, registry: RegistryEntry) -> str:
        """Into the empty project, from a registry that has this pack alone, before the one of its dependencies."""
        manifest = self._manifest()
        own = self._room / "registry"
        publish(
            open_backend(str(own)),
            self._files,
            release_of(manifest, self._files),
            now=clock.now(),
            limits=self._real.limits,
        )
        entries = [RegistryEntry(name="tried", location=str(own))]
        if is_address(registry.location) or kind_at(registry.location) != "nothing":
            entries.append(registry)
        tokens = (*self._real.tokens, *_token_for(self._real, registry.location))
        self._settings = replace(self._settings, registries=tuple(entries), tokens=tokens)
        request = InstallRequest(
            cwd=self._project,
            requests=(f"{manifest.name}@=={manifest.version}",),
            agents=manifest.requires.agents or ("claude-code",),
        )
        outcome = install(self._settings, request)
        self._tell(outcome.problems)
        count = sum(each.action == "add" for each in outcome.changes)
        return f"packs: {outcome.packs}, skills: {count}"

    def check(self) -> str:
        """Is what was installed what was locked?"""
        outcome = sync(self._settings, SyncRequest(cwd=self._project, check=True))
        errors = [each for each in outcome.problems if each.severity == "error"]
        if errors:
            raise InstallError(*errors)
        return ""

    def tests(self) -> str:
        """The pack's own tests."""
        home = self._room / "pack"
        found = {**self._tests_left_out(), **self._files}
        if not any(path.startswith(f"{TESTS}/") and path.endswith(".py") for path in found):
            raise _Skipped("the pack has none")
        write_tree(home, found)
        argv = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={home}", TESTS)
        effect = Run(argv=argv, cwd=str(home), network="none")
        phase = Phase(id="test", name="command", project=str(self._location), effects=(effect,))
        with guarded(standard_guards(replace(self._real, audit="off"), clock=clock.now), phase):
            return self._run_tests(argv, home)

    def plans(self) -> str:
        """A rehearsal of each plan."""
        manifest = self._manifest()
        if not manifest.plans:
            raise _Skipped("the pack has none")
        from skillctl.app.plan_checks import rehearse

        for name, file in manifest.plans.items():
            title = f"{manifest.name}:{name}"
            output = self._room / "home" / "output"
            rehearse(self._settings, self._variables(), title, file, self._files, self._project, output)
        return ", ".join(manifest.plans)

    def _manifest(self) -> Manifest:
        if self.manifest is None:
            raise RuntimeError("the pack is read first")
        return self.manifest

    def _tell(self, problems: Iterable[Problem]) -> None:
        """What a stranger would be told; that a requirement is not met here says nothing of the pack."""
        self.problems += [each for each in problems if each.severity == "error"]

    def _tests_left_out(self) -> Mapping[str, bytes]:
        """Tests of the directory that are not published."""
        folder = self._location / TESTS
        if self._location.name.endswith(_ARCHIVES) or kind_at(str(folder)) != "directory":
            return {}
        found = read_tree_files(folder, limits=self._real.limits, keep=_is_source, enter=_is_source)
        return {f"{TESTS}/{path}": data for path, data in found.items()}

    def _run_tests(self, argv: tuple[str, ...], home: Path) -> str:
        from importlib.util import find_spec

        from skillctl.app.clean_box import run_in_box

        if find_spec("pytest") is None:
            raise InstallError.of("E483", program=sys.executable)
        seconds = self._real.runtime.run_timeout or _PATIENCE
        ended, reason = run_in_box(self._real, self._settings, argv, home, self._variables(), self._room, seconds)
        if reason:
            self.problems.append(problem("W481", reason=reason))
        said = ended.output.decode(errors="replace").strip()
        last = said.rpartition("\n")[2].strip("= ")
        if ended.stopped:
            raise InstallError.of("E482", summary=f"they were stopped after {ended.seconds:.0f} s", said=said[-_TAIL:])
        if ended.status not in (0, _NO_TESTS):
            raise InstallError.of("E482", summary=last, said=said[-_TAIL:])
        if ended.status == _NO_TESTS:
            raise _Skipped("pytest finds none")
        return last

    def _variables(self) -> dict[str, str]:
        """The environment of everything that is started here."""
        kept = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "SYSTEMROOT", "PATHEXT", "COMSPEC")
        known = self._settings.directories
        return {
            **{name: self._environ[name] for name in kept if name in self._environ},
            "HOME": known.home,
            "USERPROFILE": known.home,
            "SKILLCTL_CONFIG_DIR": known.config,
            "SKILLCTL_DATA_DIR": known.data,
            "SKILLCTL_CACHE_DIR": known.cache,
            "SKILLCTL_STATE_DIR": known.state,
            "PYTHONDONTWRITEBYTECODE": "1",
            "NO_COLOR": "1",
            "CI": "true",
        }


def _alone(settings: Settings, room: Path) -> Settings:
    """The settings of somebody who has nothing yet."""
    directories = Directories(
        home=str(room / "home"),
        config=str(room / "config"),
        data=str(room / "data"),
        cache=str(room / "cache"),
        state=str(room / "state"),
    )
    return replace(
        settings,
        directories=directories,
        agents=(),
        registries=(),
        registry="",
        environment=(("PATH", settings.variable("PATH")),),
        plugins=PluginSettings(disabled=("patchwork",)),
        audit="off",
    )


def _token_for(settings: Settings, location: str) -> tuple[tuple[str, Secret], ...]:
    """The user's token for the origin of the registry: it is shown there and nowhere else."""
    if not is_web(location):
        return ()
    from skillctl.app.credentials import Credentials

    origin = origin_of(location)
    token = Credentials(settings).token(origin)
    return ((origin, token),) if token is not None else ()


def _is_source(path: str) -> bool:
    return not any(part in ("__pycache__", ".pytest_cache") for part in path.split("/"))
