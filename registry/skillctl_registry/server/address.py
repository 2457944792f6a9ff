"""The address of a registry as somebody who asks it knows it, and what it is called there."""

from __future__ import annotations

import re

from starlette.requests import Request

from skillctl.core.errors import RegistryError
from skillctl.core.names import normalised_name
from skillctl_registry.views.marketplace import check_marketplace_name

_HOST = re.compile(r"(?P<host>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\Z")
_ELSE = "skill-packs"


def url_of(request: Request) -> str:
    """Scheme and host, by which the reader came."""
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host if _HOST.match(host) else 'localhost'}"


def marketplace_name(url: str) -> str:
    """What Claude Code calls the registry at the address: as its host, if it takes that name."""
    found = _HOST.match(url.partition("://")[2])
    try:
        return check_marketplace_name(normalised_name(found["host"] if found else "")[:64].strip("-"))
    except RegistryError:
        return _ELSE
