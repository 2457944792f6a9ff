"""Bringing a locked release into the store: from its registry, checked, and with what installing needs of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from skillctl.archive.reader import Member, Unpacked
from skillctl.core.digests import EntryLine, entry_line
from skillctl.core.errors import ManifestError, RegistryError
from skillctl.core.hidden_text import grave_code_points, may_hide
from skillctl.core.json_value import strings_in
from skillctl.core.layout import Layout, lay_out
from skillctl.core.limits import Limits
from skillctl.core.lockfile import LockedPack
from skillctl.core.manifest import MANIFEST_FILE, Manifest, Requires, manifest_to_json
from skillctl.core.settings import Settings
from skillctl.core.skill_asks import PackAsks, SkillAsks
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.source import origin_of_source
from skillctl.core.stored import StoredPack, StoredSkill
from skillctl.core.tokens import listing_tokens
from skillctl.core.value import replace
from skillctl.formats.front_matter import SkillFacts, skill_facts
from skillctl.store.store import Store
from skillctl_registry.order import Registries
from skillctl_registry.packs import read_manifest

if TYPE_CHECKING:
    from skillctl_registry.sources.origin import Offer, Origins


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


def fetch_own(name: str, locked: LockedPack, store: Store | None, origins: Origins, settings: Settings) -> StoredPack:
    """The same for a pack from a place of its own. RegistryError E259 if there are other files there now."""
    offer = origins.locked(name, locked.source, locked.tree)
    if offer.tree != locked.tree and not locked.is_editable:
        raise changed_place(name, locked, offer)
    pack = stored_offer(offer, settings.limits)
    if pack.name != name or (pack.version != str(locked.version) and not locked.is_editable):
        found, origin = f"{pack.name} {pack.version}", str(origin_of_source(locked.source))
        raise RegistryError.of("E262", release=f"{name} {locked.version}", found=found, origin=origin)
    if store is not None and not (store.record(pack.tree) == pack and store.is_whole(pack.tree)):
        store.add(pack, offer.files)
    return replace(pack, tree=locked.tree, live=offer.root) if locked.is_editable else pack


def changed_place(name: str, locked: LockedPack, offer: Offer) -> RegistryError:
    """The error that a place holds other files than were locked."""
    origin = str(origin_of_source(locked.source))
    return RegistryError.of("E259", name=name, origin=origin, expected=locked.tree, found=offer.tree)


def stored_offer(offer: Offer, limits: Limits) -> StoredPack:
    """What installing needs to know of a pack from a place of its own."""
    members = [Member(path, data) for path, data in offer.files.items()]
    unpacked = Unpacked(members, offer.entries, offer.tree, sum(entry.size for entry in offer.entries))
    called = f"{offer.name} {offer.manifest.version}"
    pack = stored_of(unpacked, offer.files, called=called, limits=limits, manifest=offer.manifest)
    return replace(pack, inferred=offer.inferred)


def stored_of(
    unpacked: Unpacked,
    files: Mapping[str, bytes],
    *,
    called: str,
    limits: Limits,
    manifest: Manifest | None = None,
) -> StoredPack:
    """What installing needs to know of the tree. ManifestError if the pack breaks a rule that installing rests on.

    The manifest is that of the files, unless it was inferred.
    """
    if manifest is None:
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
        hidden=_hidden(files, layouts, manifest, facts),
    )


def _hidden(
    files: Mapping[str, bytes], layouts: Layout, manifest: Manifest, facts: Mapping[str, SkillFacts]
) -> dict[str, tuple[str, ...]]:
    """File -> code points of its text that nobody sees. Most files are plain ASCII: that is seen fast.

    Looked at are the files of skills as they are written; and what is read from front matter and the manifest, since
    YAML and JSON can write every character in ASCII.
    """
    found: dict[str, tuple[str, ...]] = {}
    for path in dict.fromkeys(path for layout in layouts.values() for path in layout.values()):
        if grave := _written(files[path], path):
            found[path] = grave
    for skill, known in facts.items():
        if known.escaped:
            path = layouts[skill][SKILL_FILE]
            found[path] = tuple(dict.fromkeys((*found.get(path, ()), *known.escaped)))
    data = files.get(MANIFEST_FILE)
    looks = data is None or b"\\" in data or may_hide(data)
    if looks and (grave := grave_code_points(text for _, text in strings_in(manifest_to_json(manifest)))):
        found[MANIFEST_FILE] = tuple(dict.fromkeys((*found.get(MANIFEST_FILE, ()), *grave)))
    return found


def _written(data: bytes, path: str) -> tuple[str, ...]:
    if not may_hide(data):
        return ()
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ()
    return () if "\0" in text and not path.endswith(".md") else grave_code_points([text])


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
        manual=facts.manual,
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
