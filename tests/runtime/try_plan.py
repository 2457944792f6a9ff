"""Try one case of `tests/plans` with everything shown: `python -m tests.runtime.try_plan tests/plans/x/y.json`.

`--keep` leaves the project where it is, and says where.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from skillctl_runtime.plan import Repair
from skillctl_runtime.stack import Part, Step, StepResult
from tests.runtime.cases import check_case, read_case


class Loud:
    """Tells everything."""

    def began(self, part: Part, step: Step) -> None:
        print(f"--> [{part.folder or part.stack}] {step.id} ({step.kind}): {' '.join(step.argv) or step.about}")

    def said(self, part: Part, step: Step, data: bytes) -> None:
        sys.stdout.write(data.decode("utf-8", "replace"))

    def ended(self, part: Part, result: StepResult) -> None:
        how = "hit" if result.hit else f"{result.seconds:.2f} s, status {result.status}"
        print(f"<-- [{part.folder or part.stack}] {result.step.id}: {how}")

    def repaired(self, repair: Repair) -> None:
        print(f"*** {repair.rule}: {repair.what} {repair.file}")

    def noted(self, sentence: str) -> None:
        print(f"... {sentence}")


def main() -> None:
    keep = "--keep" in sys.argv
    for path in [each for each in sys.argv[1:] if each != "--keep"]:
        case = read_case(Path(path))
        print(f"=== {case.name}: {case.about}")
        room = Path(tempfile.mkdtemp())
        begun = time.monotonic()
        try:
            check_case(case, room, os.environ, Loud())
            print(f"=== as expected, {time.monotonic() - begun:.1f} s")
        finally:
            if keep:
                print(f"=== {room}/project")
            else:
                shutil.rmtree(room, ignore_errors=True)


if __name__ == "__main__":
    main()
