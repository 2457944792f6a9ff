"""Which path is which page. Paths are below the registry's own address, wherever a proxy puts that.

    (nothing)                       the front page
    search?q=                       what was found
    packs/maps   packs/@acme/tools  a pack: its latest release
    packs/maps/1.2.0                one release
    packs/maps/compare?from=&to=    what changed between two
    owners/ada   owners/@acme       the packs of a user, or of a scope
    assets/style-….css              what pages are dressed with

A slash behind one of them leads to it. Links are relative, so that they lead to the same pages below any prefix.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote, urlencode

from skillctl.core.names import is_pack_name
from skillctl.core.value import dataclass
from skillctl.core.versions import is_version

SEARCH, PACKS, OWNERS, ASSETS, COMPARE = "search", "packs", "owners", "assets", "compare"

Kind = Literal["front", "search", "pack", "compare", "owner", "asset"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where a page is."""

    kind: Kind
    name: str = ""
    """Of a pack, a user, a scope, a file."""
    version: str = ""
    """Empty: the latest."""


def is_page_key(key: str) -> bool:
    """Whether the path is one of pages, there or not."""
    return key.removesuffix("/") in ("", SEARCH) or key.partition("/")[0] in (PACKS, OWNERS, ASSETS)


def is_asset_key(key: str) -> bool:
    """Whether the path is one of what pages are dressed with."""
    return key.startswith(f"{ASSETS}/")


def address_of(key: str) -> Address | None:
    """The page under the path; None for a path that no page has."""
    if key == "":
        return Address(kind="front")
    if key == SEARCH:
        return Address(kind="search")
    room, *parts = key.split("/")
    if room == PACKS:
        return _of_pack(parts)
    if room not in (OWNERS, ASSETS) or len(parts) != 1 or not parts[0]:
        return None
    return Address(kind="owner" if room == OWNERS else "asset", name=parts[0])


def without_slash(key: str) -> str:
    """The way from a path that ends with a slash to the page that is meant; empty if none is."""
    meant = key.removesuffix("/")
    is_page = meant not in ("", key) and address_of(meant) is not None
    return f"../{quote(meant.rpartition('/')[2], safe='@')}" if is_page else ""


def _of_pack(parts: list[str]) -> Address | None:
    scoped = 2 if parts and parts[0].startswith("@") else 1
    name, rest = "/".join(parts[:scoped]), parts[scoped:]
    if not is_pack_name(name) or len(rest) > 1:
        return None
    if rest == [COMPARE]:
        return Address(kind="compare", name=name)
    if rest and not is_version(rest[0]):
        return None
    return Address(kind="pack", name=name, version=rest[0] if rest else "")


def pack_key(name: str, version: str = "") -> str:
    """The path of a pack, or of one release."""
    return f"{PACKS}/{name}/{version}" if version else f"{PACKS}/{name}"


def compare_key(name: str, before: str, after: str) -> str:
    """The path of what changed between two releases."""
    return f"{PACKS}/{name}/{COMPARE}?{urlencode({'from': before, 'to': after})}"


def search_key(words: str, place: int = 0) -> str:
    """The path of what is found by the words, from that place on."""
    asked = {"q": words, **({"from": str(place)} if place else {})}
    return f"{SEARCH}?{urlencode(asked)}"


def owner_key(name: str, place: int = 0) -> str:
    """The path of the packs of a user or a scope, from that place on."""
    return f"{OWNERS}/{quote(name, safe='@')}" + (f"?from={place}" if place else "")


def upwards(key: str) -> str:
    """The way from the page with that path to the registry's address."""
    return "../" * key.count("/") or "./"
