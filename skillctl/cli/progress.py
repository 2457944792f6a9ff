"""What a person sees while a plan is executed: a line for each step with its time, and the tool's last word.

All of it goes to standard error. On a terminal the running tool's latest line stands below, and is written over;
anywhere else there are only the lines of steps that are over. `--quiet` leaves out everything.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

from skillctl.cli.live_line import LiveLine
from skillctl.cli.streams import Manner

if TYPE_CHECKING:
    from skillctl_runtime.plan import Repair
    from skillctl_runtime.stack import Part, Step, StepResult

_OFTEN = 0.05


class Progress:
    """The reporter of the command line."""

    def __init__(self) -> None:
        self._line = LiveLine()
        self._lock = threading.Lock()
        self._begun: dict[tuple[str, str], float] = {}
        self._last = 0.0

    def began(self, part: Part, step: Step) -> None:
        """A step is about to run."""
        self._begun[part.folder, step.id] = time.monotonic()
        self._below(part, step, step.about or " ".join(step.argv))

    def said(self, part: Part, step: Step, data: bytes) -> None:
        """The running tool printed something."""
        if self._line.is_shown_here and time.monotonic() - self._last > _OFTEN:
            lines = data.decode("utf-8", "replace").replace("\r", "\n").split("\n")
            spoken = [each.strip() for each in lines if each.strip()]
            if spoken:
                self._below(part, step, spoken[-1])

    def ended(self, part: Part, result: StepResult) -> None:
        """A step is over."""
        step = result.step
        if result.hit:
            how = "nothing to do"
        elif result.ok:
            how = f"{result.seconds:.1f} s"
        else:
            how = f"{result.seconds:.1f} s, failed with status {result.status}"
            how += "; there is another way" if step.may_fail else ""
        self._say(f"{_title(part)} {step.id}: {step.about + ', ' if step.about and not result.hit else ''}{how}")

    def repaired(self, repair: Repair) -> None:
        """Something was mended."""
        place = f" ({repair.file})" if repair.file else ""
        self._say(f"mended: {repair.what}{place}")

    def noted(self, sentence: str) -> None:
        """Something else worth knowing at once."""
        self._say(sentence)

    def done(self) -> None:
        """Leave nothing of the last line behind."""
        with self._lock:
            self._line.wipe()

    def _say(self, text: str) -> None:
        with self._lock:
            self._line.say(text)

    def _below(self, part: Part, step: Step, text: str) -> None:
        if not self._line.is_shown_here:
            return
        with self._lock:
            self._last = time.monotonic()
            seconds = self._last - self._begun.get((part.folder, step.id), self._last)
            self._line.show(f"{_title(part)} {step.id} {seconds:.0f} s  {text}")


def passed_on(progress: Progress) -> HeardFunction:
    """Gives a program's output to the streams of the same name; with `--json` all of it to standard error."""

    def heard(stream: str, data: bytes) -> None:
        progress.done()
        out = sys.stdout if stream == "stdout" and not Manner.json else sys.stderr
        buffer = getattr(out, "buffer", None)
        if buffer is not None:
            buffer.write(data)
            buffer.flush()
        else:
            out.write(data.decode("utf-8", "replace"))
            out.flush()

    return heard


def _title(part: Part) -> str:
    return f"[{part.folder or part.stack}]"


if TYPE_CHECKING:
    from collections.abc import Callable

    from skillctl.edges.process.streaming import Stream

    HeardFunction = Callable[[Stream, bytes], None]
