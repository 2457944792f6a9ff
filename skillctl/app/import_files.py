"""What other tools keep of a project's skills, read as requests of our own.

    skills-lock.json      npx skills, of a project, version 1
    .skill-lock.json      npx skills, of the user, version 3
    apm.yml               Microsoft APM: what is asked for
    apm.lock.yaml         Microsoft APM: what was resolved (also `apm.lock`), version 1
    agents.toml           dotagents, version 1; and the tables of dependencies of skills-supply

Nothing is believed but where a skill comes from; what it is to hold is compared later. What is no skill (a server, a
prompt, a package of npm) is named with the reason why it can't be taken along.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from skillctl.core.errors import InstallError, SkillctlError
from skillctl.core.json_value import JsonValue
from skillctl.core.limits import Limits
from skillctl.core.value import dataclass
from skillctl.core.web import is_web, masked
from skillctl.core.wording import worded
from skillctl.edges.disk.files import read_bytes
from skillctl.formats.json_text import load_json

_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\Z")
_NO_SKILL = (".prompt.md", ".instructions.md", ".agent.md", ".chatmode.md", ".collection.yml", ".collection.yaml")
_SHORTHANDS = ("github", "gitlab")


@dataclass(frozen=True, kw_only=True, slots=True)
class ForeignEntry:
    """One skill, or one source of skills, of another tool's file."""

    name: str
    """As it is called there."""
    request: str = ""
    """What `install` would be asked for; empty: it can't be taken along."""
    otherwise: str = ""
    """What is asked for where that finds nothing: the very directory that the skill was in."""
    reason: str = ""
    """Why not."""
    computed_hash: str = ""
    """Of npx skills: sha256 over paths and bytes of the skill's files."""
    folder_hash: str = ""
    """Of npx skills for the user: git's tree id of the skill's directory."""
    commit: str = ""
    """The commit that was resolved."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ForeignFile:
    """A file of another tool."""

    kind: str
    """What it is, in words."""
    user: bool
    """Whether it is the user's own and not a project's."""
    entries: tuple[ForeignEntry, ...]


def read_foreign_file(path: Path, limits: Limits) -> ForeignFile:
    """What the file asks for. InstallError E492 if it is none of those that are known."""
    if path.is_dir():
        raise InstallError.of("E492", path=str(path), reason="it is a directory")
    data = read_bytes(path, max_bytes=limits.project_bytes)
    if data is None:
        raise InstallError.of("E492", path=str(path), reason="there is no such file")
    try:
        value = _parsed(path, data, limits)
        found = _understood(path, value)
    except SkillctlError as error:
        if error.code == "E492":
            raise
        raise InstallError.of("E492", path=str(path), reason=worded(error.problems[0]).title) from error
    if found is None:
        raise InstallError.of("E492", path=str(path), reason="it is none of the files that can be imported")
    return found


def _parsed(path: Path, data: bytes, limits: Limits) -> Mapping[str, JsonValue]:
    file = path.name
    if path.suffix == ".toml":
        import tomllib

        try:
            value: Any = tomllib.loads(data.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InstallError.of("E492", path=str(path), reason=str(error)) from error
    elif path.suffix in (".yml", ".yaml", ".lock"):
        from skillctl.formats.yaml_text import load_yaml

        value = load_yaml(data, file=file, max_bytes=limits.project_bytes, max_depth=limits.json_depth).value
    else:
        value = load_json(data, file=file, max_bytes=limits.project_bytes, max_depth=limits.json_depth)
    return value if isinstance(value, dict) else {}


def _understood(path: Path, value: Mapping[str, JsonValue]) -> ForeignFile | None:
    skills, version = value.get("skills"), value.get("version")
    base = path.parent
    if path.suffix == ".json" and isinstance(skills, dict):
        if version == 1:
            return _file("skills-lock.json of npx skills", _of_npx(skills, base))
        if version == 3:
            return _file(".skill-lock.json of npx skills", _of_npx(skills, base), user=True)
        raise InstallError.of("E492", path=str(path), reason=f"its version {version} is not known (1 and 3 are)")
    if "lockfile_version" in value:
        return _file("lock of APM", _of_apm_lock(_items(value.get("dependencies")), base))
    if path.suffix in (".yml", ".yaml") and "name" in value:
        dependencies = value.get("dependencies")
        asked = dependencies if isinstance(dependencies, dict) else {}
        return _file("apm.yml of APM", _of_apm(asked, base))
    if path.suffix == ".toml" and (version == 1 or isinstance(skills, list)):
        return _file("agents.toml of dotagents", _of_dotagents(skills, base))
    if path.suffix == ".toml" and isinstance(value.get("dependencies"), dict):
        return _file("agents.toml of skills-supply", _of_skills_supply(_table(value["dependencies"]), base))
    return None


def _file(kind: str, entries: Iterator[ForeignEntry], *, user: bool = False) -> ForeignFile:
    return ForeignFile(kind=kind, user=user, entries=tuple(entries))


# --- npx skills ---------------------------------------------------------------------------------------------------


def _of_npx(skills: Mapping[str, JsonValue], base: Path) -> Iterator[ForeignEntry]:
    for name, item in skills.items():
        entry = _table(item)
        source, kind, ref = (_text(entry, key) for key in ("source", "sourceType", "ref"))
        url = _text(entry, "sourceUrl")
        request, reason = _npx_request(name, kind, source, url, ref, base)
        folder = _text(entry, "skillPath").removesuffix("SKILL.md").strip("/")
        deeper = bool(folder) and request.startswith("git+")
        yield ForeignEntry(
            name=name,
            request=request,
            otherwise=_npx_request("", kind, source, url, ref, base, subdirectory=folder)[0] if deeper else "",
            reason=reason,
            computed_hash=_text(entry, "computedHash"),
            folder_hash=_text(entry, "skillFolderHash"),
        )


def _npx_request(
    name: str, kind: str, source: str, url: str, ref: str, base: Path, *, subdirectory: str = ""
) -> tuple[str, str]:
    if kind == "local":
        return _local(source or url, base, name), ""
    if kind == "github" and re.fullmatch(r"[^/\s]+/[^/\s]+", source):
        return _git(f"https://github.com/{source}", ref=ref, pick=name, subdirectory=subdirectory), ""
    if kind in ("github", "gitlab", "git") and (url or source):
        return _git(_url(url or source, kind), ref=ref, pick=name, subdirectory=subdirectory), ""
    if kind == "well-known":
        site = url or source
        site = site if is_web(site) else f"https://{site}"
        return "", f"it comes from the site {masked(site)}: `skillctl install {masked(site)}` takes all its skills"
    return "", f"a source of the kind `{kind}` is none that can be installed from"


# --- APM ----------------------------------------------------------------------------------------------------------


def _of_apm(dependencies: Mapping[str, JsonValue], base: Path) -> Iterator[ForeignEntry]:
    for item in _items(dependencies.get("apm")):
        if isinstance(item, str):
            yield _apm_text(item, base)
        else:
            entry = _table(item)
            git, path, ref = (_text(entry, key) for key in ("git", "path", "ref"))
            name = _text(entry, "alias") or git or path
            if not git:
                yield ForeignEntry(name=name, request=_local(path, base)) if path else _strange(name)
            else:
                yield _apm_entry(name, _url(git, "git"), path, ref)
    for item in _items(dependencies.get("mcp")):
        name = item if isinstance(item, str) else _text(_table(item), "name")
        yield ForeignEntry(name=name, reason="it is a server of the Model Context Protocol, and no skill")


def _apm_text(text: str, base: Path) -> ForeignEntry:
    if text.startswith((".", "/", "~")):
        return ForeignEntry(name=text, request=_local(text, base))
    place, _, ref = text.partition("#")
    ref = ref.partition("@")[0]
    if "://" in place or place.startswith("git@"):
        return _apm_entry(text, _url(place, "git"), "", ref)
    place = place.partition("@")[0]
    host, owner, repo, path = _shorthand(place)
    if not repo:
        return _strange(text)
    return _apm_entry(text, f"https://{host}/{owner}/{repo}", path, ref)


def _shorthand(place: str) -> tuple[str, str, str, str]:
    parts = [part for part in place.split("/") if part]
    host = "github.com"
    if parts and _HOST.match(parts[0]):
        host, *parts = parts
    if len(parts) < 2:
        return host, "", "", ""
    return host, parts[0], parts[1], "/".join(parts[2:])


def _apm_entry(name: str, url: str, path: str, ref: str, commit: str = "") -> ForeignEntry:
    if path.endswith(_NO_SKILL) or "/collections/" in f"/{path}":
        return ForeignEntry(name=name, reason=f"`{path}` is no skill, but a prompt, an agent or a collection of APM")
    return ForeignEntry(name=name, request=_git(url, ref=ref, subdirectory=path), commit=commit)


def _of_apm_lock(dependencies: Sequence[JsonValue], base: Path) -> Iterator[ForeignEntry]:
    for item in dependencies:
        entry = _table(item)
        if entry.get("depth") not in (None, 1, "1"):
            continue  # it came along with another, and does so again
        place, host, path = (_text(entry, key) for key in ("repo_url", "host", "virtual_path"))
        name = "/".join(each for each in (place, path) if each)
        if _text(entry, "source") == "local" or place.startswith((".", "/")):
            yield ForeignEntry(name=name, request=_local(_text(entry, "local_path") or place, base))
        elif not place:
            yield _strange("?")
        else:
            url = _url(place, "git") if "://" in place or "@" in place else f"https://{host or 'github.com'}/{place}"
            yield _apm_entry(name, url, path, _text(entry, "resolved_ref"), _text(entry, "resolved_commit"))


# --- agents.toml --------------------------------------------------------------------------------------------------


def _of_dotagents(skills: JsonValue, base: Path) -> Iterator[ForeignEntry]:
    listed = (
        [(name, _table(item)) for name, item in skills.items()]
        if isinstance(skills, dict)
        else [(_text(_table(item), "name"), _table(item)) for item in _items(skills)]
    )
    for name, entry in listed:
        source, ref, path = (_text(entry, key) for key in ("source", "ref", "path"))
        pick = "*" if name == "*" else name
        if source.startswith("path:"):
            yield ForeignEntry(name=name, request=_local(source.removeprefix("path:"), base))
            continue
        if source.startswith("git:"):
            url = _url(source.removeprefix("git:"), "git")
        elif "://" in source or source.startswith("git@"):
            url = _url(source, "git")
        else:
            place, _, tagged = source.partition("@")
            host, owner, repo, _ = _shorthand(place)
            url, ref = f"https://{host}/{owner}/{repo}" if repo else "", ref or tagged
        if not url:
            yield _strange(name)
        elif path:
            yield ForeignEntry(name=name, request=_git(url, ref=ref, subdirectory=path))
        else:
            yield ForeignEntry(name=name, request=_git(url, ref=ref, pick=pick))


def _of_skills_supply(dependencies: Mapping[str, JsonValue], base: Path) -> Iterator[ForeignEntry]:
    for name, item in dependencies.items():
        entry = _table(item)
        place = _text(entry, "gh") or _text(entry, "git")
        ref = _text(entry, "tag") or _text(entry, "branch") or _text(entry, "rev")
        path = _text(entry, "path")
        if place:
            url = f"https://github.com/{place}" if _text(entry, "gh") else _url(place, "git")
            yield ForeignEntry(name=name, request=_git(url, ref=ref, subdirectory=path))
        elif path:
            yield ForeignEntry(name=name, request=_local(path, base))
        else:
            yield ForeignEntry(name=name, reason="only `gh`, `git` and `path` say where a skill lies")


# --- what they have in common -------------------------------------------------------------------------------------


def _git(url: str, *, ref: str = "", subdirectory: str = "", pick: str = "") -> str:
    """The text of a request for a repository."""
    place = f"git+{url.rstrip('/')}{f'@{pick}' if pick else ''}"
    marks = "&".join(each for each in (ref, f"subdirectory={subdirectory}" if subdirectory else "") if each)
    return f"{place}#{marks}" if marks else place


def _url(text: str, kind: str) -> str:
    """The address of a repository as git takes it."""
    if "://" in text:
        return text.removeprefix("git+")
    scp = re.fullmatch(r"(?:[\w.-]+@)([\w.-]+):(.+)", text)
    if scp is not None:
        return f"ssh://git@{scp[1]}/{scp[2]}"
    if kind in _SHORTHANDS and not _HOST.match(text.partition("/")[0]):
        return f"https://{kind}.com/{text}"
    return f"https://{text}"


def _local(text: str, base: Path, pick: str = "") -> str:
    """The text of a request for a directory; a skill's own directory needs nothing to be picked of it."""
    if text.startswith("~"):
        return text
    path = base / text
    return str(path) if not pick or (path / "SKILL.md").is_file() else f"{path}@{pick}"


def _strange(name: str) -> ForeignEntry:
    return ForeignEntry(name=name, reason="what it says of its source can't be understood")


def _table(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _items(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, list) else ()


def _text(entry: Mapping[str, JsonValue], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else str(value) if isinstance(value, int) and value is not True else ""
