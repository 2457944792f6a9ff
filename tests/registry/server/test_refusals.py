"""What a server refuses, case by case: each by a status of the caller's, with a code, and none by one of the server's.

Requests are written as they stand, byte by byte: a client library would mend what is odd in them.
"""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from skillctl_registry.endpoints.tokens import (
    TokenWish,
    create_token_request,
    revoke_token_request,
    token_response,
    tokens_response,
)
from tests.support.serving import ADMIN, Served

CASES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("refusals.json").read_bytes())["cases"]


@pytest.fixture(scope="module")
def tokens(served: Served) -> dict[str, str]:
    """Tokens of every kind."""
    http = served.http()

    def made(user: str, expires: str = "") -> str:
        request = create_token_request(served.url, TokenWish(user=user, scopes=("publish",), expires=expires))
        new = token_response(http.send(request))
        if user == "gone":
            tokens_response(http.send(revoke_token_request(served.url, new.facts.id)))
        return f"Bearer {new.token.reveal()}"

    served.publish("harbour")
    known = {"some": made("ada"), "expired": made("old", "2020-01-01T00:00:00Z"), "revoked": made("gone")}
    return {"admin": f"Bearer {ADMIN}", **known}


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_as_the_callers_mistake(served: Served, tokens: dict[str, str], name: str) -> None:
    case = CASES[name]
    status, body = asked(served, case, tokens)
    assert status == case["status"], body
    problems = json.loads(body)["problems"]
    assert all(each["title"] for each in problems)
    assert problems[0]["code"] == case.get("code", problems[0]["code"])


def test_the_server_is_well_after_all_of_it(served: Served) -> None:
    assert served.get("health").status == 200
    assert b'status="500"' not in served.get("metrics").body


def asked(served: Served, case: dict[str, Any], tokens: dict[str, str]) -> tuple[int, bytes]:
    """Status and body of the answer."""
    body = b"x" * case["size"] if "size" in case else case.get("body", "").encode()
    token = f"Bearer {'x' * case['token_size']}" if "token_size" in case else case.get("token", "")
    headers = {"host": "packs.example", "connection": "close", **case.get("headers", {})}
    if token:
        headers["authorization"] = tokens.get(token, token)
    if "type" in case:
        headers["content-type"] = case["type"]
    if body or case["method"] != "GET":
        headers["content-length"] = case.get("promises", str(len(body)))
    path = f"/{case['path']}{'a' * case.get('path_size', 0)}"
    lines = [f"{case['method']} {path} HTTP/1.1", *(f"{key}: {value}" for key, value in headers.items()), "", ""]
    where = urlsplit(served.url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=30) as connection:
        with suppress(OSError):  # refused before all of it was sent
            connection.sendall("\r\n".join(lines).encode("latin-1") + body)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, text = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), text
