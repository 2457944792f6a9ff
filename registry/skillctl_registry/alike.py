"""New names that people would take for one that a registry has, where no server knows whose names they are.

Whoever may write to the files of a registry may write under every name, so this is no wall, as it is in the server: it
keeps a slip, or a colleague's pack of much the same name, from becoming a second pack. The author that the manifests
name stands for the owner: the same one may have names that are alike.

Of two alike names that come at the same moment one gets in: the look is repeated with the commit. In a directory nobody
brings another new name meanwhile, and the commit of a signed registry fails if anybody did. An unsigned registry in an
object store has neither a lock nor a commit for more than one file: there both may get in.
"""

from __future__ import annotations

from collections.abc import Collection

from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.file_names import MANIFEST_FILE
from skillctl.core.likeness import too_alike
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.names import scope_of
from skillctl_registry.backends import Backend
from skillctl_registry.blobs import OpenBlobs, nowhere
from skillctl_registry.index import INDEX, name_in_path
from skillctl_registry.packs import read_manifest
from skillctl_registry.sources.registry import RegistrySource


def refuse_alike(
    backend: Backend,
    name: str,
    manifest: bytes,
    *,
    besides: Collection[str] = (),
    elsewhere: OpenBlobs = nowhere,
    limits: Limits = LIMITS,
) -> frozenset[str]:
    """Refuse a name that the registry does not have yet if it is too like one of another author. RegistryError E723.

    The keys of the index that are there now; `besides` are those that need no look any more.
    """
    own = scope_of(name)
    there = frozenset(backend.list(INDEX))
    names = (each for key in sorted(there.difference(besides)) if (each := name_in_path(key)) is not None)
    alike = [each for each in names if too_alike(name, each) and (own is None or scope_of(each) != own)]
    if not alike:
        return there
    source = RegistrySource(backend, label=backend.label, elsewhere=elsewhere, limits=limits)
    author = read_manifest(manifest, file=MANIFEST_FILE, limits=limits).author
    for other in alike:
        if _author(source, other, limits) != author:
            raise RegistryError.of("E723", name=name, other=other)
    return there


def _author(source: RegistrySource, name: str, limits: Limits) -> str | None:
    """Who the newest release of the pack says has made it; None if that can't be read."""
    try:
        newest = (source.releases(name) or ())[-1]
        text = next(each.data for each in source.fetch(newest).members if each.path == MANIFEST_FILE)
        return read_manifest(text, file=MANIFEST_FILE, limits=limits).author
    except (SkillctlError, IndexError, StopIteration):
        return None
