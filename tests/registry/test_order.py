"""Which registry a name belongs to, and which may serve what is locked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.archive.reader import Unpacked
from skillctl.core.diagnostics import Problem
from skillctl.core.errors import RegistryError
from skillctl.core.lockfile import LockedPack
from skillctl.core.release import Release
from skillctl.core.versions import Version, parse_version
from skillctl_registry.catalog import CatalogEntry, bare_entry
from skillctl_registry.order import Registries
from skillctl_registry.sources import Source


class Listed:
    """A source that is a list of releases, and remembers which names it was asked for."""

    signed: bool | None = None

    def __init__(self, label: str, *releases: Release, id: str = "") -> None:  # noqa: A002
        self.label = label
        self.id = id or f"id-of-{label}"
        self.asked: list[str] = []
        self.prefetched: list[list[str]] = []
        self._releases = releases

    def prefetch(self, names: Collection[str], *, then: Callable[[str], object] | None = None) -> None:
        self.prefetched.append(sorted(names))

    def releases(self, name: str) -> Sequence[Release] | None:
        self.asked.append(name)
        return [each for each in self._releases if each.name == name] or None

    def yanked(self, name: str) -> Mapping[Version, str]:
        return {}

    def prefetch_files(self, releases: Collection[Release]) -> None:
        """Nothing, as with names."""

    def fetch(self, release: Release) -> Unpacked:
        raise NotImplementedError

    def names(self) -> Sequence[str]:
        return sorted({each.name for each in self._releases})

    def catalog(self) -> Sequence[CatalogEntry]:
        return [bare_entry(each) for each in self._releases]

    def problems(self) -> Sequence[Problem]:
        return ()


def release(name: str, version: str = "1.0.0", tree: str = "a") -> Release:
    return Release(name=name, version=parse_version(version), tree=f"tree1:{tree * 64}")


def locked(registry: str, version: str = "1.0.0", tree: str = "a") -> LockedPack:
    return LockedPack(version=parse_version(version), tree=f"tree1:{tree * 64}", registry=registry)


def label_of(source: Source | None) -> str | None:
    return None if source is None else source.label


def test_an_unscoped_name_belongs_to_the_first_that_has_it_and_later_ones_are_not_asked() -> None:
    first, second, third = Listed("one"), Listed("two", release("base")), Listed("three", release("base", "9.0.0"))
    assert label_of(Registries(sources=(first, second, third)).owner("base")) == "two"
    assert (first.asked, second.asked, third.asked) == (["base"], ["base"], [])


def test_a_name_that_nobody_has_belongs_to_nobody() -> None:
    assert Registries(sources=(Listed("one"),)).owner("base") is None


def test_names_are_made_ready_where_they_may_be_asked_for_and_no_further() -> None:
    public = Listed("public", release("base"), release("@acme/tools"))
    company, later = Listed("acme", release("@acme/tools"), release("mine")), Listed("later", release("mine"))
    registries = Registries(sources=(public, company, later), scopes={"@acme": company})
    registries.prefetch(["base", "mine", "@acme/tools", "nowhere", "pinned"], pins={"pinned": "later"})
    assert public.prefetched == [["base", "mine", "nowhere"]]
    assert company.prefetched == [["@acme/tools"], ["mine", "nowhere"]]
    assert later.prefetched == [["pinned"], ["nowhere"]]


def test_what_is_locked_is_made_ready_in_the_registry_that_the_lock_names() -> None:
    first, home = Listed("one", release("base")), Listed("home", release("base"))
    Registries(sources=(first, home)).prefetch(["base"], locked={"base": locked("id-of-home")})
    assert (first.prefetched, home.prefetched) == ([], [["base"]])


def test_a_name_that_can_not_be_asked_for_is_no_error_before_it_is_asked_for() -> None:
    Registries(sources=(Listed("one"),)).prefetch(["base"], pins={"base": "nobody"})


def test_a_bound_scope_is_asked_for_in_its_registry_alone_even_if_that_has_not_got_it() -> None:
    stranger, company = Listed("public", release("@acme/tools", "99.0.0")), Listed("acme")
    registries = Registries(sources=(stranger, company), scopes={"@acme": company})
    assert registries.owner("@acme/tools") is None
    assert registries.unknown("@acme/tools").code == "E240"
    with pytest.raises(RegistryError):
        registries.holder("@acme/tools", locked("id-of-public"))
    assert stranger.asked == []


def test_an_unbound_scope_goes_by_the_order() -> None:
    first, second = Listed("one"), Listed("two", release("@acme/tools"))
    assert label_of(Registries(sources=(first, second)).owner("@acme/tools")) == "two"


def test_a_pin_names_the_only_registry_that_is_asked() -> None:
    first, second = Listed("one", release("base")), Listed("two", release("base"))
    registries = Registries(sources=(first, second))
    assert label_of(registries.owner("base", pin="two")) == "two"
    assert registries.owner("other", pin="two") is None
    assert first.asked == []


def test_a_pin_to_an_alias_that_nobody_has_is_an_error_that_names_the_others() -> None:
    with pytest.raises(RegistryError) as caught:
        Registries(sources=(Listed("one"), Listed("two"))).owner("base", pin="thre")
    assert caught.value.code == "E243"
    assert caught.value.problems[0].evidence["known"] == ["one", "two"]


def test_a_pin_does_not_move_a_bound_scope() -> None:
    company = Listed("acme")
    registries = Registries(sources=(company, Listed("public")), scopes={"@acme": company})
    assert registries.owner("@acme/tools", pin="acme") is None
    with pytest.raises(RegistryError) as caught:
        registries.owner("@acme/tools", pin="public")
    assert caught.value.code == "E244"


def test_of_two_sources_with_one_alias_the_first_is_meant() -> None:
    first, second = Listed("acme", id="project"), Listed("acme", id="user")
    assert Registries(sources=(first, second)).labelled("acme") is first


def test_a_scope_belongs_to_the_registry_itself_whatever_else_has_its_alias() -> None:
    stranger, company = Listed("acme", release("@acme/tools", "9.0.0"), id="project"), Listed("acme", id="user")
    registries = Registries(sources=(stranger, company), scopes={"@acme": company})
    assert registries.owner("@acme/tools") is None
    assert stranger.asked == []


def test_a_registry_that_two_files_name_goes_by_both_aliases() -> None:
    company = Listed("company", release("@acme/tools"))
    registries = Registries(sources=(company,), scopes={"@acme": company}, aliases={"acme": company})
    assert registries.owner("@acme/tools", pin="acme") is company
    assert registries.labels() == ["company", "acme"]


def test_near_names_of_all_registries_are_suggested() -> None:
    registries = Registries(sources=(Listed("one", release("arcgis")), Listed("two", release("arcpy"))))
    error = registries.unknown("arcgsi")
    assert error.code == "E241"
    assert error.problems[0].evidence["near"] == ["arcgis"]
    assert registries.unknown("zzzzzz").code == "E240"


def test_a_locked_release_comes_from_the_registry_of_the_lock_though_others_have_it_too() -> None:
    registries = Registries(sources=(Listed("mirror", release("base")), Listed("home", release("base"))))
    assert registries.holder("base", locked("id-of-home")).source.label == "home"


def test_a_locked_release_comes_from_anybody_who_has_the_same_tree() -> None:
    mirror = Listed("mirror", release("base", tree="b"), release("base", "2.0.0"))
    registries = Registries(sources=(mirror, Listed("copy", release("base"))))
    held = registries.holder("base", locked("an-id-that-is-not-here"))
    assert (held.source.label, held.release.tree) == ("copy", "tree1:" + "a" * 64)


def test_a_yanked_release_is_kept_when_locked() -> None:
    registries = Registries(sources=(Listed("home", release("base").yanked_for("broken")),))
    assert registries.holder("base", locked("id-of-home")).release.yanked == "broken"


NOT_HELD = [
    (Listed("home", release("base", "2.0.0")), "E245"),
    (Listed("home"), "E245"),
    (Listed("home", release("base", tree="b")), "E246"),
    (Listed("elsewhere", release("base", tree="b")), "E247"),
    (Listed("elsewhere"), "E247"),
]


@pytest.mark.parametrize(("source", "code"), NOT_HELD)
def test_a_locked_release_that_is_not_to_be_had_says_why(source: Listed, code: str) -> None:
    with pytest.raises(RegistryError) as caught:
        Registries(sources=(source,)).holder("base", locked("id-of-home"))
    assert caught.value.code == code
    assert "skillctl update base" in _hint(caught.value)


def _hint(error: RegistryError) -> str:
    from skillctl.core.wording.registry import WORDS

    words = WORDS[error.code]
    return words.hint.format_map({key: str(value) for key, value in error.problems[0].evidence.items()})


_name = st.sampled_from(["aa", "bb", "@x/aa", "@y/aa"])
_sources = st.lists(st.lists(_name, max_size=4, unique=True), min_size=1, max_size=4)
_scopes = st.dictionaries(st.sampled_from(["@x", "@y"]), st.integers(0, 3))


@given(_sources, _scopes, _name)
@settings(max_examples=80)
def test_a_name_has_one_owner_and_what_comes_later_changes_nothing(
    held: list[list[str]], bound: dict[str, int], name: str
) -> None:
    sources = [Listed(str(place), *map(release, names)) for place, names in enumerate(held)]
    scopes = {scope: str(place % len(sources)) for scope, place in bound.items()}
    bound_to = {scope: sources[int(label)] for scope, label in scopes.items()}
    registries = Registries(sources=tuple(sources), scopes=bound_to)
    owner = registries.owner(name)
    if owner is None:
        return
    place = int(owner.label)
    shorter = Registries(sources=tuple(sources[: place + 1]), scopes=bound_to)
    assert shorter.owner(name) is owner
    assert name in held[place]
    scope = name.partition("/")[0]
    assert scopes.get(scope, owner.label) == owner.label
    if scope not in scopes:
        assert all(name not in names for names in held[:place])
