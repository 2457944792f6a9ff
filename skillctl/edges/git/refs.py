"""The branches and tags of a repository, as the other side tells them, and which of them a text means.

A text is looked up as git does it: a whole name (`refs/heads/main`), then a tag, then a branch. Forty hexadecimal
digits are always a commit, and fewer one if nothing has that name. Tags with a message stand for the commit that they
were put on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from skillctl.core.value import dataclass, field

_LINE = re.compile(r"(?P<commit>[0-9a-f]{40})\t(?P<name>[^\x00-\x1f\x7f]+)\Z")
_COMMIT = re.compile(r"[0-9a-fA-F]{40}\Z")
_SHORT = re.compile(r"[0-9a-fA-F]{4,39}\Z")
_HEADS = "refs/heads/"
_TAGS = "refs/tags/"
_PEELED = "^{}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refs:
    """What a repository calls its commits."""

    head: str = ""
    """The commit of the default branch; empty if there is none."""
    branches: Mapping[str, str] = field(default_factory=dict)
    """Name -> commit."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Name -> commit."""

    def commit(self, ref: str) -> str:
        """The commit that a branch, a tag or a whole name means, the empty text the default branch; else empty."""
        if not ref or ref == "HEAD":
            return self.head
        if ref.startswith(_HEADS):
            return self.branches.get(ref.removeprefix(_HEADS), "")
        if ref.startswith(_TAGS):
            return self.tags.get(ref.removeprefix(_TAGS), "")
        return self.tags.get(ref) or self.branches.get(ref, "")

    def beginning_with(self, digits: str) -> set[str]:
        """The commits that are called by something and begin with these digits."""
        known = {self.head, *self.branches.values(), *self.tags.values()}
        return {each for each in known if each.startswith(digits.lower())}

    def names_of(self, commit: str) -> list[str]:
        """Whole names of the commit."""
        found = [_HEADS + name for name, each in self.branches.items() if each == commit]
        return found + [_TAGS + name for name, each in self.tags.items() if each == commit]

    @property
    def names(self) -> list[str]:
        """All names, as people write them."""
        return [*self.branches, *self.tags]


def read_refs(text: str) -> Refs:
    """The refs of `git ls-remote`; lines of anything else are passed over."""
    head = ""
    branches: dict[str, str] = {}
    tags: dict[str, str] = {}
    peeled: dict[str, str] = {}
    for line in text.split("\n"):
        match = _LINE.match(line)
        if match is None:
            continue
        commit, name = match["commit"], match["name"]
        if name == "HEAD":
            head = commit
        elif name.startswith(_HEADS):
            branches[name.removeprefix(_HEADS)] = commit
        elif name.startswith(_TAGS):
            tag = name.removeprefix(_TAGS)
            (peeled if tag.endswith(_PEELED) else tags)[tag.removesuffix(_PEELED)] = commit
    return Refs(head=head, branches=branches, tags=tags | peeled)


def is_commit(text: str) -> bool:
    """Whether it is a whole commit."""
    return _COMMIT.match(text) is not None


def is_short_commit(text: str) -> bool:
    """Whether it could be the beginning of a commit."""
    return _SHORT.match(text) is not None
