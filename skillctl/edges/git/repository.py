"""One bare repository of ours: commits are brought into it and read from it.

A commit is asked for by its hash and without history. Servers that only give what has a name are asked for a branch or
tag that stands on it, then for everything; those that can't leave out history (plain files over http) give that too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

from skillctl.core.errors import RegistryError
from skillctl.edges.disk.files import list_names, make_directory, write_atomic
from skillctl.edges.disk.look import look_at_tree
from skillctl.edges.disk.trees import move
from skillctl.edges.git.objects import Entry, read_batch, read_listing
from skillctl.edges.git.program import MIB, REMOTE, Git, Said, fault, masked, refuses_hashes
from skillctl.edges.git.refs import Refs

LOCAL_SECONDS = 120.0
_LISTING_BYTES = 64 * MIB
_FETCH = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head")
_NO_HAVES = ("-c", "fetch.negotiationAlgorithm=noop")  # else the server believes that the files of a folder are here
_EVERYTHING = (REMOTE, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_WITH_HISTORY = "--depth=2147483647"  # git's own word for all of it, also where it was left out before
# A git whose command was killed still runs, or left a lock in between
_OTHERS_WRITE = ("shallow file has changed", ".lock': File exists", "cannot lock ref", "reference already exists")
_HEADER_BYTES = 64  # of an object in a batch


class Damaged(Exception):  # noqa: N818  it never comes out of this room
    """The repository has not what it should have."""


class Repository:
    """A bare repository at `path`, for the one `url`."""

    def __init__(self, path: Path, git: Git, url: str, *, seconds: float) -> None:
        self.path = path
        self._git = git
        self._url = url
        self._seconds = seconds

    def has(self, commit: str) -> bool:
        """Whether the commit was brought here to the end."""
        return (self.path / marker(commit)).is_file()

    def bring(self, commit: str, refs: Callable[[], Refs]) -> None:
        """Fetch the commit with all of its files. RegistryError if it is not to be had."""
        said = self._fetch("--depth=1", REMOTE, f"{commit}:{marker(commit)}")
        if said.done:
            return
        if not refuses_hashes(said):
            raise fault(said, self._url)
        for words in _by_name(refs().names_of(commit)):
            said = self._fetch(*words)
            if self._mark(commit):
                return
        if not said.done:
            raise fault(said, self._url)
        raise RegistryError.of("E269", url=masked(self._url), reason=f"no branch or tag leads to {commit}")

    def bring_folders(self, commit: str) -> bool:
        """Fetch the commit with its folders alone; whether the server does that."""
        said = self._fetch("--depth=1", "--filter=blob:none", REMOTE, f"{commit}:{marker(commit)}")
        if not said.done and not refuses_hashes(said):
            raise fault(said, self._url)
        return said.done

    def lacks(self, commit: str, objects: Iterable[str]) -> list[str]:
        """Those of the commit's objects that were left out when it was fetched."""
        known = self._local("rev-list", "--objects", "--missing=print", marker(commit), most=_LISTING_BYTES)
        missing = {line[1:] for line in known.stdout.decode("ascii", "replace").split("\n") if line[:1] == "?"}
        return [each for each in dict.fromkeys(objects) if each in missing]

    def bring_objects(self, objects: Iterable[str]) -> bool:
        """Fetch these objects, none of which is here; whether the server does that."""
        lines = "".join(f"{each}\n" for each in objects)
        said = self._fetch("--filter=blob:none", "--stdin", REMOTE, stdin=lines.encode(), options=_NO_HAVES)
        if not said.done and not refuses_hashes(said):
            raise fault(said, self._url)
        return said.done

    def bring_history(self) -> None:
        """Fetch every commit that a branch or tag leads to; of their files as little as the server can leave out."""
        said = self._fetch("--filter=tree:0", _WITH_HISTORY, *_EVERYTHING)
        if not said.done and refuses_hashes(said):
            said = self._fetch(*_EVERYTHING)
        if not said.done:
            raise fault(said, self._url)

    def commits_beginning_with(self, digits: str) -> set[str]:
        """Every commit here that begins so."""
        found = self._local("rev-parse", f"--disambiguate={digits}").stdout
        kinds = self._local("cat-file", "--batch-check", stdin=found).stdout
        lines = (line.split() for line in kinds.decode("ascii", "replace").split("\n"))
        return {words[0] for words in lines if words[1:2] == ["commit"]}

    def entries(self, revision: str, *, sizes: bool) -> list[Entry]:
        """Everything in the tree of a commit."""
        options = ("-r", "-z", "-l") if sizes else ("-r", "-z")
        said = self._local("ls-tree", *options, "--full-tree", revision, most=_LISTING_BYTES)
        if not said.done:
            raise Damaged
        return list(read_listing(said.stdout))

    def sizes(self, objects: Sequence[str]) -> Mapping[str, int]:
        """Object -> bytes."""
        wanted = "".join(f"{each}\n" for each in objects).encode()
        most = MIB + _HEADER_BYTES * len(objects)
        said = self._local("cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=wanted, most=most)
        words = (line.split() for line in said.stdout.decode("ascii", "replace").split("\n"))
        found = {each[0]: int(each[1]) for each in words if len(each) == 2 and each[1].isdigit()}
        if len(found) != len(set(objects)):
            raise Damaged
        return found

    def blobs(self, sizes: Mapping[str, int]) -> Mapping[str, bytes]:
        """Object -> its bytes, of which the sizes are known."""
        if not sizes:
            return {}
        wanted = "".join(f"{each}\n" for each in sizes).encode()
        most = sum(sizes.values()) + _HEADER_BYTES * len(sizes) + MIB
        said = self._local("cat-file", "--batch", "--buffer", stdin=wanted, most=most)
        found = dict(read_batch(said.stdout)) if said.done else {}
        if any(len(found.get(each, b"")) != size for each, size in sizes.items()) or found.keys() != sizes.keys():
            raise Damaged
        return found

    def _fetch(self, *words: str, stdin: bytes = b"", options: Sequence[str] = ()) -> Said:
        call = (*options, *_FETCH, *words)
        said = self._git(*call, directory=self.path, url=self._url, stdin=stdin, seconds=self._seconds)
        if not said.done and any(sign in said.stderr for sign in _OTHERS_WRITE):
            raise Damaged
        return said

    def _mark(self, commit: str) -> bool:
        """Remember that the commit is here, if it is."""
        there = self._local("cat-file", "-e", f"{commit}^{{tree}}")
        return there.done and self._local("update-ref", marker(commit), commit).done

    def _local(self, *words: str, stdin: bytes = b"", most: int = MIB) -> Said:
        return self._git(*words, directory=self.path, stdin=stdin, seconds=LOCAL_SECONDS, most=most)


def marker(commit: str) -> str:
    """The ref of a commit that is here with all that belongs to it."""
    return f"refs/skillctl/{commit}"


def make_repository(path: Path, git: Git, *, borrow: str = "") -> None:
    """Make an empty bare repository, which finds the objects of another one's folder `borrow` as if they were its own.

    It is made beside and put there when it is whole.
    """
    beside = path.with_name(f"new-{path.name}")
    make_directory(beside)
    said = git(
        "init", "--quiet", "--bare", "--template=", "--object-format=sha1", directory=beside, seconds=LOCAL_SECONDS
    )
    if not said.done:
        raise fault(said, "")
    if borrow:
        write_atomic(beside / "objects" / "info" / "alternates", f"{borrow}\n".encode())
    move(beside, path)


def is_sound(path: Path) -> bool:
    """Whether no git was killed while it wrote there, as far as its own locks tell."""
    written = [*list_names(path), *list_names(path / "objects" / "info"), *(look_at_tree(str(path / "refs")) or ())]
    return "HEAD" in written and not any(name.endswith(".lock") for name in written)


def objects_of(url: str) -> str:
    """The folder of objects of a repository on this machine; empty where it isn't found in the usual places."""
    root = unquote(url.removeprefix("file://"))
    if not url.startswith("file://") or not root.isprintable():
        return ""
    places = (f"{root}/.git/objects", f"{root}/objects", f"{root}.git/objects")
    return next((os.path.realpath(each) for each in places if os.path.isdir(f"{each}/pack")), "")


def _by_name(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """How to ask a server that gives nothing by hash, the cheapest first."""
    if names:
        yield "--depth=1", REMOTE, names[0]
    yield _WITH_HISTORY, *_EVERYTHING
    yield _EVERYTHING
