"""Packs in trees that somebody else keeps: what is found, what is told, what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core.errors import ManifestError, SkillctlError
from skillctl.core.json_value import JsonObject
from skillctl.core.layout import lay_out
from skillctl.core.limits import Limits
from skillctl.core.versions import parse_version
from skillctl.core.wording import worded
from skillctl_registry.found import Found, inferred_manifest, packs_in
from skillctl_registry.pack_folders import pack_paths
from skillctl_registry.plugin_files import read_marketplace
from skillctl_registry.tags import versions_of_tags

Case = dict[str, Any]
_DATA = Path(__file__).parent.parent / "data" / "found"


def cases(name: str) -> list[object]:
    found: list[Case] = json.loads((_DATA / f"{name}.json").read_text("utf-8"))["cases"]
    return [pytest.param(case, id=case["id"]) for case in found]


def files_of(case: Case) -> dict[str, bytes]:
    return {
        path: bytes.fromhex(data["hex"]) if isinstance(data, dict) else data.encode()
        for path, data in case["files"].items()
    }


def found_in(case: Case) -> Found:
    return packs_in(files_of(case), name=case["name"], where="owner/repo")


@pytest.mark.parametrize("case", cases("packs"))
def test_packs_are_found(case: Case) -> None:
    found = found_in(case)
    for pack, expected in zip(found.packs, case["packs"], strict=True):
        assert pack.name == expected["name"]
        assert pack.version == (parse_version(expected["version"]) if expected["version"] else None)
        assert pack.subdirectory == expected["subdirectory"]
        if "files" in expected:
            assert list(pack.files) == expected["files"]
        if "description" in expected:
            assert pack.manifest.description == expected["description"]
        assert bool(pack.inferred) != bool(expected.get("written"))
        if pack.inferred:
            assert [entry.path for entry in pack.manifest.skills or ()] == expected["skills"]
    assert [each.code for each in found.problems] == case["warnings"]
    for problem in found.problems:
        assert "\n" not in worded(problem).title


@pytest.mark.parametrize("case", cases("refused"))
def test_what_is_no_pack_or_harms_is_refused(case: Case) -> None:
    with pytest.raises(SkillctlError) as caught:
        found_in(case)
    assert caught.value.code == case["code"]
    for problem in caught.value.problems:
        assert worded(problem).title


@pytest.mark.parametrize("case", cases("packs"))
def test_what_is_found_can_be_installed(case: Case) -> None:
    for pack in found_in(case).packs:
        assert lay_out(pack.manifest, pack.files)


@pytest.mark.parametrize("case", cases("packs"))
def test_the_paths_that_are_needed_are_enough(case: Case) -> None:
    files = files_of(case)
    needed = pack_paths(files)
    fewer = packs_in({path: files[path] for path in needed}, name=case["name"], where="owner/repo")
    assert [(each.name, each.files, each.manifest) for each in fewer.packs] == [
        (each.name, each.files, each.manifest) for each in found_in(case).packs
    ]
    assert fewer.problems == found_in(case).problems


@pytest.mark.parametrize("case", cases("packs"))
def test_a_manifest_that_was_inferred_comes_back_from_a_lock(case: Case) -> None:
    for pack in found_in(case).packs:
        if pack.inferred:
            kept: JsonObject = json.loads(json.dumps(pack.inferred))
            assert inferred_manifest(kept, file="skillctl.lock") == pack.manifest
            assert ("version" in pack.inferred) == (pack.version is not None)


def test_of_a_large_repository_little_is_needed() -> None:
    paths = [*(f"src/{number}.py" for number in range(5000)), ".claude/skills/a/SKILL.md", ".claude/skills/a/x.md"]
    assert pack_paths([*paths, "LICENSE", "docs/LICENSE"]) == {*paths[-2:], "LICENSE"}


@pytest.mark.parametrize(
    "change",
    [{"skills": ["../x"]}, {"skills": ["/etc"]}, {"skills": [3]}, {"skills": []}, {"skills": "a"}, {"name": "../x"}],
)
def test_a_lock_that_was_tampered_with_gives_no_manifest(change: JsonObject) -> None:
    good: JsonObject = {"name": "ab", "description": "d", "skills": ["."]}
    assert inferred_manifest(good, file="x").name == "ab"
    with pytest.raises(ManifestError):
        inferred_manifest({**good, **change}, file="x")


def test_limits_hold() -> None:
    files = {"skills/a/SKILL.md": b"x", "skills/a/b": b"y" * 50, "skills/a/c": b"z" * 50}
    for limits, code in (
        (Limits(tree_files=2), "E204"),
        (Limits(tree_bytes=99), "E204"),
        (Limits(file_bytes=49), "E205"),
    ):
        with pytest.raises(SkillctlError) as caught:
            packs_in(files, name="repo", where="x", limits=limits)
        assert caught.value.code == code


def test_a_repository_of_many_skills_may_have_many_files() -> None:
    files = {f"skills/s{number}/{name}": b"x" for number in range(1000) for name in ("SKILL.md", "a", "b", "c")}
    (pack,) = packs_in(files, name="repo", where="x").packs
    assert len(pack.files) == 4000


TREES = st.dictionaries(
    st.lists(st.sampled_from(["a", "skills", ".claude", "SKILL.md", "x.md", "packs", "B"]), min_size=1, max_size=4).map(
        "/".join
    ),
    st.sampled_from([b"", b"---\nname: a\ndescription: d\n---\n", b"text", b"\xff"]),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(files=TREES)
def test_whatever_is_found_lies_in_the_tree_and_can_be_installed(files: dict[str, bytes]) -> None:
    try:
        found = packs_in(files, name="some-repo", where="x")
    except SkillctlError:
        return
    for pack in found.packs:
        assert pack.files.items() <= files.items()
        layout = lay_out(pack.manifest, pack.files)
        assert len(layout) == len(pack.manifest.skills or ())
        needed = pack_paths(files)
        assert packs_in({path: files[path] for path in needed}, name="some-repo", where="x").packs == found.packs


# Tags


@pytest.mark.parametrize(
    ("tags", "name", "expected"),
    [
        (["v1.0.0", "1.1.0", "other", "v2", "v1.0", "nightly"], "tools", {"1.0.0": "v1.0.0", "1.1.0": "1.1.0"}),
        (["v1.0.0", "1.0.0"], "tools", {"1.0.0": "v1.0.0"}),
        (["v9.0.0", "tools-v1.0.0", "tools--v1.1.0"], "tools", {"1.0.0": "tools-v1.0.0", "1.1.0": "tools--v1.1.0"}),
        (["tools-v1.0.0", "tools--v1.0.0"], "tools", {"1.0.0": "tools-v1.0.0"}),
        (["tools-v1.0.0", "other-v2.0.0"], "@acme/tools", {"1.0.0": "tools-v1.0.0"}),
        (["my-tools-v1.0.0", "tools2-v1.0.0", "v0.1.0"], "tools", {"0.1.0": "v0.1.0"}),
        (["v1.0.0-beta.2", "v1.0.0-beta2", "v1.0.0+build", "v01.0.0"], "tools", {"1.0.0-beta.2": "v1.0.0-beta.2"}),
        ([], "tools", {}),
    ],
)
def test_tags_are_versions(tags: list[str], name: str, expected: dict[str, str]) -> None:
    found = versions_of_tags({tag: f"commit of {tag}" for tag in tags}, name=name)
    assert {str(version): tag for version, (tag, _) in found.items()} == expected
    assert all(commit == f"commit of {tag}" for tag, commit in found.values())


def test_versions_of_tags_come_in_order() -> None:
    found = versions_of_tags({"v1.10.0": "a", "v1.9.0": "b", "v2.0.0-rc.1": "c"}, name="tools")
    assert [str(version) for version in found] == ["1.9.0", "1.10.0", "2.0.0-rc.1"]


def test_a_marketplace_of_many_plugins_is_no_reason_to_look_at_every_file_for_each() -> None:
    class Counted(dict[str, bytes]):
        looks = 0

        def __iter__(self) -> Iterator[str]:
            Counted.looks += 1
            return super().__iter__()

    names = [f"plugin-{number}" for number in range(50)]
    files = Counted({f"{name}/skills/maps/SKILL.md": b"" for name in names})
    listed = [{"name": name, "source": f"./{name}"} for name in names]
    plugins, problems = read_marketplace(json.dumps({"plugins": listed}).encode(), files, file="marketplace.json")
    assert ([plugin.folder for plugin in plugins], problems) == (names, [])
    assert Counted.looks <= 1
