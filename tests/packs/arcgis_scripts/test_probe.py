"""The environment probe, on made-up installs and with stand-ins for the Python of ArcGIS Pro."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests.packs.arcgis.checker.names import Names
from tests.packs.arcgis_scripts.support import DATA, run, script

probe = script("probe_environment")

WORKS = """
def GetInstallInfo(): return {"Version": "3.4.2"}
def ProductInfo(): return "ArcInfo"
def CheckExtension(code): return {"Spatial": "Available", "Network": "Unavailable"}.get(code, "NotLicensed")
"""


@pytest.fixture(autouse=True)
def nobody_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No install, environment or home of this machine is seen."""
    for name in ("ProgramFiles", "LOCALAPPDATA", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.setattr(probe, "registered", dict)


def environment(folder: Path, **versions: str) -> Path:
    (folder / "conda-meta").mkdir(parents=True)
    (folder / "python.exe").touch()
    for name, version in versions.items():
        (folder / "conda-meta" / f"{name}-{version}-py_0.json").touch()
    (folder / "conda-meta" / "arcpy-tools-1.0-0.json").touch()
    return folder


def install(folder: Path, **versions: str) -> Path:
    scripts = folder / "bin" / "Python" / "Scripts"
    scripts.mkdir(parents=True)
    (scripts / "propy.bat").touch()
    environment(folder / "bin" / "Python" / "envs" / "arcgispro-py3", **versions)
    return folder


def python_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arcpy: str) -> str:
    """This interpreter, with an arcpy of that text within reach."""
    folder = tmp_path / "fake"
    folder.mkdir()
    (folder / "arcpy.py").write_text(arcpy, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return sys.executable


def test_without_an_install_it_says_what_is_possible_and_ends_with_3() -> None:
    with mock.patch.object(probe.platform, "system", return_value="Linux"):
        done = run("probe_environment")
        answer = json.loads(run("probe_environment", "--json").output)
    assert done.status == 3
    assert "runs on Windows only" in done.output
    assert "without it:" in done.output
    assert (answer["status"], answer["installs"], answer["probe"]) == (3, [], None)


def test_on_windows_without_an_install_it_says_where_it_looked() -> None:
    (finding,) = probe.conclude([], [], None, "Windows")
    assert "registry" in finding.text
    assert "--install" in finding.next


def test_registry_usual_places_and_what_is_given_are_found_once_each(tmp_path: Path) -> None:
    machine, user = install(tmp_path / "PF" / "ArcGIS" / "Pro"), install(tmp_path / "other")
    registry = {
        "HKLM": {"InstallDir": f"{machine}{os.sep}", "Version": "3.4", "RealVersion": "3.4.2"},
        "HKCU": {"InstallDir": str(tmp_path / "gone"), "Version": "3.1"},
    }
    variables = {"ProgramFiles": str(tmp_path / "PF"), "LOCALAPPDATA": str(tmp_path / "none")}
    found = probe.find_installs(registry, variables, None)
    assert [(each.found_by, each.release, bool(each.problems)) for each in found] == [
        ("registry HKLM", "3.4", False),
        ("registry HKCU", "3.1", True),
    ]
    given = probe.find_installs({}, variables, user)
    assert [(each.folder, each.found_by) for each in given] == [(user, "given")]


def test_environments_tell_their_versions_by_their_records(tmp_path: Path) -> None:
    folder = install(tmp_path / "Pro", python="3.11.10", arcpy="3.4", arcgis="2.4.0")
    local = tmp_path / "local"
    environment(local / "ESRI" / "conda" / "envs" / "clone", python="3.9.18", arcpy="3.4")
    environment(local / "ESRI" / "conda" / "envs" / "plain", python="3.12.1")
    found = probe.find_environments(
        probe.find_installs({}, {}, folder), {"LOCALAPPDATA": str(local)}, tmp_path / "home"
    )
    assert [(each.folder.name, each.python, each.arcpy, each.arcgis, each.is_default) for each in found] == [
        ("arcgispro-py3", "3.11.10", "3.4", "2.4.0", True),
        ("clone", "3.9.18", "3.4", "", False),
    ]
    texts = [each.text for each in probe.conclude([], found, probe.Probe(("x",), 1.0, product="ArcView"), "Windows")]
    assert any("clone: arcpy 3.4 belongs to Python 3.11.10, not 3.9.18" in text for text in texts)
    assert not any("arcgispro-py3" in text for text in texts)


def test_a_broken_clone_is_told(tmp_path: Path) -> None:
    folder = install(tmp_path / "Pro", python="3.11.10", arcpy="3.4")
    (folder / "bin" / "Python" / "envs" / "arcgispro-py3" / "python.exe").unlink()
    done = run("probe_environment", "--install", str(folder), "--no-import")
    assert done.status == 1
    assert "without a Python" in done.output
    assert "was not imported" in done.output


def test_an_arcpy_that_works_is_told_with_licence_and_extensions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("probe_environment", "--python", python_with(tmp_path, monkeypatch, WORKS), "--json")
    answer = json.loads(done.output)
    assert (done.status, answer["status"]) == (0, 0)
    assert (answer["probe"]["product"], answer["probe"]["level"], answer["probe"]["release"]) == (
        "ArcInfo",
        "Advanced",
        "3.4.2",
    )
    texts = [each["text"] for each in answer["findings"]]
    assert "arcpy 3.4.2 works, licence level Advanced (ArcInfo)" in texts
    assert "extensions available: Spatial" in texts
    assert "extensions all in use: Network" in texts


CASES = json.loads((DATA / "probe.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["about"]))
def test_an_arcpy_that_fails_is_told_with_what_to_do(
    case: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("probe_environment", "--python", python_with(tmp_path, monkeypatch, case["arcpy"]))
    assert done.status == 1
    assert case["says"] in done.output
    assert case["next"] in done.output


def test_an_import_that_never_ends_is_ended_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the grandchild keeps the pipe open: while it lives, nobody hears the end of the output
    arcpy = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
time.sleep(60)
"""
    began = time.monotonic()
    done = run("probe_environment", "--python", python_with(tmp_path, monkeypatch, arcpy), "--timeout", "1")
    assert time.monotonic() - began < 30
    assert "no answer after 1 seconds" in done.output
    assert done.status == 1


def test_what_cannot_be_started_is_told(tmp_path: Path) -> None:
    (tmp_path / "python.exe").write_text("no program", encoding="utf-8")
    done = run("probe_environment", "--python", str(tmp_path / "python.exe"))
    assert done.status == 1
    assert "could not start" in done.output


def test_wrong_usage_is_a_sentence_and_status_2(tmp_path: Path) -> None:
    for arguments in (["--install", "nowhere"], ["--python", "nowhere"], ["--timeout", "0"], ["--timeout", "soon"]):
        assert run("probe_environment", *arguments).status == 2, arguments


def test_the_json_has_the_keys_that_help_promises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = install(tmp_path / "Pro", python="3.11.10", arcpy="3.4")
    python = python_with(tmp_path, monkeypatch, WORKS)
    answer: dict[str, Any] = json.loads(
        run("probe_environment", "--install", str(folder), "--python", python, "--json").output
    )
    told = run("probe_environment", "--help").output
    keys = {
        *answer,
        *answer["machine"],
        *answer["installs"][0],
        *answer["environments"][0],
        *answer["probe"],
        *answer["findings"][0],
    }
    for key in keys:
        assert f'"{key}"' in told, key


def test_the_codes_that_it_asks_for_are_those_of_arcgis() -> None:
    names = Names.load()
    assert set(probe.EXTENSIONS) <= names.extension_codes
    assert set(probe.PRODUCTS) <= names.product_codes


@pytest.mark.parametrize(
    ("release", "expected"), [("5.15.167.4-microsoft-standard-WSL2", True), ("6.1.0-18-amd64", False)]
)
def test_linux_inside_windows_is_known_by_its_release(release: str, expected: bool) -> None:
    assert probe.is_wsl(release) is expected
