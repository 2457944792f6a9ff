"""Executing plans with scripted stacks: what is called, what is found done, and what stands in the way."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from skillctl.core.effects import Delete, Ending, Phase, Run, Write
from skillctl.core.errors import ExecutionError, PluginError
from skillctl.core.value import replace
from skillctl.core.wording import worded
from skillctl_plugins import PluginManager
from skillctl_runtime.environment import secret_values
from skillctl_runtime.isolation import BACKENDS
from skillctl_runtime.journal import TAIL, Journal, read, run_id, runs
from skillctl_runtime.plan import Advice, Plan, Repair, Timeouts
from skillctl_runtime.stack import Need, Output, Repaired, Site, Start, Step, StepResult, Work
from skillctl_runtime.surroundings import find_isolation
from skillctl_runtime.workshop import Call, Workshop
from tests.runtime.scripted import Room, Scripted, plan_of, sh

COUNT = "echo called >> .skillctl-calls"


def counting(*steps: Step, start: Start | None = None) -> Scripted:
    """A stack of these steps."""

    def work(site: Site) -> Work:
        del site
        for each in steps:  # noqa: UP028  what comes back is sent to a generator, and a tuple is none
            yield each
        return start or Start(argv=("/bin/sh", "main.sh"))

    return Scripted(work)


def ran(result: object) -> list[str]:
    """The steps that were run, not found done."""
    return [each.id for each in result.steps if not each.hit]  # type: ignore[attr-defined]


INSTALL = sh(
    "mkdir -p node_modules/left && echo 1 > node_modules/left/index.js",
    "install",
    kind="install",
    inputs=("package.json",),
    outputs=(Output(path="node_modules"),),
)
BUILD = sh("mkdir -p out && cp main.sh out/", "build", inputs=("**/*.sh",), outputs=(Output(path="out"),))


# what comes out


def test_the_files_are_written_the_steps_are_run_and_the_start_is_told(room: Room) -> None:
    result = room.execute(plan_of(), counting(INSTALL, BUILD))
    assert (room.root / "main.sh").read_text() == "echo hello\n"
    assert (room.root / "out" / "main.sh").exists()
    assert ran(result) == ["install", "build"]
    mapping = result.to_json()
    assert (mapping["project_dir"], mapping["stack"]) == (str(room.root), "shell")
    assert mapping["run_cmd"] == "/bin/sh main.sh"
    assert result.isolation.backend in BACKENDS


@pytest.mark.parametrize(("artifact", "key"), [("out/server", "binary"), ("target/app.jar", "jar")])
def test_what_was_built_is_named_by_its_absolute_path(room: Room, artifact: str, key: str) -> None:
    result = room.execute(plan_of(), counting(start=Start(argv=("./out/server",), artifact=artifact)))
    assert result.to_json()[key] == str(room.root / artifact)


def test_the_plans_own_run_command_wins(room: Room) -> None:
    assert room.execute(plan_of(run=("sh main.sh --loud",))).run_cmd == "sh main.sh --loud"


def test_a_dry_run_says_what_would_be_written_and_touches_nothing(room: Room) -> None:
    stack = counting(INSTALL)
    result = room.execute(plan_of(), stack, dry_run=True)
    assert (result.dry_run, result.written) == (True, ("main.sh",))
    assert not room.root.exists()
    assert stack.worked == 0


# nothing twice


def test_an_unchanged_plan_calls_nothing_at_all(room: Room) -> None:
    stack = counting(INSTALL, BUILD)
    first = room.execute(plan_of(), stack)
    again = room.execute(plan_of(), stack)
    assert (again.unchanged, ran(again), stack.worked) == (True, [], 1)
    assert (again.run_cmd, again.stack, again.launcher) == (first.run_cmd, first.stack, first.launcher)


def test_a_changed_source_is_built_again_and_not_installed_again(room: Room) -> None:
    stack = counting(INSTALL, BUILD)
    room.execute(plan_of({"main.sh": "echo one\n", "package.json": "{}"}), stack)
    again = room.execute(plan_of({"main.sh": "echo two\n", "package.json": "{}"}), stack)
    assert ran(again) == ["build"]


def test_a_changed_manifest_is_installed_and_built_again(room: Room) -> None:
    stack = counting(INSTALL, BUILD)
    room.execute(plan_of({"main.sh": "", "package.json": "{}"}), stack)
    assert ran(room.execute(plan_of({"main.sh": "", "package.json": '{"a": 1}'}), stack)) == ["install", "build"]


def test_an_output_that_somebody_touched_is_made_again(room: Room) -> None:
    stack = counting(INSTALL, BUILD)
    room.execute(plan_of(), stack)
    (room.root / "out" / "main.sh").write_text("changed")
    assert ran(room.execute(plan_of(), stack)) == ["build"]


def test_an_output_that_is_gone_is_made_again(room: Room) -> None:
    stack = counting(INSTALL, BUILD)
    room.execute(plan_of(), stack)
    (room.root / "node_modules" / "left" / "index.js").unlink()
    (room.root / "node_modules" / "left").rmdir()
    assert ran(room.execute(plan_of(), stack)) == ["install"]


def test_a_later_step_may_add_to_what_an_earlier_one_made(room: Room) -> None:
    stack = counting(INSTALL, sh("echo 1 > node_modules/added", "build"))
    room.execute(plan_of(), stack)
    assert room.execute(plan_of(), stack).unchanged


def test_another_tool_means_another_key(room: Room) -> None:
    tools = room.path / "tools"
    tools.mkdir()
    tool = tools / "maker"
    tool.write_text("#!/bin/sh\necho 1\n")
    tool.chmod(0o755)
    room.set(PATH=f"{tools}:{room.around.environ['PATH']}")

    def work(site: Site) -> Work:
        maker = site.machine.tool("maker")
        assert maker is not None
        yield Step(id="make", kind="build", argv=("maker",), tools=(maker,))
        return None

    stack = Scripted(work)
    room.execute(plan_of(), stack)
    assert room.execute(plan_of(), stack).unchanged
    tool.write_text("#!/bin/sh\necho 2 2\n")
    assert ran(room.execute(plan_of(), stack)) == ["make"]


def test_a_file_that_a_tool_rewrites_is_not_written_back_and_not_new_the_next_time(room: Room) -> None:
    tidy = sh("echo tidied > go.mod; echo sum > go.sum", "tidy", kind="install", inputs=("go.mod", "go.sum"))
    stack = counting(tidy, BUILD)
    plan = plan_of({"go.mod": "module x\n", "main.sh": ""})
    room.execute(plan, stack)
    changed = replace(plan, files=(*plan.files, *plan_of({"other.sh": ""}).files))
    assert ran(room.execute(changed, stack)) == ["build"]
    assert (room.root / "go.mod").read_text() == "tidied\n"
    told = [line for each in runs(room.root) for line in read(room.root, each) if line["event"] == "rewritten"]
    assert {line["file"] for line in told} >= {"go.mod", "go.sum"}


def test_a_file_that_the_plan_changes_is_written_over_what_the_tool_left(room: Room) -> None:
    stack = counting(sh("echo tidied >> go.mod", "tidy", kind="install", inputs=("go.mod",)))
    room.execute(plan_of({"go.mod": "module x\n"}), stack)
    assert ran(room.execute(plan_of({"go.mod": "module y\n"}), stack)) == ["tidy"]
    assert (room.root / "go.mod").read_text() == "module y\ntidied\n"


def test_a_failed_fallback_is_remembered_when_the_other_way_worked(room: Room) -> None:
    def work(site: Site) -> Work:
        first = yield sh("exit 1", "ci", kind="install", may_fail=True)
        if not first.ok:
            yield sh("true", "install", kind="install")
        return None

    stack = Scripted(work)
    assert ran(room.execute(plan_of(), stack)) == ["ci", "install"]
    again = room.execute(plan_of({"main.sh": "", "new.sh": ""}), stack)
    assert (ran(again), [each.status for each in again.steps]) == ([], [1, 0])


def test_the_answer_of_a_tool_is_kept_with_its_step(room: Room) -> None:
    answers: list[str] = []

    def work(site: Site) -> Work:
        found = yield sh("echo out; echo noise >&2", "look", kind="look")
        answers.append(found.stdout)
        return None

    stack = Scripted(work)
    room.execute(plan_of(), stack)
    room.execute(plan_of({"main.sh": "changed"}), stack)
    assert answers == ["out\n", "out\n"]


def test_a_step_that_looks_outside_is_run_each_time(room: Room) -> None:
    stack = counting(sh("true", "look", kind="look", cached=False))
    room.execute(plan_of(), stack)
    assert ran(room.execute(plan_of({"main.sh": "changed"}), stack)) == ["look"]


def test_after_a_failure_what_succeeded_is_not_done_again(room: Room) -> None:
    with pytest.raises(ExecutionError):
        room.execute(plan_of(), counting(INSTALL, sh("exit 1", "build", inputs=("*.sh",))))
    assert ran(room.execute(plan_of(), counting(INSTALL, BUILD))) == ["build"]


# failures


def test_a_failed_step_shows_the_tools_own_error_lines_first(room: Room) -> None:
    line = "echo noise; echo 'error: main.c:3: no such thing' >&2; exit 4"
    with pytest.raises(ExecutionError) as caught:
        room.execute(plan_of(), counting(sh(line, "compile")))
    told = worded(caught.value.problems[0])
    assert (told.code, told.detail) == ("E523", "error: main.c:3: no such thing")
    assert "status 4" in told.title


def test_a_step_that_overstays_is_ended_and_the_key_to_change_is_named(room: Room) -> None:
    plan = plan_of(timeouts=Timeouts(build=0.3))
    with pytest.raises(ExecutionError) as caught:
        room.execute(plan, counting(sh("sleep 60", "build")))
    assert caught.value.code == "E524"
    assert "timeouts.build" in worded(caught.value.problems[0]).hint


def test_the_settings_bound_what_a_plan_may_take(room: Room) -> None:
    room.settings(build_timeout=1)
    with pytest.raises(ExecutionError) as caught:
        room.execute(plan_of(timeouts=Timeouts(build=600)), counting(sh("sleep 60", "build")))
    assert caught.value.code == "E524"


def test_a_missing_tool_is_named_with_how_to_get_it_before_anything_is_written(room: Room) -> None:
    needs = (Need(any_of=("no-such-poetry",), why="poetry.lock asks for it", how="`pipx install poetry`"),)
    with pytest.raises(ExecutionError) as caught:
        room.execute(plan_of(), Scripted(needs=needs))
    told = worded(caught.value.problems[0])
    assert told.code == "E522"
    assert "no-such-poetry" in told.title
    assert told.hint == "`pipx install poetry`"
    assert not room.root.exists()


def test_a_directory_that_the_runtime_did_not_make_is_refused_without_force(room: Room) -> None:
    room.root.mkdir(parents=True)
    (room.root / "thesis.txt").write_text("years of work")
    with pytest.raises(ExecutionError) as caught:
        room.execute(plan_of())
    assert caught.value.code == "E512"
    assert [each.name for each in room.root.iterdir()] == ["thesis.txt"]
    room.execute(plan_of(), force=True)
    assert (room.root / "thesis.txt").read_text() == "years of work"


# the plan's own lines


def test_the_plans_own_install_and_build_stand_in_for_the_stacks(room: Room) -> None:
    plan = plan_of(install=("echo mine > installed",), build=("cp main.sh built",))
    result = room.execute(plan, counting(sh("touch theirs", "install", kind="install"), sh("touch theirs", "build")))
    assert ran(result) == ["plan-install-1", "plan-build-1"]
    assert (room.root / "built").exists()
    assert not (room.root / "theirs").exists()


def test_the_plans_own_lines_find_the_programs_that_were_installed(room: Room) -> None:
    tool = "mkdir -p node_modules/.bin && printf '#!/bin/sh\\ntouch compiled\\n' > node_modules/.bin/tsc0"
    install = sh(f"{tool} && chmod +x node_modules/.bin/tsc0", "install", kind="install")
    room.execute(plan_of(build=("tsc0",)), counting(install))
    assert (room.root / "compiled").exists()


def test_the_plans_own_lines_are_run_where_the_stack_has_nothing_to_do(room: Room) -> None:
    assert ran(room.execute(plan_of(build=("true",)), counting())) == ["plan-build-1"]


def test_an_installation_in_the_run_line_becomes_a_dependency(room: Room) -> None:
    seen: list[Plan] = []

    def work(site: Site) -> Work:
        seen.append(site.plan)
        yield from ()
        return None

    result = room.execute(plan_of(run=("pip install flask && sh main.sh",)), Scripted(work))
    assert (result.run_cmd, seen[0].dependencies.packages) == ("sh main.sh", ("flask",))
    assert [each.rule for each in result.repairs] == ["run-split"]


def test_repairs_of_a_stack_go_on_until_nothing_changes_and_are_told(room: Room) -> None:
    def repaired(site: Site) -> Repaired:
        if site.plan.file("go.mod"):
            return Repaired(plan=site.plan)
        files = (*site.plan.files, *plan_of({"go.mod": "module x\n"}).files)
        return Repaired(
            plan=replace(site.plan, files=files), repairs=(Repair(rule="no-go-mod", what="it was missing"),)
        )

    result = room.execute(plan_of(), Scripted(repaired=repaired))
    assert [each.rule for each in result.repairs] == ["no-go-mod"]
    assert (room.root / "go.mod").exists()


def test_advice_of_a_stack_is_a_warning_each_time_and_the_plan_stays_as_it_is(room: Room) -> None:
    advice = Advice(rule="unknown-module", what="`foo` is imported and not declared", file="main.sh")
    stack = Scripted(repaired=lambda site: Repaired(plan=site.plan, advice=(advice,)))
    results = [room.execute(plan_of(), stack) for _ in range(2)]
    assert [[worded(each).title for each in result.problems] for result in results] == [[advice.what]] * 2
    assert results[1].unchanged


# several parts


def test_parts_are_built_at_the_same_time(room: Room) -> None:
    """Each waits for the other: one after the other, they would wait for ever."""
    meeting = threading.Barrier(2, timeout=30)

    def work(site: Site) -> Work:
        meeting.wait()
        yield sh("echo built > built", "build")
        return Start(argv=("sh", "main.sh"))

    files = {"backend/main.sh": "", "frontend/main.sh": ""}
    parts = (Scripted(work, name="python"), Scripted(work, name="node"))
    result = room.execute(plan_of(files), *parts, parts=[("backend", "python"), ("frontend", "node")])
    assert sorted(each.folder for each in result.steps) == ["backend", "frontend"]
    assert (room.root / "frontend" / "built").exists()


def test_the_failures_of_all_parts_are_told_together(room: Room) -> None:
    def work(site: Site) -> Work:
        yield sh(f"echo error in {site.part.folder}; exit 1", "build")
        return None

    files = {"backend/main.sh": "", "frontend/main.sh": ""}
    parts = (Scripted(work, name="python"), Scripted(work, name="node"))
    with pytest.raises(ExecutionError) as caught:
        room.execute(plan_of(files), *parts, parts=[("backend", "python"), ("frontend", "node")])
    assert [worded(each).detail for each in caught.value.problems] == ["error in backend", "error in frontend"]


# guards and plugins


class Watcher:
    """A guard that remembers, and says no to what contains a word."""

    name = "watcher"

    def __init__(self, no: str = "\0") -> None:
        self.phases: list[Phase] = []
        self.endings: list[Ending] = []
        self._no = no

    def before(self, phase: Phase) -> None:
        self.phases.append(phase)
        if self._no in str(phase.effects):
            raise PluginError.of("E600", plugin=self.name, event="pre", reason="no")

    def after(self, phase: Phase, ending: Ending) -> None:
        self.endings.append(ending)


def test_guards_see_all_writes_together_and_then_each_command(room: Room) -> None:
    watcher = Watcher()
    step = sh("true", "build")
    room.execute(plan_of({"a.sh": "", "b.sh": ""}, delete=("c.sh",)), counting(step), guards=[watcher])
    plan, command = watcher.phases
    assert plan.name == "plan"
    assert [type(each) for each in plan.effects] == [Write, Write, Delete]
    assert command.name == "command"
    assert isinstance(command.effects[0], Run)
    assert [each.ok for each in watcher.endings] == [True, True]
    assert {plan.run, command.run} == set(runs(room.root))


def test_a_guard_that_says_no_to_a_write_leaves_everything_as_it_was(room: Room) -> None:
    with pytest.raises(PluginError):
        room.execute(plan_of({"a.sh": "", "secret.sh": ""}), guards=[Watcher("secret")])
    assert not (room.root / "a.sh").exists()


def test_a_guard_that_says_no_to_a_command_keeps_it_from_being_run(room: Room) -> None:
    with pytest.raises(PluginError):
        room.execute(plan_of(), counting(sh("touch ran", "build")), guards=[Watcher("touch ran")])
    assert not (room.root / "ran").exists()


def test_plugins_change_the_plan_add_steps_and_hear_of_the_end(room: Room) -> None:
    heard: list[str] = []

    def pre_execute(plan: dict[str, object]) -> dict[str, object]:
        return {**plan, "files": [*plan["files"], {"filename": "added.sh", "code": "echo added\n"}]}  # type: ignore[misc]

    with PluginManager() as plugins:
        plugins.add_hook("pre_execute", pre_execute)
        plugins.add_hook("pre_build", lambda stack, project_dir, plan: [["cp", "added.sh", "more.sh"]])
        plugins.add_hook("post_build", lambda stack, project_dir, result: heard.append(f"{stack} {result['ok']}"))
        plugins.add_hook("post_execute", lambda plan, result: heard.append(result["project_dir"]))
        result = room.execute(plan_of(run=("echo one", "echo two")), counting(BUILD), plugins=plugins)
    assert (room.root / "more.sh").read_text() == "echo added\n"
    assert ran(result) == ["plugin-1", "build"]
    assert heard == ["shell True", str(room.root)]


# the journal


def test_every_command_is_one_line_of_the_journal_without_the_values_of_secrets(room: Room) -> None:
    room.set(API_TOKEN="hunter2-hunter2")
    step = sh("echo said; echo $HIDDEN", "build", env={"HIDDEN": "hunter2-hunter2"})
    result = room.execute(plan_of(secrets=("API_TOKEN",)), counting(step))
    text = Path(result.journal).read_text()
    assert "hunter2" not in text
    line = next(line for line in map(json.loads, text.splitlines()) if line["event"] == "command")
    assert line.keys() >= {"argv", "cwd", "env", "start", "seconds", "exit", "stdout_bytes", "tail", "cache"}
    assert (line["exit"], line["cache"], line["tail"]) == (0, "miss", "said\n***\n")
    assert "PATH" in line["env"]


def test_credentials_of_package_managers_are_not_in_the_journal_either(room: Room) -> None:
    room.set(UV_INDEX_MINE_PASSWORD="swordfish", PIP_INDEX_URL="https://ann:opensesame@pypi.example/simple")
    line = 'echo "$UV_INDEX_MINE_PASSWORD"; echo "$PIP_INDEX_URL"; echo opensesame'
    text = Path(room.execute(plan_of(), counting(sh(line, "build"))).journal).read_text()
    assert "swordfish" not in text
    assert "opensesame" not in text
    assert "https://***@pypi.example/simple" in text


def test_runs_of_one_second_have_names_of_their_own_in_their_order(tmp_path: Path) -> None:
    now, made = "2026-01-01T00:00:00Z", []
    for name in ("one", "one", "two"):
        project = tmp_path / name
        project.mkdir(exist_ok=True)
        made.append(run_id(project, now))
        Journal(project, made[-1], lambda: now).line("command")
    assert len(set(made)) == 3
    assert runs(tmp_path / "one") == made[:2]
    assert run_id(tmp_path / "one", now) != run_id(tmp_path / "one", now)


def test_a_secret_at_the_edge_of_what_is_kept_is_hidden_whole(room: Room) -> None:
    room.set(API_TOKEN="a" * 40)
    journal = Journal(room.root, "run", lambda: "", secret_values(room.around.environ, plan_of(secrets=("API_TOKEN",))))
    assert "a" not in journal.tail(b"a" * 40 + b"x" * (TAIL - 20))


def test_after_the_end_was_asked_for_nothing_goes_on(room: Room) -> None:
    machine = room.around.machine()
    workshop = Workshop(
        room.root,
        plan_of(),
        room.around,
        machine=machine,
        isolation=find_isolation(room.around, machine),
        guards=(),
        journal=Journal(room.root, "run", room.around.now),
    )
    room.root.mkdir(parents=True)
    workshop.stop_all()
    ended = workshop.run(Call(purpose="build", id="late", argv=("sleep", "60"), cwd=str(room.root)))
    assert (ended.stopped, ended.seconds < 30) == ("asked", True)


def test_results_of_steps_come_back_to_the_stack(room: Room) -> None:
    found: list[StepResult] = []

    def work(site: Site) -> Work:
        found.append((yield sh("echo out; echo err >&2; exit 3", "try", may_fail=True)))
        return None

    room.execute(plan_of(), Scripted(work))
    assert (found[0].status, found[0].stdout, found[0].ok) == (3, "out\n", False)
    assert sorted(found[0].output.split()) == ["err", "out"]
