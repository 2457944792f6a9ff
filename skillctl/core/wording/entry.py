"""The shape of one code's words."""

from __future__ import annotations

from skillctl.core.value import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """What is said for one code."""

    title: str
    """One sentence without a full stop; names in backticks; `{key}` takes the evidence of that key."""
    hint: str = ""
    """What to do, or empty where there is nothing to say."""
    about: str = ""
    """For the reference page: what the code means and why the rule exists."""
    detail: str = ""
    """Longer evidence that stands between sentence and hint, often several lines."""
