"""The server as HTTP: lets requests in, hands them to the table of endpoints, and answers.

1. A body is counted while it comes, and refused as soon as it is too large, whatever its header promised.
2. Who asks with a token that is not known is refused, also where none is needed.
3. Every refusal is JSON with problems, each with its code. What goes wrong in the server itself is 500, or 503 where
   its database can't be asked, and told without a word of where or how.
4. Some paths are pages, for people; and who asks as a person is refused by a page. The rest are the registry's files.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections import Counter
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as Path

from skillctl.core.diagnostics import problem
from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.fields import Fields
from skillctl.core.json_value import JsonObject
from skillctl.formats.json_text import load_json
from skillctl_registry.endpoints.document import DOCUMENT
from skillctl_registry.endpoints.problems import problems_to_json
from skillctl_registry.pages.addresses import is_asset_key, is_page_key
from skillctl_registry.server.accounts import UNNAMED, Caller
from skillctl_registry.server.allowance import Allowance
from skillctl_registry.server.openapi import document
from skillctl_registry.server.pages import Pages, wants_page
from skillctl_registry.server.reading import archive_of, give, is_file_key, is_quick
from skillctl_registry.server.routes import ROUTES, SMALL, Asked, Route
from skillctl_registry.server.service import Service
from skillctl_registry.server.tools import UPLOAD_PACK, Tools
from skillctl_registry.server.views import git_request, is_view_key
from skillctl_registry.views.git_repository import MOST_ASKED
from skillctl_registry.views.marketplace import MARKETPLACE

_CODES: Mapping[int, str] = {
    400: "146 737",
    401: "720",
    403: "721 722 724",
    404: "227 727 736",
    405: "744",
    409: "226 228 723 730 738",
    413: "204 726",
    415: "743",
    423: "735",  # the client's transport keeps what is said beside it, and of no 5xx
    429: "725",
    503: "732 776",
}
_STATUS = {f"E{code}": status for status, codes in _CODES.items() for code in codes.split()}
_OF_THE_SERVER = ("4", "5", "0")
"""Areas of codes that are no fault of the caller."""
_logger = logging.getLogger("uvicorn.error")  # which the server writes to stderr
_TYPES = {"json": "application/json", "archive": "application/gzip"}


class Web:
    """The HTTP side of one service."""

    def __init__(self, service: Service, *, burst: int = 200, rate: float = 20.0, url: str = "") -> None:
        """`burst` requests to API and pages at once, and `rate` a second from then on, for each caller.

        `url` is the address that readers know; empty: the one by which each of them comes.
        """
        self._service = service
        self._allowance = Allowance(burst=burst, rate=rate, clock=time.monotonic)
        self._asked: Counter[tuple[str, int]] = Counter()
        self._document = document()
        self._routes = {(each.path, each.method): each for each in ROUTES}
        self._paths = {each.path for each in ROUTES}
        self._pages = Pages(service, url=url)
        self._tools = Tools(service, url=url)
        self._began = time.monotonic()

    def app(self) -> Starlette:
        """What an ASGI server runs."""
        methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
        return Starlette(routes=[Path("/{key:path}", self.answer, methods=methods)])

    async def answer(self, request: Request) -> Response:
        """The answer to any request."""
        key = request.path_params["key"]
        kind = "file"
        try:
            if key in self._paths or key.startswith("api/") or key in ("health", "metrics", DOCUMENT):
                kind = "api"
                answer = await self._api(request, key)
            elif is_page_key(key):
                kind = "page"
                answer = await self._page(request, key)
            elif is_view_key(key):
                kind = "view"
                answer = await self._view(request, key)
            else:
                answer = await self._file(request, key)
        except SkillctlError as error:
            if not _is_for_callers(error):
                _logger.error("a request failed", exc_info=error)
            answer = await self._refusal(request, key, error)
        except ClientDisconnect:
            answer = Response(status_code=400)
        except Exception:
            _logger.exception("a request failed")
            answer = await self._refusal(request, key, RegistryError.of("E745"))
        self._asked[kind, answer.status_code] += 1
        return answer

    async def _page(self, request: Request, key: str) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise RegistryError.of("E744", method=request.method, path=key[:200])
        if not is_asset_key(key):
            self._allow(request.client.host if request.client else "")
        return await run_in_threadpool(self._pages.answer, request, key)

    async def _view(self, request: Request, key: str) -> Response:
        asks = git_request(key)
        if request.method not in (("POST",) if asks and asks[1] == UPLOAD_PACK else ("GET", "HEAD")):
            raise RegistryError.of("E744", method=request.method, path=key[:200])
        if asks or key == MARKETPLACE:  # what is made anew for each address that a reader names
            self._allow(request.client.host if request.client else "")
        body = await _counted(request, MOST_ASKED)
        return await run_in_threadpool(self._tools.answer, request, key, body)

    async def _refusal(self, request: Request, key: str, error: SkillctlError) -> Response:
        """What is wrong: as JSON, and as a page for who looks at pages."""
        answer = _refused(error)
        if not wants_page(request, key):
            return answer
        problems = error.problems if _is_for_callers(error) else (problem("E745"),)
        page = await run_in_threadpool(self._pages.refusal, request, key, problems, answer.status_code)
        if "retry-after" in answer.headers:
            page.headers["retry-after"] = answer.headers["retry-after"]
        return page

    async def _file(self, request: Request, key: str) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise RegistryError.of("E744", method=request.method, path=key[:200])
        if not is_file_key(key):
            raise RegistryError.of("E727", path=key[:200])
        headers = request.headers
        backend = self._service.storage
        limits = self._service.limits
        only_head = request.method == "HEAD"
        if is_quick(backend, key):
            given = give(backend, key, headers, only_head=only_head, limits=limits)
        else:
            given = await run_in_threadpool(give, backend, key, headers, only_head=only_head, limits=limits)
        if given.status == 404:
            raise RegistryError.of("E727", path=key[:200])
        if given.status == 200 and request.method == "GET" and (archive := archive_of(key)):
            self._service.downloaded(archive)
        return Response(given.body, status_code=given.status, headers=dict(given.headers))

    async def _api(self, request: Request, key: str) -> Response:
        if key == "health" and request.method in ("GET", "HEAD"):
            parts = await run_in_threadpool(self._service.health)
            well = all(parts.values())
            return JSONResponse({"well": well, **parts}, status_code=200 if well else 503)
        if key == "metrics" and request.method in ("GET", "HEAD"):
            return Response(self._metrics(), media_type="text/plain; version=0.0.4")
        if key == DOCUMENT and request.method in ("GET", "HEAD"):
            return JSONResponse(self._document)
        method = "GET" if request.method == "HEAD" else request.method
        route = self._routes.get((key, method))
        if route is None:
            if key in self._paths or key in ("health", "metrics", DOCUMENT):
                raise RegistryError.of("E744", method=request.method, path=key[:200])
            raise RegistryError.of("E727", path=key[:200])
        caller = await self._let_in(request, route)
        query = _query(request, route)
        body = await self._body(request, route)
        fields = _json(body) if route.takes == "json" else None
        asked = Asked(caller=caller, query=query, headers=request.headers, body=body, fields=fields)
        found = await run_in_threadpool(_answered, route, self._service, asked)
        return _json_response(found, status=200)

    async def _let_in(self, request: Request, route: Route) -> Caller | None:
        """Who asks. RegistryError E720 and E721 for whom the endpoint is not, E725 for whom there is too much of."""
        address = request.client.host if request.client else ""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if not token:
            self._allow(address)
            if route.needs:
                raise RegistryError.of("E720", registry=UNNAMED, reason="none was shown")
            return None
        if kind.lower() != "bearer" or not token.isascii() or len(token) > 500:
            self._allow(address)
            raise RegistryError.of("E720", registry=UNNAMED, reason="it is no bearer token")
        try:
            caller = await run_in_threadpool(self._service.caller, token.strip())
        except SkillctlError:
            self._allow(address)  # who guesses is counted, too
            raise
        self._allow(f"user {caller.user}")
        if route.needs not in ("", "token") and not caller.may(route.needs):
            raise RegistryError.of("E721", user=caller.user, action=f"do what needs the scope {route.needs}")
        return caller

    def _allow(self, who: str) -> None:
        seconds = self._allowance.wait(who)
        if seconds:
            raise RegistryError.of("E725", seconds=math.ceil(seconds))

    async def _body(self, request: Request, route: Route) -> bytes:
        """The body, if it is not too large and of the type that the endpoint takes."""
        most = self._service.limits.archive_bytes if route.takes == "archive" else SMALL
        body = await _counted(request, most)
        if route.takes:
            said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if said != _TYPES[route.takes]:
                raise RegistryError.of("E743", expected=_TYPES[route.takes])
        return body

    def _metrics(self) -> str:
        lines = ["# TYPE skillctl_requests_total counter"]
        for (kind, status), count in sorted(self._asked.items()):
            lines.append(f'skillctl_requests_total{{kind="{kind}",status="{status}"}} {count}')
        lines += [
            "# TYPE skillctl_signed_batches_total counter",
            f"skillctl_signed_batches_total {self._service.signer.batches}",
            "# TYPE skillctl_signatures_expire_in_seconds gauge",
            f"skillctl_signatures_expire_in_seconds {self._service.signer.good_for:.0f}",
            "# TYPE skillctl_uptime_seconds gauge",
            f"skillctl_uptime_seconds {time.monotonic() - self._began:.0f}",
        ]
        return "\n".join(lines) + "\n"


async def _counted(request: Request, most: int) -> bytes:
    """The body. RegistryError E726 as soon as it is too large."""
    promised = request.headers.get("content-length", "0")
    if promised.isdecimal() and int(promised[:18]) > most:
        raise RegistryError.of("E726", limit=most)
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            raise RegistryError.of("E726", limit=most)
        pieces.append(piece)
    return b"".join(pieces)


def _answered(route: Route, service: Service, asked: Asked) -> JsonObject:
    return route.answer(service, asked)


def _query(request: Request, route: Route) -> Mapping[str, str]:
    """The parameters that the endpoint knows. RegistryError E737 for one that is missing, twice there, or no text."""
    try:
        pairs = parse_qsl(
            request.url.query, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=50
        )
    except (ValueError, UnicodeDecodeError):
        raise RegistryError.of("E737", what="a query that can be read") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise RegistryError.of("E737", what=f"one `{name[:100]}`")
        if "\0" in value or len(value) > 1000:
            raise RegistryError.of("E737", what="shorter values of visible characters")
        found[name] = value
    for each in route.parameters:
        if each.required and each.name not in found:
            raise RegistryError.of("E737", what=f"the parameter `{each.name}`")
    return found


def _json(body: bytes) -> Fields:
    return Fields(load_json(body, file="the request", max_bytes=SMALL, max_depth=8), file="the request")


def _json_response(body: JsonObject, *, status: int, headers: Mapping[str, str] | None = None) -> Response:
    data = json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()
    more = {"cache-control": "no-store", "x-content-type-options": "nosniff", **(headers or {})}
    return Response(data, status_code=status, media_type="application/json", headers=more)


def _refused(error: SkillctlError) -> Response:
    """What is wrong, with the status that belongs to it."""
    status = _status(error.code)
    problems = error.problems if _is_for_callers(error) else (problem("E745"),)
    headers: dict[str, str] = {}
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    if status == 429:
        headers["retry-after"] = str(problems[0].evidence.get("seconds", 1))
    return _json_response(problems_to_json(problems), status=status, headers=headers)


def _is_for_callers(error: SkillctlError) -> bool:
    """Whether the words say nothing of how and where the server stands: where its database is, and what ails it."""
    return _status(error.code) != 500 and error.code != "E732"


def _status(code: str) -> int:
    """The status that says most nearly what the code does."""
    return _STATUS.get(code, 500 if code[1:2] in _OF_THE_SERVER else 422)
