"""Archives that other tools made, a .tar.gz or a .zip: the files in them, under the rules of our own archives.

Paths, limits and collisions are those of `archive.reader`; forms are what usual tools write (`archive.foreign_tar`,
`archive.foreign_zip`), as far as all readers read them alike. What differs on purpose:

1. Modes, owners, times and the order of members are passed over; a file is executable if its bytes begin with `#!`.
2. Directories are read and forgotten: the files name those that are needed.
3. What never belongs to a tree (`.git`, `__MACOSX`, `.DS_Store`, …) is left out.
4. `./` in front of paths means nothing. One folder around everything, as most hosts and people put it, is taken off,
   unless it is one that says what is in it: `skills`, `packs`, or one with a dot in front.
5. Links, devices and pipes are refused: an archive has no need of them, and each reader follows them differently.

Nothing is written; the files are given out when the last byte has been checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from skillctl.archive.bounds import check_member_size, check_packed_size, pack_over_limit
from skillctl.core.diagnostics import Place
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.paths import collision_problem, find_collision, path_problem, shown_path
from skillctl.core.tree import is_ignored

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06")
_TELLING = frozenset({"skills", "packs", "plugins"})
_PACKS = 10  # an archive may hold a repository of several packs, each of which has its own bound later


def read_foreign(data: bytes, *, file: str, limits: Limits = LIMITS) -> dict[str, bytes]:
    """Path -> bytes of every file, sorted. `file` is what a refusal calls the archive.

    RegistryError E201, E202, E204 to E206, E211 to E213.
    """
    check_packed_size(len(data), pack=file, limits=limits)
    taken = Taken(file, limits)
    if data.startswith(_GZIP):
        from skillctl.archive.foreign_tar import read_tar_gz

        read_tar_gz(data, taken)
    elif data.startswith(_ZIP):
        from skillctl.archive.foreign_zip import read_zip

        read_zip(data, taken)
    else:
        raise taken.unreadable("unknown-format")
    return taken.files()


class Taken:
    """What was taken from an archive so far, and how one of its members is refused."""

    def __init__(self, pack: str, limits: Limits) -> None:
        self.pack = pack
        self.limits = limits
        self._files: dict[str, bytes] = {}
        self._directories: set[str] = set()
        self._members = 0
        self._bytes = 0

    def files(self) -> dict[str, bytes]:
        """All files, without the folder around them. RegistryError E206 if two can't stand side by side, E213."""
        if not self._files:
            raise self.unreadable("empty")
        self._check_directories()
        collision = find_collision(sorted(self._files))
        if collision is not None:
            raise RegistryError(collision_problem(collision, pack=self.pack))
        return _unwrapped(self._files)

    def directory(self, name: str) -> None:
        """Take a directory, which leaves nothing behind but the promise that no file has its name."""
        self.count()
        path = _tidy(name).removesuffix("/")
        if path and path != "." and not _is_left_out(path):
            self._check_path(path)
            self._directories.add(path)

    def wants(self, name: str, size: int) -> bool:
        """Whether a file is wanted, asked before its bytes are looked at. RegistryError E201, E204 to E206."""
        self.count()
        path = _tidy(name)
        check_member_size(size, pack=self.pack, member=shown_path(path), limits=self.limits)
        if _is_left_out(path):
            return False
        self._check_path(path)
        if path in self._files:
            raise self._refusal("E206", path, "duplicate", other=path)
        self._bytes += size
        if self._bytes > self.limits.tree_bytes:
            raise pack_over_limit(self.pack, "tree_bytes", allowed=self.limits.tree_bytes)
        self._files[path] = b""
        return True

    def add(self, name: str, data: bytes) -> None:
        """The bytes of a file that was wanted."""
        self._files[_tidy(name)] = data

    def refuse_type(self, name: str, rule: str) -> None:
        """RegistryError E202 for what is neither file nor directory, unless it lies where nothing is taken from."""
        self.count()
        path = _tidy(name)
        if not _is_left_out(path):
            raise self.bad_type(path, rule)

    def bad_path(self, name: str, rule: str) -> RegistryError:
        """The error E201 of a name that can't be read."""
        return self._refusal("E201", name, rule)

    def bad_type(self, name: str, rule: str) -> RegistryError:
        """The error E202 of what is neither file nor directory."""
        return self._refusal("E202", name, rule)

    def bad_zip(self, name: str, rule: str) -> RegistryError:
        """The error E211 of a zip that could be read in two ways."""
        return self._refusal("E211", name, rule)

    def bad_tar(self, name: str, rule: str) -> RegistryError:
        """The error E212 of a tar that could be read in two ways."""
        return self._refusal("E212", name, rule)

    def unreadable(self, rule: str) -> RegistryError:
        """The error E213 of an archive that can't be read."""
        return RegistryError.of("E213", place=Place(file=self.pack), pack=self.pack, rule=rule)

    def count(self) -> None:
        """One member more, whatever it is. RegistryError E204 if there are too many."""
        self._members += 1
        self.check_count(self._members)

    def check_count(self, members: int) -> None:
        """RegistryError E204 if an archive has too many members."""
        most = self.limits.tree_files * _PACKS
        if members > most:
            raise pack_over_limit(self.pack, "tree_files", allowed=most)

    def _check_path(self, path: str) -> None:
        rule = path_problem(path, self.limits)
        if rule is not None:
            raise self._refusal("E201", path, rule)

    def _check_directories(self) -> None:
        """A directory must be none of the files, and may differ from others in letter case as little as files may."""
        below = [f"{path}/." for path in sorted(self._directories)]  # no file has such a path
        collision = find_collision([*sorted(self._files), *below])
        if collision is not None:
            path, other = (each.removesuffix("/.") for each in (collision.path, collision.other))
            raise self._refusal("E206", path, collision.rule, other=other)

    def _refusal(self, code: str, name: str, rule: str, **evidence: object) -> RegistryError:
        member = shown_path(name)
        place = Place(file=self.pack, path=member)
        return RegistryError.of(code, place=place, pack=self.pack, member=member, rule=rule, **evidence)


def _tidy(name: str) -> str:
    while name.startswith("./"):
        name = name[2:]
    return name


def _is_left_out(path: str) -> bool:
    """Whether the path is one that never belongs to a tree; one that leads elsewhere is none of these, but refused."""
    parts = path.split("/")
    is_plain = not path.startswith("/") and "\\" not in path and "\0" not in path and ".." not in parts
    return is_plain and is_ignored(path)


def _unwrapped(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files without the one folder around all of them."""
    paths = sorted(files)
    wrapper = _wrapper(paths)
    return {path[len(wrapper) :]: files[path] for path in paths}


def _wrapper(paths: Iterable[str]) -> str:
    tops = {path.partition("/")[0] if "/" in path else "" for path in paths}
    (top, *others) = tops
    return f"{top}/" if top and not others and not top.startswith(".") and top not in _TELLING else ""
