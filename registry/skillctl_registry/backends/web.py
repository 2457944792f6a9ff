"""A registry's files on a web server, which need be nothing more than that: any server, CDN or bucket that gives files.

1. What may change (config, index, catalog) is asked for with the ETag of the copy at hand, and 304 means that copy. It
   is asked for once in a command.
2. What never changes (blobs) has its digest in its key: a copy with that digest is taken without asking.
3. What a signature vouches for (metadata, and index files under their digest) is not kept here: who verifies it keeps
   it, and reads it from there.
4. A key that the server does not have is only believed of a server that has a config.json: a wrong address has nothing
   at all, and its names would fall to the next registry.
5. Once a server can't be reached, the command doesn't try again for each name.
6. Without a network everything comes from the copies, and `problems` says since when they are.

There is no listing on the web, so the catalog, whose files have known names, says which packs there are. An object
store is read by the same rules, and can list.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass
from skillctl.core.web import Request, Response, joined, masked
from skillctl_registry.at_once import at_once
from skillctl_registry.cache import AnswerCache, Kept

if TYPE_CHECKING:
    from skillctl.edges.http import Transport

_BLOBS = "blobs/sha256/"
_CONFIG = "config.json"
_INDEX = "index/"
_CATALOG = "catalog/"
_SIGNED = re.compile(r"metadata/|index/[^/]+/[0-9a-f]{64}\.")
_RENEWED = re.compile(r"metadata/(?:timestamp|[0-9]+\.root)\.json\Z")
_HOUR = len("2026-11-22T10")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of asking for one key."""

    data: bytes | None = None
    error: SkillctlError | None = None


class WebBackend:
    """The files of a registry below one address; read only. Used by several threads at once."""

    def __init__(
        self,
        url: str,
        *,
        name: str,
        http: Transport,
        cache: AnswerCache,
        now: Callable[[], str],
        offline: bool = False,
        listing: Callable[[str], Iterator[str]] | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        """`name` is what messages call the registry; `now` gives the time, RFC 3339; `listing` lists what is there."""
        self._url = url.rstrip("/")
        self._label = masked(self._url)
        self._name = name
        self._http = http
        self._cache = cache
        self._now = now
        self._offline = offline
        self._listing = None if offline else listing
        self._limits = limits
        self._answers: dict[str, _Answer] = {}
        self._down: SkillctlError | None = None
        self._since: str = ""
        self._has_catalog = False
        """Whether any of the catalog was read before: without a network, nothing of it is not the same as none."""
        self._lock = threading.Lock()

    @property
    def label(self) -> str:
        return self._label

    @property
    def problems(self) -> tuple[Problem, ...]:
        """That copies were used without asking, and since when they are; that some of them were damaged."""
        found: list[Problem] = []
        if self._since:
            found.append(problem("W240", severity="note", registry=self._name, since=self._since))
        if self._cache.damaged:
            found.append(problem("W241", registry=self._name, count=self._cache.damaged))
        return tuple(found)

    def get(self, key: str, *, max_bytes: int) -> bytes | None:
        if key.startswith(_BLOBS):
            return self._blob(key, max_bytes)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = self._asked(key, max_bytes)
        if _RENEWED.match(key):
            del self._answers[key]  # whoever finds that keys were changed meanwhile asks again, and wants to know
        if answer.error is not None:
            raise answer.error
        if answer.data is None and key != _CONFIG and self.get(_CONFIG, max_bytes=self._limits.manifest_bytes) is None:
            raise RegistryError.of("E232", location=self.label, reason="there is no config.json")
        return answer.data

    def prefetch(self, keys: Collection[str], *, max_bytes: int, then: Callable[[str], object] | None = None) -> None:
        asked = dict.fromkeys(keys)
        wanted = [key for key in asked if not self._is_at_hand(key)]
        if self._offline or len(wanted) < 2:
            return
        if not all(key.startswith(_BLOBS) for key in wanted) and not self._is_at_hand(_CONFIG):
            wanted = list(dict.fromkeys([_CONFIG, *wanted]))  # of which one may be missing, and then it is asked for
        with at_once(lambda key: self._prefetched(key, max_bytes), wanted) as answers:
            for key, answer in zip(wanted, answers, strict=True):
                if answer is not None:
                    self._answers[key] = answer
                if then is not None and key in asked:
                    then(key)

    def list(self, prefix: str) -> Iterator[str]:
        """The keys below `catalog/` or `index/`, as far as the catalog knows them; or what is listed."""
        if self._listing is not None:
            keys = [*self._listing(prefix)]
            if prefix == _CATALOG:
                self.prefetch(keys, max_bytes=self._limits.index_bytes)
            yield from keys
        elif prefix == _CATALOG:
            found = self._catalog()
            if self._offline and not self._has_catalog:
                raise RegistryError.of("E292", what="the catalog", registry=self._name)
            yield from found
        elif prefix == _INDEX:
            from skillctl_registry.catalog import parse_shard
            from skillctl_registry.index import index_path

            entries = (entry for data in self._catalog().values() for entry in parse_shard(data, limits=self._limits))
            yield from sorted(index_path(entry.name) for entry in entries)

    def _catalog(self) -> dict[str, bytes]:
        """Key -> bytes of every file of the catalog that there is."""
        most = self._limits.index_bytes
        shards = [f"{_CATALOG}{number:02x}.jsonl" for number in range(256)]
        self.prefetch(shards, max_bytes=most)
        return {key: data for key in shards if (data := self.get(key, max_bytes=most)) is not None}

    def put_if_absent(self, key: str, data: bytes) -> bool:  # noqa: ARG002  never written to
        raise self._read_only()

    def compare_and_set(self, key: str, expected: bytes | None, new: bytes) -> bool:  # noqa: ARG002
        raise self._read_only()

    def _read_only(self) -> RegistryError:
        return RegistryError.of("E298", location=self.label)

    def _is_at_hand(self, key: str) -> bool:
        return self._cache.has_blob(key[-64:]) if key.startswith(_BLOBS) else key in self._answers

    def _prefetched(self, key: str, max_bytes: int) -> _Answer | None:
        """The answer to keep in mind; a blob goes to the cache alone, since it may be large."""
        if not key.startswith(_BLOBS):
            return self._asked(key, max_bytes)
        try:
            self._blob(key, max_bytes)
        except SkillctlError:
            return None  # whoever asks is told
        return None

    def _asked(self, key: str, max_bytes: int) -> _Answer:
        try:
            return _Answer(self._from_cache(key, max_bytes) if self._offline else self._fetched(key, max_bytes))
        except SkillctlError as error:
            return _Answer(error=error)

    def _from_cache(self, key: str, max_bytes: int) -> bytes | None:
        kept = self._cache.answer(key, max_bytes=max_bytes)
        if kept is None:
            if key.startswith(_CATALOG):
                return None  # advisory, and nobody decides anything by it
            raise RegistryError.of("E292", what=_called(key), registry=self._name)
        self._used(kept.seen)
        self._has_catalog |= key.startswith(_CATALOG)
        return kept.body

    def _used(self, seen: str) -> None:
        with self._lock:
            self._since = min(self._since, seen) if self._since else seen

    def _fetched(self, key: str, max_bytes: int) -> bytes | None:
        if _SIGNED.match(key):
            return self._given(self._sent(key, max_bytes, {}))
        kept = self._cache.answer(key, max_bytes=max_bytes)
        response = self._sent(key, max_bytes, _condition(kept))
        now = self._now()
        if response.status == 304 and kept is not None and kept.body is not None:
            if kept.seen[:_HOUR] != now[:_HOUR]:  # to the hour is enough, and most commands write nothing
                self._cache.keep(key, Kept(body=kept.body, seen=now, etag=kept.etag, modified=kept.modified))
            return kept.body
        data, said = self._given(response), response.headers
        if data is None:
            if kept is None or kept.body is not None or kept.seen[:_HOUR] != now[:_HOUR]:
                self._cache.keep(key, Kept(body=None, seen=now))
        elif _is_plausible(key, data):
            etag, modified = said.get("etag", ""), said.get("last-modified", "")
            self._cache.keep(key, Kept(body=data, seen=now, etag=etag, modified=modified))
        return data

    def _given(self, response: Response) -> bytes | None:
        """What the server gives; None if it says that there is nothing."""
        if response.is_absent:
            return None
        if response.status != 200:
            raise self._http.refusal(response)
        return response.body

    def _blob(self, key: str, max_bytes: int) -> bytes | None:
        """The blob: a copy that has its digest, else what the server gives, which is kept if it has it.

        What comes with another digest is handed on, so that whoever knows the release tells what is wrong with it.
        """
        sha256 = key[-64:]
        data = self._cache.blob(sha256, max_bytes=max_bytes)
        if data is not None:
            return data
        if self._offline:
            raise RegistryError.of("E292", what="an archive", registry=self._name)
        data = self._given(self._sent(key, max_bytes, {}, raw=True))
        if data is not None and hashlib.sha256(data).hexdigest() == sha256:
            self._cache.keep_blob(sha256, data)
        return data

    def _sent(self, key: str, max_bytes: int, headers: dict[str, str], *, raw: bool = False) -> Response:
        if self._down is not None:
            raise self._down
        request = Request(url=joined(self._url, key), max_bytes=max_bytes, headers=headers, raw=raw)
        try:
            return self._http.send(request)
        except SkillctlError as error:
            if error.code in ("E280", "E281", "E282", "E283", "E286", "E289", "E293", "E750"):
                self._down = error
            raise


def _is_plausible(key: str, data: bytes) -> bool:
    """Whether it looks like the file: what does not is for the reader to refuse, and does not replace a good copy."""
    if not key.startswith((_INDEX, _CATALOG, _CONFIG)):
        return True
    return data[:1] == b"{" and (key == _CONFIG or data.endswith(b"\n"))


def _condition(kept: Kept | None) -> dict[str, str]:
    """The headers that ask whether a copy is still what the server has."""
    if kept is None or kept.body is None:
        return {}
    if kept.etag:
        return {"if-none-match": kept.etag}
    return {"if-modified-since": kept.modified} if kept.modified else {}


def _called(key: str) -> str:
    """What a message calls the file."""
    from skillctl_registry.index import name_in_path

    name = name_in_path(key)
    return f"the index of `{name}`" if name else f"`{key}`"
