"""Origins: where a pack is asked from, as people write it and as files keep it.

On the command line (DESIGN.md section 4, "Sources"):

    arcgis   arcgis@^1.2   @acme/tools@1.2.3            a registry, by the order of registries
    ./dir   ../dir   /abs/dir   ~/dir   C:\\dir          a directory, with either slash
    ./file.tar.gz   dist/file.tar.gz   file.tgz         an archive
    owner/repo[/path][#ref]   owner/repo@skill          a repository on GitHub
    github:owner/repo[/path][#ref]   gitlab:...         the same, by host
    git+https://host/repo.git[#ref]   git+file:///...   any git repository; git+ssh:// and git+http:// too
    https://host                                        a site that publishes .well-known/agent-skills
    https://host/pack.tar.gz                            an archive
    oci://host/repo:tag                                 an OCI registry

In the project file a pack's value is a constraint, `"^1.0.0"`, or an object with at most one of `path`, `archive`,
`git`, `site`, `oci` (none: a registry), and what goes with it: `registry` with none of them, `ref` and `subdirectory`
with `git`, `sha256` with `archive`, and with all of them `version` and `skills`.

What both say goes to other programs later, so it is held to a form here: `git+ext::sh` would run a program, and a ref
that begins with a hyphen would be an option.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, Protocol, TypeVar

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.digests import is_sha256_digest
from skillctl.core.errors import ManifestError, SkillctlError, UsageError
from skillctl.core.json_value import JsonValue, key_path
from skillctl.core.names import is_skill_name, parse_pack_name
from skillctl.core.requirements import ANY, Constraint, parse_constraint, parse_requirement
from skillctl.core.value import dataclass

Kind = Literal["registry", "path", "archive", "git", "site", "oci"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_KINDS: tuple[Kind, ...] = ("registry", "path", "archive", "git", "site", "oci")
_OPTIONS: Mapping[str, frozenset[Kind]] = {
    "version": frozenset(_KINDS),
    "skills": frozenset(_KINDS),
    "ref": frozenset({"git"}),
    "subdirectory": frozenset({"git"}),
    "sha256": frozenset({"archive"}),
}
"""Key -> the kinds of origin that it says something of."""

_PLAIN = r"(?!\.{1,2}(?:[/@#]|\Z))[A-Za-z0-9_.-]+"
_SHORTHAND = re.compile(
    rf"(?P<owner>[A-Za-z0-9][A-Za-z0-9_.-]*)/(?P<repo>{_PLAIN})(?P<path>(?:/[^#@]+)?)"
    r"(?:@(?P<skill>[^#/]+))?(?:#(?P<ref>.+))?\Z"
)
_LOCAL = re.compile(r"(?:\.{1,2}|~)(?:[/\\]|\Z)|[/\\]|[A-Za-z]:[/\\]|[^/:]*\\")
_REF = re.compile(r"(?!-)(?!.*\.\.)[^\x00-\x20\x7f~^:?*\[\\]+\Z")
_HOST = r"(?!-)[!-.0-~][!-~]*"  # visible ASCII, which begins neither an option nor a path
_FORMS: Mapping[Kind, tuple[re.Pattern[str], str]] = {
    "path": (re.compile(r"[^\x00-\x1f\x7f]+\Z"), "a path"),
    "archive": (re.compile(r"[^\x00-\x1f\x7f]+\Z"), "a path or a URL"),
    "git": (
        re.compile(rf"(?:(?:https?|ssh)://{_HOST}|file:///[!-~]+)\Z"),
        "a URL with https://, http://, ssh:// or file:///",
    ),
    "site": (re.compile(rf"https?://{_HOST}\Z"), "a URL with https:// or http://"),
    "oci": (re.compile(rf"oci://{_HOST}\Z"), "a reference such as oci://host/repository:tag"),
}
"""Kind -> the form of its location, and how that is called."""

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
    constrained = text.strip() != requirement.name
    wanted = Wanted(constraint=requirement.constraint)
    return Request(text=text, name=requirement.name, wanted=wanted, constrained=constrained)


def _elsewhere(text: str) -> tuple[Origin | None, str]:
    """The origin of an argument that is no registry's name, and the one skill that it picks; else None."""
    origin, skill = _origin(text)
    for _, value, expected in _faults(origin) if origin else ():
        raise UsageError.of("E001", argument=text, reason=f"`{value}` is not {expected}")
    if skill and not is_skill_name(skill):
        raise UsageError.of("E001", argument=text, reason=f"`{skill}` is not the name of a skill")
    return origin, skill


def _origin(text: str) -> tuple[Origin | None, str]:
    if _LOCAL.match(text):
        return Origin(kind="archive" if _is_archive(text) else "path", location=text), ""
    if text.startswith("oci://"):
        return Origin(kind="oci", location=text), ""
    if text.startswith("git+"):
        location, _, ref = text.removeprefix("git+").partition("#")
        return Origin(kind="git", location=location, ref=ref), ""
    if text.startswith(("https://", "http://")):
        return Origin(kind="archive" if _is_archive(re.split("[?#]", text)[0]) else "site", location=text), ""
    host, colon, rest = text.partition(":")
    if colon and host in _HOSTS:
        return _repository(text, rest, _HOSTS[host])
    if _is_archive(text):
        return Origin(kind="archive", location=text), ""
    if "/" in text and not text.startswith("@"):
        return _repository(text, text, _HOSTS["github"])
    return None, ""


def _is_archive(text: str) -> bool:
    return text.lower().endswith(_ARCHIVE_ENDINGS)


def _repository(text: str, shorthand: str, host: str) -> tuple[Origin, str]:
    match = _SHORTHAND.match(shorthand)
    if match is None:
        reason = "a repository is written owner/repo[/path][#ref], or git+ and its URL"
        raise UsageError.of("E001", argument=text, reason=reason)
    location = f"{host}/{match['owner']}/{match['repo']}"
    origin = Origin(kind="git", location=location, ref=match["ref"] or "", subdirectory=match["path"].strip("/"))
    return origin, match["skill"] or ""


def _faults(origin: Origin) -> Iterator[tuple[str, str, str]]:
    """What of an origin has not its form: the key, the value, and what belongs there instead."""
    if origin.kind in _FORMS:
        form, expected = _FORMS[origin.kind]
        if not form.match(origin.location):
            yield origin.kind, origin.location, expected
    if origin.ref and not _REF.match(origin.ref):
        yield "ref", origin.ref, "a branch, a tag or a commit"
    if origin.subdirectory and not _is_inside(origin.subdirectory):
        yield "subdirectory", origin.subdirectory, "a path inside the repository, with `/` between its names"
    if origin.sha256 and not is_sha256_digest(origin.sha256):
        yield "sha256", origin.sha256, "a digest, `sha256:` and 64 hexadecimal digits"


def _is_inside(path: str) -> bool:
    from skillctl.core.paths import path_problem  # hardly any project has a subdirectory

    return path_problem(path) is None


def _tidy(path: str) -> str:
    while path.startswith("./"):
        path = path[2:]
    return path.removesuffix("/")


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
    place = Place(file=file, path=key_path("$.packs", name))
    problems: list[Problem] = []
    wanted = Wanted()
    _parsed(parse_pack_name, name, place, problems)
    if isinstance(value, str):
        wanted = Wanted(constraint=_parsed(parse_constraint, value, place, problems) or ANY)
    elif isinstance(value, dict):
        wanted = _wanted_object(value, place, problems)
    else:
        problems.append(_shape(place, "a requirement or an object"))
    if problems:
        raise ManifestError(*problems)
    return wanted


def _wanted_object(value: Mapping[str, JsonValue], place: Place, problems: list[Problem]) -> Wanted:
    kinds = [kind for kind in _KINDS if kind in value] or ["registry"]
    if len(kinds) > 1:
        problems.append(_shape(place, f"one place to come from, not {len(kinds)}"))
    texts: dict[str, str] = {}
    for key, item in value.items():
        if key not in kinds and _OPTIONS.get(key, frozenset()).isdisjoint(kinds):
            problems.append(problem("E147", place=_inside(place, key), key=key))
        elif key != "skills" and not (isinstance(item, str) and item):
            problems.append(_shape(_inside(place, key), "a text that is not empty"))
        elif isinstance(item, str):
            texts[key] = item
    version = texts.get("version", str(ANY))
    constraint = _parsed(parse_constraint, version, _inside(place, "version"), problems) or ANY
    skills = _skills(value["skills"], _inside(place, "skills"), problems) if "skills" in value else None
    return Wanted(constraint=constraint, origin=_origin_of(kinds[0], texts, place, problems), skills=skills)


def _origin_of(kind: Kind, texts: Mapping[str, str], place: Place, problems: list[Problem]) -> Origin:
    origin = Origin(
        kind=kind,
        location=texts.get(kind, ""),
        ref=texts.get("ref", ""),
        subdirectory=_tidy(texts["subdirectory"]) or "." if "subdirectory" in texts else "",
        sha256=texts.get("sha256", ""),
    )
    problems.extend(_shape(_inside(place, key), expected) for key, _, expected in _faults(origin) if key in texts)
    return origin


def _skills(value: JsonValue, place: Place, problems: list[Problem]) -> tuple[str, ...]:
    names = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    if not names or names != value or not all(map(is_skill_name, names)):
        problems.append(_shape(place, "a list of skill names that is not empty"))
    return tuple(sorted(set(names)))


class _Parser(Protocol[T_co]):
    def __call__(self, text: str, /, *, place: Place | None) -> T_co: ...


def _parsed(parse: _Parser[T], text: str, place: Place, problems: list[Problem]) -> T | None:
    try:
        return parse(text, place=place)
    except SkillctlError as error:
        problems.extend(error.problems)
        return None


def _inside(place: Place, key: str) -> Place:
    return Place(file=place.file, path=key_path(place.path, key))


def _shape(place: Place, expected: str) -> Problem:
    return problem("E146", place=place, expected=expected)
