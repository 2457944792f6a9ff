"""Places other than registries: what packs a directory, an archive or a git repository holds.

One module for each kind makes a `Snapshot` of the place: files, and what pins them. All that comes after is the same.

1. A place is read once in a command, however many packs come from it.
2. What a lock names is read as it was: that commit, the archive of that digest; of a directory there is only what lies
   there now. Whether the files are those that were locked, their tree digest says: whoever asks compares it.
3. A skill.json says a pack's name and version. What else is a pack (a plugin, a directory with a SKILL.md) is called as
   the project calls it, or else as the place is called, and its version is the tag's, or none.
4. What no file says is inferred, and stands in the lock. What is locked is installed by what was inferred then,
   whatever another skillctl would infer from the same files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem
from skillctl.core.digests import FileEntry, file_entry, tree_digest
from skillctl.core.errors import RegistryError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.names import is_pack_name, normalised_name
from skillctl.core.release import Release
from skillctl.core.source import Origin, origin_of_source, source_of
from skillctl.core.value import dataclass, field, replace
from skillctl.core.versions import Version
from skillctl_registry.found import Found, FoundPack, inferred_manifest, packs_in

if TYPE_CHECKING:
    from skillctl.core.manifest import Manifest
    from skillctl.edges.git import GitCache
    from skillctl.edges.http import Http, Transport
    from skillctl_registry.oci_logins import OciLogins


@dataclass(frozen=True, kw_only=True, slots=True)
class Around:
    """What reading a place needs to know of the machine."""

    base: Path
    """The directory that relative paths count from: the project file's."""
    git: Callable[[], GitCache]
    transport: Callable[[], Transport]
    oci_http: Callable[[], Http]
    """The web without tokens: OCI registries are shown the logins that other programs keep."""
    oci_login: OciLogins
    offline: bool = False
    limits: Limits = field(default=LIMITS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """What a place holds at one moment."""

    files: Mapping[str, bytes]
    pin: JsonObject
    """What a lock adds, so that the same is found again: `commit`, `sha256`; nothing for a directory."""
    root: str = ""
    """The directory itself, absolute; empty where there is none."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """One pack of a place."""

    manifest: Manifest
    files: Mapping[str, bytes]
    entries: tuple[FileEntry, ...]
    tree: str
    source: JsonObject
    """What a lock says of where it comes from."""
    root: str = ""
    """Its directory, absolute, where the place is one."""

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def inferred(self) -> Mapping[str, JsonValue]:
        """What of the manifest no file says."""
        value = self.source.get("inferred", {})
        return value if isinstance(value, dict) else {}

    @property
    def release(self) -> Release:
        """What solving needs of it."""
        needs = {name: str(each.constraint) for name, each in sorted(self.manifest.dependencies.items())}
        return Release(name=self.name, version=self.manifest.version, tree=self.tree, dependencies=needs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Offers:
    """What a place has."""

    packs: tuple[Offer, ...]
    problems: tuple[Problem, ...]
    """What is odd about it, and the packs in it that can't be used."""


class Origins:
    """The places of one command, each read once."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self._snapshots: dict[tuple[Origin, str], Snapshot] = {}
        self._found: dict[tuple[int, str], Found] = {}
        self._offers: dict[tuple[Origin, str, str, Version | None], Offers] = {}

    def offers(self, origin: Origin, *, name: str = "", tag: str = "", version: Version | None = None) -> Offers:
        """The packs that are there now, or under that tag, which is that version; one that gives itself no name gets
        this one.

        RegistryError for a place that can't be read, or that no version of skillctl installs from.
        """
        key = (origin, name, tag, version)
        if key not in self._offers:
            at = replace(origin, ref=tag) if tag else origin
            self._offers[key] = self._offered(origin, self._snapshot(at), name, version)
        return self._offers[key]

    def locked(self, name: str, source: Mapping[str, JsonValue], tree: str) -> Offer:
        """The pack of that name as a lock found it: its files if they are still to be had, and the manifest that was
        inferred then. RegistryError E251 if there is no such pack any more.
        """
        origin = origin_of_source(source)
        offers = self._offered(origin, self._snapshot(origin, str(source.get("commit", ""))), name, None)
        same = [each for each in offers.packs if each.tree == tree]
        offer = next((each for each in same if each.name == name), None)
        offer = offer or (same[0] if same else offer_named(offers, name, origin))
        inferred = source.get("inferred")
        if not isinstance(inferred, dict) or not inferred or inferred == offer.inferred:
            return offer
        manifest = inferred_manifest(inferred, file=f"skillctl.lock: {name}")
        return replace(offer, manifest=manifest, source={**offer.source, "inferred": inferred})

    def tags(self, origin: Origin, *, name: str = "") -> Mapping[str, Version]:
        """The tags of a git repository that are versions, with them, the highest first; empty for any other place."""
        if origin.kind != "git":
            return {}
        from skillctl_registry.sources.origin_git import version_tags

        return version_tags(origin, self.around, name=name or default_name(origin))

    def _offered(self, origin: Origin, snapshot: Snapshot, name: str, version: Version | None) -> Offers:
        found = self._packs_in(snapshot, origin, name)
        packs = tuple(_offer(each, snapshot, origin, version) for each in found.packs)
        return Offers(packs=packs, problems=(*snapshot.problems, *found.problems))

    def _packs_in(self, snapshot: Snapshot, origin: Origin, name: str) -> Found:
        """What the files hold. The name only matters where no file says one, which is found out first."""
        usual = self._looked_into(snapshot, origin, default_name(origin))
        is_nameless = len(usual.packs) == 1 and bool(usual.packs[0].inferred)
        return self._looked_into(snapshot, origin, name) if name and is_nameless else usual

    def _looked_into(self, snapshot: Snapshot, origin: Origin, name: str) -> Found:
        key = (id(snapshot), name)
        if key not in self._found:
            self._found[key] = packs_in(snapshot.files, name=name, where=str(origin), limits=self.around.limits)
        return self._found[key]

    def _snapshot(self, origin: Origin, commit: str = "") -> Snapshot:
        key = (replace(origin, editable=False), commit)
        if key not in self._snapshots:
            self._snapshots[key] = read_place(origin, self.around, commit=commit)
        return self._snapshots[key]


def read_place(origin: Origin, around: Around, *, commit: str = "") -> Snapshot:
    """What the place holds now; of a repository at that commit, if one is given.

    RegistryError E263 for a kind of place that no module of this version reads.
    """
    if origin.kind == "path":
        from skillctl_registry.sources.origin_path import read_directory

        return read_directory(origin, around)
    if origin.kind == "archive":
        from skillctl_registry.sources.origin_archive import read_archive_at

        return read_archive_at(origin, around)
    if origin.kind == "git":
        from skillctl_registry.sources.origin_git import read_commit

        return read_commit(origin, around, commit=commit)
    if origin.kind == "oci":
        from skillctl_registry.sources.origin_oci import read_reference

        return read_reference(origin, around)
    if origin.kind == "site":
        from skillctl_registry.sources.origin_site import read_site

        return read_site(origin, around)
    raise RegistryError.of("E263", origin=str(origin), kind=_CALLED[origin.kind])


_CALLED = {"site": "a site that publishes .well-known/agent-skills", "registry": "a registry"}


def offer_named(offers: Offers, name: str, origin: Origin) -> Offer:
    """The pack of that name. RegistryError E251, with what is there instead and why."""
    for each in offers.packs:
        if each.name == name:
            return each
    known = sorted(each.name for each in offers.packs)
    raise RegistryError.of("E251", origin=str(origin), name=name, known=known or ["none"])


def default_name(origin: Origin) -> str:
    """How a pack is called that gives itself no name: as its directory, its archive or its repository."""
    place = origin.subdirectory if origin.subdirectory not in ("", ".") else origin.location
    last = place.replace("\\", "/").rstrip("/").rpartition("/")[2].partition("?")[0]
    for ending in (".git", ".tar.gz", ".tgz", ".zip"):
        last = last.removesuffix(ending)
    name = normalised_name(last)[:64].strip("-")
    return name if is_pack_name(name) else f"{name}-pack".strip("-")


def _offer(found: FoundPack, snapshot: Snapshot, origin: Origin, tagged: Version | None) -> Offer:
    manifest, inferred = found.manifest, dict(found.inferred)
    if inferred and tagged is not None:
        manifest = replace(manifest, version=tagged)
        inferred["version"] = str(tagged)
    entries = tuple(file_entry(path, data) for path, data in found.files.items())
    source: JsonObject = {**source_of(origin), **snapshot.pin}
    return Offer(
        manifest=manifest,
        files=found.files,
        entries=entries,
        tree=tree_digest(entries),
        source={**source, "inferred": inferred} if inferred else source,
        root=str(Path(snapshot.root, found.subdirectory)) if snapshot.root else "",
    )
