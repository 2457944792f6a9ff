"""The version in a manifest: only its own text changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.app.version import VersionRequest, version, with_version
from skillctl.core.errors import InstallError, SkillctlError, UsageError
from skillctl.core.settings import Directories, Settings

ODD = (
    '{"description":"\\u00e9 \\"version\\": \\"9.9.9\\"",\r\n\t"requires": {"version": "1"},\n'
    '"version"  :  "1.2.3"  , "x":[1 , 2.50]}'
)

SETTINGS = Settings(directories=Directories(home="/", config="/", data="/", cache="/", state="/"))


def manifest(directory: Path, text: str = ODD) -> Path:
    path = directory / "skill.json"
    path.write_bytes(text.encode())
    return path


def test_without_a_change_the_version_is_shown(tmp_path: Path) -> None:
    path = manifest(tmp_path)
    shown = version(SETTINGS, VersionRequest(path=tmp_path))
    assert (shown.before, shown.version, shown.file) == ("1.2.3", "1.2.3", str(path))
    assert path.read_bytes() == ODD.encode()


@pytest.mark.parametrize(
    ("change", "after"),
    [("patch", "1.2.4"), ("minor", "1.3.0"), ("major", "2.0.0"), ("0.9.0", "0.9.0"), ("2.0.0-rc.1", "2.0.0-rc.1")],
)
def test_only_the_version_changes(tmp_path: Path, change: str, after: str) -> None:
    path = manifest(tmp_path)
    changed = version(SETTINGS, VersionRequest(path=path, change=change))
    assert changed.version == after
    assert path.read_bytes() == ODD.replace('"1.2.3"', f'"{after}"').encode()
    assert changed.to_json()["changed"] is True


def test_the_version_it_has_already_changes_nothing(tmp_path: Path) -> None:
    path = manifest(tmp_path)
    before = path.stat().st_mtime_ns
    assert version(SETTINGS, VersionRequest(path=path, change="1.2.3")).to_json()["changed"] is False
    assert path.stat().st_mtime_ns == before


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    path = manifest(tmp_path)
    assert version(SETTINGS, VersionRequest(path=path, change="major", dry_run=True)).version == "2.0.0"
    assert path.read_bytes() == ODD.encode()


@pytest.mark.parametrize("change", ["bigger", "1.2", "v1.2.3", "1.0.0-1", "Patch"])
def test_a_change_that_is_none_is_wrong_usage(tmp_path: Path, change: str) -> None:
    path = manifest(tmp_path)
    with pytest.raises(UsageError) as caught:
        version(SETTINGS, VersionRequest(path=path, change=change))
    assert caught.value.code == "E429"
    assert path.read_bytes() == ODD.encode()


def test_a_version_of_another_form_is_mended_by_an_explicit_one(tmp_path: Path) -> None:
    path = manifest(tmp_path, '{\n  "version": "1.2"\n}\n')
    with pytest.raises(SkillctlError) as caught:
        version(SETTINGS, VersionRequest(path=path, change="patch"))
    place = caught.value.problems[0].place
    assert caught.value.code == "E102"
    assert place is not None
    assert (place.line, place.column) == (2, 14)
    assert version(SETTINGS, VersionRequest(path=path, change="1.2.0")).before == "1.2"
    assert path.read_bytes() == b'{\n  "version": "1.2.0"\n}\n'


def test_without_a_manifest_there_is_nothing_to_change(tmp_path: Path) -> None:
    with pytest.raises(InstallError) as caught:
        version(SETTINGS, VersionRequest(path=tmp_path, change="patch"))
    assert caught.value.code == "E428"


@pytest.mark.parametrize("text", ['{"name": "x"}', '{"version": 1}', "[]"])
def test_a_manifest_without_a_version_is_told_with_its_place(tmp_path: Path, text: str) -> None:
    path = manifest(tmp_path, text)
    with pytest.raises(SkillctlError) as caught:
        version(SETTINGS, VersionRequest(path=path))
    place = caught.value.problems[0].place
    assert caught.value.code == "E146"
    assert place is not None
    assert (place.file, place.line) == (str(path), 1)


numbers = st.integers(0, 999)


@given(numbers, numbers, numbers, st.text(max_size=5).filter(str.isprintable))
def test_changing_back_gives_the_same_bytes(major: int, minor: int, patch: int, filler: str) -> None:
    import json

    before = f'{{{json.dumps(filler)}: {json.dumps(filler, ensure_ascii=False)}, "version": "1.2.3"}}'.encode()
    there = with_version(before, f"{major}.{minor}.{patch}")
    assert json.loads(there)["version"] == f"{major}.{minor}.{patch}"
    assert with_version(there, "1.2.3") == before
