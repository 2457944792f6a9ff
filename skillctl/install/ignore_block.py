"""The block of .gitignore that skillctl keeps: its state, and the skills that can be installed again from the lock."""

from __future__ import annotations

from collections.abc import Iterable

BEGIN = "# >>> skillctl: kept by skillctl, changes inside are lost"
END = "# <<< skillctl"


def with_block(text: str | None, paths: Iterable[str]) -> str:
    """The text of .gitignore with the block for these paths (relative to its directory), where the block stood or last.

    Everything outside of the block stays as it is, line ends too.
    """
    old = text or ""
    line_end = "\r\n" if "\r\n" in old else "\n"
    block = line_end.join([BEGIN, *(f"/{path}" for path in sorted(set(paths))), END, ""])
    before, found, rest = old.partition(BEGIN)
    if not found:
        separator = "" if not old or old.endswith("\n") else line_end
        return f"{old}{separator}{line_end if old.strip() else ''}{block}"
    _, ended, after = rest.partition(END)
    if not ended:
        return f"{before}{block}"
    return f"{before}{block}{after.removeprefix(line_end)}"
