"""A registry as a source: its index says what there is, its blobs hold the files.

All access is through a backend, so a directory, a web server and a bucket differ in nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.release import Release
from skillctl.core.versions import Version
from skillctl_registry.backends import Backend
from skillctl_registry.blobs import Blobs, OpenBlobs, nowhere
from skillctl_registry.blobs.beside import blobs_of
from skillctl_registry.config import CONFIG, RegistryConfig, read_config
from skillctl_registry.index import INDEX, Index, index_path, name_in_path, parse_index
from skillctl_registry.verified import VerifiedBackend

if TYPE_CHECKING:
    from skillctl.archive.reader import Unpacked
    from skillctl_registry.catalog import CatalogEntry

_YANKED = b'"yanked"'


class RegistrySource:
    """The packs of one registry, each index file read at most once."""

    def __init__(
        self, backend: Backend, *, label: str, elsewhere: OpenBlobs = nowhere, limits: Limits = LIMITS
    ) -> None:
        """`elsewhere` opens the place of archives that do not lie beside the index."""
        self._backend = backend
        self._elsewhere = elsewhere
        self._kept: Blobs | None = None
        self._label = label
        self._limits = limits
        self._id: str | None = None
        self._indexes: dict[str, Index | None] = {}

    @property
    def label(self) -> str:
        return self._label

    @property
    def id(self) -> str:
        if self._id is None:
            config = self._config()
            self._id = config.id if config else ""
        return self._id

    @property
    def signed(self) -> bool:
        """Whether its index is verified, from a root that is trusted here."""
        return isinstance(self._backend, VerifiedBackend)

    def _config(self) -> RegistryConfig | None:
        config = self._found_config()
        if config is not None and config.signed and not self.signed:
            raise RegistryError.of("E709", registry=self._label)
        return config

    def _found_config(self) -> RegistryConfig | None:
        config = read_config(self._backend, limits=self._limits)
        if config is None and next(self._backend.list(INDEX), None) is not None:
            # a publisher may have made config and index between the two looks; the config always comes first
            config = read_config(self._backend, limits=self._limits)
            if config is None:
                file = f"{self._backend.label}/{CONFIG}"
                raise RegistryError.of("E225", place=Place(file=file), registry=self._label)
        return config

    def prefetch(self, names: Collection[str], *, then: Callable[[str], object] | None = None) -> None:
        files = {index_path(name): name for name in sorted(names) if name not in self._indexes}
        keys = [CONFIG, *files] if files and self._id is None else [*files]

        def tell(key: str) -> None:
            if then is not None and key in files:
                then(files[key])

        self._backend.prefetch(keys, max_bytes=self._limits.index_bytes, then=tell)

    def releases(self, name: str) -> Sequence[Release] | None:
        index = self.index(name)
        return None if index is None else index.releases

    def yanked(self, name: str) -> Mapping[Version, str]:
        if name not in self._indexes:
            data = self._backend.get(index_path(name), max_bytes=self._limits.index_bytes)
            if data is None or _YANKED not in data:  # most have none, and then no line need be understood
                return {}
        return {each.version: each.yanked for each in self.releases(name) or () if each.yanked is not None}

    def index(self, name: str) -> Index | None:
        """The pack's whole index, None if the registry doesn't know the pack."""
        try:
            return self._indexes[name]
        except KeyError:
            found = read_index(self._backend, name, limits=self._limits)
            if found is None and not self._indexes:
                self._config()  # a signed registry has its index elsewhere: it is refused, not taken for an empty one
            self._indexes[name] = found
            return found

    def prefetch_files(self, releases: Collection[Release]) -> None:
        with suppress(SkillctlError):  # whoever asks for them is told
            self._blobs().prefetch(releases)

    def fetch(self, release: Release) -> Unpacked:
        called = f"{release.name} {release.version}"
        blobs = self._blobs()
        data, place = blobs.get(release), Place(file=blobs.place(release))
        if data is None:
            raise RegistryError.of("E239", place=place, release=called, name=release.name, registry=self._label)
        try:
            return verified_tree(data, release, limits=self._limits)
        except RegistryError as error:
            first = problem("E231", place=place, release=called, registry=self._label)
            raise RegistryError(first, *error.problems) from error

    def names(self) -> Sequence[str]:
        from skillctl_registry.mirror_scope import mirrored_packs

        known = sorted(name for key in self._backend.list(INDEX) if (name := name_in_path(key)) is not None)
        there = mirrored_packs(self._backend, limits=self._limits)
        return known if there is None else [name for name in known if name in there]

    def catalog(self) -> Sequence[CatalogEntry]:
        """The registry's catalog; what it misses is told by the index, without a description."""
        from skillctl_registry.catalog import bare_entry, latest_release, read_catalog

        _ = self.id  # of a signed registry nothing is told before its root is known, not even what it says of itself
        entries = {entry.name: entry for entry in read_catalog(self._backend, limits=self._limits)}
        for name in self.names():
            latest = latest_release(self.releases(name) or ()) if name not in entries else None
            if latest is not None:
                entries[name] = bare_entry(latest)
        return [entries[name] for name in sorted(entries)]

    def problems(self) -> Sequence[Problem]:
        warnings = [
            each
            for name in sorted(self._indexes)
            if (index := self._indexes[name]) is not None
            for each in _warnings(index, self._label, f"{self._backend.label}/{index_path(name)}")
        ]
        return [*warnings, *self._backend.problems, *(self._kept.problems if self._kept is not None else ())]

    def _blobs(self) -> Blobs:
        if self._kept is None:
            self._kept = blobs_of(self._backend, self._elsewhere, limits=self._limits)
        return self._kept


def read_index(backend: Backend, name: str, *, limits: Limits = LIMITS) -> Index | None:
    """The pack's index as the backend has it now; None if there is no such file."""
    key = index_path(name)
    data = backend.get(key, max_bytes=limits.index_bytes)
    return None if data is None else parse_index(data, name=name, file=f"{backend.label}/{key}", limits=limits)


def verified_tree(data: bytes, release: Release, *, limits: Limits = LIMITS) -> Unpacked:
    """The files of an archive that is, byte for byte, the release's, and unpacks to its tree. RegistryError if not."""
    from skillctl.archive.reader import check_archive, check_tree, read_tree  # only those who fetch read archives

    called = f"{release.name} {release.version}"
    check_archive(data, pack=called, sha256=release.archive, size=release.size or None)
    tree = read_tree(data, pack=called, limits=limits)
    check_tree(tree, pack=called, digest=release.tree)
    return tree


def _warnings(index: Index, label: str, file: str) -> list[Problem]:
    warnings = [
        problem("W220", place=Place(file=file, line=skipped.line), name=index.name, registry=label, v=skipped.v)
        for skipped in index.skipped
    ]
    status = index.status
    if status is not None and status.status != "active":
        reason = status.reason or "no reason given"
        place = Place(file=file)
        warnings.append(
            problem("W221", place=place, name=index.name, registry=label, status=status.status, reason=reason)
        )
    return warnings
