"""The address of a registry as somebody who asks it knows it, and what it is called there."""

from __future__ import annotations

import re

from starlette.requests import Request

from skillctl.core.errors import RegistryError
from skillctl.core.names import normalised_name
from skillctl_registry.views.marketplace import check_marketplace_name

_NAME = r"(?P<host>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?"
_HOST = re.compile(rf"{_NAME}\Z")
_URL = re.compile(rf"(?P<url>https?://{_NAME}(?:/[A-Za-z0-9._~-]+)*)/?\Z")
_ELSE = "skill-packs"


def checked_url(url: str) -> str:
    """The address as the keeper of the registry gives it, without a slash at its end. RegistryError E775 for none."""
    match = _URL.match(url)
    if match is None:
        raise RegistryError.of("E775", url=url[:200])
    return match["url"]


def url_of(request: Request, known: str) -> str:
    """The address that was given; else scheme and host by which the reader came."""
    if known:
        return known
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host if _HOST.match(host) else 'localhost'}"


def marketplace_name(url: str) -> str:
    """What Claude Code calls the registry at the address: as its host, if it takes that name."""
    found = _HOST.match(url.partition("://")[2].partition("/")[0])
    try:
        return check_marketplace_name(normalised_name(found["host"] if found else "")[:64].strip("-"))
    except RegistryError:
        return _ELSE
