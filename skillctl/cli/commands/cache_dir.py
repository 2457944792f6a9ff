"""`skillctl cache dir`."""

from __future__ import annotations

from skillctl.app.outcome import Outcome
from skillctl.cli.answer import Answer
from skillctl.cli.door import settings
from skillctl.cli.page import Page
from skillctl.core.json_value import JsonObject
from skillctl.core.value import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheDirectory(Outcome):
    """Where the cache lies; nothing was looked at."""

    directory: str

    def to_json(self) -> JsonObject:
        return {"directory": self.directory}


def command() -> Answer:
    """Show where the cache lies."""
    outcome = CacheDirectory(directory=settings().directories.cache)

    def shown(page: Page) -> None:
        page.line(outcome.directory)

    return Answer(outcome, shown)
