"""The block of .gitignore that skillctl keeps: its state, and the skills that can be installed again from the lock.

A block is a line that begins it, lines that begin with `/`, and a line that ends it. Merging two branches may leave two
blocks, or one without its end; whatever is no line of a block is a person's, and stays.
"""

from __future__ import annotations

from collections.abc import Iterable

BEGIN = "# >>> skillctl: kept by skillctl, changes inside are lost"
END = "# <<< skillctl"


def with_block(text: str | None, paths: Iterable[str]) -> str:
    """The text of .gitignore with one block for these paths (relative to its directory), where one stood or last.

    Everything outside of blocks stays as it is, line ends too.
    """
    old = text or ""
    line_end = "\r\n" if "\r\n" in old else "\n"
    block = [f"{line}{line_end}" for line in (BEGIN, *(f"/{path}" for path in sorted(set(paths))), END)]
    lines, place = _without_blocks(old)
    if place is None:
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += line_end
        if old.strip():
            lines.append(line_end)
        place = len(lines)
    elif place and not lines[place - 1].endswith("\n"):
        lines[place - 1] += line_end
    return "".join([*lines[:place], *block, *lines[place:]])


def without_block(text: str | None) -> str | None:
    """The text of .gitignore without any block, nor the empty line that parted it from the rest; None: no file."""
    lines, place = _without_blocks(text or "")
    if place is None:
        return text
    if place == len(lines) and lines and not lines[-1].strip():
        lines.pop()
    return "".join(lines) or None


def _without_blocks(text: str) -> tuple[list[str], int | None]:
    """The lines outside of blocks, and before which of them the first block stood."""
    kept: list[str] = []
    place: int | None = None
    inside = False
    for line in _lines(text):
        said = line.rstrip("\r\n")
        if said == BEGIN:
            inside = True
            place = len(kept) if place is None else place
        elif inside and said == END:
            inside = False
        elif not (inside and said.startswith("/")):
            inside = False  # the block lost its end: this is somebody's own line
            kept.append(line)
    return kept, place


def _lines(text: str) -> list[str]:
    """The lines with their ends; only a line feed ends one, as for git."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
