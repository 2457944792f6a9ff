"""Words of the codes of this area: registry."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

WORDS: dict[str, Wording] = {}
