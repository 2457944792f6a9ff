"""A registry that is configured and not to be had: it stands in its place in the order and says so when it is asked.

So does one whose alias or scope is another registry's in another file, for those who only look around.

It must not be passed over: a name that it owns would fall to a later registry, and so to whoever publishes there. But a
command that asks elsewhere, or only looks around, need not fail because of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

from skillctl.core.diagnostics import Problem
from skillctl.core.errors import SkillctlError

if TYPE_CHECKING:
    from skillctl.archive.reader import Unpacked
    from skillctl.core.release import Release
    from skillctl.core.versions import Version
    from skillctl_registry.catalog import CatalogEntry


class UnavailableSource:
    """The place of a registry that could not be opened."""

    id = ""
    signed = None

    def __init__(self, label: str, error: SkillctlError) -> None:
        self._label = label
        self._error = error

    @property
    def label(self) -> str:
        return self._label

    def prefetch(self, names: Collection[str], *, then: Callable[[str], object] | None = None) -> None:
        """Nothing: who asks is told."""

    def releases(self, name: str) -> Sequence[Release] | None:  # noqa: ARG002
        self._refuse()

    def yanked(self, name: str) -> Mapping[Version, str]:  # noqa: ARG002
        self._refuse()

    def prefetch_files(self, releases: Collection[Release]) -> None:
        """Nothing, as with names."""

    def fetch(self, release: Release) -> Unpacked:  # noqa: ARG002
        self._refuse()

    def names(self) -> Sequence[str]:
        return ()

    def catalog(self) -> Sequence[CatalogEntry]:
        self._refuse()

    def problems(self) -> Sequence[Problem]:
        return self._error.as_warnings()

    def _refuse(self) -> NoReturn:
        raise self._error
