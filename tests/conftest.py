"""What holds for every test: nothing of this machine's user leaks in, and no skipped test goes unnoticed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A slow machine is no broken law: the time an example takes is not part of any property here.
settings.register_profile("skillctl", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("skillctl")

# What would change how skillctl, git or an agent client behave. The agents' own variables come from the shell of
# whoever runs the tests inside an agent.
_TELLING = ("SKILLCTL_", "XDG_", "CLAUDE", "CODEX_", "GEMINI_", "OPENCODE_", "COPILOT_", "GIT_")
_TELLING_NAMES = frozenset({"AI_AGENT", "CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "OPENAI_API_KEY"})
_KEPT = frozenset({"SKILLCTL_TEST_CACHE"})


@pytest.fixture(scope="session")
def outer_environment() -> Mapping[str, str]:
    """The environment that the tests were started in, for what must reach the outside: npm and pip, with their
    settings in the real home."""
    return dict(os.environ)


@pytest.fixture(scope="session", autouse=True)
def _strangers_home(outer_environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An empty home and an environment that says nothing about its user. A test that needs more sets it itself."""
    with pytest.MonkeyPatch.context() as patch:
        for name in outer_environment:
            if name not in _KEPT and (name in _TELLING_NAMES or name.startswith(_TELLING)):
                patch.delenv(name)
        home = str(tmp_path_factory.mktemp("home"))
        patch.setenv("HOME", home)
        patch.setenv("USERPROFILE", home)
        yield


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None]:
    """After pytest's own closing line, one more: what did not run, by name and with the reason."""
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    # with xdist the workers have a reporter too, but nobody reads it
    if reporter is not None and not hasattr(session.config, "workerinput"):
        reporter.write_line(skipped_line(reporter.stats.get("skipped", ())))


def skipped_line(reports: Iterable[pytest.TestReport | pytest.CollectReport]) -> str:
    """`skipped: 3 (npm is not on this machine: test_a, test_b; needs Windows: test_c)`, or `skipped: none`.

    The variants of a parametrised test share one name, `test_a (4 times)`.
    """
    reasons: dict[str, Counter[str]] = {}
    for report in reports:
        reasons.setdefault(_reason(report), Counter())[_name(report)] += 1
    total = sum(names.total() for names in reasons.values())
    if not total:
        return "skipped: none"
    told = "; ".join(f"{reason}: {_listed(names)}" for reason, names in sorted(reasons.items()))
    return f"skipped: {total} ({told})"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def _name(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The test's own name, or the file's where a whole module was left out."""
    return Path(report.nodeid.partition("[")[0].rpartition("::")[2]).name


def _listed(names: Counter[str]) -> str:
    return ", ".join(name if times == 1 else f"{name} ({times} times)" for name, times in sorted(names.items()))
