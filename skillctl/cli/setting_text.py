"""The value of a setting as a person reads it, and could type it."""

from __future__ import annotations

import json

from skillctl.core.json_value import JsonValue


def setting_text(value: JsonValue) -> str:
    """A text as it is, names with commas, anything else as JSON; `(none)` for what is empty."""
    if isinstance(value, str):
        return value or "(none)"
    if isinstance(value, list | tuple):
        texts = [item for item in value if isinstance(item, str)]
        if len(texts) == len(value):
            return ", ".join(texts) or "(none)"
    return json.dumps(value, ensure_ascii=False)
