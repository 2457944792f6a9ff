"""Lock files as the plan has them, whatever tools wrote since.

A manager that finds no lock writes one, and one that finds an empty or an old one writes it anew. If the next execution
took that for a lock of the project's own, it would call the manager in other words than the last one, and install once
more for nothing. The lock still does its work: managers follow the one that lies there.
"""

from __future__ import annotations

from collections.abc import Collection

from skillctl_runtime.stack import Files, Site


class PlannedLocks:
    """A part's files; of the lock files only those that the plan brings, as it brings them."""

    def __init__(self, site: Site, names: Collection[str]) -> None:
        self._files = site.files
        self._names = frozenset(names)
        start = f"{site.part.folder}/" if site.part.folder else ""
        self._planned = {
            name: found.data for name in self._names if (found := site.plan.file(f"{start}{name}")) is not None
        }

    def paths(self) -> tuple[str, ...]:
        """Every file, sorted, without locks that a tool made."""
        return tuple(path for path in self._files.paths() if path not in self._names or path in self._planned)

    def data(self, path: str) -> bytes | None:
        """A file's bytes."""
        return self._planned.get(path) if path in self._names else self._files.data(path)

    def text(self, path: str) -> str | None:
        """A file's text."""
        if path not in self._names:
            return self._files.text(path)
        data = self._planned.get(path)
        try:
            return None if data is None else data.decode()
        except UnicodeDecodeError:
            return None

    def found(self, pattern: str) -> tuple[str, ...]:
        """Paths that match a glob."""
        return self._files.found(pattern)

    def under(self, folder: str) -> Files:
        """The files of one folder."""
        return self._files.under(folder)
