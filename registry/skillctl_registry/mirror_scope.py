"""mirror.json: what a mirror has that differs from the registry whose files it has.

A mirror of some packs names them, since signed metadata names all the others as well. One of a registry that keeps its
archives elsewhere has them beside the index, and says so: its config.json is the registry's own, and may be signed.
One of a served registry, whose config.json tells of a server, shows by the file alone that it has none itself.
Nothing here is signed, and nothing is believed by it: whoever forges it, archives have the digests of the index.
"""

from __future__ import annotations

from skillctl.core.errors import ManifestError, RegistryError
from skillctl.core.fields import Fields, check_format
from skillctl.core.json_value import JsonObject
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass
from skillctl.formats.json_text import dump_json, load_json
from skillctl_registry.backends import Backend

MIRROR = "mirror.json"
FORMAT = "1.0"


@dataclass(frozen=True, kw_only=True, slots=True)
class MirrorFacts:
    """What a mirror says of itself."""

    packs: frozenset[str] | None = None
    """None: all that its index names, as every other registry has."""
    blobs_here: bool = False
    """Whether its archives lie beside its index, whatever its config.json says."""


def mirrored_packs(backend: Backend, *, limits: Limits = LIMITS) -> frozenset[str] | None:
    """The packs that a mirror of some has; None for every other registry."""
    return _facts(backend, limits).packs


def has_blobs_here(backend: Backend, *, limits: Limits = LIMITS) -> bool:
    """Whether it is a mirror with the archives of a registry that has them elsewhere."""
    return _facts(backend, limits).blobs_here


def is_mirror(backend: Backend, *, limits: Limits = LIMITS) -> bool:
    """Whether it says of itself that it is a mirror; one that is like its registry in everything need not."""
    return backend.get(MIRROR, max_bytes=limits.index_bytes) is not None


def _facts(backend: Backend, limits: Limits) -> MirrorFacts:
    data = backend.get(MIRROR, max_bytes=limits.index_bytes)
    if data is None:
        return MirrorFacts()
    file = f"{backend.label}/{MIRROR}"
    try:
        fields = Fields(
            load_json(data, file=file, max_bytes=limits.index_bytes, max_depth=limits.json_depth), file=file
        )
        check_format(fields, kind="mirror")
        packs = frozenset(fields.texts("packs")) if "packs" in fields else None
        return MirrorFacts(packs=packs, blobs_here=fields.flag("blobs_here"))
    except ManifestError as error:
        raise RegistryError(*error.problems) from error


def mirror_to_bytes(facts: MirrorFacts) -> bytes:
    """The text of mirror.json."""
    packs: JsonObject = {} if facts.packs is None else {"packs": sorted(facts.packs)}
    here: JsonObject = {"blobs_here": True} if facts.blobs_here else {}
    return dump_json({"format": FORMAT, **packs, **here})
