"""A registry's files in an object store: S3 and what speaks like it, Google's and Azure's.

    s3://bucket/folder   gs://bucket/folder   az://container/folder

The store's own conditions are what publishers race by: a blob is put if its key has none (If-None-Match: *), an index
file if it is still the one that was compared (If-Match with its ETag). What was answered is kept, so nothing need be
flushed. Keys and endpoints come from the environment, as for every program that speaks to such a store; a store that
the user did not name is asked without any keys.

The store's library asks again by itself where an answer was lost, and may then find what it wrote before: a put that
"lost" so is no harm, since whoever puts a blob compares it with what is there, and whoever sets an index file reads it
again and finds the release in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Place, Problem
from skillctl.core.errors import RegistryError
from skillctl.core.limits import MIB
from skillctl_registry.at_once import at_once

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

SCHEMES = ("s3://", "s3a://", "gs://", "az://", "abfs://", "abfss://")

_ENDPOINTS = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "gs": ("GOOGLE_BASE_URL",),
    "a": (
        *("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
        *("AZURE_STORAGE_USE_EMULATOR", "AZURE_USE_EMULATOR"),
    ),
}
"""The variables of the environment that say whose store is meant, by how an address begins."""
_COMPARED = 64 * MIB  # more than any limit lets a registry's file have
_CODE = re.compile(r"<Code>(\w+)</Code>")
_WITH_KEYS = (
    "the keys come from the environment, as for the store's own programs (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, "
    "GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_ACCOUNT_KEY)"
)
_WITHOUT_KEYS = (
    "only a project names this registry, so it was shown no keys; if you trust it, `skillctl registry add` "
    "makes it one of yours"
)
_STATUS = re.compile(r"status code: (\d{3} [\w ]+)")


class ObjectStoreBackend:
    """The files of a registry below one address of an object store."""

    def __init__(self, store: ObjectStore, *, label: str, signed: bool = True) -> None:
        """`store` begins at the registry's own folder; `label` is its address; `signed`: the user's keys are shown."""
        self._store = store
        self._label = label
        self._signed = signed
        self._ready: dict[str, bytes | None] = {}

    @property
    def label(self) -> str:
        return self._label

    @property
    def problems(self) -> tuple[Problem, ...]:
        """None: a store gives what it has."""
        return ()

    def get(self, key: str, *, max_bytes: int) -> bytes | None:
        if key in self._ready:
            return self._ready.pop(key)
        found = self.read(key, max_bytes=max_bytes)
        return found[0] if found else None

    def prefetch(self, keys: Collection[str], *, max_bytes: int, then: Callable[[str], object] | None = None) -> None:
        """Read them at once; each is kept for the one `get` that follows."""

        def read(key: str) -> None:
            with suppress(RegistryError):
                found = self.read(key, max_bytes=max_bytes)
                self._ready[key] = found[0] if found else None

        wanted = [key for key in keys if key not in self._ready]
        with at_once(read, wanted) as answers:
            for key, _ in zip(wanted, answers, strict=True):
                if then is not None:
                    then(key)

    def read(self, key: str, *, max_bytes: int, known: str = "") -> tuple[bytes, str] | None:
        """The bytes and their ETag; no bytes if it is still the `known` one."""
        import obstore
        from obstore.exceptions import NotModifiedError

        with self._faults(key):
            try:
                found = obstore.get(self._store, key, options={"if_none_match": known} if known else None)
            except NotModifiedError:
                return b"", known
            except FileNotFoundError as error:
                if "NoSuchBucket" not in str(error):
                    return None
                raise
            size = found.meta["size"]
            if size > max_bytes:
                place = Place(file=f"{self._label}/{key}")
                raise RegistryError.of("E755", place=place, key=key, location=self._label, size=size, limit=max_bytes)
            return bytes(found.bytes()), found.meta["e_tag"] or ""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        return self._put(key, data, e_tag=None)

    def compare_and_set(self, key: str, expected: bytes | None, new: bytes) -> bool:
        found = self.read(key, max_bytes=_COMPARED)
        if (found[0] if found else None) != expected:
            return False
        return self._put(key, new, e_tag=found[1] if found else None)

    def list(self, prefix: str) -> Iterator[str]:
        import obstore

        with self._faults(prefix):
            found = [each["path"] for page in obstore.list(self._store, prefix=prefix) for each in page]
        return (key for key in sorted(found) if not any(part.startswith(".") for part in key.split("/")))

    def size(self, key: str) -> int | None:
        """Bytes of the file; None if it is not there."""
        found = self._head(key)
        return None if found is None else found["size"]

    def piece(self, key: str, first: int, end: int) -> bytes | None:
        """Its bytes from `first` up to `end`; None if it is not there."""
        import obstore

        with self._faults(key), suppress(FileNotFoundError):
            return bytes(obstore.get_range(self._store, key, start=first, end=end))
        return None

    def written(self, key: str) -> float | None:
        """When the file was written, in seconds since 1970 by the store's clock; None if it is not there."""
        found = self._head(key)
        return None if found is None else found["last_modified"].timestamp()

    def remove_older(self, key: str, than: float) -> bool:
        """Take the file away if it was written before that time; whether it is gone.

        Stores know no condition for that: a writer who puts the same file between the look and the removal loses it.
        The two follow at once on each other, and what is looked at is a day old or more.
        """
        import obstore

        when = self.written(key)
        if when is None or when >= than:
            return False
        self._ready.pop(key, None)
        with self._faults(key):
            obstore.delete(self._store, key)
        return True

    def _head(self, key: str) -> ObjectMeta | None:
        """What the store knows of the file."""
        import obstore

        with self._faults(key), suppress(FileNotFoundError):
            return obstore.head(self._store, key)
        return None

    def _put(self, key: str, data: bytes, *, e_tag: str | None) -> bool:
        """Put the bytes if the key has those of that ETag, None: if it has none."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        self._ready.pop(key, None)
        with self._faults(key):
            try:
                if e_tag is None:
                    obstore.put(self._store, key, data, mode="create")
                else:
                    obstore.put(self._store, key, data, mode={"e_tag": e_tag})
            except (AlreadyExistsError, PreconditionError):
                return False
        return True

    @contextmanager
    def _faults(self, key: str) -> Iterator[None]:
        """Turn what the store says into errors of ours."""
        from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

        place = Place(file=f"{self._label}/{key}")
        try:
            yield
        except NotImplementedError:
            raise RegistryError.of("E752", place=place, location=self._label) from None
        except (BaseError, OSError) as error:
            refused = isinstance(error, (PermissionDeniedError, UnauthenticatedError, PermissionError))
            # of a list only the text says so
            code = "E751" if refused or re.search(r"status code: 40[13]\b", str(error)) else "E750"
            evidence = {"advice": _WITH_KEYS if self._signed else _WITHOUT_KEYS} if code == "E751" else {}
            raise RegistryError.of(
                code, place=place, location=self._label, reason=_reason(error), **evidence
            ) from error


def is_object_store(location: str) -> bool:
    """Whether the location is an address of an object store."""
    return location.lower().startswith(SCHEMES)


def endpoint_of(location: str, environment: Mapping[str, str]) -> str:
    """What the environment says of whose store the address means, as the library reads it; empty if nothing.

    The names of buckets are one's own at each of them.
    """
    asked = next((names for scheme, names in _ENDPOINTS.items() if location.startswith(scheme)), ())
    return " ".join(f"{name}={environment[name].rstrip('/')}" for name in asked if environment.get(name))


def open_object_store(location: str, *, signed: bool = True, retries: int = 5) -> ObjectStoreBackend:
    """The registry at that address. RegistryError E753 for what is none, E754 if the library is not installed.

    `signed`: requests carry the keys of the environment.
    """
    try:
        from obstore.exceptions import BaseError
        from obstore.store import from_url
    except ImportError as error:
        raise RegistryError.of("E754") from error
    if not is_object_store(location):
        raise RegistryError.of("E753", location=location, reason="such a kind of store is not known")
    try:
        store = from_url(
            location.rstrip("/"), config={"skip_signature": not signed}, retry_config={"max_retries": retries}
        )
    except (BaseError, ValueError) as error:
        raise RegistryError.of("E753", location=location, reason=_reason(error)) from error
    return ObjectStoreBackend(store, label=location.rstrip("/"), signed=signed)


def _reason(error: Exception) -> str:
    """The part of the library's text that a person can use: it goes on for pages, and repeats addresses."""
    text = str(error)
    code, status = _CODE.search(text), _STATUS.search(text)
    if code:
        return code.group(1)
    if status:
        return status.group(1)
    return "it can't be reached" if "error sending request" in text else text.partition("\n")[0].rpartition(": ")[2]
