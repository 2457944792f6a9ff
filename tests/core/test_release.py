"""A release as a line of JSON: what a value says comes back, and what says nothing is not written."""

from __future__ import annotations

import pytest

from skillctl.core.errors import ManifestError
from skillctl.core.fields import Fields
from skillctl.core.json_value import JsonValue
from skillctl.core.release import LINE_FORMAT, Release, release_from_fields, release_to_json
from skillctl.core.versions import Version

TREE = "tree1:" + "0" * 64
LEAST: dict[str, JsonValue] = {"v": 1, "name": "base", "version": "1.0.0", "tree": TREE}


def read(**changes: JsonValue) -> Release:
    return release_from_fields(Fields({**LEAST, **changes}, file="index"))


def test_the_least_that_a_line_can_say() -> None:
    release = read()
    assert release == Release(name="base", version=Version(1, 0, 0), tree=TREE)
    assert release_to_json(release) == LEAST


def test_everything_that_a_line_can_say() -> None:
    release = Release(
        name="@acme/tools",
        version=Version(1, 2, 0, ("rc", 1)),
        tree=TREE,
        dependencies={"base": "^1"},
        requires={"bins": ["git"]},
        skills=("one", "two"),
        license="MIT",
        permissions={"network": ["example.com"]},
        archive="sha256:" + "1" * 64,
        size=7,
        published="2026-11-22T10:00:00Z",
        yanked="broken",
    )
    written = release_to_json(release)
    assert release_from_fields(Fields(written, file="index")) == release
    assert written["v"] == LINE_FORMAT


def test_what_a_newer_minor_version_added_is_ignored() -> None:
    assert read(signature="abc") == read()


def test_yanked_without_a_reason_is_not_the_same_as_not_yanked() -> None:
    assert read(yanked="").yanked == ""
    assert release_to_json(read(yanked=""))["yanked"] == ""
    assert read().yanked is None
    assert "yanked" not in release_to_json(read())


def test_a_yank_changes_nothing_else_and_can_be_taken_back() -> None:
    release = read(license="MIT")
    assert release.yanked_for("why").yanked == "why"
    assert release.yanked_for("why").yanked_for(None) == release


REFUSED: list[tuple[str, JsonValue]] = [
    ("name", None),
    ("name", "Base Pack"),
    ("version", "1.0"),
    ("version", 1),
    ("tree", None),
    ("dependencies", ["base ^1"]),
    ("dependencies", {"base": 1}),
    ("requires", ["git"]),
    ("permissions", "all"),
    ("skills", "one"),
    ("skills", [1]),
    ("license", 1),
    ("archive", 1),
    ("size", -1),
    ("size", True),
    ("published", 1),
    ("yanked", True),
]


@pytest.mark.parametrize(("key", "value"), REFUSED)
def test_a_member_of_the_wrong_kind_is_refused_with_its_place(key: str, value: JsonValue) -> None:
    with pytest.raises(ManifestError) as caught:
        read(**{key: value})
    (problem,) = caught.value.problems
    assert problem.place is not None
    assert (problem.place.file, problem.place.path) == ("index", f"$.{key}")
