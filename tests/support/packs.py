"""Packs and registries to install from, told in a line each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from skillctl.core.names import unscoped
from skillctl.core.versions import parse_version
from skillctl_registry.opening import open_backend
from skillctl_registry.publish import publish, yank
from tests.registry.making import NOW, release_of_files, write_pack

__all__ = ["folder_with", "pack", "publish_to", "skill_text", "write_pack", "yank_in"]


def skill_text(name: str, text: str = "") -> bytes:
    """The SKILL.md of a skill; `text` is its body."""
    return f"---\nname: {name}\ndescription: What {name} does.\n---\n\n{text or name}\n".encode()


def pack(
    name: str,
    version: str = "1.0.0",
    *needs: str,
    skills: Iterable[str] | None = None,
    files: Mapping[str, str] | None = None,
    text: str = "",
    **manifest: object,
) -> dict[str, bytes]:
    """The files of a pack that needs others (`base ^1.0.0`).

    Without `skills` it has one that is called as the pack; `text` stands in each, so that versions differ by more than
    their number if a test wants that. `manifest` is more members of skill.json.
    """
    members: dict[str, object] = {"name": name, "version": version, "description": f"About {name}."}
    if needs:
        members["dependencies"] = list(needs)
    named = [unscoped(name)] if skills is None else skills
    return {
        **{path: content.encode() for path, content in (files or {}).items()},
        **{f"skills/{skill}/SKILL.md": skill_text(skill, text or f"{skill} {version}") for skill in named},
        "skill.json": json.dumps({**members, **manifest}, indent=2).encode(),
    }


def publish_to(registry: Path, *packs: Mapping[str, bytes]) -> Path:
    """The registry directory, made if it is not there, with these releases in it.

    Its id is `id-of-<its name>`, so that tests can name it.
    """
    backend = open_backend(str(registry))
    for files in packs:
        publish(backend, files, release_of_files(files), now=NOW, new_id=f"id-of-{registry.name}")
    return registry


def yank_in(registry: Path, name: str, version: str, reason: str | None = "broken") -> None:
    """Yank a release, or take that back with the reason None."""
    yank(open_backend(str(registry)), name, parse_version(version), reason)


def folder_with(folder: Path, *packs: Mapping[str, bytes]) -> Path:
    """A folder of packs; the directories are numbered, since their names mean nothing."""
    for number, files in enumerate(packs):
        write_pack(folder, f"pack-{number}", files)
    return folder
