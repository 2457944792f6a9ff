"""Manifests of Claude Code: `.claude-plugin/marketplace.json` and `.claude-plugin/plugin.json`, as far as packs need.

They were written for another program, so what is not needed here is not looked at, and a value of a wrong type counts
as not said. A plugin's source is only followed within the tree; all others are told and passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from posixpath import normpath

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import ManifestError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.paths import path_problem
from skillctl.core.sorted_paths import has_folder
from skillctl.core.value import dataclass
from skillctl.core.versions import Version, is_version, parse_version
from skillctl.formats.json_text import load_json

CLAUDE_FOLDER = ".claude-plugin"
MARKETPLACE_FILE = f"{CLAUDE_FOLDER}/marketplace.json"
PLUGIN_FILE = f"{CLAUDE_FOLDER}/plugin.json"

_BOM = b"\xef\xbb\xbf"
_UNUSED = {
    "commands/": "commands",
    "agents/": "agents",
    "hooks/": "hooks",
    ".mcp.json": "MCP servers",
    ".lsp.json": "language servers",
    "output-styles/": "output styles",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Plugin:
    """What a plugin's manifests say, of what a pack can use."""

    name: str
    folder: str = ""
    """Where in the tree it lies."""
    version: Version | None = None
    description: str = ""
    author: str = ""
    license: str = ""
    homepage: str = ""
    repository: str = ""
    keywords: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    """Folders of skills, or of folders of skills, that it names; the empty text is the plugin's own."""
    only_named: bool = False
    """Whether `skills/*` does not count besides."""


def read_plugin(data: bytes, *, file: str, limits: Limits = LIMITS) -> Plugin:
    """The plugin of a plugin.json. ManifestError E109 without a name, E150 to E159 if it is no JSON."""
    value = _object(data, file=file, limits=limits)
    name = value.get("name")
    if not isinstance(name, str) or not name.strip():
        raise ManifestError.of("E104", place=Place(file=file, path="$.name"), field="name")
    return _plugin(value, "")


def read_marketplace(
    data: bytes, files: Mapping[str, bytes], *, file: str, limits: Limits = LIMITS
) -> tuple[list[Plugin], list[Problem]]:
    """The plugins of a marketplace.json that lie in the tree, and what is to be said of the others (W208)."""
    value = _object(data, file=file, limits=limits)
    entries = value.get("plugins")
    if not isinstance(entries, list):
        raise ManifestError.of(
            "E105", place=Place(file=file, path="$.plugins"), field="plugins", expected="a list", found="something else"
        )
    metadata = value.get("metadata")
    root = _text(metadata, "pluginRoot") if isinstance(metadata, Mapping) else ""
    paths = sorted(files)
    plugins: list[Plugin] = []
    problems: list[Problem] = []
    for index, entry in enumerate(entries):
        place = Place(file=file, path=f"$.plugins[{index}]")
        name = _text(entry, "name") if isinstance(entry, Mapping) else ""
        if not isinstance(entry, Mapping) or not name:
            problems.append(problem("W208", place=place, plugin=name or f"number {index + 1}", reason="it has no name"))
            continue
        folder = _folder(entry.get("source"), root)
        if folder is None or not has_folder(paths, folder):
            reason = "it lies somewhere else" if folder is None else f"there is no folder `{folder}`"
            problems.append(problem("W208", place=place, plugin=name, reason=reason))
            continue
        plugins.append(_entry(entry, folder, files, file=file, limits=limits))
    return plugins, problems


def unused_parts(paths: Iterable[str]) -> list[str]:
    """What a plugin brings besides skills, in words."""
    found = {words for path in paths for start, words in _UNUSED.items() if path.startswith(start)}
    return sorted(found)


def _entry(entry: JsonObject, folder: str, files: Mapping[str, bytes], *, file: str, limits: Limits) -> Plugin:
    """A plugin as its marketplace and, if it has one, its own manifest tell; the latter has the last word."""
    listed = _plugin(entry, folder)
    own_file = f"{folder}/{PLUGIN_FILE}" if folder else PLUGIN_FILE
    own = _plugin({}, folder)
    if own_file in files:
        own = _plugin(_object(files[own_file], file=file, limits=limits), folder)
    return Plugin(
        name=listed.name,
        folder=folder,
        version=own.version or listed.version,
        description=own.description or listed.description,
        author=own.author or listed.author,
        license=own.license or listed.license,
        homepage=own.homepage or listed.homepage,
        repository=own.repository or listed.repository,
        keywords=own.keywords or listed.keywords,
        skills=tuple(dict.fromkeys(listed.skills + own.skills)),
        only_named=bool(listed.skills),
    )


def _plugin(value: JsonObject, folder: str) -> Plugin:
    version = _text(value, "version").removeprefix("v")
    homepage = _text(value, "homepage")
    return Plugin(
        name=_text(value, "name"),
        folder=folder,
        version=parse_version(version) if is_version(version) else None,
        description=_text(value, "description"),
        author=_author(value.get("author")),
        license=_text(value, "license"),
        homepage=homepage if homepage.startswith(("https://", "http://")) else "",
        repository=_text(value, "repository"),
        keywords=_texts(value.get("keywords")),
        skills=_skills(value.get("skills")),
    )


def _folder(source: JsonValue, root: str) -> str | None:
    """The folder in the tree that a source names; None for all others."""
    if not isinstance(source, str) or "://" in source or source.startswith("/"):
        return None
    text = source if source.startswith("./") or not root else f"{root}/{source}"
    return _inside(text)


def _inside(text: str) -> str | None:
    """The path below the tree's root, the root as the empty text; None if it leads elsewhere."""
    plain = normpath(text) if text else "."
    if plain == ".":
        return ""
    return None if path_problem(plain) else plain


def _skills(value: JsonValue) -> tuple[str, ...]:
    texts = (value,) if isinstance(value, str) else _texts(value)
    folders = (_inside(text.removesuffix("SKILL.md") if text.endswith("/SKILL.md") else text) for text in texts)
    return tuple(folder for folder in folders if folder is not None)


def _author(value: JsonValue) -> str:
    if not isinstance(value, Mapping):
        return value.strip() if isinstance(value, str) else ""
    name, email, url = (_text(value, key) for key in ("name", "email", "url"))
    return " ".join(part for part in (name, email and f"<{email}>", url and f"({url})") if part)


def _text(value: JsonObject, key: str) -> str:
    text = value.get(key)
    return " ".join(text.split()) if isinstance(text, str) else ""


def _texts(value: JsonValue) -> tuple[str, ...]:
    items = value if isinstance(value, list) else []
    return tuple(item.strip() for item in items if isinstance(item, str) and item.strip())


def _object(data: bytes, *, file: str, limits: Limits) -> JsonObject:
    value = load_json(data.removeprefix(_BOM), file=file, max_bytes=limits.manifest_bytes, max_depth=limits.json_depth)
    if not isinstance(value, Mapping):
        raise ManifestError.of(
            "E105", place=Place(file=file), field="the manifest", expected="an object", found="another"
        )
    return value
