"""`lock`: versions are chosen and written down, nothing is installed, and how they were chosen is kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skillctl.app.lock import LockOutcome, LockRequest, lock, point_in_time
from skillctl.app.solving import solve
from skillctl.core.errors import InstallError, ResolveError, UsageError
from skillctl.core.lockfile import Choice, Lock
from skillctl.core.project import ProjectFile
from skillctl.core.release import Release
from skillctl.core.requirements import Constraint
from skillctl.core.source import Wanted
from skillctl.core.versions import Version
from skillctl_registry.opening import open_backend
from skillctl_registry.order import Registries
from skillctl_registry.publish import publish
from tests.registry.making import release_of_files
from tests.support.machine import Machine
from tests.support.packs import pack, write_pack

EARLY, LATE = "2026-01-10T00:00:00Z", "2026-03-10T00:00:00Z"


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """`maps` needs `base`; of each there is a 1.0.0 from January and a 1.1.0 from March."""
    machine.registry.mkdir(parents=True)
    backend = open_backend(str(machine.registry))
    for version, time in (("1.0.0", EARLY), ("1.1.0", LATE)):
        for files in (pack("base", version), pack("maps", version, "base >=1.0")):
            publish(backend, files, release_of_files(files), now=time, new_id="id-of-registry")
    machine.write_project(packs={"maps": "^1.0"}, agents=["claude-code"])
    return machine


def locked(machine: Machine, **options: Any) -> LockOutcome:
    return lock(machine.settings(), LockRequest(cwd=machine.project, **options))


def test_versions_are_chosen_and_nothing_is_installed(machine: Machine) -> None:
    outcome = locked(machine)
    assert (outcome.written, outcome.packs) == (True, 2)
    assert machine.versions == {"base": "1.1.0", "maps": "1.1.0"}
    assert machine.skills() == []


def test_a_lock_after_a_lock_has_nothing_to_do(machine: Machine) -> None:
    locked(machine)
    before = machine.seen(machine.project)
    assert not locked(machine).written
    assert machine.seen(machine.project) == before


def test_a_check_after_a_lock_is_content_and_before_it_is_not(machine: Machine) -> None:
    assert [each.code for each in locked(machine, check=True).problems] == ["E310"]
    locked(machine)
    assert locked(machine, check=True).ok
    machine.write_project(packs={"maps": "^1.1"}, agents=["claude-code"])
    assert not locked(machine, check=True).ok


def test_a_check_writes_nothing_and_asks_no_registry(machine: Machine) -> None:
    locked(machine)
    (machine.registry / "config.json").write_text("damaged")
    before = machine.seen(locks=True)
    assert locked(machine, check=True).ok
    assert machine.seen(locks=True) == before


def test_a_rehearsal_tells_and_writes_nothing(machine: Machine) -> None:
    before = machine.seen(locks=True)
    outcome = locked(machine, dry_run=True)
    assert (outcome.written, len(outcome.changed)) == (True, 2)
    assert machine.seen(locks=True) == before


def test_the_lowest_versions_can_be_taken_and_stay_so(machine: Machine) -> None:
    locked(machine, resolution="lowest")
    assert machine.versions == {"base": "1.0.0", "maps": "1.0.0"}
    assert machine.lock["inputs"]["resolution"] == "lowest"
    assert locked(machine, check=True).ok
    assert not locked(machine, check=True, resolution="highest").ok
    locked(machine, upgrade=("*",))
    assert machine.versions == {"base": "1.0.0", "maps": "1.0.0"}
    locked(machine, resolution="highest")
    assert machine.versions == {"base": "1.1.0", "maps": "1.1.0"}
    assert "resolution" not in machine.lock["inputs"]


def test_what_is_missing_for_a_pack_of_a_place_is_told_with_the_lowest_versions_too(machine: Machine) -> None:
    """A registry has another pack of that name, and is not asked for it."""
    machine.publish(pack("aa"))
    write_pack(machine.project.parent, "dep", pack("aa", "1.0.0", "base ^99"))
    machine.write_project(packs={"aa": {"path": "../dep"}}, agents=["claude-code"])
    before = machine.seen(machine.project)
    with pytest.raises(ResolveError) as caught:
        locked(machine, resolution="lowest")
    assert caught.value.code == "E301"
    assert machine.seen(machine.project) == before


def test_what_is_newer_than_a_day_is_left_out_and_stays_out(machine: Machine) -> None:
    locked(machine)
    outcome = locked(machine, exclude_newer="2026-02-01")
    assert {(each.name, each.before, each.after) for each in outcome.changed} == {
        ("base", "1.1.0", "1.0.0"),
        ("maps", "1.1.0", "1.0.0"),
    }
    assert machine.lock["inputs"]["exclude_newer"] == "2026-02-01T23:59:59Z"
    machine.install()
    machine.update()
    assert machine.versions == {"base": "1.0.0", "maps": "1.0.0"}
    assert machine.skills() == ["base", "maps"]
    locked(machine, exclude_newer="never")
    assert machine.versions == {"base": "1.1.0", "maps": "1.1.0"}


def test_a_pack_that_is_taken_out_leaves_the_way_of_choosing(machine: Machine) -> None:
    machine.publish(pack("other"))
    machine.write_project(packs={"maps": "^1.0", "other": "*"}, agents=["claude-code"])
    locked(machine, resolution="lowest")
    machine.install()
    machine.remove("other")
    assert machine.lock["inputs"]["resolution"] == "lowest"
    assert locked(machine, check=True).ok


def test_where_everything_is_too_new_the_conflict_says_so(machine: Machine) -> None:
    with pytest.raises(ResolveError) as caught:
        locked(machine, exclude_newer="2025-01-01")
    assert caught.value.code == "E303"
    assert "published after 2025-01-01" in str(caught.value.problems[0].evidence["there"])


def test_a_pack_without_a_time_is_chosen_and_told(machine: Machine) -> None:
    machine.write_project(packs={"arcgis": "*"}, agents=["claude-code"])
    outcome = locked(machine, exclude_newer="2026-02-01")
    assert {each.code for each in outcome.problems} == {"W310"}


def test_only_the_named_pack_moves(machine: Machine) -> None:
    machine.write_project(packs={"maps": "==1.0.0", "base": "==1.0.0"}, agents=["claude-code"])
    locked(machine)
    machine.write_project(packs={"maps": "^1.0"}, agents=["claude-code"])
    locked(machine)
    assert machine.versions == {"base": "1.0.0", "maps": "1.0.0"}
    locked(machine, upgrade=("base",))
    assert machine.versions == {"base": "1.1.0", "maps": "1.0.0"}
    with pytest.raises(InstallError) as caught:
        locked(machine, upgrade=("nothing",))
    assert caught.value.code == "E407"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-02-01", "2026-02-01T23:59:59Z"),
        ("2026-02-01T12:00:00Z", "2026-02-01T12:00:00Z"),
        ("2026-02-01T12:00:00+02:00", "2026-02-01T10:00:00Z"),
        ("2026-02-01T12:00:00", "2026-02-01T12:00:00Z"),
        ("never", ""),
    ],
)
def test_a_day_counts_to_its_end_in_utc(text: str, time: str) -> None:
    assert point_in_time(text) == time


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "2026", ""])
def test_what_is_no_point_in_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        point_in_time(text)
    assert caught.value.code == "E023"


class Memory:
    """A registry in memory."""

    id, label = "memory", "memory"

    def __init__(self, releases: dict[str, list[Release]]) -> None:
        self._releases = releases

    def releases(self, name: str) -> list[Release] | None:
        return self._releases.get(name)

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: {}


VERSION = st.builds(Version, st.integers(0, 2), st.integers(0, 2), st.just(0))
TIME = st.sampled_from(["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"])


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[Release]]:
    names = ["aa", "bb", "cc"]
    graph: dict[str, list[Release]] = {}
    for place, name in enumerate(names):
        versions = sorted(draw(st.sets(VERSION, min_size=1, max_size=4)))
        later = st.sampled_from(names[place + 1 :] or [""])
        graph[name] = [
            Release(
                name=name,
                version=version,
                tree=f"tree1:{place}{version}",
                dependencies={draw(later): f">={draw(st.integers(0, 2))}"} if draw(st.booleans()) and place < 2 else {},
                published=draw(TIME),
            )
            for version in versions
        ]
    return graph


def solved(graph: dict[str, list[Release]], choice: Choice) -> Lock | None:
    registries = Registries(sources=(Memory(graph),))
    project = ProjectFile(packs={"aa": Wanted(constraint=Constraint("*"))})
    try:
        return solve(project, registries, lock=None, has_tree=lambda _: False, choice=choice).lock
    except ResolveError:
        return None


@given(graphs(), TIME)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_lowest_is_never_above_highest_and_nothing_is_too_new(graph: dict[str, list[Release]], time: str) -> None:
    highest, lowest = solved(graph, Choice()), solved(graph, Choice(resolution="lowest"))
    assert (highest is None) == (lowest is None)
    if highest is not None and lowest is not None:
        # of what is asked for itself; what it needs may be higher where an old release needed a newer one
        assert lowest.packs["aa"].version <= highest.packs["aa"].version
    early = solved(graph, Choice(exclude_newer=time))
    for name, chosen in early.packs.items() if early is not None else ():
        (release,) = [each for each in graph[name] if each.version == chosen.version]
        assert release.published <= time
