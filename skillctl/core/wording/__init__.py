"""All words of all problems, by code: the sentence, the hint, and the paragraph of the reference.

`title` and `hint` are format strings over the problem's evidence; every value is escaped before it is filled in, since
much of it comes from outside, and secrets in it are masked. A test holds that each code which is raised anywhere is
worded here, that the evidence fills the words, and that no words stand unused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from skillctl.core.diagnostics import Diagnostic, Place, Problem
from skillctl.core.value import replace
from skillctl.core.wording.entry import Wording
from skillctl.core.wording.escape import escaped

_NO_SECRET = 15
"""A text of so many characters or fewer holds none."""


def wordings() -> Mapping[str, Wording]:
    """Every code's words, in the order of the codes."""
    from skillctl.core.wording import (
        archive,
        execution,
        foreign,
        git,
        habits,
        install,
        manifest,
        plugins,
        policy,
        project,
        registry,
        resolve,
        runtime,
        serving,
        sources,
        stores,
        trust,
        usage,
        validation,
        verbs,
        views,
        web,
    )

    areas = (
        usage,
        manifest,
        validation,
        archive,
        foreign,
        git,
        registry,
        sources,
        resolve,
        project,
        install,
        runtime,
        plugins,
        policy,
        execution,
        trust,
        serving,
        stores,
        habits,
        web,
        verbs,
        views,
    )
    table = {code: words for area in areas for code, words in area.WORDS.items()}
    return dict(sorted(table.items(), key=lambda item: (item[0][1:], item[0])))


def worded(problem: Problem) -> Diagnostic:
    """The problem in words. A code without words is a programmer's mistake (KeyError)."""
    words = wordings()[problem.code]
    facts = {key: _shown(value) for key, value in problem.evidence.items()}
    return Diagnostic(
        code=problem.code,
        severity=problem.severity,
        title=words.title.format_map(facts),
        detail=words.detail.format_map(facts),
        hint=words.hint.format_map(facts),
        place=problem.place and _masked_place(problem.place),
    )


def _shown(value: object) -> str:
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(_shown(str(item)) for item in value)
    return escaped(_masked(str(value)))


def _masked_place(place: Place) -> Place:
    """A key of a file, or even its name, may be a secret by mistake."""
    file, path = _masked(place.file), _masked(place.path)
    return place if (file, path) == (place.file, place.path) else replace(place, file=file, path=path)


def _masked(text: str) -> str:
    if len(text) <= _NO_SECRET:
        return text
    from skillctl.core.secrets import masked

    return masked(text)
