"""What `update` shows before it writes, what it asks, and how far it goes with --latest."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from skillctl.app.update import UpdatePlan, UpdateRequest, plan_update, update
from skillctl.core.errors import InstallError
from skillctl.core.settings import Settings
from skillctl.core.skill_asks import Ask
from tests.cli.conftest import Ran
from tests.support.machine import Machine
from tests.support.packs import pack

Run = Callable[..., Ran]


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """With `maps` 1.0.0; there is a 1.1.0 that runs a command when it is loaded, and a harmless 2.0.0."""
    machine.publish(pack("maps", files={"CONTEXT.md": "old", "gone.md": "x"}))
    machine.install("maps", agents=("claude-code",))
    machine.publish(
        pack(
            "maps",
            "1.1.0",
            files={"CONTEXT.md": "new", "new.md": "x"},
            text="Now !`git log`",
            permissions={"network": ["example.com"]},
        ),
        pack("maps", "2.0.0"),
    )
    return machine


def request(machine: Machine, *names: str, latest: bool = False) -> UpdateRequest:
    return UpdateRequest(cwd=machine.project, names=names, latest=latest)


def test_a_plan_tells_files_asks_and_tokens_and_writes_nothing_into_the_project(machine: Machine) -> None:
    before = machine.seen(machine.project)
    (told,) = plan_update(machine.settings(), request(machine)).details
    assert machine.seen(machine.project) == before
    assert (told.name, told.before, told.after) == ("maps", "1.0.0", "1.1.0")
    assert told.new == ("new.md",)
    assert told.changed == ("CONTEXT.md", "skill.json", "skills/maps/SKILL.md")
    assert told.gone == ("gone.md",)
    assert told.asks == (
        Ask(kind="shell", what="git log", skill="maps"),
        Ask(kind="network", what="example.com"),
    )
    assert told.tokens_after.on_demand > told.tokens_before.on_demand


def test_what_was_planned_is_done(machine: Machine) -> None:
    plan = plan_update(machine.settings(), request(machine))
    machine.publish(pack("maps", "1.2.0"))  # too late for this plan
    done = update(machine.settings(), request(machine), plan)
    assert machine.versions == {"maps": "1.1.0"}
    assert [(each.name, [ask.what for ask in each.asks]) for each in done.asked] == [
        ("maps", ["git log", "example.com"])
    ]


def test_a_project_that_was_changed_since_the_plan_is_left_alone(machine: Machine) -> None:
    plan = plan_update(machine.settings(), request(machine))
    machine.publish(pack("charts"))
    machine.install("charts")
    before = machine.seen(machine.project)
    with pytest.raises(InstallError) as caught:
        update(machine.settings(), request(machine), plan)
    assert caught.value.code == "E464"
    assert machine.seen(machine.project) == before


def test_what_was_asked_for_before_is_not_told_again(machine: Machine) -> None:
    machine.update()
    machine.publish(pack("maps", "1.3.0", text="Now !`git log`", permissions={"network": ["example.com"]}))
    done = machine.update()
    assert done.asked == ()


def test_a_release_that_is_no_longer_at_hand_counts_as_nothing_before(machine: Machine) -> None:
    machine.clean()
    (told,) = plan_update(machine.settings(), request(machine)).details
    assert (told.before, told.compared, told.gone) == ("1.0.0", False, ())


def test_latest_goes_beyond_the_requirement_and_rewrites_it_in_its_style(machine: Machine) -> None:
    machine.write_project(packs={"maps": "~1.0"}, agents=["claude-code"])
    machine.install()
    told = update(machine.settings(), request(machine, latest=True))
    assert machine.versions == {"maps": "2.0.0"}
    assert machine.wanted["packs"] == {"maps": "~2.0"}
    assert [(each.before, each.after) for each in told.requirements] == [("~1.0", "~2.0")]
    again = machine.seen(machine.project)
    assert not update(machine.settings(), request(machine, latest=True)).details
    assert machine.seen(machine.project) == again


def test_latest_of_one_pack_leaves_the_others_in_their_ranges(machine: Machine) -> None:
    machine.publish(pack("charts"))
    machine.install("charts")
    machine.publish(pack("charts", "2.0.0"))
    machine.update("charts", latest=True)
    assert machine.versions == {"charts": "2.0.0", "maps": "1.0.0"}
    assert machine.wanted["packs"] == {"charts": "^2.0.0", "maps": "^1.0.0"}


def test_latest_never_goes_down(machine: Machine) -> None:
    machine.publish(pack("maps", "3.0.0-rc.1"))
    machine.install("maps@3.0.0-rc.1")
    machine.update(latest=True)
    assert machine.versions == {"maps": "3.0.0-rc.1"}


def test_a_rehearsal_of_latest_leaves_the_project_file(machine: Machine) -> None:
    before = machine.seen(locks=True)
    assert machine.update(latest=True, dry_run=True).changed
    assert machine.seen(locks=True) == before


def test_without_a_terminal_everything_is_shown_before_and_nothing_asked(skillctl: Run) -> None:
    ran = skillctl("update")
    assert ran.status == 0
    assert "newly asked for" in ran.err
    assert "git log" in ran.err
    assert "~ maps 1.0.0 -> 1.1.0" in ran.out


def test_a_no_changes_nothing(skillctl: Run, machine: Machine) -> None:
    before = machine.seen(machine.project)
    ran = skillctl("update", terminal=True, typed="n\n")
    assert (ran.status, "E465" in ran.err) == (1, True)
    assert machine.seen(machine.project) == before


def test_the_return_key_alone_lets_nothing_in_that_was_not_asked_for_before(skillctl: Run, machine: Machine) -> None:
    assert skillctl("update", terminal=True, typed="\n").status == 1
    assert skillctl("update", "--latest", terminal=True, typed="\n").status == 0  # 2.0.0 asks for nothing
    assert machine.versions == {"maps": "2.0.0"}


def test_yes_asks_nothing(skillctl: Run, machine: Machine) -> None:
    assert skillctl("update", "--yes", terminal=True).status == 0
    assert machine.versions == {"maps": "1.1.0"}


def test_a_program_is_told_everything_in_the_envelope(skillctl: Run) -> None:
    told = skillctl("update", "--json").result
    assert told["details"][0]["files"]["new"] == ["new.md"]
    assert told["asked"][0]["asks"][0] == {"kind": "shell", "what": "git log", "skill": "maps"}


@pytest.mark.parametrize("words", [("--dry-run",), ("--plan", "next.json")])
def test_a_rehearsal_of_latest_does_not_say_that_nothing_but_the_project_file_differs(
    skillctl: Run, words: tuple[str, ...]
) -> None:
    ran = skillctl("update", "--latest", *words)
    assert "maps 1.0.0 -> 2.0.0" in ran.out
    assert "skillctl.json: maps ^1.0.0 -> ^2.0.0" in ran.out
    assert "nothing else differs" not in ran.out


def test_where_the_lock_chooses_the_lowest_both_outdated_and_update_say_so(skillctl: Run) -> None:
    assert skillctl("lock", "--resolution", "lowest").status == 0
    listed = skillctl("outdated")
    assert "2.0.0" in listed.out
    assert "chooses the lowest versions" in listed.err
    assert "--latest" not in listed.err
    for words in ((), ("--latest",)):
        assert (
            "the lowest version that is asked for, which is what skillctl.lock chooses"
            in skillctl("update", *words).out
        )


class Overtaking:
    """Another command that installs a further pack between every plan and what is done of it, a number of times."""

    def __init__(self, machine: Machine, monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
        self._machine, self._times, self.plans = machine, times, 0
        machine.publish(*(pack(f"further{number}") for number in range(times)))
        monkeypatch.setattr("skillctl.app.update.plan_update", self)

    def __call__(self, settings: Settings, request: UpdateRequest) -> UpdatePlan:
        plan = plan_update(settings, request)
        if self.plans < self._times:
            self._machine.install(f"further{self.plans}")
        self.plans += 1
        return plan


@pytest.mark.parametrize(("words", "terminal"), [("", False), ("--yes", True), ("--json", False)])
def test_where_nobody_is_asked_a_plan_that_was_overtaken_is_made_anew(
    skillctl: Run, machine: Machine, monkeypatch: pytest.MonkeyPatch, words: str, terminal: bool
) -> None:
    overtaking = Overtaking(machine, monkeypatch, times=2)
    ran = skillctl("update", *words.split(), terminal=terminal)
    assert (ran.status, overtaking.plans) == (0, 3)
    assert machine.versions == {"further0": "1.0.0", "further1": "1.0.0", "maps": "1.1.0"}


def test_a_plan_that_is_overtaken_each_time_is_given_up(
    skillctl: Run, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    overtaking = Overtaking(machine, monkeypatch, times=20)
    assert skillctl("update", "--json").codes == ["E464"]
    assert overtaking.plans == 5
    assert machine.versions["maps"] == "1.0.0"


def test_who_said_yes_to_one_plan_is_not_given_another(
    skillctl: Run, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    overtaking = Overtaking(machine, monkeypatch, times=1)
    ran = skillctl("update", terminal=True, typed="y\n")
    assert (ran.status, "E464" in ran.err, overtaking.plans) == (1, True, 1)
    assert machine.versions["maps"] == "1.0.0"
