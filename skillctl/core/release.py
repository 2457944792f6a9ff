"""Releases: what a registry's index says of one version of a pack.

One JSON line a release holds all that resolving needs, so that no archive is fetched to resolve. A line never changes
but for `yanked`. A line of an unknown `v` is skipped and reported; a line without a version carries the pack's status.
"""

from __future__ import annotations

from collections.abc import Mapping

from skillctl.core.fields import Fields
from skillctl.core.json_value import JsonValue
from skillctl.core.names import parse_pack_name
from skillctl.core.value import dataclass, field, replace
from skillctl.core.versions import Version, parse_version

LINE_FORMAT = 1
NO_REASON = "no reason was given"
"""What is said of a yank without a reason."""
STATUSES = ("active", "archived", "deprecated", "quarantined")


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthorSignature:
    """An author's signature over name, version and tree of a release (`skillctl_registry.authors` says how)."""

    key: str
    """The public key, Ed25519, in base64."""
    sig: str
    """In base64."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """One published version of a pack."""

    name: str
    version: Version
    tree: str
    """`tree1:<hex>`: its identity."""
    dependencies: Mapping[str, str] = field(default_factory=dict)
    """Name -> requirement as the author wrote it."""
    requires: Mapping[str, JsonValue] = field(default_factory=dict)
    skills: tuple[str, ...] = ()
    """Names of its skills, sorted."""
    description: str = ""
    license: str = ""
    permissions: Mapping[str, JsonValue] = field(default_factory=dict)
    archive: str = ""
    """`sha256:<hex>` of its .tar.gz; empty where the source keeps trees instead of archives."""
    size: int = 0
    """Bytes of the archive."""
    published: str = ""
    """RFC 3339, UTC."""
    yanked: str | None = None
    """The reason, if it is yanked."""
    signatures: tuple[AuthorSignature, ...] = ()
    """As the index has them; whether they hold is another question."""

    def yanked_for(self, reason: str | None) -> Release:
        """The same release, yanked for that reason, or taken back with None.

        An empty one leaves that which is told already: it is there for those who have the release locked.
        """
        return replace(self, yanked=self.yanked or "" if reason == "" else reason)


def release_to_json(release: Release) -> dict[str, JsonValue]:
    """The members of the release's index line; what is empty is left out."""
    line: dict[str, JsonValue] = {"v": LINE_FORMAT, "name": release.name, "version": str(release.version)}
    optional: dict[str, JsonValue] = {
        "dependencies": dict(release.dependencies),
        "requires": dict(release.requires),
        "skills": list(release.skills),
        "license": release.license,
        "permissions": dict(release.permissions),
        "tree": release.tree,
        "archive": release.archive,
        "size": release.size,
        "published": release.published,
        "signatures": [{"key": each.key, "sig": each.sig} for each in release.signatures],
    }
    line.update({key: value for key, value in optional.items() if value})
    if release.yanked is not None:
        line["yanked"] = release.yanked
    return line


def release_from_fields(fields: Fields) -> Release:
    """The strict door of an index line that has a version. ManifestError if it is not one."""
    yanked = fields["yanked"]
    if yanked is not None and not isinstance(yanked, str):
        fields.refuse("a text, the reason", "yanked")
    return Release(
        name=parse_pack_name(fields.text("name"), place=fields.place("name")),
        version=parse_version(fields.text("version"), place=fields.place("version")),
        tree=fields.text("tree"),
        dependencies=fields.text_map("dependencies"),
        requires=_members(fields, "requires"),
        skills=fields.texts("skills"),
        license=fields.text("license", ""),
        permissions=_members(fields, "permissions"),
        archive=fields.text("archive", ""),
        size=fields.number("size", 0),
        published=fields.text("published", ""),
        yanked=yanked,
        signatures=_signatures(fields) if "signatures" in fields else (),
    )


def _signatures(fields: Fields) -> tuple[AuthorSignature, ...]:
    return tuple(AuthorSignature(key=each.text("key"), sig=each.text("sig")) for each in fields.items("signatures"))


def _members(fields: Fields, key: str) -> Mapping[str, JsonValue]:
    value = fields[key]
    if value is None:
        return {}
    return value if isinstance(value, dict) else fields.refuse("an object", key)
