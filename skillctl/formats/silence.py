"""Rules of the validator that a pack's author has silenced, each with a reason, in `validate.ignore` of skill.json.

1. Warnings and notes can be silenced, in the whole pack (`W113`) or in one file (`W113 skills/deploy/SKILL.md`).
2. What looks like a secret (E122) can be silenced in one file by name: the author answers for it, and the next secret
   in another file is found all the same.
3. No other error: errors keep a pack from breaking, or from attacking, those who install it, and their word would be
   the author's.
4. What is silenced is shown as that, with its reason; a silence that nothing answers to is told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.file_names import MANIFEST_FILE
from skillctl.core.json_value import key_path
from skillctl.core.value import dataclass

_NOT_AN_ERROR = "errors count for everybody who installs the pack"
_NO_RULE = "there is no such rule"
_NAME_THE_FILE = "it is silenced in one file at a time: `E122 PATH`"


@dataclass(frozen=True, slots=True)
class Silenced:
    """A problem that the author has silenced."""

    problem: Problem
    reason: str


def why_never(rule: str, known: Collection[str]) -> str:
    """Why a rule can't be silenced as it is written there; empty if it can."""
    code, _, path = rule.partition(" ")
    if code not in known:
        return _NO_RULE
    if code == "E122":
        return "" if path else _NAME_THE_FILE
    return _NOT_AN_ERROR if code.startswith("E") else ""


def apart(
    problems: Iterable[Problem], silences: Mapping[str, str], *, is_asked: Callable[[str], bool]
) -> tuple[list[Problem], list[Silenced]]:
    """The problems that count, with those of the silences themselves; and the silenced ones.

    `is_asked` tells whether a rule was looked for at all: of the silence of another nothing can be said.
    """
    if not silences:
        return list(problems), []
    from skillctl.core.wording import wordings

    known = wordings().keys()
    valid = {rule: reason for rule, reason in silences.items() if not why_never(rule, known)}
    counting: list[Problem] = []
    silenced: list[Silenced] = []
    used: set[str] = set()
    for each in problems:
        rule = next((rule for rule in _rules_for(each) if rule in valid), None)
        if rule is None or (each.severity == "error" and each.code != "E122"):
            counting.append(each)
        else:
            used.add(rule)
            silenced.append(Silenced(each, valid[rule]))
    for rule in silences:
        place = Place(file=MANIFEST_FILE, path=key_path("$.validate.ignore", rule))
        if rule not in valid:
            counting.append(problem("E123", place=place, rule=rule, reason=why_never(rule, known)))
        elif rule not in used and is_asked(rule.partition(" ")[0]):
            counting.append(problem("W121", place=place, rule=rule))
    return counting, silenced


def _rules_for(each: Problem) -> Iterator[str]:
    """The rules that may silence a problem, the narrower first."""
    if each.place is not None and each.place.file:
        yield f"{each.code} {each.place.file}"
    yield each.code
