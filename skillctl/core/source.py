"""Origins: where a pack is asked from, as people write it and as files keep it.

On the command line (DESIGN.md section 4, "Sources"):

    arcgis   arcgis@^1.2   @acme/tools@1.2.3            a registry, by the order of registries
    ./dir   ../dir   /abs/dir   ./file.tar.gz           a directory or an archive
    owner/repo[/path][#ref]   owner/repo@skill          a repository on GitHub
    github:owner/repo[/path][#ref]   gitlab:...         the same, by host
    git+https://host/repo.git[#ref]   git+file:///...   any git repository
    https://host                                        a site that publishes .well-known/agent-skills
    https://host/pack.tar.gz                            an archive
    oci://host/repo:tag                                 an OCI registry

In the project file a pack's value is a constraint, `"^1.0.0"`, or an object with exactly one of `path`, `archive`,
`git`, `site`, `oci` (none: a registry), and optionally `version`, `registry`, `ref`, `skills`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import ManifestError, SkillctlError, UsageError
from skillctl.core.json_value import JsonValue
from skillctl.core.names import is_skill_name, parse_pack_name, unscoped
from skillctl.core.requirements import ANY, Constraint, parse_constraint, parse_requirement

Kind = Literal["registry", "path", "archive", "git", "site", "oci"]

_PLACES: tuple[Kind, ...] = ("path", "archive", "git", "site", "oci")
_OPTIONS = frozenset({"version", "registry", "ref", "subdirectory", "skills", "sha256"})
_SHORTHAND = re.compile(
    r"(?P<owner>[A-Za-z0-9][\w.-]*)/(?P<repo>[\w.-]+)(?P<path>(?:/[^#@]+)?)(?:@(?P<skill>[a-z0-9-]+))?(?:#(?P<ref>.+))?\Z"
)
_HOSTS = {"github": "https://github.com", "gitlab": "https://gitlab.com"}
_ARCHIVE_ENDINGS = (".tar.gz", ".tgz", ".zip")


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a pack comes from."""

    kind: Kind = "registry"
    location: str = ""
    """Path, URL or reference as it was written; for a registry its alias, or empty: by the order of registries."""
    ref: str = ""
    """Branch, tag or commit of a git repository."""
    subdirectory: str = ""
    """Where in a git repository the pack lies."""
    sha256: str = ""
    """The digest that an archive must have, as `sha256:<hex>`."""

    def __str__(self) -> str:
        if self.kind == "registry":
            return self.location or "the registries"
        return f"{self.location}#{self.ref}" if self.ref else self.location


REGISTRIES = Origin()


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a project or a user asks for under one name."""

    constraint: Constraint = ANY
    origin: Origin = REGISTRIES
    skills: tuple[str, ...] | None = None
    """Only these skills of the pack, sorted; None takes all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One argument of `install`: a name, where it is known, and what is wanted of it."""

    text: str
    name: str | None
    wanted: Wanted
    constrained: bool = False
    """Whether the argument itself names versions (else `^resolved` is recorded)."""


def parse_request(text: str) -> Request:
    """The request that an argument of the command line writes. UsageError E001 if it is none."""
    origin, skill = _elsewhere(text)
    if origin is not None:
        return Request(text=text, name=None, wanted=Wanted(origin=origin, skills=(skill,) if skill else None))
    try:
        requirement = parse_requirement(text)
    except SkillctlError as error:
        reason = error.problems[0].evidence.get("reason", "it is neither a name nor a source")
        raise UsageError.of("E001", argument=text, reason=reason) from error
    constrained = not requirement.constraint.is_any
    wanted = Wanted(constraint=requirement.constraint)
    return Request(text=text, name=requirement.name, wanted=wanted, constrained=constrained)


def _elsewhere(text: str) -> tuple[Origin | None, str]:
    """The origin of an argument that is no registry's name, and the one skill that it picks; else None."""
    if text in (".", "..") or text.startswith(("./", "../", "/", "~/", ".\\", "..\\")):
        return Origin(kind="archive" if text.endswith(_ARCHIVE_ENDINGS) else "path", location=text), ""
    if text.startswith("oci://"):
        return Origin(kind="oci", location=text), ""
    if text.startswith("git+"):
        location, _, ref = text.removeprefix("git+").partition("#")
        return Origin(kind="git", location=location, ref=ref), ""
    if text.startswith(("https://", "http://")):
        return Origin(kind="archive" if text.endswith(_ARCHIVE_ENDINGS) else "site", location=text), ""
    host, colon, rest = text.partition(":")
    if colon and host in _HOSTS:
        return _repository(text, rest, _HOSTS[host])
    if "/" in text and not text.startswith("@"):
        return _repository(text, text, _HOSTS["github"])
    if text.endswith(_ARCHIVE_ENDINGS):
        return Origin(kind="archive", location=text), ""
    return None, ""


def _repository(text: str, shorthand: str, host: str) -> tuple[Origin, str]:
    match = _SHORTHAND.match(shorthand)
    if match is None:
        raise UsageError.of("E001", argument=text, reason="a repository is written owner/repo[/path][#ref]")
    location = f"{host}/{match['owner']}/{match['repo']}"
    origin = Origin(kind="git", location=location, ref=match["ref"] or "", subdirectory=match["path"].strip("/"))
    return origin, match["skill"] or ""


def wanted_to_json(wanted: Wanted) -> JsonValue:
    """The project file's value for a pack: a plain constraint where that says it all."""
    origin = wanted.origin
    entry: dict[str, JsonValue] = {}
    if origin.kind == "registry":
        if origin.location:
            entry["registry"] = origin.location
    else:
        entry[origin.kind] = origin.location
    details = {"ref": origin.ref, "subdirectory": origin.subdirectory, "sha256": origin.sha256}
    entry |= {key: value for key, value in details.items() if value}
    if wanted.skills is not None:
        entry["skills"] = list(wanted.skills)
    if not entry:
        return str(wanted.constraint)
    if not wanted.constraint.is_any or origin.kind == "registry":
        entry["version"] = str(wanted.constraint)
    return entry


def wanted_from_json(name: str, value: JsonValue, *, file: str) -> Wanted:
    """The strict door of one entry of `packs`. ManifestError with every problem of the entry."""
    here = f"$.packs.{name}" if "/" not in name else f'$.packs["{name}"]'
    problems: list[Problem] = []
    wanted = Wanted()
    try:
        parse_pack_name(name, place=Place(file=file, path=here))
        if isinstance(value, str):
            wanted = Wanted(constraint=parse_constraint(value, place=Place(file=file, path=here)))
        elif isinstance(value, dict):
            wanted = _wanted_object(value, Place(file=file, path=here), problems)
        else:
            problems.append(_shape(Place(file=file, path=here), "a requirement or an object"))
    except SkillctlError as error:
        problems.extend(error.problems)
    if problems:
        raise ManifestError(*problems)
    return wanted


def _wanted_object(value: Mapping[str, JsonValue], place: Place, problems: list[Problem]) -> Wanted:
    texts: dict[str, str] = {}
    for key, item in value.items():
        spot = Place(file=place.file, path=f"{place.path}.{key}")
        if key not in _OPTIONS and key not in _PLACES:
            problems.append(problem("E147", place=spot, key=key))
        elif key != "skills" and not (isinstance(item, str) and item):
            problems.append(_shape(spot, "a text that is not empty"))
        elif isinstance(item, str):
            texts[key] = item
    kinds = [kind for kind in _PLACES if kind in texts]
    if len(kinds) > 1 or (kinds and "registry" in texts):
        problems.append(_shape(place, f"one place to come from, not {len(kinds) + ('registry' in texts)}"))
    kind: Kind = kinds[0] if kinds else "registry"
    origin = Origin(
        kind=kind,
        location=texts.get(kind, ""),
        ref=texts.get("ref", ""),
        subdirectory=texts.get("subdirectory", ""),
        sha256=texts.get("sha256", ""),
    )
    constraint = ANY
    if "version" in texts:
        constraint = parse_constraint(texts["version"], place=Place(file=place.file, path=f"{place.path}.version"))
    return Wanted(constraint=constraint, origin=origin, skills=_skills(value.get("skills"), place, problems))


def _skills(value: JsonValue, place: Place, problems: list[Problem]) -> tuple[str, ...] | None:
    if value is None:
        return None
    spot = Place(file=place.file, path=f"{place.path}.skills")
    names = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    if not names or len(names) != len(value if isinstance(value, list) else ()) or not all(map(is_skill_name, names)):
        problems.append(_shape(spot, "a list of skill names that is not empty"))
    return tuple(sorted(set(names)))


def _shape(place: Place, expected: str) -> Problem:
    return problem("E146", place=place, expected=expected)


def default_name(origin: Origin) -> str:
    """The name that a pack without a manifest gets: the last part of where it lies."""
    last = (origin.subdirectory or origin.location).rstrip("/").rpartition("/")[2]
    return unscoped(last.removesuffix(".git"))
