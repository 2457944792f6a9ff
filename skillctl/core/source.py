"""Origins: where a pack is asked from, as people write it and as files keep it.

On the command line (DESIGN.md section 4, "Sources"):

    arcgis   arcgis@^1.2   @acme/tools@1.2.3            a registry, by the order of registries
    ./dir   ../dir   /abs/dir   ~/dir   C:\\dir          a directory, with either slash
    ./file.tar.gz   dist/file.tar.gz   file.tgz         an archive
    owner/repo[/path][#ref]   owner/repo@skill          a repository on GitHub
    github:owner/repo[/path][#ref]   gitlab:...         the same, by host
    https://github.com/owner/repo[/tree/REF/path]       as a browser shows it; /-/tree/ and /blob/ too
    https://host/repo.git[#ref]   git@host:repo.git     any git repository, as `git clone` takes it
    git+https://host/repo[#ref]   git+file:///...       the same, said; git+ssh:// and git+http:// too
    https://host                                        a site that publishes .well-known/agent-skills
    https://host/pack.tar.gz[#sha256=<hex>]             an archive
    oci://host/repo:tag                                 an OCI registry

Behind a repository `@name` picks one skill, or one pack of several, and `@*` takes every pack; `#^1.2` is a range of
versions among its tags; `#subdirectory=path` or `#ref&subdirectory=path` says where in it the pack lies.

In the project file a pack's value is a constraint, `"^1.0.0"`, or an object with at most one of `path`, `archive`,
`git`, `site`, `oci` (none: a registry), and what goes with it: `registry` with none of them, `editable` with `path`,
`ref` and `subdirectory` with `git`, `sha256` with `archive`, and with all of them `version` and `skills`.

A lock's `source` says the same of where a pack comes from, and what it was there: the `commit` of a repository, the
`sha256` of an archive, and what was `inferred`.

What both say goes to other programs later, so it is held to a form here: `git+ext::sh` would run a program, and a ref
that begins with a hyphen would be an option. A password in a URL would be committed with the project: git and its
credential helpers know where to get one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, Protocol, TypeVar

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.digests import is_sha256_digest
from skillctl.core.errors import ManifestError, SkillctlError, UsageError
from skillctl.core.json_value import JsonValue, key_path
from skillctl.core.names import is_pack_name, is_skill_name, parse_pack_name
from skillctl.core.requirements import ANY, Constraint, parse_constraint, parse_requirement
from skillctl.core.value import dataclass, replace

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
    "editable": frozenset({"path"}),
}
"""Key -> the kinds of origin that it says something of."""

# Texts, which `re` compiles when one of them is needed: most projects have registries alone.
_REF = r"(?!-)(?!.*\.\.)[^\x00-\x20\x7f~^:?*\[\\]+\Z"
_ELSEWHERE = r"\A(?:[.~]|git\+)|[/\\:#]|(?i:\.tar\.gz|\.tgz|\.zip)\Z"
_COMMIT = r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z"
_HOST = r"(?!-)(?![^/]*:[^/@]*@)[!-.0-~][!-~]*"  # visible ASCII that begins neither an option nor a path; no password
_SITE = r"(?!-)(?![^/]*@)[!-.0-~][!-~]*"  # over http a user's name is as good as a password: tokens are sent that way
_FORMS: Mapping[Kind, tuple[str, str]] = {
    "path": (r"[^\x00-\x1f\x7f]+\Z", "a path"),
    "archive": (r"(?!https?://[^/]*@)[^\x00-\x1f\x7f]+\Z", "a path or a URL, without a password"),
    "git": (
        rf"(?:https?://{_SITE}|ssh://{_HOST}|file:///[!-~]+)\Z",
        "a URL with https://, http://, ssh:// or file:///, without a password",
    ),
    "site": (rf"https?://{_SITE}\Z", "a URL with https:// or http://, without a password"),
    "oci": (rf"oci://{_HOST}\Z", "a reference such as oci://host/repository:tag"),
}
"""Kind -> the form of its location, and how that is called."""
_WHERE = frozenset({"path", "archive", "git", "site", "oci", "ref", "subdirectory", "editable"})
"""What a lock's source says of the place, beside what was there."""

_RANGE_STARTS = tuple("^~<>=!")
EVERY_PACK = "*"
"""What is picked where all packs of a source are meant."""


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
    editable: bool = False
    """Whether agents are to see a directory as it lies there, by links, instead of a copy of what it was."""

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
    pick: str = ""
    """Which of several packs, or which one skill of a pack, is meant; `*` is every pack."""


def parse_request(text: str) -> Request:
    """The request that an argument of the command line writes. UsageError E001 if it is none."""
    found = _elsewhere(text)
    if found is not None:
        return found
    try:
        requirement = parse_requirement(text)
    except SkillctlError as error:
        reason = error.problems[0].evidence.get("reason", "it is neither a name nor a source")
        raise UsageError.of("E001", argument=without_secret(text), reason=without_secret(str(reason))) from error
    constrained = text.strip() != requirement.name
    wanted = Wanted(constraint=requirement.constraint)
    return Request(text=text, name=requirement.name, wanted=wanted, constrained=constrained)


def _elsewhere(text: str) -> Request | None:
    """The request for something that is no registry's name; else None."""
    if not re.search(_ELSEWHERE, text):
        return None
    from skillctl.core.origin_text import written_origin  # most ask for names

    written = written_origin(text)
    if written is None:
        return None
    origin, pick = written
    constraint = ANY
    if origin.kind == "git" and origin.ref.startswith(_RANGE_STARTS):
        constraint, origin = _range(text, origin.ref), replace(origin, ref="")
    for _, value, expected in _faults(origin):
        shown = "the address" if "@" in value and "://" in value else f"`{value}`"  # it may hold a password
        raise UsageError.of("E001", argument=without_secret(text), reason=f"{shown} is not {expected}")
    if pick and pick != EVERY_PACK and not (is_skill_name(pick) or is_pack_name(pick)):
        reason = f"`{pick}` is not the name of a skill or a pack; a branch, a tag or a range is written `#{pick}`"
        raise UsageError.of("E001", argument=without_secret(text), reason=without_secret(reason))
    wanted = Wanted(constraint=constraint, origin=origin)
    return Request(text=text, name=None, wanted=wanted, constrained=not constraint.is_any, pick=pick)


def _range(text: str, written: str) -> Constraint:
    try:
        return parse_constraint(written)
    except SkillctlError as error:
        reason = str(error.problems[0].evidence["reason"])
        raise UsageError.of("E001", argument=without_secret(text), reason=without_secret(reason)) from error


def without_secret(text: str) -> str:
    """The text for a message: an address in it shows neither user nor password."""
    return re.sub(r"(?<=://)[^/]*@", "…@", text)


def _faults(origin: Origin) -> Iterator[tuple[str, str, str]]:
    """What of an origin has not its form: the key, the value, and what belongs there instead."""
    if origin.kind in _FORMS:
        form, expected = _FORMS[origin.kind]
        if not re.match(form, origin.location):
            yield origin.kind, origin.location, expected
    if origin.ref and not re.match(_REF, origin.ref):
        yield "ref", origin.ref, "a branch, a tag or a commit"
    if origin.subdirectory and not _is_inside(origin.subdirectory):
        yield "subdirectory", origin.subdirectory, "a path inside the repository, with `/` between its names"
    if origin.sha256 and not is_sha256_digest(origin.sha256):
        yield "sha256", origin.sha256, "a digest, `sha256:` and 64 hexadecimal digits"


def _is_inside(path: str) -> bool:
    from skillctl.core.paths import path_problem  # hardly any project has a subdirectory

    return path_problem(path) is None


def tidy(path: str) -> str:
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
    if origin.editable:
        entry["editable"] = True
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
        elif key == "editable":
            if not isinstance(item, bool):
                problems.append(_shape(_inside(place, key), "true or false"))
        elif key != "skills" and not (isinstance(item, str) and item):
            problems.append(_shape(_inside(place, key), "a text that is not empty"))
        elif isinstance(item, str):
            texts[key] = item
    version = texts.get("version", str(ANY))
    constraint = _parsed(parse_constraint, version, _inside(place, "version"), problems) or ANY
    skills = _skills(value["skills"], _inside(place, "skills"), problems) if "skills" in value else None
    origin = _origin_of(kinds[0], texts, place, problems)
    if value.get("editable") is True:
        origin = replace(origin, editable=True)
    return Wanted(constraint=constraint, origin=origin, skills=skills)


# In a lock


def source_of(origin: Origin) -> dict[str, JsonValue]:
    """What a lock says of where a pack comes from, without what it was there."""
    members: dict[str, JsonValue] = {origin.kind: origin.location}
    members |= {key: value for key, value in (("ref", origin.ref), ("subdirectory", origin.subdirectory)) if value}
    return {**members, "editable": True} if origin.editable else members


def is_from(source: Mapping[str, JsonValue], origin: Origin) -> bool:
    """Whether a lock's pack is one that the origin may have given."""
    pinned = not origin.sha256 or origin.sha256 == source.get("sha256")
    return pinned and source_of(origin) == {key: value for key, value in source.items() if key in _WHERE}


def origin_of_source(source: Mapping[str, JsonValue]) -> Origin:
    """The origin of a lock's pack, pinned to the very archive. What the source's door let in."""
    kind: Kind = next((each for each in _KINDS if each in source), "registry")
    texts = {key: value for key, value in source.items() if isinstance(value, str)}
    return Origin(
        kind=kind,
        location=texts.get(kind, ""),
        ref=texts.get("ref", ""),
        subdirectory=texts.get("subdirectory", ""),
        sha256=texts.get("sha256", ""),
        editable=source.get("editable") is True,
    )


def source_problems(source: Mapping[str, JsonValue], place: Place) -> list[Problem]:
    """What in a lock's source has not its form: it comes with a repository that somebody else wrote."""
    problems: list[Problem] = []
    wrong = [key for key in (*_WHERE, "commit", "sha256") if not isinstance(source.get(key, ""), str)]
    problems += [_shape(_inside(place, key), "a text") for key in wrong if key != "editable"]
    if not isinstance(source.get("editable", False), bool):
        problems.append(_shape(_inside(place, "editable"), "true or false"))
    if not isinstance(source.get("inferred", {}), dict):
        problems.append(_shape(_inside(place, "inferred"), "an object"))
    if problems:
        return problems
    if len([kind for kind in _KINDS if kind in source]) > 1:
        return [_shape(place, "one place to come from")]
    origin = origin_of_source(source)
    problems += [_shape(_inside(place, key), expected) for key, _, expected in _faults(origin) if key in source]
    if origin.kind == "git" and not re.match(_COMMIT, str(source.get("commit", ""))):
        problems.append(_shape(_inside(place, "commit"), "a commit, 40 hexadecimal digits"))
    if origin.kind in ("archive", "oci") and not origin.sha256:
        problems.append(_shape(_inside(place, "sha256"), "a digest, `sha256:` and 64 hexadecimal digits"))
    return problems


def _origin_of(kind: Kind, texts: Mapping[str, str], place: Place, problems: list[Problem]) -> Origin:
    origin = Origin(
        kind=kind,
        location=texts.get(kind, ""),
        ref=texts.get("ref", ""),
        subdirectory=tidy(texts["subdirectory"]) or "." if "subdirectory" in texts else "",
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
