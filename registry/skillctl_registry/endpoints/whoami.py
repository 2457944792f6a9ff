"""Whose token it is: `GET <registry>/api/v1/whoami`.

    {"user": "ada", "scopes": ["publish", "yank"], "expires": "2027-01-01T00:00:00Z"}

`expires` is missing where the token does not expire. A registry that is only files answers 404: it knows nobody.
"""

from __future__ import annotations

from skillctl.core.errors import SkillctlError
from skillctl.core.fields import Fields
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass
from skillctl.core.web import Request, Response, joined
from skillctl.formats.json_text import load_json

PATH = "api/v1/whoami"

_NOTHING = frozenset({404, 405, 410, 501})
_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who a token stands for."""

    user: str
    scopes: tuple[str, ...] = ()
    """What it may do."""
    expires: str = ""
    """RFC 3339; empty: never."""


def whoami_request(registry: str) -> Request:
    """The request to the registry at that address. The token goes along by itself: it belongs to the origin."""
    return Request(url=joined(registry, PATH), max_bytes=_MAX_BYTES, headers={"accept": "application/json"})


def whoami_response(response: Response, *, limits: Limits = LIMITS) -> Identity | None:
    """Who it is; None if the server has no such endpoint, or gives something else under its path."""
    if response.status in _NOTHING:
        return None
    try:
        value = load_json(response.body, file=response.url, max_bytes=_MAX_BYTES, max_depth=limits.json_depth)
        fields = Fields(value, file=response.url)
        return Identity(user=fields.text("user"), scopes=fields.texts("scopes"), expires=fields.text("expires", ""))
    except SkillctlError:
        return None
