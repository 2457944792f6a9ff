"""The budget of an agent's context: what counts, who keeps to it, and what is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from skillctl.app.budget import BudgetOutcome, show_budget
from skillctl.core.errors import SkillctlError
from skillctl.core.wording import worded
from tests.support.machine import Machine
from tests.support.packs import pack


def shown(machine: Machine) -> BudgetOutcome:
    return show_budget(machine.settings(), machine.project)


def wordy(name: str, *, manual: bool = False) -> dict[str, bytes]:
    """A pack whose one skill has a description of 400 bytes: about 104 tokens always on."""
    more = "disable-model-invocation: true\n" if manual else ""
    text = f"---\nname: {name}\ndescription: {'words ' * 66}\n{more}---\n\nDo it.\n"
    return {**pack(name, skills=[name]), f"skills/{name}/SKILL.md": text.encode()}


@pytest.fixture
def ready(machine: Machine) -> Machine:
    machine.publish(wordy("one"), wordy("two"), wordy("by-hand", manual=True))
    return machine


def test_an_install_beyond_the_budget_is_refused_and_changes_nothing(ready: Machine) -> None:
    ready.write_project(packs={}, agents=["claude-code"], budget={"tokens": 150})
    ready.install("one")
    before = ready.seen(ready.project)
    with pytest.raises(SkillctlError) as caught:
        ready.install("two")
    assert caught.value.code == "E480"
    told = worded(caught.value.problems[0])
    assert "claude-code" in told.title
    assert "150" in told.title
    assert "one (one)" in told.detail
    assert "two (two)" in told.detail
    assert "disable-model-invocation: true" in told.hint
    assert ready.seen(ready.project) == before


def test_installing_shows_the_cost_that_the_budget_shows(ready: Machine) -> None:
    ready.write_project(packs={}, agents=["claude-code"])
    assert [each.tokens for each in ready.install("by-hand").commands] == [0]
    ready.write_project(packs={}, agents=["claude-code", "codex"])
    (command,) = ready.install("by-hand").commands
    assert command.tokens > 90


def test_a_skill_for_people_alone_costs_nothing_in_claude_code_and_as_much_as_any_elsewhere(ready: Machine) -> None:
    ready.write_project(packs={}, agents=["claude-code", "codex"], budget={"claude-code": 0})
    ready.install("by-hand")
    costs = {each.agent: each.always_on for each in shown(ready).agents}
    assert costs["claude-code"] == 0
    assert costs["codex"] > 90
    ready.write_project(
        packs={"by-hand": "^1.0.0"}, agents=["claude-code", "codex"], budget={"claude-code": 0, "*": 50}
    )
    with pytest.raises(SkillctlError) as caught:
        ready.install()
    assert [each.evidence["agent"] for each in caught.value.problems] == ["codex"]


def test_sync_puts_in_place_what_is_locked_and_tells_and_its_check_fails(ready: Machine) -> None:
    ready.install("one", "two", agents=("claude-code",))
    ready.write_project(**{**ready.wanted, "budget": 100})
    assert [each.code for each in ready.sync().problems] == ["W480"]
    for _ in range(2):
        checked = ready.sync(check=True)
        assert not checked.ok
        assert [each.code for each in checked.problems] == ["W480"]


def test_removing_a_pack_is_the_way_below_the_budget_and_never_refused(ready: Machine) -> None:
    ready.install("one", "two", "by-hand", agents=("codex",))
    ready.write_project(**{**ready.wanted, "budget": {"codex": 150}})
    assert "W480" in [each.code for each in ready.remove("one").problems]
    assert ready.remove("two").ok
    assert shown(ready).ok


def test_the_table_has_every_skill_of_every_agent_the_dearest_first(ready: Machine) -> None:
    ready.publish(pack("tiny"))
    ready.install("one", "tiny", "by-hand", agents=("claude-code", "codex"))
    ready.write_project(**{**ready.wanted, "budget": {"codex": 20, "*": 5000}})
    outcome = shown(ready)
    assert not outcome.ok
    assert [each.code for each in outcome.problems] == ["E480"]
    claude, codex = outcome.agents
    assert [each.skill for each in claude.skills] == ["one", "tiny", "by-hand"]
    assert (claude.limit, codex.limit) == (5000, 20)
    assert codex.is_over
    assert all(each.when_loaded > 0 for each in claude.skills)


def test_a_limit_for_an_agent_that_there_is_not_is_an_error(ready: Machine) -> None:
    ready.write_project(packs={}, budget={"claud-code": 100})
    with pytest.raises(SkillctlError) as caught:
        ready.install("one")
    assert caught.value.code == "E481"
    assert (
        "`claude-code`" in worded(caught.value.problems[0]).hint
        or "claude-code" in worded(caught.value.problems[0]).hint
    )


def test_without_a_budget_nothing_is_weighed(ready: Machine) -> None:
    assert ready.install("one", "two").ok
    assert [each.limit for each in shown(ready).agents] == [None]


def test_without_a_project_there_is_nothing_to_show(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(SkillctlError) as caught:
        show_budget(machine.settings(), tmp_path)
    assert caught.value.code == "E402"
