"""The plan's checks: the program is started as for a run, looked at, and ended.

Checks of the exit status wait for the program's own end; checks over HTTP, and commands, come when it is ready, while
it runs; what it printed and wrote is looked at last. Without any checks a server has to become ready, and any other
program has to end with status 0.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.effects import Guard
from skillctl.core.json_value import JsonObject
from skillctl.core.limits import MIB
from skillctl.core.value import dataclass, replace
from skillctl.edges.disk.files import read_bytes
from skillctl.edges.process.signals import ending
from skillctl.edges.process.streaming import Ended, Heard
from skillctl_runtime.plan import Check, StackName
from skillctl_runtime.readiness import Server, is_ready, last_lines
from skillctl_runtime.reporter import Reporter
from skillctl_runtime.running import Project, not_ready
from skillctl_runtime.stack import Stack
from skillctl_runtime.surroundings import Surroundings

if TYPE_CHECKING:
    from skillctl_plugins import PluginManager

_PAUSE = 0.05
_SERVER_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckReport:
    """How one check went."""

    check: Check
    reason: str = ""
    """Why it failed, as words; empty: it holds."""
    lines: str = ""
    """What was there instead."""

    @property
    def title(self) -> str:
        """What is checked, as words."""
        return check_words(self.check)

    def to_json(self) -> JsonObject:
        """For the envelope."""
        return {"type": self.check.kind, "check": self.title, "ok": not self.reason, "reason": self.reason}


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """How all of them went."""

    project_dir: str
    reports: tuple[CheckReport, ...]
    problems: tuple[Problem, ...] = ()
    run: str = ""


def check_project(
    root: Path,
    around: Surroundings,
    *,
    guards: Sequence[Guard] | None = None,
    plugins: PluginManager | None = None,
    reporter: Reporter | None = None,
    stacks: Mapping[StackName, Stack] | None = None,
    heard: Heard | None = None,
) -> Checked:
    """Run the checks of a project's plan. ExecutionError if it can't be started or never becomes ready."""
    project = Project(root, around, guards=guards, plugins=plugins, reporter=reporter, stacks=stacks)
    project.note_circumstances()
    project.more_variables = project.life.before_run(root)
    with ending():
        reports, status = _Checking(project, heard).done()
    project.life.after_run(root, status)
    problems = [*project.problems, *project.life.problems]
    if not project.plan.checks:
        problems.append(problem("N520"))
    problems += [
        problem("E529", check=each.title, reason=each.reason, lines=each.lines) for each in reports if each.reason
    ]
    return Checked(project_dir=str(root), reports=tuple(reports), problems=tuple(problems), run=project.journal.run)


class _Checking:
    """The checks of one project, over one run of its program."""

    def __init__(self, project: Project, heard: Heard | None) -> None:
        self._project = project
        self._heard = heard
        self._checks = project.plan.checks or (Check(kind="exit"),)
        self._serves = project.start.server

    def done(self) -> tuple[list[CheckReport], int]:
        project = self._project
        port = project.port()
        failed = project.before_lines(port, self._heard)
        if failed is not None:
            return [self._ended(each, failed) for each in self._checks], failed.status
        project.before_run()
        with project.server(port, self._heard) as server:
            live = dict(self._live(server))
            ended = self._end(server)
        project.after_run()
        reports = [live.get(number) or self._ended(each, ended) for number, each in enumerate(self._checks)]
        return reports, ended.status

    def _live(self, server: Server) -> Iterator[tuple[int, CheckReport]]:
        """The checks that need the program while it runs."""
        wanted = [(number, each) for number, each in enumerate(self._checks) if each.kind in ("http", "command")]
        asks = any(each.kind == "http" for _, each in wanted)
        if self._serves and (asks or wanted or not self._project.plan.checks):
            self._await(server)
        for number, each in wanted:
            if each.kind == "http":
                yield number, self._http(each, server)
            elif self._serves:
                yield number, self._command(each)

    def _await(self, server: Server) -> None:
        ready = self._project.start.ready
        limit = ready.timeout if ready else _SERVER_SECONDS
        while not is_ready(server, ready):
            if server.running.wait(_PAUSE) is not None:
                return
            if server.running.seconds() > limit:
                raise not_ready(self._project, server, limit)

    def _end(self, server: Server) -> Ended:
        """The program's end: its own, or ours where it would serve for ever."""
        if self._serves:
            return server.running.stop(grace=5.0)
        timeout = max(each.timeout for each in self._checks)
        return server.running.wait(timeout) or server.running.stop(grace=1.0, reason="time")

    def _http(self, check: Check, server: Server) -> CheckReport:
        status, body = server.answer(check.path or "/", timeout=check.timeout)
        if status == 0:
            return CheckReport(check=check, reason="nobody answered", lines=last_lines(server.running.said()))
        if status != check.status:
            return CheckReport(check=check, reason=f"the status is {status}", lines=body[:2000])
        return replace(_contains(check, body, "the answer"), lines=body[:2000])

    def _command(self, check: Check) -> CheckReport:
        project = self._project
        base = project.call(0)
        call = replace(
            base, id="check", argv=project.shell(check.command), shell=check.command, timeout=check.timeout, stdin=b""
        )
        ended = project.workshop.run(call, self._heard)
        wanted = check.code or 0
        if ended.stopped == "time" or ended.status != wanted:
            reason = "it took too long" if ended.stopped else f"its status is {ended.status}"
            return CheckReport(check=check, reason=reason, lines=last_lines(ended.output))
        return _contains(check, ended.output.decode("utf-8", "replace"), "its output")

    def _ended(self, check: Check, ended: Ended) -> CheckReport:
        """A check of what is left when the program is over."""
        match check.kind:
            case "exit":
                return self._exit(check, ended)
            case "stdout" | "stderr":
                data = ended.stdout if check.kind == "stdout" else ended.stderr
                found = _contains(check, data.decode("utf-8", "replace"), check.kind)
                return replace(found, lines=last_lines(data) if found.reason else "")
            case "file":
                return self._file(check)
            case "command":
                return self._command(check)
            case "http":
                return CheckReport(check=check, reason="the program was over", lines=last_lines(ended.output))

    def _exit(self, check: Check, ended: Ended) -> CheckReport:
        if ended.stopped == "time":
            return CheckReport(check=check, reason=f"it did not end in {check.timeout:g} seconds")
        if ended.stopped == "asked" and self._serves:
            return CheckReport(check=check)
        wanted = check.code or 0
        status = ended.status
        if ended.stopped:
            return CheckReport(check=check, reason=f"it went over a bound: {ended.stopped}")
        reason = "" if status == wanted else f"the status is {status}"
        return CheckReport(check=check, reason=reason, lines=last_lines(ended.output) if reason else "")

    def _file(self, check: Check) -> CheckReport:
        path = os.path.join(self._project.root, check.path)
        if not os.path.exists(path):
            return CheckReport(check=check, reason="it is not there")
        data = read_bytes(path, max_bytes=64 * MIB) if os.path.isfile(path) else b""
        return _contains(check, (data or b"").decode("utf-8", "replace"), "it")


def check_words(check: Check) -> str:
    """A check as words."""
    match check.kind:
        case "exit":
            return f"exit status {check.code or 0}"
        case "http":
            return f"GET {check.path or '/'}"
        case "file":
            return f"file {check.path}"
        case "command":
            return check.command
        case "stdout" | "stderr":
            return check.kind


def _contains(check: Check, text: str, what: str) -> CheckReport:
    missing = [each for each in check.contains if each not in text]
    if missing:
        return CheckReport(check=check, reason=f"{what} does not contain {missing[0]!r}")
    if check.regex and re.search(check.regex, text, re.MULTILINE) is None:
        return CheckReport(check=check, reason=f"{what} does not match {check.regex!r}")
    return CheckReport(check=check)
