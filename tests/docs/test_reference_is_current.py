"""The generated pages of the reference say what the code says."""

from __future__ import annotations

import pytest

from tests.checkout import IN_CHECKOUT
from tests.docs.generate import REFERENCE, pages, stale


@pytest.mark.skipif(not IN_CHECKOUT, reason="reads the source tree")
def test_the_generated_pages_are_current() -> None:
    assert REFERENCE.is_dir()
    assert stale() == [], "run `make docs`"


def test_a_page_says_something_of_every_command_and_every_code() -> None:
    from skillctl.cli.table import ALIASES, ENTRIES
    from skillctl.core.wording import wordings

    made = pages()
    assert all(f"### skillctl {entry.name}\n" in made["commands.md"] for entry in ENTRIES)
    assert all(f"| `{alias}` |" in made["commands.md"] for alias in ALIASES)
    assert all(f"### {code}\n" in made["errors.md"] for code in wordings())
