"""The pages for people, asked of the database and the files: what each shows, and how it is sent.

1. Pages are asked for again each time, by an ETag; what they are dressed with has its digest in its name and is kept.
2. The files of a release never change: what a page tells of them is worked out outside of the loop that answers, and
   kept for as long as there is room. An archive is unpacked for that alone. Of every pack that is needed its releases
   are looked at: they are kept, too, as of the last change of the pack.
3. Whoever asks too often waits, as at the API.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from skillctl.core.diagnostics import Problem
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.names import is_pack_name, near_names
from skillctl.core.release import Release
from skillctl.core.requirements import parse_constraint
from skillctl_registry.authors import short, signed_by
from skillctl_registry.catalog import latest_release
from skillctl_registry.pages import POLICY
from skillctl_registry.pages.addresses import PACKS, Address, address_of, is_page_key, without_slash
from skillctl_registry.pages.graph import Needed, draw
from skillctl_registry.pages.reading import Compared, compare, look_at
from skillctl_registry.pages.rendering import assets, render
from skillctl_registry.pages.values import (
    ComparePage,
    FrontPage,
    Need,
    OwnerPage,
    PackPage,
    Page,
    RefusalPage,
    ReleaseLook,
    SearchPage,
    Site,
    Version,
)
from skillctl_registry.server import accounts, shelf, standing
from skillctl_registry.server.address import marketplace_name, url_of
from skillctl_registry.server.kept import Kept
from skillctl_registry.server.reading import FRESH, IMMUTABLE, is_file_key, is_known
from skillctl_registry.server.service import Service
from skillctl_registry.views.marketplace import plugin_name

EACH = 30
"""Packs on a page of what was found."""

_RECENT = 12
_FEW = 2_000
"""Names that one is compared with to find those near it."""
_ROOM = 32 * 1024 * 1024
"""Characters of what was worked out, of each kind."""
_RELEASES = 50_000
"""That are kept."""
_FOR_PROGRAMS = ("api/", "health", "metrics", ".well-known/", ".claude-plugin/")
_SAFE: Mapping[str, str] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Pages:
    """The pages of one service."""

    def __init__(self, service: Service, *, url: str) -> None:
        self._service = service
        self._url = url
        self._looks: Kept[ReleaseLook] = Kept(_ROOM, _weight)
        self._compared: Kept[Compared] = Kept(_ROOM, _lines)
        self._histories: Kept[Sequence[Release]] = Kept(_RELEASES, len)

    def answer(self, request: Request, key: str) -> Response:
        """The page under the path. RegistryError E727 for none, E736 for what is not there."""
        address = address_of(key)
        if address is None:
            return _led(request, key)
        if address.kind == "asset":
            return _asset(address.name, key)
        page = self._page(address, _query(request))
        return _sent(render(page, self.site(request), key), request)

    def refusal(self, request: Request, key: str, problems: Sequence[Problem], status: int) -> Response:
        """Why there is no page, as a page."""
        room, _, asked = key.partition("/")
        near = self._near(asked) if status == 404 and room == PACKS else ()  # other paths are counted by no rate
        page = RefusalPage(status=status, problems=problems, near=near)
        return Response(
            render(page, self.site(request), key),
            status_code=status,
            media_type="text/html",
            headers={**_SAFE, "cache-control": "no-store"},
        )

    def site(self, request: Request) -> Site:
        """The registry, at the address by which the reader came."""
        url = url_of(request, self._url)
        return Site(url=url, marketplace=marketplace_name(url))

    # --- what each page shows -------------------------------------------------------------------------------------

    def _page(self, address: Address, query: Mapping[str, str]) -> Page:
        if address.kind == "front":
            with self._service.database.reading() as connection:
                packs, releases = standing.counts(connection)
                recent = standing.recent(connection, most=_RECENT)
                return FrontPage(
                    packs=packs, releases=releases, recent=recent, root_sha256=standing.root_of(connection)
                )
        if address.kind == "search":
            return self._search(query)
        if address.kind == "owner":
            return self._owner(address.name, _place(query))
        if address.kind == "compare":
            return self._compare(address.name, query)
        return self._pack(address)

    def _search(self, query: Mapping[str, str]) -> SearchPage:
        words, first = query.get("q", "")[:200], _place(query)
        found = self._service.search(words, limit=EACH, offset=first)
        return SearchPage(
            words=words.strip(),
            entries=found.entries,
            total=found.total,
            first=first,
            each=EACH,
            near=self._near(words) if words and not found.total else (),
        )

    def _owner(self, name: str, first: int) -> OwnerPage:
        owners, packs, scopes = self._owned(name)
        entries = standing.entries_of(self._service.catalog(), packs, scopes)
        return OwnerPage(
            name=name,
            scopes=() if name in scopes else scopes,
            owners=owners,
            entries=entries[first : first + EACH],
            total=len(entries),
            first=first,
            each=EACH,
        )

    def _owned(self, name: str) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
        """The owners of a scope, then the packs and the scopes that are a user's, or the scope itself."""
        with self._service.database.reading() as connection:
            if name.startswith("@"):
                return accounts.owners_known(connection, name), (), (name,)
            packs, scopes = standing.owned_by(connection, accounts.check_user(name))
            if not packs and not scopes and not standing.has_published(connection, name):
                raise RegistryError.of("E736", what="user", name=name)
        return (), packs, scopes

    def _pack(self, address: Address) -> PackPage:
        name = address.name
        with self._service.database.reading() as connection:
            releases = self._releases(connection, name)
            latest = latest_release(releases)
            if address.version:
                release = _of_version(releases, address.version, name)
            else:
                release = latest or max(releases, key=lambda each: each.version)
            publisher = standing.publisher_of(connection, release)
            owners = accounts.owners_known(connection, name)
            downloads = shelf.downloads_of(connection, name)
            needs = [
                Need(name=each, requirement=said, version=self._fitting(connection, each, said))
                for each, said in sorted(release.dependencies.items())
            ]
            drawing = draw(name, str(release.version), lambda *one: self._needed(connection, *one))
            plugin = plugin_name(name) if latest else ""
            plugin_owner = standing.plugin_owner(connection, plugin) if plugin else ""
        return PackPage(
            release=release,
            latest=str(latest.version) if latest else "",
            look=self._look(release),
            versions=_versions(releases, downloads),
            needs=needs,
            drawing=drawing,
            owners=owners,
            publisher=publisher,
            plugin=plugin,
            plugin_owner=plugin_owner,
            skills=release.skills if latest else (),
        )

    def _compare(self, name: str, query: Mapping[str, str]) -> ComparePage:
        with self._service.database.reading() as connection:
            releases = sorted(self._releases(connection, name), key=lambda each: each.version)
        latest = latest_release(releases) or releases[-1]
        after = query.get("to", str(latest.version))
        other = _of_version(releases, after, name)
        before = query.get("from", _befores(releases)[after] or after)
        one = _of_version(releases, before, name)
        compared = self._compared.of(
            f"{one.archive} {other.archive}",
            lambda: compare(
                self._service.unpacked(one), self._service.unpacked(other), name=name, limits=self._service.limits
            ),
        )
        return ComparePage(
            name=name,
            versions=[str(each.version) for each in reversed(releases)],
            before=before,
            after=after,
            difference=compared.difference,
            manifest=compared.manifest,
            files=compared.files,
            left_out=compared.left_out,
        )

    def _releases(self, connection: Connection, name: str) -> Sequence[Release]:
        releases = self._history(connection, name)
        if not releases:
            raise RegistryError.of("E736", what="pack", name=name)
        return releases

    def _history(self, connection: Connection, name: str) -> Sequence[Release]:
        """The releases of a pack that can be had; none where there is no such pack."""
        number = shelf.changes_of(connection, name)
        return self._histories.of(f"{name} {number}", lambda: shelf.releases_of(connection, name)) if number else ()

    def _needed(self, connection: Connection, name: str, version: str) -> Needed:
        release = next((each for each in self._history(connection, name) if str(each.version) == version), None)
        needs = release.dependencies if release is not None else {}
        return {other: self._fitting(connection, other, said) for other, said in needs.items()}

    def _fitting(self, connection: Connection, name: str, requirement: str) -> str:
        """The newest version that fits; empty if none does."""
        constraint = parse_constraint(requirement)
        fits = [each for each in self._history(connection, name) if constraint.allows(each.version)]
        found = latest_release(fits)
        return str(found.version) if found else ""

    def _look(self, release: Release) -> ReleaseLook:
        called = f"{release.name} {release.version}"
        return self._looks.of(
            release.archive,
            lambda: look_at(self._service.unpacked(release), called=called, limits=self._service.limits),
        )

    def _near(self, asked: str) -> list[str]:
        """Packs whose names are like the first that was asked for, however it is written.

        Each name takes its time, so of many only those are looked at that begin alike, scope and first letter.
        """
        words = "-".join(asked.lower().split())
        name = "/".join(words.split("/")[: 2 if words.startswith("@") else 1])
        if not is_pack_name(name):
            return []
        try:
            known = [each.name for each in self._service.catalog()]
        except SkillctlError:
            return []
        if len(known) > _FEW:
            beginning = name[: name.find("/") + 2]
            known = [each for each in known if each.startswith(beginning)][:_FEW]
        return [] if name in known and name == asked else near_names(name, known)


def wants_page(request: Request, key: str) -> bool:
    """Whether a refusal should be a page: a person asks, and not for what programs ask for."""
    if request.method not in ("GET", "HEAD") or "text/html" not in request.headers.get("accept", ""):
        return False
    return is_page_key(key) or not (is_file_key(key) or key.startswith(_FOR_PROGRAMS))


def _place(query: Mapping[str, str]) -> int:
    """From which place on a list is asked for."""
    said = query.get("from", "0")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 6 else 0


def _weight(look: ReleaseLook) -> int:
    return len(look.readme) + len(look.context) + sum(len(each.html) for each in look.commands) + 100 * len(look.files)


def _lines(compared: Compared) -> int:
    return sum(len(line) for each in compared.files for line in each.lines)


def _led(request: Request, key: str) -> Response:
    """From an address with a slash too many to the page. RegistryError E727 if there is none there either."""
    way = without_slash(key)
    if not way:
        raise RegistryError.of("E727", path=key[:200])
    asked = f"?{request.url.query}" if request.url.query else ""
    return Response(status_code=308, headers={**_SAFE, "location": way + asked, "cache-control": FRESH})


def _asset(name: str, key: str) -> Response:
    found = assets().get(name)
    if found is None:
        raise RegistryError.of("E727", path=key[:200])
    kind, data = found
    return Response(data, media_type=kind, headers={**_SAFE, "cache-control": IMMUTABLE})


def _sent(html: bytes, request: Request) -> Response:
    tag = f'"{hashlib.sha256(html).hexdigest()}"'
    headers = {**_SAFE, "etag": tag, "cache-control": FRESH}
    if is_known(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(html, media_type="text/html", headers=headers)


def _query(request: Request) -> dict[str, str]:
    """The first of each parameter; a query that can't be read says nothing."""
    try:
        said = parse_qs(request.url.query, errors="replace", max_num_fields=20)
    except ValueError:
        return {}
    return {key: values[0].replace("\0", "") for key, values in said.items()}


def _versions(releases: Sequence[Release], downloads: Mapping[str, int]) -> list[Version]:
    """The newest first."""
    ordered = sorted(releases, key=lambda each: each.version)
    befores = _befores(ordered)
    return [
        Version(
            release=each,
            before=befores[str(each.version)],
            downloads=downloads.get(str(each.version), 0),
            keys=tuple(short(keyid) for keyid in signed_by(each).keyids),
        )
        for each in reversed(ordered)
    ]


def _befores(ordered: Sequence[Release]) -> dict[str, str]:
    """Version -> what it is compared with: the highest lower one that is not yanked, else the next; empty: none is."""
    found: dict[str, str] = {}
    last = last_good = ""
    for each in ordered:
        found[str(each.version)] = last_good or last
        last = str(each.version)
        last_good = last if each.yanked is None else last_good
    return found


def _of_version(releases: Sequence[Release], version: str, name: str) -> Release:
    """The release of the pack. RegistryError E736 if there is none."""
    found = next((each for each in releases if str(each.version) == version), None)
    if found is None:
        raise RegistryError.of("E736", what="release", name=f"{name} {version[:64]}")
    return found
