"""The last line of a test run: a test that did not run must not pass for one that passed."""

from __future__ import annotations

import pytest

from tests.conftest import skipped_line


def report(nodeid: str, reason: str) -> pytest.TestReport:
    longrepr = ("tests/test_x.py", 1, f"Skipped: {reason}")
    return pytest.TestReport(nodeid, ("tests/test_x.py", 1, ""), {}, "skipped", longrepr, "setup")


def test_nothing_skipped_is_said_too() -> None:
    assert skipped_line([]) == "skipped: none"


def test_every_skipped_test_is_named_under_its_reason() -> None:
    reports = [
        report("tests/test_x.py::test_b", "npm is not on this machine"),
        report("tests/test_x.py::TestThis::test_a", "npm is not on this machine"),
        report("tests/test_y.py::test_c", "needs Windows"),
    ]
    assert skipped_line(reports) == "skipped: 3 (needs Windows: test_c; npm is not on this machine: test_a, test_b)"


def test_the_variants_of_one_test_share_its_name() -> None:
    reports = [report(f"tests/test_x.py::test_a[{name}]", "needs Windows") for name in ("a::b", "c/d")]
    assert skipped_line(reports) == "skipped: 2 (needs Windows: test_a (2 times))"


def test_a_module_that_was_left_out_goes_by_its_file() -> None:
    assert skipped_line([report("tests/test_x.py", "needs Windows")]) == "skipped: 1 (needs Windows: test_x.py)"
