"""The views of a registry over HTTP: the lists, the archives, and the repositories of plugins."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from skillctl_registry.server.address import marketplace_name, url_of
from skillctl_registry.server.reading import is_known
from skillctl_registry.server.service import Service
from skillctl_registry.server.views import Views, git_request
from skillctl_registry.views.git_repository import ADVERTISED, ANSWERED, advertisement, fetched

UPLOAD_PACK = "git-upload-pack"


class Tools:
    """What other tools are given."""

    def __init__(self, service: Service, *, url: str) -> None:
        self._service = service
        self._url = url
        self._views = Views(service)

    def answer(self, request: Request, key: str, body: bytes) -> Response:
        """The file, or what git is answered. RegistryError E727 for what is not there."""
        asks = git_request(key)
        if asks is not None:
            return self._git(*asks, body)
        url = url_of(request, self._url)
        file = self._views.file(key, url=url, name=marketplace_name(url))
        tag = f'"{hashlib.sha256(file.data).hexdigest()}"'
        headers = {"etag": tag, "cache-control": file.keeps, "x-content-type-options": "nosniff"}
        if is_known(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        if file.counts and request.method == "GET":
            self._service.downloaded(file.counts)
        return Response(file.data, media_type=file.kind, headers=headers)

    def _git(self, plugin: str, what: str, body: bytes) -> Response:
        made, release = self._views.plugin(plugin)
        headers = {"cache-control": "no-cache", "x-content-type-options": "nosniff"}
        if what != UPLOAD_PACK:
            return Response(advertisement(made), media_type=ADVERTISED, headers=headers)
        answer = fetched(made, body)
        if len(answer) > len(made.pack):
            self._service.downloaded(release.archive)
        return Response(answer, media_type=ANSWERED, headers=headers)
