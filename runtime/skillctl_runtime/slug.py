"""A directory's name made from a plan's name: any name gives one, and names that look different keep apart."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from skillctl.core.paths import path_problem

LONGEST = 64
NAMELESS = "project"

_NO_LETTER = re.compile(r"[^a-z0-9._]+|\.{2,}")
_EDGES = "-._"


def slug(name: str) -> str:
    """The name in small letters, digits, dots, underscores and hyphens, at most 64 of them.

    Accents are dropped, everything else becomes a hyphen, and a name that some system can't take as a directory's
    (`con`, `nul.txt`) gets `project-` in front. Of a name in other letters `project-` and a few digits of its digest
    are left, of an empty one `project`.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    made = _NO_LETTER.sub("-", plain).strip(_EDGES)[:LONGEST].rstrip(_EDGES)
    if not made:
        digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]
        return f"{NAMELESS}-{digest}" if name.strip() else NAMELESS
    return made if path_problem(made) is None else f"{NAMELESS}-{made}"[:LONGEST].rstrip(_EDGES)


def is_plain(name: str) -> bool:
    """Whether the directory is called like the plan, but for capitals and blanks."""
    return slug(name) == "-".join(name.lower().split())
