"""Names of packs and skills.

Rules (Agent Skills specification, "name"; DESIGN.md section 4):

1. Lower-case ASCII letters, digits and single hyphens, none at an edge: `[a-z0-9]+(-[a-z0-9]+)*`.
2. A pack's name has 2 to 64 characters, optionally behind a scope, `@acme/tools`; a skill's has 1 to 64 and no scope.
3. Device names of Windows (`con`, `aux`, `com1` ...) are refused: a directory of that name can't be made there.
4. Names that agents keep for themselves are refused: Claude Code skips a skill directory called `synced`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NoReturn

from skillctl.core.diagnostics import Place
from skillctl.core.errors import ManifestError

_WORDS = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_PACK = re.compile(rf"(?:@(?P<scope>{_WORDS})/)?(?P<name>{_WORDS})\Z")
_SKILL = re.compile(rf"{_WORDS}\Z")

PACK_NAME_LENGTH = range(2, 65)
SKILL_NAME_LENGTH = range(1, 65)

DEVICE_NAMES = frozenset(
    ["con", "prn", "aux", "nul", *(f"com{digit}" for digit in range(10)), *(f"lpt{digit}" for digit in range(10))]
)
AGENT_RESERVED = frozenset(["synced"])


def is_pack_name(text: str) -> bool:
    """Whether the text is a pack's name, with or without a scope."""
    return _pack_rule(text) is None


def is_skill_name(text: str) -> bool:
    """Whether the text is a skill's name."""
    return _skill_rule(text) is None


def parse_pack_name(text: str, *, place: Place | None = None) -> str:
    """The text as a pack's name, unchanged. ManifestError E101 with the rule it breaks."""
    rule = _pack_rule(text)
    return text if rule is None else _refuse("pack", text, rule, place)


def why_no_pack_name(text: str) -> str:
    """The rule that the text breaks as a pack's name, in words; empty if it is one."""
    rule = _pack_rule(text)
    return "" if rule is None else _said("pack", text, rule)


def parse_skill_name(text: str, *, place: Place | None = None) -> str:
    """The text as a skill's name, unchanged. ManifestError E101 with the rule it breaks."""
    rule = _skill_rule(text)
    return text if rule is None else _refuse("skill", text, rule, place)


def scope_of(name: str) -> str | None:
    """`@acme` of `@acme/tools`, None for a name without a scope."""
    return name.partition("/")[0] if name.startswith("@") else None


def unscoped(name: str) -> str:
    """`tools` of `@acme/tools`; the default name of a directory."""
    return name.rpartition("/")[2]


def normalised_name(text: str) -> str:
    """The nearest thing to a name that the text suggests, `My Domain` -> `my-domain`; empty if it suggests none.

    Accents are dropped; what is no ASCII letter or digit then becomes a hyphen. The result has the form of a pack's
    name, but it may be too short or too long, or reserved.
    """
    scope, _, rest = text.strip().partition("/")
    scope, plain = _hyphened(scope) if scope.startswith("@") else "", _hyphened(rest)
    return f"@{scope}/{plain}" if scope and plain else _hyphened(text)


def near_names(name: str, known: list[str], *, most: int = 3) -> list[str]:
    """Known names that somebody who typed `name` may have meant, the nearest first."""
    import difflib

    return difflib.get_close_matches(name, known, n=most, cutoff=0.72)


def _hyphened(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        text = "".join(each for each in text if not unicodedata.combining(each))
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


@lru_cache(maxsize=20_000)  # the packs of a lock name each other
def _pack_rule(text: str) -> str | None:
    match = _PACK.match(text)
    if match is None:
        return "grammar"
    if len(match["name"]) not in PACK_NAME_LENGTH or len(match["scope"] or "") > 64:
        return "length"
    return _reserved_rule(match["name"]) or (_reserved_rule(match["scope"]) if match["scope"] else None)


def _skill_rule(text: str) -> str | None:
    if len(text) not in SKILL_NAME_LENGTH:
        return "length"
    return _reserved_rule(text) if _SKILL.match(text) else "grammar"


def _reserved_rule(name: str) -> str | None:
    if name in DEVICE_NAMES:
        return "device"
    return "reserved" if name in AGENT_RESERVED else None


_RULES = {
    "grammar": "use lower-case letters, digits and single hyphens between them",
    "length": "a pack's name has 2 to 64 characters, a skill's 1 to 64",
    "device": "Windows keeps this name for a device",
    "reserved": "an agent keeps this name for itself",
}


def _refuse(kind: str, text: str, rule: str, place: Place | None) -> NoReturn:
    raise ManifestError.of("E101", place=place, kind=kind, name=text, rule=_said(kind, text, rule))


def _said(kind: str, text: str, rule: str) -> str:
    """The rule in words, with the nearest name that keeps it."""
    nearest = normalised_name(text)
    usable = nearest and nearest != text and (is_pack_name if kind == "pack" else is_skill_name)(nearest)
    return _RULES[rule] + (f"; `{nearest}` would do" if usable else "")
