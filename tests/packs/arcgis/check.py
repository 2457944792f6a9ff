"""Check the ArcGIS pack, or some of its files, and print what is wrong.

    python -m tests.packs.arcgis.check [--no-run] [--allowed] [FILE …]

Without FILE the whole pack is checked. The names are checked against the lists first, then each python block is run
against the stand-in arcpy (`--no-run` leaves that out). `--allowed` prints the exceptions too.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.packs.arcgis.checker.allowed import exceptions, without_allowed
from tests.packs.arcgis.checker.finding import Finding
from tests.packs.arcgis.checker.names import Names
from tests.packs.arcgis.checker.pack import PACK, check_file, file_words


def named_in_pack(path: Path) -> str:
    whole = path.resolve()
    return whole.relative_to(PACK.resolve()).as_posix() if whole.is_relative_to(PACK.resolve()) else path.name


def main(arguments: list[str]) -> int:
    flags = {each for each in arguments if each.startswith("--")}
    paths = [Path(each) for each in arguments if each not in flags]
    paths = paths or sorted([*PACK.rglob("*.md"), *PACK.rglob("*.py")])
    names, words = Names.load(), file_words(PACK)
    found: list[Finding] = []
    for path in paths:
        found += check_file(path, named_in_pack(path), names, words)
    if "--no-run" not in flags:
        found += run_blocks(paths, names)
    if "--allowed" not in flags:
        found = without_allowed(found, exceptions())
    for each in sorted(set(found)):
        print(each)
    print(f"{len(set(found))} findings in {len(paths)} files", file=sys.stderr)
    return 1 if found else 0


def run_blocks(paths: list[Path], names: Names) -> list[Finding]:
    try:
        from tests.packs.arcgis.standin.run import run_page
    except ImportError:
        return []
    return [finding for path in paths if path.suffix == ".md" for finding in run_page(path, named_in_pack(path), names)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
