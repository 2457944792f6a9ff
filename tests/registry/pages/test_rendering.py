"""Pages as HTML, of values that no server would take: an older one may have."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from skillctl.archive.reader import Member, Unpacked
from skillctl.core.digests import file_entry, tree_digest
from skillctl.core.limits import LIMITS
from skillctl.core.release import Release
from skillctl.core.value import replace
from skillctl.core.versions import parse_version
from skillctl_registry.packs import read_manifest, release_of
from skillctl_registry.pages.reading import compare, look_at
from skillctl_registry.pages.rendering import assets, day, in_bytes, render
from skillctl_registry.pages.values import MOST_VERSIONS, PackPage, Site, Version
from tests.support.packs import pack

SITE = Site(url="https://packs.acme.example", marketplace="packs-acme-example")


def unpacked(files: Mapping[str, bytes]) -> Unpacked:
    entries = [file_entry(path, files[path]) for path in sorted(files)]
    members = [Member(each.path, files[each.path]) for each in entries]
    return Unpacked(members, entries, tree_digest(entries), sum(each.size for each in entries))


def released(files: Mapping[str, bytes]) -> Release:
    return release_of(read_manifest(files["skill.json"], file="skill.json"), files)


def shown(files: Mapping[str, bytes], *, newer: int = 0, older: int = 0) -> str:
    """The page of the release, with so many newer and older ones around it."""
    release = released(files)
    versions = [f"2.{number}.0" for number in range(newer, 0, -1)], [f"0.{number}.0" for number in range(older, 0, -1)]
    after, before = ([replace(release, version=parse_version(each)) for each in some] for some in versions)
    page = PackPage(
        release=release,
        latest=str(release.version),
        look=look_at(unpacked(files), called="it", limits=LIMITS),
        versions=[Version(release=each, before="", downloads=0, keys=()) for each in (*after, release, *before)],
        needs=(),
        drawing=None,
        owners=(),
        publisher="",
        plugin="it",
        plugin_owner="maps",
        skills=release.skills,
    )
    return render(page, SITE, "packs/it").decode()


def test_of_very_many_versions_the_newest_are_listed_and_the_one_of_the_page() -> None:
    html = shown(pack("maps"), newer=MOST_VERSIONS + 5, older=7)
    assert html.count('<th scope="row">') == MOST_VERSIONS + 1
    assert 'aria-current="page">1.0.0<' in html
    assert "12 more are not shown" in html
    assert "not shown" not in shown(pack("maps"), newer=MOST_VERSIONS - 1)


def test_hidden_text_is_told_and_written_out_wherever_it_stands() -> None:
    hidden = "safe\u202egnp.exe"
    html = shown(
        pack("maps", description=hidden, author=hidden, license=hidden, text=hidden, files={"README.md": hidden})
    )
    assert "\u202e" not in html
    assert html.count("⟨U+202E⟩") >= 5
    assert "Hidden text." in html


def test_files_beside_a_command_are_all_but_its_own_text() -> None:
    assert "tokens, 1 file</dd>" in shown(pack("maps", files={"CONTEXT.md": "facts"}, context_files=["CONTEXT.md"]))


def test_names_in_what_deprecates_a_pack_are_set_as_code() -> None:
    assert "use <code>atlas</code>" in shown(pack("maps", deprecated="use `atlas`"))


def test_a_pack_without_commands_readme_and_needs_has_a_page() -> None:
    assert "None: it brings knowledge for other packs." in shown(pack("maps", skills=(), files={"notes.txt": "x"}))


def test_a_command_that_cannot_be_read_is_shown_as_it_is() -> None:
    files = {**pack("maps"), "skills/maps/SKILL.md": b"---\nname: [open\ndescription: x\n---\n\nDraw.\n"}
    assert "name: [open" in shown(files)


def test_texts_beyond_the_room_of_a_page_are_named_only() -> None:
    large = {
        f"skills/s{number}/SKILL.md": b"---\nname: x\ndescription: y\n---\n" + b"word " * 39_000 for number in range(6)
    }
    html = shown({**pack("maps", skills=()), **large})
    assert html.count("Its text is not shown here.") == 3


def test_what_changed_has_room_for_so_many_lines() -> None:
    old = {f"notes/{number}.txt": b"a\n" * 900 for number in range(9)}
    new = dict.fromkeys(old, b"b\n" * 900)
    found = compare(unpacked({**pack("maps"), **old}), unpacked({**pack("maps"), **new}), name="maps", limits=LIMITS)
    assert len(found.files) + found.left_out == 9
    assert found.left_out > 5
    wide = compare(unpacked(pack("maps")), unpacked({**pack("maps"), "x.txt": b"y" * 5000}), name="maps", limits=LIMITS)
    assert max(len(line) for file in wide.files for line in file.lines) < 600


def test_what_pages_are_dressed_with_asks_for_nothing_from_elsewhere() -> None:
    for kind, data in assets().values():
        assert b"@import" not in data
        assert b"url(" not in data
        assert b"http" not in data.replace(b"http://www.w3.org/2000/svg", b"")
        assert kind.startswith(("text/css", "image/svg+xml"))


@pytest.mark.parametrize(
    ("moment", "expected"), [("2026-11-02T10:00:00Z", "2 November 2026"), ("", ""), ("nonsense", "nonsense")]
)
def test_a_day_is_written_as_people_write_it(moment: str, expected: str) -> None:
    assert day(moment) == expected


def test_sizes_are_written_as_people_write_them() -> None:
    assert [in_bytes(each) for each in (0, 1023, 1024, 5 * 1024**2)] == ["0 B", "1023 B", "1.0 KiB", "5.0 MiB"]
