"""Which files belong into a registry by their form, and what can be told of the catalog beside the index.

A publish writes files of these forms and no others:

    metadata/timestamp.json, metadata/7.snapshot.json, metadata/3.bin-4f.json ...   of a signed registry
    index/ar/arcgis, of a signed registry index/ar/<sha256>.arcgis
    blobs/sha256/9f/<sha256>
    catalog/00.jsonl to catalog/ff.jsonl

One of them that nothing refers to may be of a publish that is on its way, or of a state that somebody is reading; any
other was put there by hand or by mistake, or by somebody who wants it to be taken for a part of the registry. What lies
beside these four directories is read by nobody: a registry may be a part of a web site.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.digests import is_sha256_digest
from skillctl.core.errors import SkillctlError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.versions import Version
from skillctl.formats.json_text import load_json
from skillctl_registry.backends import Backend
from skillctl_registry.catalog import CATALOG, read_catalog
from skillctl_registry.index import INDEX, blob_path, name_in_path
from skillctl_registry.signing.tidying import BLOBS
from skillctl_registry.trust.files import METADATA, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, max_bytes, metadata_key

FORMED = (METADATA, INDEX, BLOBS, CATALOG)
"""Where nothing belongs but these files."""

_SHARD = re.compile(r"catalog/[0-9a-f]{2}\.jsonl\Z")
_NUMBERED = re.compile(r"metadata/[1-9][0-9]*\.([a-z0-9-]+)\.json\Z")
_TYPES = (ROOT, SNAPSHOT, TARGETS, TIMESTAMP)


def has_form(key: str, *, bins: Collection[str] | None) -> bool:
    """Whether a publish may have written the file. `bins` are the roles of a signed registry's bins; None: unsigned."""
    if key.startswith(METADATA):
        return bins is not None and role_of(key, bins) != ""
    if key.startswith(INDEX):
        return name_in_path(key if bins is None else _without_digest(key)) is not None
    if key.startswith(BLOBS):
        digest = f"sha256:{key.rpartition('/')[2]}"
        return is_sha256_digest(digest) and blob_path(digest) == key
    return _SHARD.match(key) is not None


def role_of(key: str, bins: Collection[str]) -> str:
    """The role whose file of metadata that is, by its name; empty if it is none's."""
    if key == metadata_key(TIMESTAMP):
        return TIMESTAMP
    numbered = _NUMBERED.match(key)
    role = numbered[1] if numbered is not None else ""
    return role if role in (ROOT, SNAPSHOT, TARGETS) or role in bins else ""


def damage_of(backend: Backend, key: str, role: str, *, limits: Limits = LIMITS) -> Problem | None:
    """What ails a file of metadata that nothing refers to: that it is of another kind than its name says.

    Nothing is verified. One that is torn is no more than rubbish: it is left behind where a registry is made again.
    """
    expected = role if role in _TYPES else TARGETS
    place = Place(file=f"{backend.label}/{key}")
    try:
        data = backend.get(key, max_bytes=max_bytes(role))
        if data is None:
            return None  # it was taken away just now
        value = load_json(data, file=key, max_bytes=len(data), max_depth=limits.json_depth)
    except SkillctlError:
        value = None
    signed = value.get("signed") if isinstance(value, dict) else None
    found = signed.get("_type") if isinstance(signed, dict) else None
    if found == expected or found not in _TYPES:
        return None
    return problem("E700", place=place, role=role, registry=backend.label, reason=f"it is one of {found}")


def catalog_problems(
    backend: Backend, names: Collection[str], latest: Mapping[str, Version | None], *, limits: Limits = LIMITS
) -> tuple[Problem, ...]:
    """A warning if search would tell otherwise than the index.

    `names` are all packs of the index, `latest` has the version that stands for each of which that is known.
    """
    try:
        told = {each.name: each.latest for each in read_catalog(backend, limits=limits)}
    except SkillctlError:
        told = {}
    offered = {name: version for name, version in latest.items() if version is not None}
    wrong = {name for name, version in offered.items() if told.get(name) != version}
    wrong |= {name for name in told if name not in names or (name in latest and name not in offered)}
    if not wrong:
        return ()
    return (problem("W711", registry=backend.label, count=len(wrong), packs=sorted(wrong)[:5]),)


def _without_digest(key: str) -> str:
    """`index/ar/arcgis` for `index/ar/<sha256>.arcgis`; empty if the key is not of that form."""
    directory, _, last = key.rpartition("/")
    digest, _, name = last.partition(".")
    return f"{directory}/{name}" if is_sha256_digest(f"sha256:{digest}") else ""
