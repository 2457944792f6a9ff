"""Rules of single agents, asked for by name (`validate --agent`): what one reader wants beyond what all of them do.

| reader | rule | code |
|---|---|---|
| claude-ai, skills-ref | the six fields of the specification and no other | E125 |
| claude-ai, skills-ref | no list or map in brackets: their reader of YAML has none | E126 |
| claude-code | description and `when_to_use` together are cut at 1,536 characters in its listing | W125 |
| claude-code | a skill called like one of its own commands takes that command's place | N117 |
| all but claude-code | fields that change what a skill does and that only Claude Code reads | W126 |
| all but claude-code | `$ARGUMENTS`, `${CLAUDE_...}` and commands at load stand in the text as they are | W127 |
| zed | the skills' names and descriptions together are at most 50 KB | W128 |

What every reader wants is no rule of one: that there is a description (Codex), that the name is the directory's (Zed,
Roo, Cline). In return, what only concerns readers that were not named is not told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.skill_file import SPECIFIED_FIELDS, SkillFile

UPLOADS = ("claude-ai", "skills-ref")
"""Readers of skills that are no agents with a directory: the upload of claude.ai, and the specification's library."""

LISTING_LENGTH = 1_536
CATALOG_BYTES = 50_000

_CLAUDE_CODE = "claude-code"
_ZED = "zed"
_MEANINGS = {
    "disable-model-invocation": "the skill is offered to the model all the same",
    "user-invocable": "the skill is offered to people all the same",
    "context": "the skill runs in the conversation itself",
    "disallowed-tools": "no tool is withheld",
    "hooks": "no hook runs",
    "paths": "the skill is offered everywhere",
}
"""Field -> what happens where it is not read; fields without an entry only tune something."""

_COMMANDS: frozenset[str] = frozenset(
    (
        *("add-dir", "agents", "clear", "compact", "config", "context", "cost", "doctor", "exit", "export", "help"),
        *("hooks", "init", "login", "logout", "mcp", "memory", "model", "permissions", "plugin", "resume"),
        *("review", "rewind", "skills", "status", "usage"),
    )
)
"""Names of Claude Code's own commands."""

_SUBSTITUTED = re.compile(r"\$ARGUMENTS\b|\$\{CLAUDE_[A-Z_]+\}|(?:^|(?<=\s))!`[^`\n]+`|^[ \t]*```!", re.MULTILINE)


def is_asked_for(code: str) -> bool:
    """Whether the rule is only looked for where an agent is named."""
    return code in ("E125", "E126", "W125", "W126", "W127", "W128", "N117")


def matters(code: str, agents: Collection[str]) -> bool:
    """Whether the rule concerns one of the readers that were named; every rule does where none was."""
    if not agents:
        return True
    if code in ("N110", "W110", "W111") and not set(UPLOADS).isdisjoint(agents):
        return False  # told as the errors that they are there
    if code == "N113":
        return _CLAUDE_CODE in agents
    return code not in ("N110", "W111", "W112") or set(agents) != {_CLAUDE_CODE}


def check_for_agents(skill: SkillFile, *, file: str, name: str, agents: Collection[str]) -> Iterator[Problem]:
    """What of the skill breaks a rule of one of the agents."""
    strict = [agent for agent in agents if agent in UPLOADS]
    others = [agent for agent in agents if agent != _CLAUDE_CODE and agent not in UPLOADS]
    if strict:
        yield from _strictly(skill, file, strict)
    if _CLAUDE_CODE in agents:
        yield from _for_claude_code(skill, file, name)
    if others:
        yield from _for_others(skill, file, others)


def check_catalog(lines: Iterable[str], agents: Collection[str]) -> Iterator[Problem]:
    """What is wrong with all skills of a pack together; `lines` are names and descriptions."""
    size = sum(len(line.encode()) for line in lines) if _ZED in agents else 0
    if size > CATALOG_BYTES:
        yield problem("W128", place=Place(file="skills"), agent=_ZED, size=size, limit=CATALOG_BYTES)


def _strictly(skill: SkillFile, file: str, agents: list[str]) -> Iterator[Problem]:
    for field in skill.front:
        if field not in SPECIFIED_FIELDS:
            yield problem("E125", place=_at(skill, file, field), field=field, agents=agents)
    for field in skill.flow:
        yield problem("E126", place=_at(skill, file, field), field=field, agents=agents)


def _for_claude_code(skill: SkillFile, file: str, name: str) -> Iterator[Problem]:
    length = len(skill.description) + len(skill.text("when_to_use"))
    if length > LISTING_LENGTH:
        place = _at(skill, file, "description")
        yield problem("W125", place=place, agent=_CLAUDE_CODE, length=length, limit=LISTING_LENGTH)
    if name in _COMMANDS:
        yield problem("N117", place=_at(skill, file, "name"), agent=_CLAUDE_CODE, name=name)


def _for_others(skill: SkillFile, file: str, agents: list[str]) -> Iterator[Problem]:
    for field in skill.front:
        if field in _MEANINGS:
            place = _at(skill, file, field)
            yield problem("W126", place=place, field=field, agents=agents, meaning=_MEANINGS[field])
    body = skill.body
    if "$" in body or "!`" in body or "```!" in body:
        told: set[str] = set()
        for match in _SUBSTITUTED.finditer(body):
            text = match[0].strip()[:40]
            if text not in told:
                told.add(text)
                line = skill.body_line + body.count("\n", 0, match.start())
                yield problem("W127", place=Place(file=file, line=line), text=text, agents=agents)


def _at(skill: SkillFile, file: str, field: str) -> Place:
    return Place(file=file, line=skill.lines.get(field, 1))
