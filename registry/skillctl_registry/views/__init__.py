"""Views: a registry's packs in the forms that other tools read, so that those who use them need no skillctl.

A view is made of the latest release of each pack, and is nothing but files: who makes it writes or serves them. The
same packs give the same files. What a form has no place for is left out and told, never bent until it fits.

Names are scarcer in these forms than in a registry. Where two packs want one, it is the pack's that was published
first: so nobody takes over, by a later publish, a name under which others install.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from skillctl.core.diagnostics import Problem
from skillctl.core.layout import lay_out
from skillctl.core.manifest import Manifest
from skillctl.core.value import dataclass, field

K = TypeVar("K")


@dataclass(frozen=True, kw_only=True, slots=True)
class ViewedPack:
    """A pack as a view shows it: one release."""

    manifest: Manifest
    files: Mapping[str, bytes]
    """The release's tree, path -> bytes."""
    since: str = ""
    """When its first release was published, RFC 3339 in UTC; empty where nobody noted it."""
    skills_since: Mapping[str, str] = field(default_factory=dict)
    """Skill -> when a release with it was first published."""

    @property
    def name(self) -> str:
        return self.manifest.name

    def skill_files(self) -> Iterator[tuple[str, Mapping[str, bytes]]]:
        """Each skill with its files as an installation has them, path inside its directory -> bytes."""
        for skill, paths in sorted(lay_out(self.manifest, self.files).items()):
            yield skill, {path: self.files[origin] for path, origin in sorted(paths.items())}


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """Files that another tool reads."""

    kind: str
    """`marketplace` or `well-known`."""
    entry: str
    """The file that a reader begins with: written last, it makes the others count."""
    files: Mapping[str, bytes]
    """Path -> bytes, the entry among them."""
    packs: tuple[str, ...]
    """The packs in it, sorted."""
    skills: tuple[str, ...]
    """The names under which their skills are offered, sorted."""
    problems: tuple[Problem, ...] = ()


def first_come(wishes: Iterable[tuple[K, str, str]]) -> tuple[dict[K, str], list[tuple[K, str, str]]]:
    """Who gets which name, and who does not: name -> pack, and (name, pack that wanted it, pack that has it).

    A wish is a name, a pack and the time since when the pack has it. A pack of which no time is known comes after those
    that were published; among equals the order of their names decides.
    """
    owners: dict[K, str] = {}
    refused: list[tuple[K, str, str]] = []
    for name, pack, _ in sorted(wishes, key=lambda wish: (not wish[2], wish[2], wish[1])):
        if name in owners:
            refused.append((name, pack, owners[name]))
        else:
            owners[name] = pack
    return owners, refused
