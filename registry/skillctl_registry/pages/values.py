"""What each page shows, as values. Texts are as strangers wrote them; only those called HTML are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from skillctl.core.diagnostics import Problem
from skillctl.core.manifest import Manifest
from skillctl.core.pack_difference import PackDifference
from skillctl.core.release import Release
from skillctl.core.release_difference import FileDifference
from skillctl.core.skill_asks import Ask
from skillctl.core.tokens import ContextCost
from skillctl.core.value import dataclass, field
from skillctl_registry.catalog import CatalogEntry
from skillctl_registry.pages.graph import Drawing

MOST_VERSIONS = 200
"""In the table of a pack's page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """The registry that the pages are of."""

    url: str
    """Its address, as the reader asked for it."""
    marketplace: str
    """What Claude Code calls it."""

    @property
    def host(self) -> str:
        """What people call it."""
        return self.url.partition("://")[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """One slash command of a pack."""

    name: str
    description: str
    fields: tuple[tuple[str, str], ...]
    """What else its front matter says."""
    html: str
    """Its text; empty where a page has no room for it."""
    cost: ContextCost
    files: int
    manual: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseLook:
    """What the files of a release tell."""

    manifest: Manifest
    readme: str
    """HTML; empty if there is none."""
    context: str
    """HTML of CONTEXT.md."""
    context_tokens: int
    commands: tuple[Command, ...]
    asks: tuple[Ask, ...]
    hidden: Mapping[str, tuple[str, ...]]
    """File -> code points that nobody sees."""
    files: tuple[tuple[str, int], ...]
    """Path and bytes."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(size for _, size in self.files)

    @property
    def always_on(self) -> int:
        """Estimated tokens of every session."""
        return sum(each.cost.always_on for each in self.commands)

    @property
    def on_demand(self) -> int:
        """Estimated tokens of all its commands' texts."""
        return sum(each.cost.on_demand for each in self.commands)

    @property
    def context_files(self) -> int:
        """Estimated tokens of what lies beside the commands."""
        return sum(each.cost.context_files for each in self.commands)


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A release in the list of a pack's."""

    release: Release
    before: str
    """What it is compared with: the next lower one, if there is one that is not yanked; empty: there is none."""
    downloads: int
    keys: tuple[str, ...]
    """Of the authors whose signatures hold, as people are shown them."""

    @property
    def text(self) -> str:
        return str(self.release.version)

    @property
    def is_pre(self) -> bool:
        return self.release.version.pre is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """A pack that is needed."""

    name: str
    requirement: str
    version: str
    """The newest release here that fits; empty: none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FrontPage:
    """What there is, and what is new."""

    packs: int
    releases: int
    recent: Sequence[tuple[Release, CatalogEntry]]
    root_sha256: str
    """What a reader pins, `sha256:…`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchPage:
    """What was found."""

    words: str
    entries: Sequence[CatalogEntry]
    total: int
    first: int
    """The place of the first entry, from 0."""
    each: int
    """How many a page has."""
    near: Sequence[str] = ()
    """Packs that may have been meant, where nothing was found."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PackPage:
    """A release of a pack, and what there is around it."""

    release: Release
    latest: str
    """The version that a newcomer gets; empty: every release is yanked."""
    look: ReleaseLook
    versions: Sequence[Version]
    """The newest first."""
    needs: Sequence[Need]
    drawing: Drawing | None
    owners: Sequence[str]
    publisher: str
    plugin: str
    """What Claude Code would call the pack; empty where it is not offered."""
    plugin_owner: str
    """The pack that has this name there: of two that come to one, the first."""
    skills: Sequence[str]
    """The skills that are offered to other tools."""

    @property
    def version(self) -> Version:
        """The release in the list."""
        return next(each for each in self.versions if each.release.version == self.release.version)

    @property
    def shown_versions(self) -> Sequence[Version]:
        """The newest, and the one of the page."""
        this = self.version
        return [each for at, each in enumerate(self.versions) if at < MOST_VERSIONS or each is this]

    @property
    def downloads(self) -> int:
        return sum(each.downloads for each in self.versions)


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparePage:
    """What changed between two releases."""

    name: str
    versions: Sequence[str]
    """The newest first."""
    before: str
    after: str
    difference: PackDifference
    manifest: Sequence[tuple[str, str, str]]
    """Member, before and after."""
    files: Sequence[FileDifference]
    left_out: int
    """Files whose lines are too many to show."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnerPage:
    """The packs of a user, or of a scope."""

    name: str
    scopes: Sequence[str]
    """That the user owns."""
    owners: Sequence[str]
    """Of the scope."""
    entries: Sequence[CatalogEntry]
    total: int
    first: int
    """The place of the first entry, from 0."""
    each: int
    """How many a page has."""

    @property
    def is_scope(self) -> bool:
        return self.name.startswith("@")


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusalPage:
    """Why there is no page."""

    status: int
    problems: Sequence[Problem]
    near: Sequence[str] = field(default_factory=tuple)
    """Packs that may have been meant."""


Page: TypeAlias = FrontPage | SearchPage | PackPage | ComparePage | OwnerPage | RefusalPage
