"""Which path is which page."""

from __future__ import annotations

import pytest

from skillctl_registry.pages.addresses import Address, address_of, is_page_key, owner_key, pack_key, upwards

PAGES = {
    "": Address(kind="front"),
    "search": Address(kind="search"),
    "packs/maps": Address(kind="pack", name="maps"),
    "packs/maps/1.2.0": Address(kind="pack", name="maps", version="1.2.0"),
    "packs/@acme/tools": Address(kind="pack", name="@acme/tools"),
    "packs/@acme/tools/1.0.0-rc.1": Address(kind="pack", name="@acme/tools", version="1.0.0-rc.1"),
    "packs/maps/compare": Address(kind="compare", name="maps"),
    "packs/@acme/tools/compare": Address(kind="compare", name="@acme/tools"),
    "owners/ada": Address(kind="owner", name="ada"),
    "owners/@acme": Address(kind="owner", name="@acme"),
    "assets/style-00.css": Address(kind="asset", name="style-00.css"),
}
NONE = [
    *(
        "packs",
        "packs/",
        "packs/Maps",
        "packs/maps/",
        "packs/maps/1",
        "packs/maps/1.0.0/x",
        "packs/@acme",
        "packs/../x",
    ),
    *("owners", "owners/", "owners/a/b", "assets/", "assets/a/b", "packs/@acme/tools/1.0.0/compare"),
]
OTHERS = ["config.json", "index/ma/maps", "catalog/00.jsonl", "metadata/timestamp.json", "searching", "packets/x"]


@pytest.mark.parametrize("key", PAGES)
def test_a_page_has_its_path(key: str) -> None:
    assert address_of(key) == PAGES[key]
    assert is_page_key(key)


@pytest.mark.parametrize("key", NONE)
def test_no_other_path_of_theirs_is_a_page(key: str) -> None:
    assert address_of(key) is None
    assert is_page_key(key)


@pytest.mark.parametrize("key", OTHERS)
def test_the_files_of_the_registry_are_no_pages(key: str) -> None:
    assert not is_page_key(key)


def test_the_way_there_is_the_way_back() -> None:
    assert address_of(pack_key("@acme/tools", "1.0.0")) == Address(kind="pack", name="@acme/tools", version="1.0.0")
    assert address_of(owner_key("@acme")) == Address(kind="owner", name="@acme")


@pytest.mark.parametrize(
    ("key", "up"), [("", "./"), ("search", "./"), ("packs/maps", "../"), ("packs/@a/b/1", "../../../")]
)
def test_links_lead_up_to_the_registry(key: str, up: str) -> None:
    assert upwards(key) == up
