"""The clean room: the archive alone, an empty home, dependencies from one registry; nothing of the user is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillctl.app.clean_room import TestOutcome, TestRequest, try_packs
from skillctl.app.pack import PackRequest
from skillctl.app.pack import pack as pack_up
from skillctl.app.publish import PublishOutcome, PublishRequest, publish
from skillctl.core.errors import SkillctlError
from skillctl.core.wording import worded
from tests.registry.making import NOW
from tests.support.machine import Machine
from tests.support.packs import pack, write_pack

PLAN = json.dumps({"name": "Hello", "files": [{"filename": "hello.sh", "code": "echo hello"}], "run": "sh hello.sh"})
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def tried(machine: Machine, *paths: Path, registry: str = "") -> TestOutcome:
    request = TestRequest(paths=paths, cwd=machine.project, registry=registry)
    return try_packs(machine.settings(), request, ENVIRONMENT)


def endings(outcome: TestOutcome) -> dict[str, str]:
    (trial,) = outcome.packs
    return {each.step: each.ending for each in trial.steps}


def written(machine: Machine, *needs: str, name: str = "tiny", **more: object) -> Path:
    files = more.pop("files", None)
    assert files is None or isinstance(files, dict)
    return write_pack(machine.project, name, pack(name, "1.0.0", *needs, files=files, license="MIT", **more))  # type: ignore[arg-type]


def published(machine: Machine, directory: Path, *, test: bool) -> PublishOutcome:
    request = PublishRequest(directory=directory, cwd=machine.project, test=test, environ=ENVIRONMENT)
    return publish(machine.settings(), request, now=NOW)


def test_a_pack_goes_through_every_step_and_nothing_of_the_users_is_touched(machine: Machine) -> None:
    directory = written(machine, files={"plans/hello.json": PLAN}, plans={"hello": "plans/hello.json"})
    before = machine.seen(locks=True)
    outcome = tried(machine, directory)
    assert outcome.ok
    assert endings(outcome) == {
        **dict.fromkeys(("pack", "validate", "install", "check"), "passed"),
        "tests": "skipped",
        "plans": "passed",
    }
    assert all(each.seconds >= 0 for each in outcome.packs[0].steps)
    assert machine.seen(locks=True) == before


def test_dependencies_come_from_the_registry_that_is_published_to(machine: Machine) -> None:
    directory = written(machine, "base ^1.0")
    missing = tried(machine, directory)
    assert endings(missing)["install"] == "failed"
    assert [each.code for each in missing.problems] == ["E302"]
    other = machine.publish(pack("base"), to="team")
    assert tried(machine, directory, registry=str(other)).ok
    machine.publish(pack("base"))
    assert tried(machine, directory).ok


def test_what_files_leaves_out_is_not_there(machine: Machine) -> None:
    """Validation alone would find this, too: the trial is of the archive."""
    directory = written(machine, files={"CONTEXT.md": "# x\n"}, context_files=["CONTEXT.md"])
    archive = pack_up(machine.settings(), PackRequest(directory=directory, output=machine.room))
    (directory / "CONTEXT.md").unlink()
    assert endings(tried(machine, directory))["validate"] == "failed"
    assert tried(machine, Path(archive.archive)).ok


def test_the_packs_own_tests_see_the_pack_and_not_the_user(machine: Machine) -> None:
    (machine.home / "key.txt").write_text("mine", encoding="utf-8")
    text = (
        "import os\nfrom pathlib import Path\n\n"
        "def test_it():\n"
        "    assert (Path(__file__).parents[1] / 'skill.json').is_file()\n"
        f"    assert not Path({str(machine.home / 'key.txt')!r}).exists()\n"
        f"    assert os.environ['HOME'] != {str(machine.home)!r}\n"
    )
    outcome = tried(machine, written(machine, files={"tests/test_it.py": text}))
    if "W481" in [each.code for each in outcome.problems]:
        pytest.skip("this system has no walls")
    assert outcome.ok, [worded(each) for each in outcome.problems]
    assert outcome.packs[0].steps[-2].detail.startswith("1 passed")


def test_a_pack_whose_tests_fail_is_not_published_unless_told(machine: Machine) -> None:
    text = "def test_it():\n    assert 'left' == 'right'\n"
    directory = written(machine, files={"tests/test_it.py": text})
    with pytest.raises(SkillctlError) as caught:
        published(machine, directory, test=True)
    assert caught.value.code == "E482"
    told = worded(caught.value.problems[0])
    assert "1 failed" in told.title
    assert "'left' == 'right'" in told.detail
    assert not machine.registry.exists()
    assert published(machine, directory, test=False).tested is None


def test_publish_tries_the_pack_first(machine: Machine) -> None:
    outcome = published(machine, written(machine), test=True)
    assert outcome.tested is not None
    assert [each.step for each in outcome.tested.steps] == ["pack", "install", "check", "tests", "plans"]


def test_a_pack_with_a_secret_is_not_published_and_the_secret_is_not_told(machine: Machine) -> None:
    secret = "q8Zr2LmW0vTnPx41LsKd77"
    directory = written(machine, files={"notes.md": f"password = '{secret}'\n"})
    with pytest.raises(SkillctlError) as caught:
        published(machine, directory, test=False)
    (found,) = caught.value.problems
    assert (found.code, found.place and found.place.line) == ("E122", 1)
    assert secret not in str(worded(found))


def test_a_secret_that_its_author_silenced_is_published_and_told(machine: Machine) -> None:
    ignore = {"ignore": {"E122 notes.md": "made up for the example"}}
    directory = written(machine, files={"notes.md": "password = 'q8Zr2LmW0vTnPx41LsKd77'\n"}, validate=ignore)
    outcome = published(machine, directory, test=False)
    (note,) = (each for each in outcome.problems if each.code == "N118")
    assert "made up for the example" in worded(note).title


def test_a_registry_that_is_named_and_not_there_is_told(machine: Machine) -> None:
    directory = write_pack(machine.room, "arcgis", pack("arcgis"))
    with pytest.raises(SkillctlError) as caught:
        tried(machine, directory, registry=str(machine.room / "nowhere"))
    assert caught.value.code == "E232"
    assert not (machine.room / "nowhere").exists()
