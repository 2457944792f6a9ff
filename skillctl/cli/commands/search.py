"""`skillctl search`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.available import show_available
from skillctl.cli.door import here, settings
from skillctl.cli.options import Offline, Registry
from skillctl.cli.parameter import argument


def command(
    text: Annotated[str, argument(metavar="TEXT", help="A word, or several in quotes as they stand.")],
    registry: Registry = "",
    offline: Offline = False,
) -> Answer:
    """Find packs by a word in their name, description, keywords or capabilities."""
    from skillctl.app.listing import list_available

    found = list_available(settings(registry=registry, offline=offline), here(), text=text)
    return Answer(found, lambda page: show_available(page, found, wanted=text))
