"""Archives in an OCI registry: a repository for each pack, a manifest for each release, its version as the tag.

    oci://ghcr.io/acme/packs                  what config.json says
    ghcr.io/acme/packs/arcgis:1.2.0           arcgis 1.2.0
    ghcr.io/acme/packs/acme/tools:2.0.0       @acme/tools 2.0.0

Tags can be overwritten there, and of two who push one nobody is told that he lost. So no tag is made before the index
has decided:

1. The archive is pushed, and a manifest that refers to it, so that it is not tidied away. The manifest has no tag.
2. The index is changed elsewhere: this is the commit.
3. Who has won it tags the manifest. Who was killed before that leaves a release without a tag, which installs like any
   other; publishing it again tags it.

Archives are fetched by their digest alone. They are kept as those of registries behind an address are: what has its
digest is not asked for again, and is there without a network.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.digests import digest_hex, is_sha256_digest, parse_sha256_digest, sha256_digest
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.release import Release
from skillctl.core.value import replace
from skillctl_registry.at_once import at_once
from skillctl_registry.oci import (
    EMPTY_CONFIG,
    Login,
    OciRepository,
    Reference,
    archive_in,
    pack_manifest,
    parse_reference,
)

if TYPE_CHECKING:
    from skillctl.edges.http import Http
    from skillctl_registry.cache import AnswerCache


class OciBlobs:
    """The archives of one registry's releases, below one place of an OCI registry. Used by several threads at once."""

    def __init__(
        self,
        http: Http,
        base: str,
        *,
        login: Callable[[str], Login | None],
        cache: AnswerCache | None = None,
        offline: bool = False,
        limits: Limits = LIMITS,
    ) -> None:
        """Without a cache everything is asked for; `offline`: nothing is, and what is not in the cache is an error."""
        self._http = http
        self._base = parse_reference(base)
        self._login = login
        self._cache = cache
        self._offline = offline
        self._limits = limits
        self._shown: dict[str, str] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        damaged = self._cache.damaged if self._cache is not None else 0
        return (problem("W241", registry=str(self._base), count=damaged),) if damaged else ()

    def get(self, release: Release) -> bytes | None:
        """The archive. RegistryError E757 to E759 of the OCI registry, E280 to E297 of the way to it, E292 offline."""
        digest = parse_sha256_digest(release.archive)
        kept = self._kept(digest)
        if kept is not None:
            return kept
        if self._offline:
            raise RegistryError.of("E292", what="an archive", registry=str(self._base))
        data = self._repository(release.name).given(digest, max_bytes=self._limits.archive_bytes)
        if data is not None and self._cache is not None and sha256_digest(data) == digest:
            self._cache.keep_blob(digest_hex(digest), data)
        return data

    def prefetch(self, releases: Collection[Release]) -> None:
        cache = self._cache
        if cache is None or self._offline:
            return
        there = {each.archive: each for each in releases if is_sha256_digest(each.archive)}
        wanted = [each for digest, each in there.items() if not cache.has_blob(digest_hex(digest))]
        if len(wanted) < 2:
            return

        def bring(release: Release) -> None:
            with suppress(SkillctlError):  # whoever asks is told
                self.get(release)

        with at_once(bring, wanted) as brought:
            for _ in brought:
                pass

    def put(self, release: Release, archive: bytes) -> None:
        repository = self._repository(release.name)
        repository.put_blob(archive)
        repository.put_blob(EMPTY_CONFIG)
        repository.put_manifest(pack_manifest(release))

    def settle(self, release: Release) -> tuple[Problem, ...]:
        """Tag the manifest of a release. W760 if the tag is another archive's, W761 if it can't be put."""
        try:
            tag = self._tag(release)
            if tag is None:
                self._repository(release.name).put_manifest(pack_manifest(release), str(release.version))
                return ()
        except SkillctlError as error:
            return self._told("W761", release), *error.as_warnings()
        return () if tag == release.archive else (self._told("W760", release),)

    def unsettled(self, release: Release) -> tuple[Problem, ...]:
        """W762 if the version's tag is missing, W760 if it is another archive's; what is in the way of seeing it."""
        try:
            tag = self._tag(release)
        except SkillctlError as error:
            return error.as_warnings()
        if tag == release.archive:
            return ()
        return (self._told("W762" if tag is None else "W760", release),)

    def remove(self, release: Release) -> tuple[Problem, ...]:
        """W763 if the archive stays, since many registries let nobody remove by the protocol."""
        repository = self._repository(release.name)
        try:
            repository.delete_manifest(sha256_digest(pack_manifest(release)))
            repository.delete_blob(release.archive)
        except SkillctlError as error:
            return self._told("W763", release), *error.as_warnings()
        return ()

    def place(self, release: Release) -> str:
        return f"{self._place(release.name)} ({release.archive})"

    def _tag(self, release: Release) -> str | None:
        """The archive that the version's tag names, empty if it is none; None if there is no such tag."""
        found = self._repository(release.name).manifest(str(release.version))
        if found is None:
            return None
        with suppress(RegistryError):
            return archive_in(found[0], release.name)
        return ""

    def _told(self, code: str, release: Release) -> Problem:
        tag = replace(self._place(release.name), tag=str(release.version))
        return problem(code, reference=str(tag), release=f"{release.name} {release.version}")

    def _kept(self, digest: str) -> bytes | None:
        if self._cache is None:
            return None
        return self._cache.blob(digest_hex(digest), max_bytes=self._limits.archive_bytes)

    def _repository(self, name: str) -> OciRepository:
        return OciRepository(self._http, self._place(name), login=self._login, shown=self._shown)

    def _place(self, name: str) -> Reference:
        repository = f"{self._base.repository}/{name.removeprefix('@')}"
        return Reference(host=self._base.host, repository=repository)
