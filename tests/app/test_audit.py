"""The log as a person meets it: what is exported is what stands there."""

from __future__ import annotations

import csv
import io
import json

import pytest

from skillctl.app.audit import check_log, export_log, show_log
from skillctl.core.errors import PluginError
from skillctl_plugins.audit.log import audit_log
from tests.support.machine import Machine
from tests.support.packs import pack

NOW = "2026-11-22T00:00:00Z"


@pytest.fixture
def used(machine: Machine) -> Machine:
    """A machine on which an install went well and another was refused."""
    machine.publish(pack("gis"))
    machine.install("gis")
    machine.config.mkdir(exist_ok=True)
    (machine.config / "policy.yaml").write_text("version: 1\npacks:\n  deny: [other]\n")
    machine.publish(pack("other"))
    with pytest.raises(PluginError, match="E610"):
        machine.install("other")
    return machine


def test_an_exported_log_is_the_log_as_it_lies_there_even_where_somebody_changed_it(used: Machine) -> None:
    file = audit_log(used.settings().directories).file
    assert export_log(used.settings(), "jsonl", None).text == file.read_text()
    changed = file.read_text().replace('"pack":"gis"', '"pack":"gix"', 1)
    file.write_text(changed)
    assert export_log(used.settings(), "jsonl", None).text == changed
    first = check_log(used.settings(), now=NOW).problems[0]
    assert (first.code, first.evidence["line"]) == ("E631", 1)


def test_every_form_tells_the_same_records(used: Machine) -> None:
    shown = show_log(used.settings(), tail=0, run="").records
    assert [each.seq for each in shown] == [0, 1, 2, 3]
    records = json.loads(export_log(used.settings(), "json", None).text)
    rows = list(csv.DictReader(io.StringIO(export_log(used.settings(), "csv", None).text)))
    assert [each["seq"] for each in records] == [int(row["seq"]) for row in rows] == [0, 1, 2, 3]
    assert [each.seq for each in show_log(used.settings(), tail=1, run="").records] == [3]
    assert [each.seq for each in show_log(used.settings(), tail=0, run=shown[0].phase).records] == [0, 1]


def test_sarif_tells_what_was_refused(used: Machine) -> None:
    (run,) = json.loads(export_log(used.settings(), "sarif", None).text)["runs"]
    (result,) = run["results"]
    assert result["ruleId"] == "skillctl/install"
    assert "E610" in result["message"]["text"]
