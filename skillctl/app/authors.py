"""Who signed what is chosen anew, beside who signed the pack's releases before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem
from skillctl.core.errors import SkillctlError

if TYPE_CHECKING:
    from skillctl.core.lockfile import Lock, LockedPack
    from skillctl_registry.order import Registries


def author_warnings(lock: Lock, names: Iterable[str], registries: Callable[[], Registries]) -> tuple[Problem, ...]:
    """W705 to W707 for those of the packs whose authors are other than they were.

    It asks for index files that choosing has read already; a registry that can't be asked says nothing.
    """
    found: list[Problem] = []
    for name in sorted(names):
        locked = lock.packs[name]
        if locked.archive:  # what comes from elsewhere than a registry has no line to sign in
            with suppress(SkillctlError):
                found += _warnings(name, locked, registries())
    return tuple(found)


def _warnings(name: str, locked: LockedPack, registries: Registries) -> Iterator[Problem]:
    for source in registries.asked_for(name):
        if source.id != locked.registry:
            continue
        releases = source.releases(name) or ()
        if any(each.signatures for each in releases):
            from skillctl_registry.authors import changed_authors

            for release in releases:
                if release.version == locked.version:
                    yield from changed_authors(release, releases)
        return
