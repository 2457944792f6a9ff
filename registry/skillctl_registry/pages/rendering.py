"""A page as HTML, by its template; and the files that pages are dressed with.

Everything that a template says is escaped, and what a person would not see in it is written out, unless the template
says that it is HTML. A stylesheet has its digest in its name, so it may be kept for ever.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from skillctl.core.about import __version__
from skillctl.core.skill_asks import ASK_WORDS
from skillctl.core.wording import worded
from skillctl_registry.pages import addresses
from skillctl_registry.pages.addresses import upwards
from skillctl_registry.pages.markdown import visible
from skillctl_registry.pages.values import (
    ComparePage,
    FrontPage,
    OwnerPage,
    PackPage,
    Page,
    RefusalPage,
    SearchPage,
    Site,
)

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_TEMPLATES: dict[type[Page], str] = {
    FrontPage: "front.html",
    SearchPage: "search.html",
    PackPage: "pack.html",
    ComparePage: "compare.html",
    OwnerPage: "owner.html",
    RefusalPage: "refusal.html",
}
_ASSETS = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def render(page: Page, site: Site, key: str) -> bytes:
    """The page, for a reader at that path."""
    template = _environment().get_template(_TEMPLATES[type(page)])
    words = page.words if isinstance(page, SearchPage) else ""
    return template.render(page=page, site=site, up=upwards(key), words=words).encode()


@cache
def assets() -> dict[str, tuple[str, bytes]]:
    """Name with the digest in it -> type and bytes."""
    found: dict[str, tuple[str, bytes]] = {}
    for name, kind in _ASSETS.items():
        data = files(__package__).joinpath("assets", name).read_bytes()
        found[_dated(name, data)] = (kind, data)
    return found


def _dated(name: str, data: bytes) -> str:
    stem, _, ending = name.rpartition(".")
    return f"{stem}-{hashlib.sha256(data).hexdigest()[:16]}.{ending}"


def day(moment: str) -> str:
    """`22 November 2026` of an RFC 3339 time."""
    year, month, date = moment[:10].split("-") if moment[4:5] == "-" else ("", "", "")
    return f"{int(date)} {_MONTHS[int(month) - 1]} {year}" if month.isdecimal() and date.isdecimal() else moment


def in_bytes(count: int) -> str:
    """`812 B`, `1.4 KiB`, `20.0 MiB`."""
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.1f} KiB" if count < 1024**2 else f"{count / 1024**2:.1f} MiB"


def _coded(text: str) -> Markup:
    """A message with its names set as code, where it has them in backticks."""
    from markupsafe import Markup, escape

    parts = visible(text).split("`")
    if len(parts) % 2 == 0:
        return escape(visible(text))
    return Markup("").join(Markup("<code>{}</code>").format(each) if at % 2 else each for at, each in enumerate(parts))


def _shown(value: object) -> object:
    """What a template says, with nothing hidden in it; HTML is what the template calls so."""
    return visible(value) if type(value) is str else value


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("skillctl_registry.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    by_stem = {name.partition("-")[0]: name for name in assets()}
    environment.globals.update(
        style=f"{addresses.ASSETS}/{by_stem['style']}",
        icon=f"{addresses.ASSETS}/{by_stem['icon']}",
        program_version=__version__,
        ask_words=ASK_WORDS,
        pack_key=addresses.pack_key,
        compare_key=addresses.compare_key,
        search_key=addresses.search_key,
        owner_key=addresses.owner_key,
        worded=worded,
    )
    environment.filters.update(coded=_coded, day=day, bytes=in_bytes, count=lambda number: f"{number:,}")
    return environment
