"""How the difference between two releases of a pack is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from skillctl.cli.page import Page, bold, dim, green, red, yellow
from skillctl.cli.scope_change import ask_rows

if TYPE_CHECKING:
    from skillctl.core.pack_difference import PackDifference

_LISTED = 12  # files of a kind


def show_difference(page: Page, difference: PackDifference) -> None:
    """The versions, the files, what is newly asked for, and the tokens."""
    before, after = difference.before, difference.after
    sign = green("+") if not before else red("-") if not after else yellow("~")
    page.line(sign, " ", bold(difference.name), f" {' -> '.join(each for each in (before, after) if each)}")
    if not after:
        return
    if not difference.compared:
        page.line("    ", dim(f"{before} is not at hand any more, so that everything counts as new"))
    if before:
        _show_files(page, "+", difference.new)
        _show_files(page, "~", difference.changed)
        _show_files(page, "-", difference.gone)
    page.line("    ", _tokens(difference))
    if difference.asks:
        page.line("    ", yellow("!"), " newly asked for:" if before else " brings more than text:")
        page.table(ask_rows(difference.asks), indent="      ")


def _show_files(page: Page, sign: str, paths: Sequence[str]) -> None:
    for path in paths[:_LISTED]:
        page.line("    ", sign, " ", path)
    if len(paths) > _LISTED:
        page.line("    ", sign, f" and {len(paths) - _LISTED:,} more")


def _tokens(difference: PackDifference) -> str:
    old, new = difference.tokens_before, difference.tokens_after
    if not difference.before or not difference.compared or old == new:
        return f"tokens: ~{new.always_on:,} always on, ~{new.on_demand:,} when used"
    always = f"~{old.always_on:,} -> ~{new.always_on:,} always on"
    return f"tokens: {always}, ~{old.on_demand:,} -> ~{new.on_demand:,} when used"
