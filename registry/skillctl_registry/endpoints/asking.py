"""What the requests of all endpoints have in common: JSON both ways, below `<registry>/api/v1/`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlencode

from skillctl.core.json_value import JsonObject
from skillctl.core.web import Request, joined
from skillctl_registry.endpoints.problems import ANSWER_BYTES

API = "api/v1/"


def asking(registry: str, path: str, query: Mapping[str, str] | None = None) -> Request:
    """A question."""
    return _request("GET", registry, path, query or {})


def telling(registry: str, path: str, body: JsonObject) -> Request:
    """A change, as JSON."""
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return _request("POST", registry, path, {}, data, {"content-type": "application/json"})


def sending(registry: str, path: str, query: Mapping[str, str], body: bytes, headers: Mapping[str, str]) -> Request:
    """Bytes."""
    return _request("POST", registry, path, query, body, {"content-type": "application/gzip", **headers})


def removing(registry: str, path: str, query: Mapping[str, str], *, dry_run: bool) -> Request:
    """The end of something."""
    return _request("DELETE", registry, path, {**query, "dry_run": "true"} if dry_run else query)


def _request(
    method: str,
    registry: str,
    path: str,
    query: Mapping[str, str],
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Request:
    url = joined(registry, path)
    return Request(
        url=f"{url}?{urlencode(query)}" if query else url,
        max_bytes=ANSWER_BYTES,
        method=method,
        headers={"accept": "application/json", **(headers or {})},
        body=body,
    )
