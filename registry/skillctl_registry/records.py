"""What installing needs to know of a pack's files: the record that the store keeps beside a tree.

It is worked out of the files alone, once: when a tree comes into the store, when somebody looks at a release, and when
a registry's server shows it.
"""

from __future__ import annotations

from collections.abc import Mapping

from skillctl.archive.reader import Unpacked
from skillctl.core.digests import EntryLine, entry_line
from skillctl.core.errors import ManifestError
from skillctl.core.hidden_text import grave_code_points, may_hide
from skillctl.core.json_value import strings_in
from skillctl.core.layout import Layout, lay_out
from skillctl.core.limits import Limits
from skillctl.core.manifest import MANIFEST_FILE, Manifest, Requires, manifest_to_json
from skillctl.core.skill_asks import PackAsks, SkillAsks
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.stored import StoredPack, StoredSkill
from skillctl.core.tokens import listing_tokens
from skillctl.formats.front_matter import SkillFacts, skill_facts
from skillctl_registry.packs import read_manifest


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
        deprecated=manifest.deprecated,
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
