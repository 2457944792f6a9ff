"""Places that releases come from, behind one Protocol.

A source is asked for what it has of a name, and later for the files of one release; it gives files that are what was
asked for, or an error. Which source is asked for which name is `skillctl_registry.order`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from skillctl.core.diagnostics import Problem
from skillctl.core.release import Release
from skillctl.core.versions import Version

if TYPE_CHECKING:
    from skillctl.archive.reader import Unpacked
    from skillctl_registry.catalog import CatalogEntry

BUILTIN_ID = "builtin"
"""The id of the packs that are shipped with skillctl."""
FOLDER_ID = "folder"
"""The id of any other folder of packs: it has none of its own, so the tree digests alone say what was locked."""


class Source(Protocol):
    """Somewhere that has packs. What it answers does not change while a command runs."""

    @property
    def id(self) -> str:
        """What a lock calls it: the registry's own id, `builtin` or `folder`; empty for a registry not made yet."""

    @property
    def label(self) -> str:
        """What people call it: its alias."""

    @property
    def signed(self) -> bool | None:
        """Whether its index is verified, from a root that is trusted here; None where there is none to be signed."""

    def prefetch(self, names: Collection[str], *, then: Callable[[str], object] | None = None) -> None:
        """Make ready what will be asked of these names, several at once where that is quicker.

        Nothing comes of it but speed: what goes wrong is told to whoever asks for the name. `then` is told a name that
        is ready while others are on their way; where none is on its way it need not be told anything.
        """

    def releases(self, name: str) -> Sequence[Release] | None:
        """The pack's releases, ascending by version; None if the source doesn't know the pack.

        RegistryError or ManifestError if what the source has under that name can't be read.
        """

    def yanked(self, name: str) -> Mapping[Version, str]:
        """The pack's yanked releases with the reasons; cheaper than `releases` where there are none."""

    def prefetch_files(self, releases: Collection[Release]) -> None:
        """Make ready what `fetch` will be asked for; as with `prefetch`, nothing comes of it but speed."""

    def fetch(self, release: Release) -> Unpacked:
        """The files of a release, whose tree digest is the release's. RegistryError if they are not to be had.

        Name, version, tree and archive are enough: a lock holds them, so what is locked needs no index.
        """

    def names(self) -> Sequence[str]:
        """Every pack that it has, sorted."""

    def catalog(self) -> Sequence[CatalogEntry]:
        """What search needs to know of every pack, by name."""

    def problems(self) -> Sequence[Problem]:
        """Warnings about what was read so far: lines of a newer format, a pack's status, broken packs of a folder."""
