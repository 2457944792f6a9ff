"""The address that a server names itself by."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from skillctl.core.errors import RegistryError
from skillctl_registry.server.address import checked_url, marketplace_name, url_of


def request(host: str, scheme: str = "http") -> Request:
    seen = {"type": "http", "scheme": scheme, "path": "/", "query_string": b"", "server": ("127.0.0.1", 8722)}
    return Request({**seen, "headers": [(b"host", host.encode())]})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://packs.acme.example", "https://packs.acme.example"),
        ("https://packs.acme.example/", "https://packs.acme.example"),
        ("http://127.0.0.1:8722/skills/of/acme/", "http://127.0.0.1:8722/skills/of/acme"),
        ("http://[::1]:8722", "http://[::1]:8722"),
    ],
)
def test_an_address_is_scheme_host_and_a_plain_path(given: str, expected: str) -> None:
    assert checked_url(given) == expected


@pytest.mark.parametrize(
    "given",
    ["packs.acme.example", "ftp://x", "https://", "https://a b", "https://x/?q=1", "https://u:p@x", "https://x\n"],
)
def test_anything_else_is_refused(given: str) -> None:
    with pytest.raises(RegistryError, match="E775"):
        checked_url(given)


def test_without_one_it_is_that_by_which_the_reader_came() -> None:
    assert url_of(request("packs.acme.example:81", "https"), "") == "https://packs.acme.example:81"
    assert url_of(request("packs.acme.example"), "https://known.example") == "https://known.example"


@pytest.mark.parametrize("host", ["", "a b", "x/y", 'x"', "x<y", "user@x", "x:port"])
def test_a_host_that_is_none_is_not_repeated(host: str) -> None:
    assert url_of(request(host), "") == "http://localhost"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://packs.acme.example/skills", "packs-acme-example"),
        ("http://127.0.0.1:8722", "127-0-0-1"),
        ("http://[::1]:8722", "1"),
        ("https://claude-plugins.example", "skill-packs"),
        ("https://...", "skill-packs"),
    ],
)
def test_a_marketplace_is_called_as_its_host_if_claude_code_takes_that(url: str, expected: str) -> None:
    assert marketplace_name(url) == expected
