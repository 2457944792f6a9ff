"""Packs and registries to test with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from skillctl.core.release import Release
from skillctl_registry.backends import Backend
from skillctl_registry.blobs import OpenBlobs, nowhere
from skillctl_registry.packs import read_manifest, release_of
from skillctl_registry.publish import Written, publish

NOW = "2026-11-22T10:00:00Z"


def pack_files(name: str, version: str = "1.0.0", **more: str) -> dict[str, bytes]:
    """The files of a small pack; `more` is file name -> text, with `__` for the dot."""
    manifest = {"name": name, "version": version, "description": f"About {name}.", "capabilities": ["testing"]}
    files = {
        "CONTEXT.md": f"# {name}\n".encode(),
        "skill.json": json.dumps(manifest).encode(),
        "skills/one/SKILL.md": b"---\nname: one\ndescription: One.\n---\n",
    }
    return files | {key.replace("__", "."): text.encode() for key, text in more.items()}


def with_members(pack: Mapping[str, bytes], /, **members: object) -> dict[str, bytes]:
    """The pack with more in its manifest."""
    manifest = {**json.loads(pack["skill.json"]), **members}
    return {**pack, "skill.json": json.dumps(manifest).encode()}


def release_of_files(files: Mapping[str, bytes]) -> Release:
    """The release that these files are, as `publish` wants it."""
    return release_of(read_manifest(files["skill.json"], file="skill.json"), files)


def publish_pack(backend: Backend, name: str, version: str = "1.0.0", **more: str) -> Written:
    """Publish a small pack."""
    return publish_files(backend, pack_files(name, version, **more))


def publish_files(backend: Backend, files: Mapping[str, bytes], *, elsewhere: OpenBlobs = nowhere) -> Written:
    """Publish the pack with these files."""
    return publish(backend, files, release_of_files(files), now=NOW, new_id="test-registry", elsewhere=elsewhere)


def write_pack(folder: Path, directory: str, files: Mapping[str, bytes]) -> Path:
    """Write the files as a directory of a folder of packs."""
    root = folder / directory
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root
