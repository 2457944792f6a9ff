"""The guard that asks Patchwork before each effect, and tells it afterwards.

    verify its log, canaries, session-start      once, before the first phase
    pre-tool for each call, eight at a time      before a phase; any no is a no to the phase
    post-tool, or post-tool-failure              after it, one at a time
    session-end; after plans: seal, verify       at the end, when the guard is closed

Rules:

1. Questions run side by side, since each takes most of a second. What appends to Patchwork's log goes one at a time:
   the program loses records else. A no is recorded too, so the log is read after a round of questions, and those whose
   record is missing are asked again, one at a time; the id of the use keeps a record from being there twice.
2. After a phase our events are counted; what is missing even after a second try is reported.
3. A no can be lifted by the user's own `patchwork approve`, which is bound to the session. So the session of a refused
   phase is kept, and the next command for the project takes it up. skillctl itself never approves anything.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.effects import Ending, Phase
from skillctl.core.errors import PluginError
from skillctl.core.value import dataclass
from skillctl.edges.disk.files import read_bytes, remove_file, write_atomic
from skillctl_plugins.audit.redact import redacted
from skillctl_plugins.patchwork.calls import calls_of
from skillctl_plugins.patchwork.canary import INTERNAL_ERROR, check_engine, check_log, verify
from skillctl_plugins.patchwork.events import Recorded, end_of_log, recorded_since
from skillctl_plugins.patchwork.program import NAME, Patchwork
from skillctl_plugins.patchwork.protocol import Answer, Call, Event, ask, request

AT_ONCE = 8
"""Questions side by side: more are no faster on two cores."""

_SESSION_BYTES = 256
_PLANS = frozenset({"plan", "command"})
_FORESIGHT = "decision"
"""The phase in which the commands of a plan are asked about before its files are written."""

Tell = Callable[[Problem], None]


@dataclass(frozen=True, slots=True)
class _Use:
    """A call in a phase."""

    call: Call
    id: str


class PatchworkGuard:
    """Asks Patchwork. It has to be closed; `close_guards` does it for all that nobody closed."""

    def __init__(self, program: Patchwork, *, state: Path, tell: Tell) -> None:
        """`state` is the user's state directory; `tell` hears notes and warnings while the work goes on."""
        self._program = program
        self._kept = state / NAME
        self._tell = tell
        self._session = ""
        self._cwd = ""
        self._resumed = False
        self._offset = 0
        self._expected = 0
        self._reported = 0
        self._ran_plans = False
        self._open: dict[str, tuple[_Use, ...]] = {}
        self._foreseen: set[Call] = set()
        self._lock = threading.RLock()

    @property
    def name(self) -> str:
        """How messages call it."""
        return NAME

    def before(self, phase: Phase) -> None:
        """Ask about each effect. PluginError E650 with every no, E651 where an answer is none, E652, E653."""
        calls = calls_of(phase.effects)
        if not calls:
            return
        with self._lock:
            self._begin(phase.project)
            uses = tuple(_Use(call, f"{phase.id}-{number}") for number, call in enumerate(calls))
            unasked = tuple(use for use in uses if use.call not in self._foreseen)
            if unasked:
                self._tell(problem("N650", calls=len(unasked)))
            refused = self._refused(unasked) if unasked else []
            if refused:
                self._keep_session()
                raise PluginError(*refused)
            self._drop_session()
            self._ran_plans = self._ran_plans or phase.name in _PLANS
            if phase.name == _FORESIGHT:  # nothing happens in it: what was allowed comes in a phase of its own
                self._foreseen.update(use.call for use in uses)
                return
            self._foreseen.difference_update(use.call for use in uses)
            self._open[phase.id] = uses

    def after(self, phase: Phase, ending: Ending) -> None:
        """Tell how the effects went. What could not be recorded is told as W650."""
        with self._lock:
            uses = self._open.pop(phase.id, ())
            if not uses:
                return
            event: Event = "post-tool" if ending.ok else "post-tool-failure"
            self._record(event, uses)
            lost = self._lost(uses)
            if lost:
                self._record(event, lost, again=True)
            self._report_gap()

    def close(self) -> None:
        """End the session; a second time does nothing."""
        with self._lock:
            if not self._session:
                return
            self._append("session-end")
            if self._ran_plans:
                self._seal()
            self._report_gap()
            self._session = ""
            _OPEN.discard(self)

    def _begin(self, project: str) -> None:
        if self._session:
            return
        cwd = project or self._program.home
        check_log(self._program, cwd=cwd)
        self._cwd = cwd
        kept = read_bytes(self._session_file, max_bytes=_SESSION_BYTES)
        self._resumed = kept is not None
        session = kept.decode("ascii", "replace").strip() if kept else f"skillctl-{uuid.uuid4()}"
        self._offset = end_of_log(self._program.log)
        check_engine(self._program, session=session, cwd=cwd)
        self._session = session
        self._expected = 1  # a canary
        _OPEN.add(self)
        self._append("session-start")

    def _refused(self, uses: Sequence[_Use]) -> list[Problem]:
        """Every no, as a problem."""
        answers = self._asked(uses)
        denied = [(use, answer) for use, answer in zip(uses, answers, strict=True) if not answer.allowed]
        own = [use for use, answer in denied if answer.is_own and INTERNAL_ERROR not in answer.reason]
        self._expected += len(own)
        for use in self._lost(own):
            self._ask(use)
        return [_problem(use.call, answer) for use, answer in denied]

    def _asked(self, uses: Sequence[_Use]) -> list[Answer]:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(uses))) as pool:
            return list(pool.map(self._ask, uses))

    def _ask(self, use: _Use) -> Answer:
        return ask(self._program, self._request("pre-tool", use), cwd=self._cwd)

    def _request(self, event: Event, use: _Use) -> bytes:
        return request(event, session=self._session, cwd=self._cwd, call=use.call, use=use.id)

    def _record(self, event: Event, uses: Iterable[_Use], *, again: bool = False) -> None:
        for use in uses:
            self._append(event, use, again=again)

    def _append(self, event: Event, use: _Use | None = None, *, again: bool = False) -> None:
        """A call that writes to Patchwork's log: never two at once."""
        data = request(event, session=self._session, cwd=self._cwd) if use is None else self._request(event, use)
        said = self._program.call("hook", event, stdin=data, cwd=self._cwd)
        if said.failure or said.status != 0:
            reason = said.failure or f"it ended with status {said.status}"
            self._tell(problem("W651", call=event if use is None else use.call.shown, reason=reason))
        # the beginning and the end of a session are recorded once, however many commands take it up
        if not again and not (use is None and self._resumed):
            self._expected += 1

    def _lost(self, uses: Sequence[_Use]) -> list[_Use]:
        """Those whose record is missing."""
        found = self._recorded()
        if not uses or found.count >= self._expected:
            return []
        return [use for use in uses if use.id not in found.uses]

    def _recorded(self) -> Recorded:
        return recorded_since(self._program.log, self._offset, self._session)

    def _report_gap(self) -> None:
        gap = self._expected - self._recorded().count
        if gap > self._reported:
            self._tell(problem("W650", missing=gap, expected=self._expected, session=self._session))
            self._reported = gap

    def _seal(self) -> None:
        said = self._program.call("seal", "--json", cwd=self._cwd)
        if said.failure or said.status != 0:
            self._tell(problem("W652", reason=said.failure or f"`seal` ended with status {said.status}"))
            return
        found = verify(self._program, "--strict", "--require-seal", cwd=self._cwd)
        if not found.ok:
            self._tell(problem("W652", reason=found.reason))

    @property
    def _session_file(self) -> Path:
        return self._kept / hashlib.sha256(self._cwd.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def _keep_session(self) -> None:
        write_atomic(self._session_file, f"{self._session}\n".encode())

    def _drop_session(self) -> None:
        remove_file(self._session_file)


_OPEN: set[PatchworkGuard] = set()
"""Guards whose session has begun; kept here, since whoever asked them has long forgotten them at the end."""


def close_guards() -> None:
    """Close every guard that is still open: at the end of a command, for callers that have no end of their own."""
    for guard in tuple(_OPEN):
        guard.close()


def _problem(call: Call, answer: Answer) -> Problem:
    shown = redacted(call.shown)
    code = "E650" if answer.is_own else "E651"
    return problem(code, call=shown, reason=answer.reason)
