"""Bringing a locked release into the store: from its registry, checked, and with what installing needs of it."""

from __future__ import annotations

from collections.abc import Mapping

from skillctl.archive.reader import Unpacked
from skillctl.core.digests import EntryLine, entry_line
from skillctl.core.errors import ManifestError, RegistryError
from skillctl.core.layout import lay_out
from skillctl.core.limits import Limits
from skillctl.core.lockfile import LockedPack
from skillctl.core.manifest import MANIFEST_FILE, Manifest, Requires
from skillctl.core.settings import Settings
from skillctl.core.skill_asks import PackAsks, SkillAsks
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.stored import StoredPack, StoredSkill
from skillctl.core.tokens import listing_tokens
from skillctl.formats.front_matter import SkillFacts, skill_facts
from skillctl.store.store import Store
from skillctl_registry.order import Registries
from skillctl_registry.packs import read_manifest


def fetch_tree(
    name: str, locked: LockedPack, store: Store | None, registries: Registries, settings: Settings
) -> StoredPack:
    """Bring one locked release into the store, or without one only look at it."""
    held = registries.holder(name, locked)
    unpacked = held.source.fetch(held.release)
    files = {member.path: member.data for member in unpacked.members}
    called = f"{name} {locked.version}"
    pack = stored_of(unpacked, files, called=called, limits=settings.limits)
    if (pack.name, pack.version) != (name, str(locked.version)):
        raise RegistryError.of("E248", release=called, found=f"{pack.name} {pack.version}", registry=held.source.label)
    if store is not None:
        store.add(pack, files)
    return pack


def stored_of(unpacked: Unpacked, files: Mapping[str, bytes], *, called: str, limits: Limits) -> StoredPack:
    """What installing needs to know of the tree. ManifestError if the pack breaks a rule that installing rests on."""
    data = files.get(MANIFEST_FILE)
    if data is None:
        raise ManifestError.of("E145", pack=called)
    manifest = read_manifest(data, file=f"{called}: {MANIFEST_FILE}", limits=limits)
    lines = {entry.path: entry_line(entry) for entry in unpacked.entries}
    layouts = lay_out(manifest, files.keys())
    facts = {
        skill: skill_facts(files[layout[SKILL_FILE]], file=f"{called}: {layout[SKILL_FILE]}")
        for skill, layout in layouts.items()
    }
    return StoredPack(
        name=manifest.name,
        version=str(manifest.version),
        tree=unpacked.digest,
        lines=[*lines.values()],
        skills={
            skill: _skill(skill, {path: lines[origin] for path, origin in layout.items()}, facts[skill])
            for skill, layout in layouts.items()
        },
        requires=_requires(manifest.requires),
        asks=pack_asks(manifest, {skill: each.asks for skill, each in facts.items()}),
    )


def pack_asks(manifest: Manifest, skills: Mapping[str, SkillAsks]) -> PackAsks:
    """What a pack of that manifest and those skills brings."""
    return PackAsks(
        skills={name: asks for name, asks in skills.items() if asks},
        hooks_module=manifest.hooks_module,
        tools=manifest.permissions.tools,
        network=manifest.permissions.network,
        paths=manifest.permissions.paths,
    )


def _skill(skill: str, layout: Mapping[str, EntryLine], facts: SkillFacts) -> StoredSkill:
    return StoredSkill(
        description=facts.description,
        tokens=listing_tokens(skill, facts.description),
        files=layout,
        on_demand=facts.on_demand,
    )


def _requires(requires: Requires) -> dict[str, tuple[str, ...]]:
    said = {
        "agents": requires.agents,
        "bins": requires.bins,
        "env": requires.env,
        "os": requires.os,
        "skillctl": (str(requires.skillctl),) if requires.skillctl else (),
    }
    return {key: values for key, values in said.items() if values}
