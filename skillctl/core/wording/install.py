"""Words of the codes of this area: install."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

WORDS: dict[str, Wording] = {}
