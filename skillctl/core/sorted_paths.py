"""Which of many paths lie in a folder, found without a look at all of them.

A tree may hold as many folders that are asked for as it has files, so a look at every path for each of them would
take a stranger's large tree hours.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence


def paths_below(paths: Sequence[str], folder: str) -> Sequence[str]:
    """Those of the sorted paths that lie in the folder, at any depth; the root is the empty text."""
    if not folder:
        return paths
    start, end = _bounds(paths, folder)
    return paths[start:end]


def has_folder(paths: Sequence[str], folder: str) -> bool:
    """Whether one of the sorted paths lies in the folder."""
    if not folder:
        return bool(paths)
    start, end = _bounds(paths, folder)
    return start < end


def _bounds(paths: Sequence[str], folder: str) -> tuple[int, int]:
    start = bisect.bisect_left(paths, f"{folder}/")
    return start, bisect.bisect_left(paths, f"{folder}0", start)  # the sign after the slash
