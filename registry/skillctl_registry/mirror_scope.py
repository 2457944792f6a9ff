"""mirror.json: which packs a mirror has that was made of some alone. Signed metadata names all the others as well."""

from __future__ import annotations

from collections.abc import Collection

from skillctl.core.errors import ManifestError, RegistryError
from skillctl.core.fields import Fields, check_format
from skillctl.core.json_value import JsonObject
from skillctl.core.limits import LIMITS, Limits
from skillctl.formats.json_text import dump_json, load_json
from skillctl_registry.backends import Backend

MIRROR = "mirror.json"
FORMAT = "1.0"


def mirrored_packs(backend: Backend, *, limits: Limits = LIMITS) -> frozenset[str] | None:
    """The packs that a mirror of some has; None for every other registry, which has all that its index names."""
    data = backend.get(MIRROR, max_bytes=limits.index_bytes)
    if data is None:
        return None
    file = f"{backend.label}/{MIRROR}"
    try:
        fields = Fields(
            load_json(data, file=file, max_bytes=limits.index_bytes, max_depth=limits.json_depth), file=file
        )
        check_format(fields, kind="mirror")
        return frozenset(fields.texts("packs")) if "packs" in fields else None
    except ManifestError as error:
        raise RegistryError(*error.problems) from error


def scope_to_bytes(packs: Collection[str] | None) -> bytes:
    """The text of mirror.json; None: the mirror has all."""
    members: JsonObject = {} if packs is None else {"packs": sorted(packs)}
    return dump_json({"format": FORMAT, **members})
