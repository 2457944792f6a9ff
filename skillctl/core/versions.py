"""Versions: strictly `X.Y.Z` or `X.Y.Z-(alpha|beta|rc).N`.

The form is checked here before `packaging` sees a version, since the two great grammars disagree on what lies outside
it: `1.0.0-1` is a post-release to `packaging` and a pre-release to semver. Inside it they agree on the order.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

from skillctl.core.diagnostics import Place
from skillctl.core.errors import ManifestError
from skillctl.core.value import dataclass

if TYPE_CHECKING:
    from packaging.version import Version as PackagingVersion

_NUMBER = r"(0|[1-9][0-9]{0,8})"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-(alpha|beta|rc)\.{_NUMBER})?\Z")

Part = Literal["major", "minor", "patch"]

_FINAL: tuple[str, int] = ("~", 0)  # sorts behind every pre-release, as a final release does


@dataclass(frozen=True)
class Version:
    """One version; ordered as semver 2.0.0 section 11 orders it."""

    major: int
    minor: int
    patch: int
    pre: tuple[str, int] | None = None
    """`("beta", 2)` of `1.0.0-beta.2`."""

    def __str__(self) -> str:
        final = f"{self.major}.{self.minor}.{self.patch}"
        return f"{final}-{self.pre[0]}.{self.pre[1]}" if self.pre else final

    # all four, since `total_ordering` makes the others at twice the price, and a lock is compared thousands of times
    def __lt__(self, other: Version) -> bool:
        return self._key < other._key

    def __le__(self, other: Version) -> bool:
        return self._key <= other._key

    def __gt__(self, other: Version) -> bool:
        return self._key > other._key

    def __ge__(self, other: Version) -> bool:
        return self._key >= other._key

    @cached_property
    def _key(self) -> tuple[int, int, int, tuple[str, int]]:
        return self.major, self.minor, self.patch, self.pre or _FINAL

    @property
    def release(self) -> tuple[int, int, int]:
        """The three numbers."""
        return self.major, self.minor, self.patch

    @cached_property
    def for_packaging(self) -> PackagingVersion:
        """The same version as `packaging` knows it."""
        from packaging.version import Version as PackagingVersion

        return PackagingVersion(str(self).replace("-", "", 1))

    def bumped(self, part: Part) -> Version:
        """The next version of that part; a pre-release of it becomes the final release (npm's rule)."""
        if part == "major":
            done = self.pre and not self.minor and not self.patch
            return Version(self.major if done else self.major + 1, 0, 0)
        if part == "minor":
            done = self.pre and not self.patch
            return Version(self.major, self.minor if done else self.minor + 1, 0)
        return Version(self.major, self.minor, self.patch if self.pre else self.patch + 1)


def is_version(text: str) -> bool:
    """Whether the text is a version in the one form."""
    return _VERSION.match(text) is not None


@lru_cache(maxsize=20_000)
def _parsed(text: str) -> Version | None:
    match = _VERSION.match(text)
    if match is None:
        return None
    major, minor, patch, label, number = match.groups()
    return Version(int(major), int(minor), int(patch), (label, int(number)) if label else None)


def parse_version(text: str, *, place: Place | None = None) -> Version:
    """The version that the text writes. ManifestError E102 if it is not in the one form."""
    version = _parsed(text)
    if version is None:
        raise ManifestError.of("E102", place=place, version=text)
    return version
