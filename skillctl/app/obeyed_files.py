"""The files of an install that somebody obeys: what agents read as instructions, and hooks that skillctl itself runs.

Patchwork is asked about each of them by its path. Working them out takes a look at every manifest, so it is done for
whoever is asked and for nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from skillctl.app.packs import InstalledTree
from skillctl.app.trees import open_store
from skillctl.core.effects import Effect, Install
from skillctl.core.manifest import MANIFEST_FILE
from skillctl.core.settings import Settings
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.stored import StoredPack
from skillctl.core.value import replace
from skillctl.install.plan import Change, WantedCopy
from skillctl.install.scope import Scope


def with_obeyed_files(
    effects: Iterable[Effect],
    changes: Sequence[Change],
    packs: Mapping[str, StoredPack],
    scope: Scope,
    settings: Settings,
) -> tuple[Effect, ...]:
    """The effects, each install with the absolute paths of the SKILL.md and hooks files that it brings."""
    skills: dict[str, list[str]] = {}
    for each in changes:
        if each.action != "remove" and isinstance(each.wanted, WantedCopy):
            file = scope.directory(each.directory) / each.skill / SKILL_FILE
            skills.setdefault(each.pack, []).append(str(file))
    return tuple(
        replace(each, files=(*skills.get(each.pack, ()), *_hooks(packs[each.pack], settings)))
        if isinstance(each, Install)
        else each
        for each in effects
    )


def _hooks(pack: StoredPack, settings: Settings) -> Iterable[str]:
    """The hooks module in the store, from where it runs once it is trusted."""
    tree = InstalledTree(
        name=pack.name, version=pack.version, digest=pack.tree, store=open_store(settings), limits=settings.limits
    )
    module = tree.manifest().hooks_module if tree.file(MANIFEST_FILE) is not None else ""
    return (str(Path(tree.root) / module),) if module else ()
