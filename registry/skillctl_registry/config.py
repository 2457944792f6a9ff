"""A registry's config.json: its format, its id, and where its archives lie.

The id is random, made with the registry and kept by every mirror of it: a lock names it, and so means the same registry
under whatever alias or address somebody has it.

A registry with its archives elsewhere is of format 2.0, every other one of 1.0: a reader who knows nothing of `blobs`
would look for them beside the index and find none, so it has to refuse the registry, in words that say why.
"""

from __future__ import annotations

from skillctl.core.errors import ManifestError, RegistryError, SkillctlError
from skillctl.core.fields import Fields, check_format
from skillctl.core.json_value import JsonObject
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass
from skillctl.formats.json_text import dump_json, load_json
from skillctl_registry.backends import Backend, is_too_long

CONFIG = "config.json"
FORMAT = "1.0"
FORMAT_WITH_BLOBS = "2.0"

_ID_LENGTHS = range(8, 65)
_ID_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryConfig:
    """What a registry says of itself."""

    id: str
    """8 to 64 lower-case letters, digits and hyphens."""
    signed: bool = False
    """Whether its index is signed: then nothing of it is read without a root that is trusted."""
    api: bool = False
    """Whether a server stands behind its address, which takes what is published (`skillctl_registry.endpoints`)."""
    blobs: str = ""
    """Where its archives lie: `oci://host/repository`; empty: beside the index."""


def config_to_bytes(config: RegistryConfig) -> bytes:
    """The text of config.json."""
    signed: JsonObject = {"signed": True} if config.signed else {}
    api: JsonObject = {"api": True} if config.api else {}
    blobs: JsonObject = {"blobs": config.blobs} if config.blobs else {}
    return dump_json({"format": FORMAT_WITH_BLOBS if blobs else FORMAT, "id": config.id, **signed, **api, **blobs})


def config_from_bytes(data: bytes, *, file: str, limits: Limits = LIMITS) -> RegistryConfig:
    """The strict door of config.json. RegistryError if it is none, or of a newer major format."""
    try:
        value = load_json(data, file=file, max_bytes=limits.manifest_bytes, max_depth=limits.json_depth)
        fields = Fields(value, file=file)
        check_format(fields, kind="registry", supported=2)
        found = fields.text("id")
        if len(found) not in _ID_LENGTHS or not _ID_LETTERS.issuperset(found):
            fields.refuse("an id of 8 to 64 lower-case letters, digits and hyphens", "id")
        signed = fields["signed"] is not None and fields.flag("signed")
        api = fields["api"] is not None and fields.flag("api")
        blobs = _blobs(fields)
    except ManifestError as error:
        raise RegistryError(*error.problems) from error
    return RegistryConfig(id=found, signed=signed, api=api, blobs=blobs)


def _blobs(fields: Fields) -> str:
    """Where the archives lie. ManifestError E146 if that is no repository, or if older readers would not notice it."""
    if "blobs" not in fields:
        return ""
    from skillctl_registry.oci import is_repository  # most registries have their archives beside the index

    place = fields.text("blobs")
    if not is_repository(place):
        fields.refuse("a repository of an OCI registry such as `oci://ghcr.io/acme/packs`", "blobs")
    if not fields.text("format", FORMAT).startswith("2."):
        fields.refuse(f"`{FORMAT_WITH_BLOBS}`, since there is `blobs`", "format")
    return place


def read_config(backend: Backend, *, limits: Limits = LIMITS) -> RegistryConfig | None:
    """The registry's config; None if it has none yet, so that it is empty."""
    data = backend.get(CONFIG, max_bytes=limits.manifest_bytes)
    return None if data is None else config_from_bytes(data, file=f"{backend.label}/{CONFIG}", limits=limits)


def whole_config(backend: Backend, *, limits: Limits = LIMITS) -> RegistryConfig | None:
    """The same for whoever knows it otherwise: None, too, if what lies there is no config of any format."""
    try:
        return read_config(backend, limits=limits)
    except SkillctlError as error:
        if error.code == "E148" or not (error.code.startswith(("E14", "E15")) or is_too_long(error)):
            raise
        return None


def ensure_config(backend: Backend, *, new_id: str = "", limits: Limits = LIMITS) -> RegistryConfig:
    """The registry's config, made if it has none. The id made is random, unless one is given."""
    found = read_config(backend, limits=limits)
    if found is not None:
        return found
    made = RegistryConfig(id=new_id or random_id())
    if backend.put_if_absent(CONFIG, config_to_bytes(made)):
        return made
    return ensure_config(backend, new_id=new_id, limits=limits)  # somebody else was quicker: theirs counts


def random_id() -> str:
    """An id for a new registry."""
    import secrets

    return secrets.token_hex(16)
