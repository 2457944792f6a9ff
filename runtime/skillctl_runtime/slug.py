"""A directory's name made from a plan's name: any name gives one."""

from __future__ import annotations

import re
import unicodedata

from skillctl.core.paths import path_problem

LONGEST = 64
NAMELESS = "project"

_NO_LETTER = re.compile(r"[^a-z0-9._]+")
_EDGES = "-._"


def slug(name: str) -> str:
    """The name in small letters, digits, dots, underscores and hyphens, at most 64 of them; `project` if none is left.

    Accents are dropped, everything else becomes a hyphen, and a name that some system can't take as a directory's
    (`con`, `nul.txt`) gets `project-` in front.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    made = _NO_LETTER.sub("-", plain).strip(_EDGES)[:LONGEST].rstrip(_EDGES)
    if not made:
        return NAMELESS
    return made if path_problem(made) is None else f"{NAMELESS}-{made}"[:LONGEST].rstrip(_EDGES)
