"""The tree of a commit as git lists it, with each link that stays inside the repository replaced by what it points to.

A link is followed as a file system would, from its own folder, through other links, at most 40 of them. What lies
behind it appears under the link's path: the bytes of a file, or all files of a folder. Refused are, by rule:

    absolute     it names a place of some machine
    outside      it leads out of the repository
    nowhere      nothing is there
    loop         it leads to itself, or into a folder that it lies in
    no-text      its target is longer than a path may be, or is not UTF-8
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from skillctl.core.sorted_paths import paths_below
from skillctl.core.value import dataclass, field

Kind = Literal["file", "link", "repository"]

LONGEST_TARGET = 4096
"""Bytes of a link's target."""
_MOST_STEPS = 40
_KINDS: Mapping[bytes, Kind] = {b"120000": "link", b"160000": "repository"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a listing."""

    path: str
    kind: Kind
    object: str
    size: int
    """-1 where git didn't look."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a commit, links followed."""

    files: Mapping[str, Entry]
    """Path -> what lies there."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Path of a link -> the rule that it breaks."""
    repositories: tuple[str, ...] = ()
    """Paths where other repositories would stand (submodules)."""


def read_listing(listing: bytes) -> Iterator[Entry]:
    """The entries of `git ls-tree -r -z`, with sizes (`-l`) or without."""
    for line in listing.split(b"\0"):
        if not line:
            continue
        facts, _, path = line.partition(b"\t")
        words = facts.split()
        size = int(words[3]) if len(words) > 3 and words[3].isdigit() else -1
        kind = _KINDS.get(words[0], "file")
        yield Entry(path.decode(errors="surrogateescape"), kind, words[2].decode("ascii"), size)


def read_batch(output: bytes) -> Iterator[tuple[str, bytes]]:
    """Object and bytes, from `git cat-file --batch`; what is missing is left out."""
    at = 0
    while at < len(output):
        end = output.index(b"\n", at)
        words = output[at:end].split()
        at = end + 1
        if len(words) == 3:
            size = int(words[2])
            yield words[0].decode("ascii"), output[at : at + size]
            at += size + 1


def followed(entries: Iterable[Entry], targets: Mapping[str, bytes], *, most: int) -> Tree:
    """The tree without links; `targets` has the text of each link by its object.

    Links that multiply what is there are followed up to `most` files; then the rest is refused as `loop`.
    """
    every = list(entries)
    files = {each.path: each for each in every if each.kind == "file"}
    repositories = tuple(each.path for each in every if each.kind == "repository")
    links = {each.path: targets.get(each.object, b"") for each in every if each.kind == "link"}
    if not links:
        return Tree(files, {}, repositories)
    return _Follower(every, files, links, most).tree(repositories)


class _Follower:
    """Follows the links of one tree."""

    def __init__(self, entries: list[Entry], files: Mapping[str, Entry], links: Mapping[str, bytes], most: int) -> None:
        self._paths = sorted(each.path for each in entries)
        self._real = files
        self._links = links
        self._most = most
        self._files = dict(files)
        self._refused: dict[str, str] = {}

    def tree(self, repositories: tuple[str, ...]) -> Tree:
        for path in self._links:
            self._follow(path, path, ())
        return Tree(self._files, self._refused, repositories)

    def _follow(self, link: str, shown: str, inside: tuple[str, ...]) -> None:
        """Put what the link at `link` points to at the path `shown`; `inside` are the folders being copied."""
        target = self._resolved(link)
        if isinstance(target, _Refusal):
            self._refused[shown] = target.rule
        elif target in self._real:
            self._files[shown] = self._real[target]
        elif any(_holds(target, each) for each in (link, *inside)) or len(self._files) > self._most:
            self._refused[shown] = "loop"
        else:
            self._copy(target, shown, (*inside, f"{target}/."))

    def _copy(self, folder: str, shown: str, inside: tuple[str, ...]) -> None:
        below = paths_below(self._paths, folder)
        if not below:
            self._refused[shown] = "nowhere"
        for path in below:
            place = f"{shown}/{path[len(folder) + 1 :]}"
            if path in self._links:
                self._follow(path, place, inside)
            elif path in self._real:
                self._files[place] = self._real[path]
            if len(self._files) > self._most:
                self._refused[shown] = "loop"
                return

    def _resolved(self, link: str) -> str | _Refusal:
        """Where the link leads in the end, as a path of the repository; the root is the empty path."""
        steps = 0
        folder = link.split("/")[:-1]
        rest = [link.rpartition("/")[2]]
        while rest:
            part = rest.pop()
            if part in ("", "."):
                continue
            if part == "..":
                if not folder:
                    return _Refusal("outside")
                folder.pop()
                continue
            here = "/".join((*folder, part))
            if here not in self._links:
                folder.append(part)
                continue
            steps += 1
            text = self._text(here)
            if isinstance(text, _Refusal):
                return text
            if steps > _MOST_STEPS:
                return _Refusal("loop")
            rest += reversed(text.split("/"))
        return "/".join(folder)

    def _text(self, link: str) -> str | _Refusal:
        data = self._links[link]
        if len(data) > LONGEST_TARGET:
            return _Refusal("no-text")
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return _Refusal("no-text")
        if not text:
            return _Refusal("nowhere")
        if text.startswith(("/", "\\")) or text[1:2] == ":":
            return _Refusal("absolute")
        return text


@dataclass(frozen=True, slots=True)
class _Refusal:
    rule: str


def _holds(folder: str, path: str) -> bool:
    return not folder or path.startswith(f"{folder}/")
