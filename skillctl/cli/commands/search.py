"""`skillctl search`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.available import show_available
from skillctl.cli.door import here, settings
from skillctl.cli.options import Offline, Registry
from skillctl.cli.page import Page, counted
from skillctl.cli.parameter import argument, option


def command(
    words: Annotated[list[str], argument(metavar="WORD...", help="Words that a pack has to say, all of them.")],
    limit: Annotated[int, option("--limit", "-n", metavar="N", help="Show the best N; 0 shows all.")] = 20,
    registry: Registry = "",
    offline: Offline = False,
) -> Answer:
    """Find packs by words in their name, description, keywords or capabilities.

    Over all registries, the best first: the pack of that name, then those whose names begin with it, and so on down to
    those that only describe themselves so.
    """
    from skillctl.app.search import search

    if limit < 0:
        from skillctl.core.errors import UsageError

        raise UsageError.of("E023", option="--limit", reason="it counts packs, so it is 0 or more")
    found = search(settings(registry=registry, offline=offline), here(), words, limit=limit)

    def shown(page: Page) -> None:
        show_available(page, found, wanted=" ".join(words))
        if found.total > len(found.packs):
            page.say(f"the best of {counted(found.total, 'pack')}; `--limit 0` shows all")

    return Answer(found, shown)
