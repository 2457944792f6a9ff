"""The packs of a registry as a marketplace of plugins, which Claude Code adds and installs from.

    .claude-plugin/marketplace.json
    plugins/maps/.claude-plugin/plugin.json
    plugins/maps/skills/draw/SKILL.md …

1. A pack is a plugin, with its skills as an installation has them: context files lie in each skill's directory. The
   pack's README, licence and changelog lie beside.
2. `@acme/tools` is the plugin `acme-tools`: a plugin's name has no scope. Of two packs that come to one name, the one
   that was published first has it.
3. What a pack needs is named by the plugin, and installed with it. It is one marketplace with one version of each, so
   no version is asked for: what is not there, or only in a version that the pack does not take, is left out and told.
4. The guards of a pack (`hooks_module`) run in skillctl alone. They stay behind, which is told.
5. Claude Code keeps names of marketplaces for itself and refuses what looks like its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import RegistryError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.manifest import Manifest
from skillctl.formats.json_text import dump_json
from skillctl_registry.views import View, ViewedPack, first_come

MARKETPLACE = ".claude-plugin/marketplace.json"
PLUGIN = ".claude-plugin/plugin.json"

RESERVED = frozenset(
    [
        *("agent-skills", "anthropic-agent-skills", "anthropic-marketplace", "anthropic-plugin-directory"),
        *("anthropic-plugins", "builtin", "claude-code-marketplace", "claude-code-plugins", "claude-community"),
        *("claude-for-financial-services", "claude-for-legal", "claude-plugin-directory", "claude-plugin-test"),
        *("claude-plugins-community", "claude-plugins-official", "claude-tag-plugins", "financial-services-plugins"),
        *("first-party-plugins", "healthcare", "inline", "knowledge-work-plugins", "life-sciences", "skills-dir"),
        *("synced",),
    ]
)
"""Names of marketplaces that Claude Code takes from nobody else."""

_FOR_PEOPLE = ("CHANGELOG.md", "LICENSE", "README.md")
"""What a marketplace shows of a plugin to people, and is no part of a skill."""

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_MAKERS, _TITLES = "(?:anthropic|claude)", "(?:marketplace|plugins|official|directory|directories)"
_OFFICIAL = re.compile(f"official{_MAKERS}|{_MAKERS}official")
_TITLED = re.compile(f"{_MAKERS}-?{_TITLES}")
_TITLED_JOINED = re.compile(f"{_MAKERS}{_TITLES}s?")
_AUTHOR = re.compile(r"(?P<name>[^<(]*)(?:<(?P<email>[^>]*)>)?\s*(?:\((?P<url>[^)]*)\))?\s*\Z")


def check_marketplace_name(name: str) -> str:
    """The name, unchanged. RegistryError E770 if Claude Code would not take it."""
    if name in RESERVED:
        raise RegistryError.of("E770", name=name, reason="Claude Code keeps that name for itself")
    if _looks_official(name):
        raise RegistryError.of("E770", name=name, reason="it looks like a marketplace of the makers of Claude Code")
    if not _NAME.match(name) or len(name) > 64:
        raise RegistryError.of("E770", name=name, reason="it is not made of small letters and digits, with `-` between")
    return name


def _looks_official(name: str) -> bool:
    """What Claude Code takes for an imitation, also where `-` stands within the words."""
    parts = name.split("-")
    joined = list(accumulate(parts))
    return (
        _OFFICIAL.search(joined[-1]) is not None
        or _TITLED.match(name) is not None
        or any(_TITLED_JOINED.fullmatch(each) for each in joined)
    )


def plugin_name(pack: str) -> str:
    """What a pack is called as a plugin: `acme-tools` for `@acme/tools`."""
    return pack.removeprefix("@").replace("/", "-")


def packs_of_plugin(plugin: str) -> list[str]:
    """Every name of a pack that comes to that of the plugin, whether there is such a pack or not."""
    ends = [at for at, letter in enumerate(plugin) if letter == "-"]
    return [plugin, *(f"@{plugin[:at]}/{plugin[at + 1 :]}" for at in ends)]


def marketplace(packs: Sequence[ViewedPack], *, name: str, owner: str = "") -> View:
    """The marketplace of that name with these packs; `owner` is whose it is, by default called as itself.

    RegistryError E770 if Claude Code would not take the name.
    """
    check_marketplace_name(name)
    owners, refused = first_come((plugin_name(each.name), each.name, each.since) for each in packs)
    offered = {each.name: each for each in packs if owners[plugin_name(each.name)] == each.name}
    problems = [problem("W773", pack=pack, plugin=plugin, owner=first) for plugin, pack, first in sorted(refused)]
    files: dict[str, bytes] = {}
    entries: list[JsonValue] = []
    skills: list[str] = []
    manifests = {each: pack.manifest for each, pack in offered.items()}
    for plugin, pack in sorted(owners.items()):
        shown = offered[pack]
        needs, told = plugin_needs(shown.manifest, manifests)
        problems += [*told, *_left_behind(shown.manifest)]
        folder = f"plugins/{plugin}"
        files |= {f"{folder}/{path}": data for path, data in plugin_files(shown, plugin, needs).items()}
        skills += [f"{plugin}:{skill}" for skill, _ in shown.skill_files()]
        entries.append(plugin_entry(shown.manifest, plugin, f"./{folder}"))
    return View(
        kind="marketplace",
        entry=MARKETPLACE,
        files={**files, MARKETPLACE: listing(entries, name=name, owner=owner)},
        packs=tuple(sorted(offered)),
        skills=tuple(sorted(skills)),
        problems=tuple(problems),
    )


def plugin_files(pack: ViewedPack, plugin: str, needs: Sequence[JsonValue]) -> dict[str, bytes]:
    """The files of the plugin, path -> bytes; `needs` are the plugins that are installed with it."""
    said = _plugin(pack.manifest, plugin)
    files = {PLUGIN: dump_json({**said, "dependencies": list(needs)} if needs else said)}
    files |= {path: pack.files[path] for path in _FOR_PEOPLE if path in pack.files}
    for skill, content in pack.skill_files():
        files |= {f"skills/{skill}/{path}": data for path, data in content.items()}
    return files


def plugin_entry(manifest: Manifest, plugin: str, source: JsonValue) -> JsonObject:
    """What the marketplace says of the plugin, and where it is."""
    return {"name": plugin, "source": source, **_plugin(manifest, plugin)}


def listing(entries: Sequence[JsonValue], *, name: str, owner: str = "") -> bytes:
    """The file that is the marketplace."""
    members: dict[str, JsonValue] = {
        "name": name,
        "description": f"The skill packs of {owner or name}",
        "owner": {"name": owner or name},
        "plugins": list(entries),
    }
    return dump_json(members)


def _plugin(manifest: Manifest, plugin: str) -> dict[str, JsonValue]:
    """What is said of the plugin, in its own file and in the marketplace."""
    members: dict[str, JsonValue] = {
        "name": plugin,
        "version": str(manifest.version),
        "description": manifest.description,
        "author": _author(manifest.author),
        "homepage": manifest.homepage,
        "repository": manifest.repository,
        "license": manifest.license,
        "keywords": list(manifest.keywords),
    }
    return {key: member for key, member in members.items() if member}


def _author(text: str) -> dict[str, JsonValue]:
    """`Name <email> (url)` as an object; a line of another form is a name as it stands."""
    match = _AUTHOR.match(text)
    parts = {key: (part or "").strip() for key, part in match.groupdict().items()} if match else {"name": text.strip()}
    return {key: part for key, part in parts.items() if part} if parts["name"] else {}


def plugin_needs(manifest: Manifest, offered: Mapping[str, Manifest]) -> tuple[list[JsonValue], list[Problem]]:
    """The plugins that it needs, and what is to be told of those that can't be had."""
    needs: list[JsonValue] = []
    problems: list[Problem] = []
    for name, requirement in sorted(manifest.dependencies.items()):
        there = offered.get(name)
        if there is not None and requirement.constraint.allows(there.version):
            needs.append(plugin_name(name))
            continue
        wanted = f"{name} {requirement.constraint}"
        found = "nothing of that name" if there is None else f"{there.version} alone"
        problems.append(problem("W774", pack=manifest.name, needed=wanted, found=found))
    return needs, problems


def _left_behind(manifest: Manifest) -> Iterator[Problem]:
    if manifest.hooks_module:
        yield problem("W775", pack=manifest.name, file=manifest.hooks_module)
