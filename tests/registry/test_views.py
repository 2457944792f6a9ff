"""Views of a registry for other tools: what is in them, under which names, and what is told of the rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.archive.foreign import read_foreign
from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS
from skillctl.core.value import replace
from skillctl_registry.opening import open_backend, open_source
from skillctl_registry.publish import publish
from skillctl_registry.sources import Source
from skillctl_registry.sources.origin_site import INDEX as READ_INDEX
from skillctl_registry.sources.origin_site import SCHEMA as READ_SCHEMA
from skillctl_registry.views import View, first_come
from skillctl_registry.views.gathering import gather
from skillctl_registry.views.marketplace import RESERVED, check_marketplace_name, marketplace
from skillctl_registry.views.well_known import INDEX, ROOT, SCHEMA, well_known
from tests.registry.making import release_of_files
from tests.support.packs import folder_with, pack, yank_in

Registry = Callable[..., Source]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """A registry with these packs, published in their order, a minute apart."""

    def made(*packs: Mapping[str, bytes]) -> Source:
        backend = open_backend(str(tmp_path / "registry"))
        for minute, files in enumerate(packs):
            publish(
                backend, files, release_of_files(files), now=f"2026-11-22T10:{minute:02}:00Z", new_id="test-registry"
            )
        return open_source(str(tmp_path / "registry"), label="acme")

    return made


def as_site(source: Source, *names: str) -> View:
    return well_known(gather(source, names).packs)


def as_marketplace(source: Source, *names: str) -> View:
    return marketplace(gather(source, names).packs, name="acme-packs")


def entries(view: View) -> dict[str, dict[str, Any]]:
    """Name -> entry of the view's index."""
    members = json.loads(view.files[view.entry])
    return {each["name"]: each for each in members.get("skills", members.get("plugins"))}


def unpacked(view: View, skill: str) -> dict[str, bytes]:
    """The files of a skill, as our own reader of sites unpacks them."""
    archive = view.files[f"{ROOT}/{entries(view)[skill]['url']}"]
    return dict(read_foreign(archive, file=skill, limits=LIMITS))


def codes(view: View) -> list[str]:
    return [each.code for each in view.problems]


class TestBoth:
    def test_the_latest_release_that_is_not_yanked_is_shown(self, registry: Registry, tmp_path: Path) -> None:
        registry(pack("maps", "1.0.0"), pack("maps", "1.1.0"), pack("maps", "1.2.0"), pack("maps", "2.0.0-rc.1"))
        yank_in(tmp_path / "registry", "maps", "1.2.0")
        source = open_source(str(tmp_path / "registry"), label="acme")
        assert entries(as_marketplace(source))["maps"]["version"] == "1.1.0"
        assert b"maps 1.1.0" in unpacked(as_site(source), "maps")["SKILL.md"]

    def test_a_pack_of_which_all_is_yanked_is_left_out_and_told(self, registry: Registry, tmp_path: Path) -> None:
        registry(pack("maps"), pack("tools"))
        yank_in(tmp_path / "registry", "maps", "1.0.0")
        gathered = gather(open_source(str(tmp_path / "registry"), label="acme"))
        assert [each.name for each in gathered.packs] == ["tools"]
        assert [each.code for each in gathered.problems] == ["W776"]

    def test_a_pack_in_quarantine_is_left_out_and_told(self, registry: Registry, tmp_path: Path) -> None:
        registry(pack("maps"), pack("tools"))
        with (tmp_path / "registry/index/ma/maps").open("ab") as index:
            index.write(b'{"v":1,"name":"maps","status":"quarantined"}\n')
        gathered = gather(open_source(str(tmp_path / "registry"), label="acme"))
        assert [each.name for each in gathered.packs] == ["tools"]
        assert "W776" in [each.code for each in gathered.problems]

    def test_named_packs_bring_what_they_need(self, registry: Registry) -> None:
        source = registry(pack("base"), pack("maps", "1.0.0", "base ^1"), pack("other"))
        assert as_marketplace(source, "maps").packs == ("base", "maps")
        assert as_site(source, "maps").packs == ("base", "maps")

    def test_a_pack_that_is_not_there_is_an_error(self, registry: Registry) -> None:
        with pytest.raises(RegistryError) as found:
            gather(registry(pack("maps")), ["maps", "mops"])
        assert (found.value.code, found.value.problems[0].evidence["names"]) == ("E771", ["mops"])

    def test_a_folder_of_packs_is_shown_too(self, tmp_path: Path) -> None:
        source = open_source(str(folder_with(tmp_path / "packs", pack("maps"))), label="packs")
        assert (as_marketplace(source).packs, as_site(source).skills) == (("maps",), ("maps",))

    def test_the_same_packs_give_the_same_bytes(self, registry: Registry, tmp_path: Path) -> None:
        packs = gather(registry(pack("base"), pack("maps", "1.0.0", "base ^1"))).packs
        assert well_known(packs) == well_known(packs[::-1])
        assert marketplace(packs, name="acme") == marketplace(packs[::-1], name="acme")

    def test_context_files_lie_where_an_installation_has_them(self, registry: Registry) -> None:
        files = {"CONTEXT.md": "# All\n", "docs/more.md": "more\n", "skills/draw/run.py": "#!/usr/bin/python3\n"}
        made = pack("maps", skills=["draw", "read"], files=files, context_files=["CONTEXT.md", "docs"])
        source = registry(made)
        assert sorted(unpacked(as_site(source), "draw")) == ["CONTEXT.md", "SKILL.md", "docs/more.md", "run.py"]
        folder = "plugins/maps/skills/"
        assert sorted(path for path in as_marketplace(source).files if path.startswith(folder)) == [
            f"{folder}{path}"
            for path in (
                *("draw/CONTEXT.md", "draw/SKILL.md", "draw/docs/more.md", "draw/run.py"),
                *("read/CONTEXT.md", "read/SKILL.md", "read/docs/more.md"),
            )
        ]


class TestASite:
    def test_the_form_is_the_one_that_we_read(self) -> None:
        assert (INDEX, SCHEMA) == (READ_INDEX, READ_SCHEMA)

    def test_an_archive_is_named_and_described_by_its_digest(self, registry: Registry) -> None:
        view = as_site(registry(pack("maps")))
        entry = entries(view)["maps"]
        data = view.files[f"{ROOT}/{entry['url']}"]
        assert entry["digest"] == sha256_digest(data)
        assert entry["digest"][7:23] in entry["url"]
        assert (entry["type"], entry["description"]) == ("archive", "What maps does.")

    def test_a_skill_of_two_packs_is_that_of_the_pack_that_had_it_first(self, registry: Registry) -> None:
        late = pack("aaa", "1.1.0", skills=["draw", "own"])
        view = as_site(registry(pack("aaa", "1.0.0", skills=["own"]), pack("maps", skills=["draw"]), late))
        assert view.skills == ("draw", "own")
        assert b"draw 1.0.0" in unpacked(view, "draw")["SKILL.md"]
        assert view.problems[0].evidence == {"skill": "draw", "pack": "aaa", "owner": "maps"}

    def test_a_skill_without_front_matter_is_offered_with_what_its_pack_says_and_told(self, registry: Registry) -> None:
        made = {**pack("maps"), "skills/maps/SKILL.md": b"Draw maps.\n"}
        view = as_site(registry(made))
        assert entries(view)["maps"]["description"] == "About maps."
        assert (codes(view), view.problems[0].evidence["missing"]) == (["W772"], ["name", "description"])

    def test_a_description_is_never_longer_than_readers_take(self, registry: Registry) -> None:
        text = f"---\nname: maps\ndescription: {'long ' * 400}\n---\n".encode()
        view = as_site(registry({**pack("maps"), "skills/maps/SKILL.md": text}))
        assert len(entries(view)["maps"]["description"]) == 1024

    def test_a_skill_that_makes_no_archive_is_left_out_and_told(self, registry: Registry) -> None:
        packs = gather(registry(pack("maps", text="long " * 2000), pack("tools"))).packs
        view = well_known(packs, limits=replace(LIMITS, file_bytes=5000))
        assert (view.skills, view.packs, codes(view)) == (("tools",), ("tools",), ["W771"])


class TestAMarketplace:
    def test_a_plugin_says_what_its_pack_says(self, registry: Registry) -> None:
        made = pack(
            "maps",
            files={"README.md": "# Maps\n"},
            author="Ada Mapper <ada@example.com> (https://example.com)",
            license="MIT",
            homepage="https://example.com/maps",
            keywords=["gis"],
        )
        view = as_marketplace(registry(made))
        said = json.loads(view.files["plugins/maps/.claude-plugin/plugin.json"])
        assert said == {
            "name": "maps",
            "version": "1.0.0",
            "description": "About maps.",
            "author": {"name": "Ada Mapper", "email": "ada@example.com", "url": "https://example.com"},
            "homepage": "https://example.com/maps",
            "license": "MIT",
            "keywords": ["gis"],
        }
        assert entries(view)["maps"] == {**said, "source": "./plugins/maps"}
        assert view.files["plugins/maps/README.md"] == b"# Maps\n"

    @pytest.mark.parametrize(
        ("author", "said"),
        [
            ("Ada", {"name": "Ada"}),
            ("Ada (https://example.com)", {"name": "Ada", "url": "https://example.com"}),
            ("Ada (the one) of Acme", {"name": "Ada (the one) of Acme"}),
            ("", None),
        ],
    )
    def test_an_author_is_read_as_far_as_that_goes(self, registry: Registry, author: str, said: object) -> None:
        assert entries(as_marketplace(registry(pack("maps", author=author))))["maps"].get("author") == said

    def test_what_a_pack_needs_is_needed_by_its_plugin(self, registry: Registry) -> None:
        view = as_marketplace(registry(pack("@acme/base"), pack("maps", "1.0.0", "@acme/base ^1")))
        said = json.loads(view.files["plugins/maps/.claude-plugin/plugin.json"])
        assert (said["dependencies"], codes(view)) == (["acme-base"], [])

    def test_what_can_not_be_had_is_left_out_and_told(self, registry: Registry) -> None:
        view = as_marketplace(registry(pack("base", "2.0.0"), pack("maps", "1.0.0", "base ^1", "else ^1")))
        assert "dependencies" not in json.loads(view.files["plugins/maps/.claude-plugin/plugin.json"])
        assert [each.evidence["found"] for each in view.problems] == ["2.0.0 alone", "nothing of that name"]

    def test_a_scoped_pack_gives_way_to_the_one_that_was_there_first(self, registry: Registry) -> None:
        view = as_marketplace(registry(pack("acme-tools"), pack("@acme/tools")))
        assert (view.packs, codes(view)) == (("acme-tools",), ["W773"])

    def test_a_pack_gives_way_to_the_scoped_one_that_was_there_first(self, registry: Registry) -> None:
        view = as_marketplace(registry(pack("@acme/tools"), pack("acme-tools"), pack("@acme/tools", "1.1.0")))
        assert (view.packs, codes(view)) == (("@acme/tools",), ["W773"])
        assert entries(view)["acme-tools"]["version"] == "1.1.0"

    def test_two_packs_may_have_skills_of_one_name(self, registry: Registry) -> None:
        view = as_marketplace(registry(pack("maps", skills=["draw"]), pack("plans", skills=["draw"])))
        assert (view.skills, codes(view)) == (("maps:draw", "plans:draw"), [])

    def test_guards_that_stay_behind_are_told(self, registry: Registry) -> None:
        made = pack("maps", files={"hooks.py": "def check(): ...\n"}, hooks_module="hooks.py")
        view = as_marketplace(registry(made))
        assert codes(view) == ["W775"]
        assert not [path for path in view.files if "hooks" in path]

    @pytest.mark.parametrize(
        "name",
        [
            *sorted(RESERVED),
            *("claude-official", "official-claude-packs", "anthropic-plugins-2", "claude-marketplace", "claudeplugins"),
            *("claude-plug-ins-x", "off-icial-claude", "anthropic-directories"),
            *("Acme", "acme packs", "../acme", "acme/packs", "acme--packs", "", "x" * 65, "acme\n"),
        ],
    )
    def test_a_name_that_the_client_would_not_take_is_refused(self, name: str) -> None:
        with pytest.raises(RegistryError) as found:
            check_marketplace_name(name)
        assert found.value.code == "E770"

    @pytest.mark.parametrize(
        "name", ["acme", "acme-packs", "packs-for-claude", "my-claude-plugins", "claude-packs", "2026"]
    )
    def test_other_names_are_taken(self, name: str) -> None:
        assert check_marketplace_name(name) == name


TIMES = st.sampled_from(["", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"])
WISHES = st.dictionaries(st.tuples(st.sampled_from("xyz"), st.sampled_from(["a", "b", "c"])), TIMES)


@settings(max_examples=60)
@given(earlier=WISHES, newcomer=st.sampled_from(["aa", "zz"]), names=st.sets(st.sampled_from("xyz")))
def test_no_later_publish_takes_a_name_over(
    earlier: dict[tuple[str, str], str], newcomer: str, names: set[str]
) -> None:
    published = [(name, pack, since) for (name, pack), since in earlier.items() if since]
    before, _ = first_come(published)
    after, refused = first_come([*published, *((name, newcomer, "2026-03-01T00:00:00Z") for name in names)])
    assert after.items() >= before.items()
    assert {(name, newcomer, before[name]) for name in names if name in before} <= {*refused}


def test_a_registry_with_nothing_to_show_gives_no_view(tmp_path: Path) -> None:
    source = open_source(str(tmp_path / "missing"), label="acme", may_be_missing=True)
    with pytest.raises(RegistryError) as found:
        gather(source)
    assert found.value.code == "E774"
