"""The frame: whatever a command does, out come text or an envelope, and a status."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from skillctl.app.outcome import Outcome
from skillctl.cli.answer import Answer
from skillctl.cli.page import Page, bold
from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import ManifestError
from skillctl.core.json_value import JsonObject
from tests.cli.conftest import Bench

As = Callable[[Callable[..., Any]], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Made(Outcome):
    name: str = "thing"

    def to_json(self) -> JsonObject:
        return {"name": self.name}


def answering(*problems: Problem, name: str = "thing") -> Callable[[], Answer]:
    def shown(page: Page) -> None:
        page.say("working on ", bold(name))
        page.line("made ", bold(name))

    return lambda: Answer(Made(name=name, problems=problems), shown)


def raising(error: BaseException) -> Callable[[], Answer]:
    def command() -> Answer:
        raise error

    return command


def test_results_go_to_standard_output_and_talk_to_standard_error(skillctl: Bench, as_init: As) -> None:
    as_init(answering())
    ran = skillctl("init")
    assert (ran.status, ran.out, ran.err) == (0, "made thing\n", "working on thing\n")


def test_quiet_leaves_the_talk_out_but_not_the_problems(skillctl: Bench, as_init: As) -> None:
    as_init(answering(problem("E155", value="a", place=Place(file="x"))))
    ran = skillctl("init", "-q")
    assert "working" not in ran.err
    assert "E155" in ran.err


def test_json_gives_one_envelope_and_no_talk(skillctl: Bench, as_init: As) -> None:
    as_init(answering())
    ran = skillctl("init", "--json")
    assert ran.err == ""
    assert ran.envelope["command"] == "init"
    assert ran.envelope["ok"] is True
    assert ran.result == {"name": "thing"}


def test_the_shared_options_may_also_stand_in_front(skillctl: Bench, as_init: As) -> None:
    as_init(answering())
    assert skillctl("--json", "init").result == {"name": "thing"}


def test_an_error_among_the_outcomes_problems_means_status_1_and_still_a_result(skillctl: Bench, as_init: As) -> None:
    as_init(answering(problem("E155", value="a", place=Place(file="skill.json", path="$.a", line=2, column=3))))
    ran = skillctl("init", "--json")
    assert ran.status == 1
    assert ran.envelope["ok"] is False
    assert ran.result == {"name": "thing"}
    assert ran.envelope["problems"][0]["place"] == {"file": "skill.json", "path": "$.a", "line": 2, "column": 3}


def test_warnings_alone_leave_the_status_at_0(skillctl: Bench, as_init: As) -> None:
    as_init(answering(Problem("E155", {"value": "a"}, None, "warning")))
    ran = skillctl("init")
    assert ran.status == 0
    assert ran.err.splitlines()[1].startswith("warning E155: ")


def test_an_error_of_ours_is_shown_with_place_and_hint(skillctl: Bench, as_init: As) -> None:
    as_init(raising(ManifestError.of("E152", place=Place(file="skill.json", line=1, column=1))))
    ran = skillctl("init")
    assert ran.status == 1
    assert ran.out == ""
    assert ran.err.splitlines() == [
        "error E152: the file begins with a byte order mark",
        "  at skill.json:1:1",
        "  hint: save it as UTF-8 without a byte order mark",
    ]


def test_what_came_from_outside_is_shown_as_code_points_and_on_one_line(skillctl: Bench, as_init: As) -> None:
    as_init(answering(problem("E155", value="a\x1b[2J\nerror E999: x\u202e"), name="b\x1b[31m\nc"))
    ran = skillctl("init")
    assert "\x1b" not in ran.out + ran.err
    assert "\u202e" not in ran.err
    assert ran.out == "made b\\x1b[31m\\nc\n"
    assert len(ran.err.splitlines()) == 3


def test_an_envelope_is_ascii_whatever_it_holds(skillctl: Bench, as_init: As) -> None:
    as_init(answering(name="Zürich \u202e \ud800"))
    ran = skillctl("init", "--json")
    assert ran.out.isascii()
    assert ran.result == {"name": "Zürich \u202e \ud800"}


def test_a_bug_is_one_sentence_with_a_code_and_no_traceback(skillctl: Bench, as_init: As) -> None:
    as_init(raising(ZeroDivisionError("oh\x1b[1m no")))
    ran = skillctl("init")
    assert ran.status == 1
    assert ran.err.startswith("error E090: this is a bug in skillctl: ZeroDivisionError: oh\\x1b[1m no\n")
    assert "Traceback" not in ran.err
    assert skillctl("init", "--json").codes == ["E090"]


def test_a_traceback_is_there_for_those_who_ask(skillctl: Bench, as_init: As) -> None:
    as_init(raising(ZeroDivisionError("oh no")))
    ran = skillctl("init", "--json", environment={"SKILLCTL_DEBUG": "1"})
    assert "Traceback" in ran.err
    assert ran.codes == ["E090"]


def test_ctrl_c_ends_with_130(skillctl: Bench, as_init: As) -> None:
    as_init(raising(KeyboardInterrupt()))
    ran = skillctl("init")
    assert ran.status == 130
    assert ran.err.startswith("error E091: ")
    assert skillctl("init", "--json").codes == ["E091"]


def test_colour_is_there_on_a_terminal_only_and_not_with_no_color(skillctl: Bench, as_init: As) -> None:
    as_init(answering(problem("E152")))
    coloured = skillctl("init", terminal=True)
    assert "\x1b[1mthing\x1b[0m" in coloured.out
    assert "\x1b[1;31merror\x1b[0m" in coloured.err
    for plain in (
        skillctl("init"),
        skillctl("init", terminal=True, environment={"NO_COLOR": "1"}),
        skillctl("init", terminal=True, environment={"TERM": "dumb"}),
    ):
        assert "\x1b" not in plain.out + plain.err


def test_colour_carries_no_meaning(skillctl: Bench, as_init: As) -> None:
    as_init(answering(problem("E152")))
    plain, coloured = skillctl("init"), skillctl("init", terminal=True)
    bare = coloured.err
    for style in ("\x1b[1;31m", "\x1b[1m", "\x1b[0m"):
        bare = bare.replace(style, "")
    assert bare == plain.err


WRONG = [
    (["instal"], "E020", "did you mean `install`"),
    (["upgrade"], "E020", "`skillctl update` does that here"),
    (["frobnicate"], "E020", "`skillctl --help` lists every command"),
    (["config", "gett"], "E020", "did you mean `get`?"),
    (["--frobnicate"], "E021", "`skillctl --help` lists every command"),
    (["init", "--dry-rum"], "E021", "did you mean `--dry-run`?"),
    (["init", "--jsom"], "E021", "did you mean `--json`?"),
    (["yank"], "E022", "skillctl yank"),
    (["init", "here"], "E024", "quote"),
    (["config"], "E025", "`get`, `set`"),
    (["publish", "--registry"], "E026", "skillctl publish --help"),
    (["init", "--json=yes"], "E026", "skillctl init --help"),
]


@pytest.mark.parametrize(("words", "code", "hint"), WRONG, ids=lambda value: str(value))
def test_a_wrong_call_is_a_sentence_a_hint_and_status_2(
    skillctl: Bench, words: list[str], code: str, hint: str
) -> None:
    ran = skillctl(*words)
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.startswith(f"error {code}: ")
    assert hint in ran.err.splitlines()[1]
    assert "Usage:" not in ran.err.splitlines()[0]
    told = skillctl(*words, "--json") if "--registry" not in words else skillctl("--json", *words)
    assert (told.status, told.codes, told.err) == (2, [code], "")


def test_json_without_a_command_is_an_envelope_too(skillctl: Bench) -> None:
    ran = skillctl("--json")
    assert (ran.status, ran.codes, ran.err) == (2, ["E022"], "")


def test_words_behind_a_double_dash_are_no_options(skillctl: Bench, as_init: As) -> None:
    as_init(answering())
    ran = skillctl("init", "--", "--json")
    assert ran.status == 2
    assert ran.out == ""


def test_a_reader_that_has_enough_is_no_failure() -> None:
    script = f"{sys.executable} -m skillctl --help --quiet | true; echo ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, env=dict(os.environ))
    assert ran.stdout == "0\n"
    assert ran.stderr == ""


def test_a_locale_without_the_letters_does_not_stop_the_work() -> None:
    code = (
        "import sys; from skillctl.cli.page import Page; from skillctl.cli.frame import _Voice;"
        "_Voice(json=False, quiet=False); Page(sys.stdout, sys.stderr).line('Zürich')"
    )
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert (ran.stdout, ran.stderr) == ("Z\\xfcrich\n", "")
