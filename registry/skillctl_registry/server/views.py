"""What other tools read of a served registry, made of the same releases as `registry export` makes it.

    .well-known/agent-skills/index.json          the skills, for npx skills, skillctl and agents that look there
    .well-known/agent-skills/maps-0a1b….tar.gz   one of them; its digest is in its name
    .claude-plugin/marketplace.json              the packs as plugins, for Claude Code
    .claude-plugin/maps.git/…                    one of them: Claude Code fetches plugins of a marketplace that it was
                                                 given by address from repositories, so each is one

1. What is shown is what the database says now: a change of any pack makes the lists anew, from what was learned of each
   release when it was published. The archive of one of which nothing is known is unpacked once for that.
2. The archives of releases that were the latest since this process began can still be had: somebody may have read the
   last index. What was deleted can not.
3. A pack that can't be read is left out, so that it takes no other one away.
4. npx skills fetches the archives of all skills, whichever are wanted. So that of a pack's first skill stands for the
   pack where downloads are counted.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from threading import Lock

from sqlalchemy.exc import IntegrityError

from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.manifest import Manifest
from skillctl.core.release import Release
from skillctl.core.value import dataclass, field
from skillctl_registry.catalog import latest_release
from skillctl_registry.server import shelf, standing
from skillctl_registry.server.kept import Kept
from skillctl_registry.server.learned import Learned, keep, known, learn
from skillctl_registry.server.reading import FRESH, IMMUTABLE
from skillctl_registry.server.service import Service
from skillctl_registry.views import ViewedPack, first_come
from skillctl_registry.views.gathering import viewed
from skillctl_registry.views.git_repository import GitRepository, repository
from skillctl_registry.views.marketplace import (
    MARKETPLACE,
    listing,
    plugin_entry,
    plugin_files,
    plugin_name,
    plugin_needs,
)
from skillctl_registry.views.well_known import INDEX, ROOT, OfferedSkill, index_of, offered_skill

_PLUGINS = MARKETPLACE.rpartition("/")[0]
_ARCHIVE = re.compile(rf"{re.escape(ROOT)}/(?P<file>[a-z0-9-]{{1,80}}-[0-9a-f]{{16}}\.tar\.gz)\Z")
_GIT = re.compile(rf"{re.escape(_PLUGINS)}/(?P<plugin>[a-z0-9-]{{1,130}})\.git/(?P<what>info/refs|git-upload-pack)\Z")
_ROOM = 64 * 1024 * 1024
"""Bytes of archives and of repositories that are kept."""
_AT_ONCE = 50
"""Releases of which is written down at once what was learned."""
_OF_ARCHIVES = ("E20", "E21")  # how the codes begin that say that an archive is lost, or no good
_PATIENCE = 5.0  # seconds until who waits for the first list is told to come again


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shown:
    """What is known of the release of a pack that is shown."""

    release: Release
    learned: Learned


@dataclass(frozen=True, kw_only=True, slots=True)
class _Archive:
    """A skill's archive that can be had."""

    release: Release
    skill: str
    is_first: bool
    """Of the skills that its pack offers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ViewFile:
    """A file of a view."""

    data: bytes
    kind: str
    keeps: str
    """For how long, as `cache-control` says it."""
    counts: str = ""
    """The archive of the release that who takes the file has downloaded; empty: of none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Now:
    """What is shown as of some change of the registry."""

    number: int
    index: bytes = b""
    plugins: Mapping[str, _Shown] = field(default_factory=dict)
    """By the plugin's name, sorted."""
    manifests: Mapping[str, Manifest] = field(default_factory=dict)
    """Of the packs that are plugins."""


def is_view_key(key: str) -> bool:
    """Whether the path is one of a view."""
    return key in (INDEX, MARKETPLACE) or _ARCHIVE.match(key) is not None or _GIT.match(key) is not None


def git_request(key: str) -> tuple[str, str] | None:
    """The plugin, and what of its repository the path asks for; None for another path."""
    found = _GIT.match(key)
    return (found["plugin"], found["what"]) if found else None


class Views:
    """The views of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._known: dict[str, Learned] = {}
        self._hidden: set[str] = set()
        """Archives of releases that can't be shown: they are looked at once, not again with every change."""
        self._archives: dict[str, _Archive] = {}
        self._now = _Now(number=-1)
        self._lock = Lock()
        self._repositories: Kept[GitRepository] = Kept(_ROOM, lambda made: len(made.pack))
        self._made: Kept[bytes] = Kept(_ROOM, len)

    def file(self, key: str, *, url: str, name: str) -> ViewFile:
        """The file under the key. RegistryError E727 if there is none.

        `url` is the registry's address as the reader knows it, `name` is what the marketplace is called.
        """
        if key == INDEX:
            return ViewFile(data=self._current().index, kind="application/json", keeps=FRESH)
        if key == MARKETPLACE:
            return ViewFile(data=self._marketplace(url, name), kind="application/json", keeps=FRESH)
        named = _ARCHIVE.match(key)
        archive = self._archive(named["file"]) if named else None
        if archive is None:
            raise RegistryError.of("E727", path=key[:200])
        return archive

    def plugin(self, name: str) -> tuple[GitRepository, Release]:
        """The repository of a plugin, and the release in it. RegistryError E727 if there is none."""
        now = self._current()
        shown = now.plugins.get(name)
        if shown is None:
            raise RegistryError.of("E727", path=f"{_PLUGINS}/{name}.git")
        release = shown.release
        needs, _ = plugin_needs(shown.learned.manifest, now.manifests)
        made = self._repositories.of(
            f"{release.archive} {needs}",
            lambda: repository(
                plugin_files(self._viewed(release), name, needs),
                seconds=_seconds(release.published),
                message=f"{release.name} {release.version}",
            ),
        )
        return made, release

    def _marketplace(self, url: str, name: str) -> bytes:
        now = self._current()

        def listed() -> bytes:
            return listing(
                [
                    plugin_entry(
                        each.learned.manifest, plugin, {"source": "url", "url": f"{url}/{_PLUGINS}/{plugin}.git"}
                    )
                    for plugin, each in now.plugins.items()
                ],
                name=name,
            )

        return self._made.of(f"{now.number} {name} {url}", listed)

    def _archive(self, file: str) -> ViewFile | None:
        if file not in self._archives:
            self._current()
        found = self._archives.get(file)
        if found is None:
            return None
        release = found.release
        with self._service.database.reading() as connection:
            stored = shelf.find(connection, release.name, release.version)
        if stored is None or stored.deleted:
            return None
        return ViewFile(
            data=self._made.of(file, lambda: self._skill(release, found.skill).archive),
            kind="application/gzip",
            keeps=IMMUTABLE,
            counts=release.archive if found.is_first else "",
        )

    def _skill(self, release: Release, skill: str) -> OfferedSkill:
        pack = self._viewed(release)
        return offered_skill(pack, skill, dict(pack.skill_files())[skill], limits=self._service.limits)

    # --- what is shown now ----------------------------------------------------------------------------------------

    def _current(self) -> _Now:
        """What is shown; made anew if anything has changed.

        One request makes it. Others meanwhile get what was shown before, so that they don't all wait for it.
        RegistryError E776 while it is made for the first time.
        """
        with self._service.database.reading() as connection:
            number = shelf.last_change(connection)
            if self._now.number == number:
                return self._now
        old = self._now
        if not self._lock.acquire(timeout=0 if old.number >= 0 else _PATIENCE):
            if old.number < 0:
                raise RegistryError.of("E776")
            return old
        try:
            with self._service.database.reading() as connection:
                number = shelf.last_change(connection)
                if self._now.number == number:
                    return self._now
                packs = standing.every_release(connection)
            self._now = self._shown(number, packs)
            return self._now
        finally:
            self._lock.release()

    def _shown(self, number: int, packs: Mapping[str, list[Release]]) -> _Now:
        chosen = {name: latest for name, releases in packs.items() if (latest := latest_release(releases)) is not None}
        self._known = self._learned(chosen.values())
        shown = {
            name: _Shown(release=release, learned=self._known[release.archive])
            for name, release in chosen.items()
            if release.archive in self._known
        }
        since = {name: min(each.published for each in packs[name]) for name in shown}
        plugins, _ = first_come((plugin_name(name), name, since[name]) for name in shown)
        return _Now(
            number=number,
            index=index_of(self._skills(shown, packs)),
            plugins={plugin: shown[name] for plugin, name in sorted(plugins.items())},
            manifests={name: shown[name].learned.manifest for name in plugins.values()},
        )

    def _skills(self, shown: Mapping[str, _Shown], packs: Mapping[str, list[Release]]) -> list[OfferedSkill]:
        """Each skill that is offered, by name: of packs that have one of the same name the first one's."""
        by_place = {(skill.name, name): skill for name, each in shown.items() for skill in each.learned.skills}
        owners, _ = first_come((skill, name, _since(skill, packs[name])) for skill, name in by_place)
        offered = [by_place[skill, name] for skill, name in sorted(owners.items())]
        counted: set[str] = set()
        for each in offered:
            pack = owners[each.name]
            is_first = pack not in counted
            counted.add(pack)
            self._archives[each.file] = _Archive(release=shown[pack].release, skill=each.name, is_first=is_first)
        return offered

    def _learned(self, releases: Collection[Release]) -> dict[str, Learned]:
        """By their archives what is known of the releases: here, in the database, or else from their files."""
        archives = {each.archive for each in releases}
        found = {archive: each for archive, each in self._known.items() if archive in archives}
        with self._service.database.reading() as connection:
            found |= known(connection, archives - found.keys(), limits=self._service.limits)
        self._hidden &= archives
        unknown = [each for each in releases if each.archive not in found and each.archive not in self._hidden]
        for first in range(0, len(unknown), _AT_ONCE):
            looked = {each.archive: self._look(each) for each in unknown[first : first + _AT_ONCE]}
            new = {archive: each for archive, each in looked.items() if each is not None}
            with suppress(IntegrityError), self._service.database.writing() as connection:  # else another process did
                keep(connection, new)
            found |= new
        return found

    def _look(self, release: Release) -> Learned | None:
        """What its files tell; None for a release that can't be shown."""
        learned = None
        try:
            learned = learn(release, self._files(release), limits=self._service.limits)
        except SkillctlError as error:
            if not error.code.startswith(_OF_ARCHIVES):  # what can't be reached now may be at the next change
                return None
        if learned is None:
            self._hidden.add(release.archive)
        return learned

    def _viewed(self, release: Release) -> ViewedPack:
        return viewed(release, self._files(release), (release,), limits=self._service.limits)

    def _files(self, release: Release) -> dict[str, bytes]:
        return {each.path: each.data for each in self._service.unpacked(release).members}


def _since(skill: str, releases: list[Release]) -> str:
    """When the skill was first published."""
    return min((each.published for each in releases if skill in each.skills), default="")


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp()) if moment else 0
