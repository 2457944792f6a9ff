"""Archives of packs in an OCI registry, by the distribution protocol: a blob and a manifest for each release.

    oci://ghcr.io/acme/packs                 where releases are pushed to: acme/packs/<pack>:<version>
    oci://ghcr.io/acme/packs/tools:1.2.0     one release
    oci://ghcr.io/acme/packs/tools@sha256:…  the same, by the digest of its manifest

A release is an image manifest with `artifactType` application/vnd.skillctl.pack.v1, the empty config, and the archive
as its only layer. Tags can be overwritten there and nothing can be compared and set, so such a registry holds archives
and no index: what is a release stands in the index, with the archive's sha256.

Who asks is told by the registry how to show himself: with user and password, or with a token that these are exchanged
for. They are those of the same host in the files that `docker login` and `podman login` write; beside that host they
are shown to the server that it names as the one which exchanges them.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from skillctl.core.digests import is_sha256_digest, sha256_digest
from skillctl.core.errors import ManifestError, RegistryError
from skillctl.core.fields import Fields
from skillctl.core.limits import LIMITS, MIB, Limits
from skillctl.core.value import dataclass
from skillctl.core.web import Request, Response, Secret, is_loopback, leads_here, origin_of
from skillctl.formats.json_text import dump_json, load_json

if TYPE_CHECKING:
    from skillctl.core.release import Release
    from skillctl.edges.http import Http

ARTIFACT = "application/vnd.skillctl.pack.v1"
LAYER = "application/vnd.skillctl.pack.archive.v1.tar+gzip"

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_EMPTY = "application/vnd.oci.empty.v1+json"
EMPTY_CONFIG = b"{}"
_MANIFEST_BYTES = 4 * MIB  # what registries have to accept, by the protocol
_ANSWER_BYTES = MIB

_WRITE, _DELETE = "pull,push", "delete"

_BLOB_UNKNOWN = b"MANIFEST_BLOB_UNKNOWN"
_MORE = 8
"""Attempts to put a manifest whose blobs were just seen there. While somebody else pushes the same blob (all have the
empty config), docker-registry says for a moment that it does not know it."""

_REFERENCE = re.compile(
    r"oci://(?P<host>[A-Za-z0-9.-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?)"
    r"/(?P<repository>[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?\Z"
)
_BASIC = "Basic "
_ANY = ""
"""In place of a scope: user and password are good for all that they may do."""
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A place in an OCI registry."""

    host: str
    repository: str
    tag: str = ""
    digest: str = ""
    """Of a manifest, as `sha256:<hex>`."""

    def __str__(self) -> str:
        tag, digest = (f":{self.tag}" if self.tag else ""), (f"@{self.digest}" if self.digest else "")
        return f"oci://{self.host}/{self.repository}{tag}{digest}"

    @property
    def origin(self) -> str:
        """What credentials belong to. On this machine alone it is asked without encryption."""
        return f"{'http' if is_loopback(f'http://{self.host}') else 'https'}://{self.host}"


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks."""

    user: str
    password: Secret


def parse_reference(text: str) -> Reference:
    """The place that the text names. RegistryError E756 if it names none."""
    match = _REFERENCE.match(text)
    if match is None:
        raise RegistryError.of("E756", reference=text)
    return Reference(
        host=match["host"], repository=match["repository"], tag=match["tag"] or "", digest=match["digest"] or ""
    )


def is_repository(text: str) -> bool:
    """Whether the text names a repository, and nothing in it."""
    match = _REFERENCE.match(text)
    return match is not None and not match["tag"] and not match["digest"]


class OciRepository:
    """One repository of an OCI registry."""

    def __init__(
        self,
        http: Http,
        reference: Reference,
        *,
        login: Callable[[str], Login | None],
        shown: dict[str, str] | None = None,
    ) -> None:
        """`login` gives user and password for an origin; `http` shows no token of its own.

        `shown` is kept for all repositories of one host: what was shown there before, by what it is good for.
        """
        self._http = http
        self._reference = reference
        self._login = login
        self._base = f"{reference.origin}/v2/{reference.repository}"
        self._shown: dict[str, str] = {} if shown is None else shown

    def blob(self, digest: str, *, max_bytes: int) -> bytes | None:
        """The blob of that digest, None if it is not there. RegistryError E758 if something else comes."""
        data = self.given(digest, max_bytes=max_bytes)
        if data is not None and sha256_digest(data) != digest:
            raise RegistryError.of("E758", reference=str(self._reference), what=digest)
        return data

    def given(self, digest: str, *, max_bytes: int) -> bytes | None:
        """What the registry gives for that digest, for who compares it himself; None if nothing is there."""
        response = self._send("GET", f"{self._base}/blobs/{digest}", max_bytes=max_bytes, raw=True)
        return None if response.status == 404 else self._expect(response, 200).body

    def put_blob(self, data: bytes) -> str:
        """Push the blob, unless it is there; its digest."""
        digest = sha256_digest(data)
        if self._send("HEAD", f"{self._base}/blobs/{digest}", rights=_WRITE).status == 200:
            return digest
        begun = self._expect(self._send("POST", f"{self._base}/blobs/uploads/", body=b"", rights=_WRITE), 202)
        location = urljoin(begun.url, begun.headers.get("location", ""))
        if origin_of(location) != self._reference.origin:
            raise RegistryError.of("E759", reference=str(self._reference), reason="it sends uploads to another host")
        separator = "&" if urlsplit(location).query else "?"
        url = f"{location}{separator}digest={quote(digest)}"
        headers = {"content-type": "application/octet-stream"}
        self._expect(self._send("PUT", url, body=data, headers=headers, rights=_WRITE), 201)
        return digest

    def manifest(self, tag_or_digest: str) -> tuple[bytes, str] | None:
        """The manifest of that tag or digest, with its digest; None if it is not there."""
        url = f"{self._base}/manifests/{tag_or_digest}"
        response = self._send("GET", url, max_bytes=_MANIFEST_BYTES, headers={"accept": _MANIFEST}, raw=True)
        if response.status == 404:
            return None
        digest = sha256_digest(self._expect(response, 200).body)
        if is_sha256_digest(tag_or_digest) and digest != tag_or_digest:
            raise RegistryError.of("E758", reference=str(self._reference), what=tag_or_digest)
        return response.body, digest

    def put_manifest(self, data: bytes, tag: str = "") -> str:
        """Push the manifest, under that tag or by its digest alone; its digest."""
        headers, digest = {"content-type": _MANIFEST}, sha256_digest(data)
        url = f"{self._base}/manifests/{tag or digest}"
        response = self._send("PUT", url, body=data, headers=headers, rights=_WRITE)
        for _ in range(_MORE):
            if _BLOB_UNKNOWN not in response.body:
                break
            response = self._send("PUT", url, body=data, headers=headers, rights=_WRITE)
        self._expect(response, 201)
        return digest

    def delete_manifest(self, digest: str) -> None:
        """Take the manifest away, and its tags with it; it is no error if it is not there."""
        self._delete(f"{self._base}/manifests/{digest}")

    def delete_blob(self, digest: str) -> None:
        """Take the blob out of this repository; it is no error if it is not there."""
        self._delete(f"{self._base}/blobs/{digest}")

    def _delete(self, url: str) -> None:
        response = self._send("DELETE", url, rights=_DELETE)
        if response.status != 404:
            self._expect(response, 202)

    def _send(
        self,
        method: str,
        url: str,
        *,
        max_bytes: int = _ANSWER_BYTES,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        raw: bool = False,
        rights: str = "pull",
    ) -> Response:
        """Ask, and where the registry wants to know who asks, say so and ask again."""
        scope = f"repository:{self._reference.repository}:{rights}"
        known = self._shown.get(_ANY) or self._shown.get(scope) or ""

        def once(shown: str) -> Response:
            said = {**(headers or {}), **({"authorization": shown} if shown else {})}
            return self._http.send(
                Request(url=url, max_bytes=max_bytes, method=method, headers=said, body=body, raw=raw)
            )

        response = once(known)
        if response.status != 401:
            return response
        shown = self._authorization(response.headers.get("www-authenticate", ""), scope)
        if shown in ("", known):
            return response
        self._shown[_ANY if shown.startswith(_BASIC) else scope] = shown  # a token that was good for a while runs out
        return once(shown)

    def _authorization(self, challenge: str, scope: str) -> str:
        """What to show for that challenge; empty if there is nothing."""
        login = self._login(self._reference.origin)
        kind, _, rest = challenge.partition(" ")
        if kind.lower() == "basic":
            return _basic(login) if login else ""
        if kind.lower() != "bearer":
            return ""
        said = dict(_CHALLENGE.findall(rest))
        query = {key: said[key] for key in ("service",) if key in said} | {"scope": said.get("scope") or scope}
        url = f"{said.get('realm', '')}?{urlencode(query)}"
        if leads_here(url) and not leads_here(self._reference.origin):
            return ""  # as a redirection from elsewhere to this machine is not followed
        headers = {"authorization": _basic(login)} if login else {}
        answer = self._http.send(Request(url=url, max_bytes=_ANSWER_BYTES, headers=headers))
        if answer.status != 200:
            return ""
        members = self._object(answer.body, url)
        token = members.get("token") or members.get("access_token")
        return f"Bearer {token}" if isinstance(token, str) else ""

    def _object(self, data: bytes, url: str) -> dict[str, Any]:
        try:
            value = load_json(data, file=url, max_bytes=_ANSWER_BYTES, max_depth=LIMITS.json_depth)
        except ManifestError as error:
            raise RegistryError.of("E759", reference=str(self._reference), reason="it answers with no JSON") from error
        return value if isinstance(value, dict) else {}

    def _expect(self, response: Response, status: int) -> Response:
        if response.status == status:
            return response
        if response.status in (401, 403):
            raise RegistryError.of("E757", reference=str(self._reference), status=response.status)
        raise RegistryError.of(
            "E759", reference=str(self._reference), reason=_said(response) or f"it answers {response.status}"
        )


def read_release(http: Http, reference: Reference, *, login: Callable[[str], Login | None], limits: Limits) -> bytes:
    """The archive that a reference names. RegistryError E761 if nothing is there, or no archive of a pack."""
    repository = OciRepository(http, reference, login=login)
    found = repository.manifest(reference.digest or reference.tag or "latest")
    if found is None:
        raise RegistryError.of("E761", reference=str(reference), reason="there is nothing")
    layer = archive_in(found[0], str(reference))
    if not layer:
        raise RegistryError.of("E761", reference=str(reference), reason="there is an image, and no pack in it")
    return read_archive(http, reference, layer, login=login, limits=limits)


def read_archive(
    http: Http, reference: Reference, digest: str, *, login: Callable[[str], Login | None], limits: Limits
) -> bytes:
    """The archive of that digest in the reference's repository. RegistryError E761 if it is not there."""
    data = OciRepository(http, reference, login=login).blob(digest, max_bytes=limits.archive_bytes)
    if data is None:
        raise RegistryError.of("E761", reference=str(reference), reason=f"the archive {digest} is not there")
    return data


def pack_manifest(release: Release) -> bytes:
    """The manifest of a release with its archive; the same release gives the same bytes."""
    return dump_json(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "artifactType": ARTIFACT,
            "config": {"mediaType": _EMPTY, "digest": sha256_digest(EMPTY_CONFIG), "size": len(EMPTY_CONFIG)},
            "layers": [
                {
                    "mediaType": LAYER,
                    "digest": release.archive,
                    "size": release.size,
                    "annotations": {
                        "org.opencontainers.image.title": f"{release.name.rpartition('/')[2]}-{release.version}.tar.gz"
                    },
                }
            ],
            "annotations": {
                "org.opencontainers.image.title": release.name,
                "org.opencontainers.image.version": str(release.version),
                "dev.skillctl.tree": release.tree,
            },
        }
    )


def archive_in(manifest: bytes, reference: str) -> str:
    """The digest of the manifest's archive of a pack; empty if it has none."""
    try:
        fields = Fields(load_json(manifest, file=reference, max_bytes=_MANIFEST_BYTES, max_depth=32), file=reference)
        for layer in fields.items("layers"):
            if layer.text("mediaType") == LAYER and is_sha256_digest(layer.text("digest")):
                return layer.text("digest")
    except ManifestError as error:
        raise RegistryError.of("E761", reference=reference, reason="its manifest can't be read") from error
    return ""


def _basic(login: Login) -> str:
    return _BASIC + b64encode(f"{login.user}:{login.password.reveal()}".encode()).decode("ascii")


def _said(response: Response) -> str:
    """The registry's own words: `CODE: message`."""
    try:
        first = json.loads(response.body)["errors"][0]
        return f"{first['code']}: {first['message']}"[:200]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
