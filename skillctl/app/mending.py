"""`validate --fix`: what is mechanical is mended, in place and file by file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.errors import UsageError
from skillctl.core.limits import Limits
from skillctl.edges.disk.below import read_below, remove_below, write_below
from skillctl.formats.fixes import Fix, fixed_pack

if TYPE_CHECKING:
    from skillctl.app.validate import ValidateRequest


def mend(location: Path, files: Mapping[str, bytes], request: ValidateRequest, limits: Limits) -> tuple[Fix, ...]:
    """Mend the pack in that directory; a dry run writes nothing. UsageError E002 for an archive, which never changes.

    A file that somebody changes at the same moment is left to them, with everything else that was to be mended in it.
    """
    if location.is_file():
        raise UsageError.of(
            "E002", option="--fix", reason=f"`{location.name}` is an archive; mend the pack's directory"
        )
    changes, fixes = fixed_pack(files, limits=limits, agents=request.agents)
    if request.dry_run:
        return tuple(fixes)
    left: set[str] = set()
    for path, data in sorted(changes.items(), key=lambda item: item[1] is None):
        there = read_below(location, path, max_bytes=limits.file_bytes)
        if (there.data if there else None) != files.get(path):
            left.add(path)
        elif data is None:
            remove_below(location, path)
        else:
            write_below(location, path, data, executable=there is not None and there.executable)
    return tuple(each for each in fixes if each.file not in left)
