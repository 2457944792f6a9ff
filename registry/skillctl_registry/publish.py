"""Publishing a release, and taking one back: the two writes that a registry knows.

The order of a publish, so that a stop at any point leaves a registry that is whole:

1. config.json, if the registry has none yet.
2. The blob, under its digest, beside the index or where config.json says; nothing refers to it yet. One that is there
   already is written anew, so that nobody who tidies up takes it for forgotten.
3. The line of the index, by compare-and-set: this is the commit (in a signed registry the backend signs it, and what is
   compared and set is its timestamp). Who loses the race reads again and tries again, so
   that of many publishers at once none is lost. With the first line of a new name goes another look at the names that
   are there, since one that is too alike may have come meanwhile.
4. The name that people know the blob by, where it has one, and the catalog's entry. Both are advisory: failing here
   is a warning.

A version is immutable, also when it is yanked. The same tree again is no publish, and no error: a publish that was
interrupted, or that did not hear its answer, is simply repeated. Another tree is refused with what differs. There is
no rule on the order of versions: 1.0.1 may come after 2.0.0.

Whether the pack is fit to be published is `validate`'s business, before this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from skillctl.archive.writer import write_archive
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.digests import file_entry, sha256_digest
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.release import Release
from skillctl.core.value import dataclass, replace
from skillctl.core.versions import Version
from skillctl_registry.alike import refuse_alike
from skillctl_registry.backends import Backend, Looking
from skillctl_registry.blobs import Blobs, OpenBlobs, nowhere
from skillctl_registry.blobs.beside import blobs_of
from skillctl_registry.catalog import CatalogEntry, bare_entry, described, refresh_entries
from skillctl_registry.config import ensure_config
from skillctl_registry.index import Index, index_path, parse_index, with_release, with_yank
from skillctl_registry.sources.registry import RegistrySource, verified_tree

ATTEMPTS = 256
"""Lost races until a publish gives up; each loss means that somebody else's publish of the pack went through."""

_SHOWN_CHANGES = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What a publish or a yank came to."""

    release: Release
    """As the index has it now."""
    already: bool
    """Whether it was so before, and nothing was written."""
    problems: tuple[Problem, ...] = ()
    """Warnings: what is not as it should be, though the work is done."""


def publish(
    backend: Backend,
    files: Mapping[str, bytes],
    release: Release,
    *,
    now: str,
    new_id: str = "",
    elsewhere: OpenBlobs = nowhere,
    limits: Limits = LIMITS,
) -> Written:
    """Put the pack's files into the registry as that release, whose tree is that of the files.

    `release` has no archive yet (`release_of`). `now` is RFC 3339. `new_id` is for a registry that has none, random if
    empty. `elsewhere` opens the place of archives that do not lie beside the index.

    RegistryError E226 if the version is taken by another tree, E249 if by a line for newer readers, E723 for a new name
    that is too like another author's.
    """
    archive = write_archive(files, pack=f"{release.name} {release.version}", limits=limits)
    complete = replace(
        release, archive=sha256_digest(archive), size=len(archive), published=now, description="", yanked=None
    )
    config = ensure_config(backend, new_id=new_id, limits=limits)
    data, index = _index(backend, release.name, limits)
    look = _Look(backend, release.name, files.get("skill.json"), elsewhere, limits)
    if data is None:
        look()
    blobs = blobs_of(backend, elsewhere, config=config, limits=limits)
    known = _taken(index, backend, release.version)
    if known is None or known.archive == complete.archive:
        blobs.put(complete, archive)
    if known is not None:
        return _already(backend, blobs, known, complete, files, limits)

    def append(data: bytes | None, index: Index) -> bytes | None:
        return with_release(data, complete) if _taken(index, backend, complete.version) is None else None

    index = _commit(backend, release.name, append, limits, look)
    stands = index.release(complete.version)
    if stands is not None:  # somebody else was quicker
        return _already(backend, blobs, stands, complete, files, limits)
    return Written(release=complete, already=False, problems=_followed(backend, blobs, complete, limits))


class _Look:
    """A look at the names that are there, which may be too like a new one: each time at those that have come since."""

    def __init__(
        self, backend: Backend, name: str, manifest: bytes | None, elsewhere: OpenBlobs, limits: Limits
    ) -> None:
        self._backend = backend
        self._name = name
        self._manifest = manifest
        self._elsewhere = elsewhere
        self._limits = limits
        self._seen: frozenset[str] = frozenset()

    def __call__(self) -> None:
        """RegistryError E723 for a name that is too like another author's."""
        if self._manifest is not None:
            self._seen = refuse_alike(
                self._backend,
                self._name,
                self._manifest,
                besides=self._seen,
                elsewhere=self._elsewhere,
                limits=self._limits,
            )


def yank(
    backend: Backend,
    name: str,
    version: Version,
    reason: str | None,
    *,
    elsewhere: OpenBlobs = nowhere,
    limits: Limits = LIMITS,
) -> Written:
    """Mark a release as not to be chosen anew, for that reason (an empty one keeps that of before); None takes it back.

    It stays where it is for those who have it locked. RegistryError E227 if there is no such release, E249 if it stands
    in a line for newer readers.
    """
    file = f"{backend.label}/{index_path(name)}"

    def mark(data: bytes | None, index: Index) -> bytes | None:
        release = _existing(index, backend, name, version)
        if data is None or release.yanked_for(reason) == release:
            return None
        return with_yank(data, version, reason, file=file, limits=limits)

    index = _commit(backend, name, mark, limits)
    before = _existing(index, backend, name, version)
    if before.yanked_for(reason) == before:
        return Written(release=before, already=True)
    problems = refresh_catalog(backend, [name], elsewhere=elsewhere, limits=limits)
    return Written(release=before.yanked_for(reason), already=False, problems=problems)


def refresh_catalog(
    backend: Backend, names: Sequence[str], *, elsewhere: OpenBlobs = nowhere, limits: Limits = LIMITS
) -> tuple[Problem, ...]:
    """Bring the catalog's entries of these packs up to the index; a warning for each that could not be."""
    source = RegistrySource(backend, label=backend.label, elsewhere=elsewhere, limits=limits)
    problems: list[Problem] = []
    failed = refresh_entries(
        backend,
        names,
        lambda name: _index(backend, name, limits)[1].releases,
        describe=_describer(source, limits),
        limits=limits,
    )
    for name, error in sorted(failed.items()):
        problems.append(problem("W222", name=name, registry=backend.label))
        problems += error.as_warnings()
    return tuple(problems)


def _index(backend: Backend, name: str, limits: Limits) -> tuple[bytes | None, Index]:
    key = index_path(name)
    data = backend.get(key, max_bytes=limits.index_bytes)
    if data is None:
        return None, Index(name=name)
    return data, parse_index(data, name=name, file=f"{backend.label}/{key}", limits=limits)


def _commit(
    backend: Backend,
    name: str,
    change: Callable[[bytes | None, Index], bytes | None],
    limits: Limits,
    look: Callable[[], object] = lambda: None,
) -> Index:
    """Change the index file of a pack as it is at that moment; the index as it was before.

    `change` gives the new file, or None if there is nothing to do. `look` is called before a pack gets its first one.
    """
    for _ in range(ATTEMPTS):
        data, index = _index(backend, name, limits)
        changed = change(data, index)
        if changed is None:
            return index
        if len(changed) > limits.index_bytes:
            raise RegistryError.of("E229", name=name, registry=backend.label, limit=limits.index_bytes)
        if _put(backend, index_path(name), data, changed, look):
            return index
    raise RegistryError.of("E228", name=name, registry=backend.label, attempts=ATTEMPTS)


def _put(backend: Backend, key: str, before: bytes | None, new: bytes, look: Callable[[], object]) -> bool:
    if before is None and isinstance(backend, Looking):
        return backend.put_after(look, key, new)
    return backend.compare_and_set(key, before, new)


def _followed(backend: Backend, blobs: Blobs, release: Release, limits: Limits) -> tuple[Problem, ...]:
    """What comes after the commit; warnings for what could not be."""
    named = blobs.settle(release)
    return *named, *refresh_catalog(backend, [release.name], elsewhere=lambda _: blobs, limits=limits)


def _already(
    backend: Backend, blobs: Blobs, known: Release, wanted: Release, files: Mapping[str, bytes], limits: Limits
) -> Written:
    """The release that stands, if it is the one that was to be published; refused with what differs if not."""
    if known.tree == wanted.tree:
        return Written(release=known, already=True, problems=_followed(backend, blobs, known, limits))
    raise RegistryError.of(
        "E226",
        name=known.name,
        version=str(known.version),
        registry=backend.label,
        changes=what_differs(blobs, known, files, limits=limits),
    )


def what_differs(blobs: Blobs, known: Release, files: Mapping[str, bytes], *, limits: Limits = LIMITS) -> list[str]:
    """What differs between the published release and the files: `changed CONTEXT.md`, `new b.md`, `gone c.md`."""
    try:
        tree = verified_tree(blobs.get(known) or b"", known, limits=limits)
    except SkillctlError:
        return ["what differs can't be told, since the published archive can't be read"]
    published = {entry.path: entry.sha256 for entry in tree.entries}
    ours = {path: file_entry(path, data).sha256 for path, data in files.items()}
    words = [
        *(f"changed {path}" for path in sorted(ours) if published.get(path, ours[path]) != ours[path]),
        *(f"new {path}" for path in sorted(ours.keys() - published.keys())),
        *(f"gone {path}" for path in sorted(published.keys() - ours.keys())),
    ]
    more = len(words) - _SHOWN_CHANGES
    return words if more <= 0 else [*words[:_SHOWN_CHANGES], f"and {more} more"]


def _taken(index: Index, backend: Backend, version: Version) -> Release | None:
    """The release of that version. RegistryError E249 if it stands in a line that we can't read."""
    newer = index.skipped_release(version)
    if newer is not None:
        raise RegistryError.of("E249", name=index.name, version=str(version), registry=backend.label, v=newer.v)
    return index.release(version)


def _existing(index: Index, backend: Backend, name: str, version: Version) -> Release:
    release = _taken(index, backend, version)
    if release is None:
        known = [str(each.version) for each in index.releases[-5:]] or ["none"]
        raise RegistryError.of("E227", name=name, version=str(version), registry=backend.label, known=known)
    return release


def _describer(source: RegistrySource, limits: Limits) -> Callable[[Release], CatalogEntry]:
    """Describes a release by the manifest in its archive."""

    def describe(release: Release) -> CatalogEntry:
        manifest = next((each.data for each in source.fetch(release).members if each.path == "skill.json"), None)
        return bare_entry(release) if manifest is None else described(release, manifest, limits=limits)

    return describe
