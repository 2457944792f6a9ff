"""What a pack's skills do by themselves, or ask to be allowed: what a person wants to see before it is installed.

1. Shell blocks: `` !`command` `` and blocks between ```` ```! ```` and ```` ``` ```` run when a client loads the
   skill, before the model reads a word and without a tool being asked for. Wherever one stands in the text counts; a
   client may run more or less of them, so what is not sure is told as well.
2. `allowed-tools` in the front matter: tools that are used without a question while the skill is at work.
3. `hooks` in the front matter: commands that the client runs at its events.
4. `hooks_module` and `permissions` in the manifest: guardrail hooks of the pack, and what it says that it will use.

Worked example: a skill `map` with `allowed-tools: Read, Bash(git log:*)` and the text "Now: !`date`" asks for

    tool Read · tool Bash(git log:*) · shell date
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal

from skillctl.core.fields import Fields
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.skill_file import FrontValue
from skillctl.core.value import dataclass, field

AskKind = Literal["shell", "tool", "hook", "hooks module", "permitted tool", "network", "path"]

ASK_WORDS: Mapping[AskKind, str] = {
    "shell": "runs when it is loaded",
    "tool": "uses without a question",
    "hook": "hooks into the client",
    "hooks module": "brings guardrail hooks",
    "permitted tool": "says that it uses the tool",
    "network": "says that it reaches",
    "path": "says that it touches",
}
"""Each kind as the beginning of a line, in the order in which they are told."""

_FENCE, _INLINE = "```", "!`"
# compiled when a tree comes into the store: most commands only read what was found then
_TOOL = r"(?:[^\s,()]|\([^()]*\))+"
_TOOLS_LINE = r"(?m)^allowed-tools:[ \t]*(.*?)[ \t\r]*$"


@dataclass(frozen=True, kw_only=True, slots=True)
class SkillAsks:
    """What one skill brings."""

    shell: tuple[str, ...] = ()
    """Commands of its shell blocks, in the order of the text."""
    tools: tuple[str, ...] = ()
    """Its `allowed-tools`."""
    hooks: tuple[str, ...] = ()
    """Its hooks, as `PreToolUse Bash: ./check.sh`."""

    def __bool__(self) -> bool:
        return bool(self.shell or self.tools or self.hooks)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One thing that is done or asked for."""

    kind: AskKind
    what: str
    """A command, a tool, a host: as it is written."""
    skill: str = ""
    """Empty: the pack as a whole."""

    def to_json(self) -> JsonObject:
        """The ask in an envelope."""
        return {"kind": self.kind, "what": self.what, "skill": self.skill or None}


@dataclass(frozen=True, kw_only=True, slots=True)
class PackAsks:
    """What a pack brings."""

    skills: Mapping[str, SkillAsks] = field(default_factory=dict)
    """Those that bring anything."""
    hooks_module: str = ""
    tools: tuple[str, ...] = ()
    """Of the manifest's permissions, like the two that follow."""
    network: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    def asks(self) -> tuple[Ask, ...]:
        """Everything, one by one and each once; by kind, then by skill."""
        order = {kind: place for place, kind in enumerate(ASK_WORDS)}
        return tuple(sorted(dict.fromkeys(self._each()), key=lambda ask: (order[ask.kind], ask.skill)))

    def of_skills(self, names: frozenset[str]) -> PackAsks:
        """The same of a pack of which only these skills are taken."""
        kept = {name: asks for name, asks in self.skills.items() if name in names}
        return PackAsks(
            skills=kept, hooks_module=self.hooks_module, tools=self.tools, network=self.network, paths=self.paths
        )

    def _each(self) -> Iterator[Ask]:
        for skill, asks in sorted(self.skills.items()):
            yield from (Ask(kind="shell", what=each, skill=skill) for each in asks.shell)
            yield from (Ask(kind="tool", what=each, skill=skill) for each in asks.tools)
            yield from (Ask(kind="hook", what=each, skill=skill) for each in asks.hooks)
        if self.hooks_module:
            yield Ask(kind="hooks module", what=self.hooks_module)
        yield from (Ask(kind="permitted tool", what=each) for each in self.tools)
        yield from (Ask(kind="network", what=each) for each in self.network)
        yield from (Ask(kind="path", what=each) for each in self.paths)


@cache
def no_asks() -> PackAsks:
    """Nothing at all, as nearly every pack; made when somebody wants it, since most commands don't."""
    return PackAsks()


def newly_asked(before: PackAsks, after: PackAsks) -> tuple[Ask, ...]:
    """What the one asks and the other did not: a question that a person has not answered yet."""
    known = frozenset(before.asks())
    return tuple(ask for ask in after.asks() if ask not in known)


def skill_asks(front: Mapping[str, FrontValue], body: str) -> SkillAsks:
    """What a skill of that front matter and text brings."""
    return SkillAsks(
        shell=tuple(shell_blocks(body)),
        tools=tuple(dict.fromkeys(_tools(front.get("allowed-tools", "")))),
        hooks=tuple(dict.fromkeys(_hooks(front.get("hooks", "")))),
    )


def asks_of_unreadable(text: str) -> SkillAsks:
    """The same of a SKILL.md whose front matter can't be read: clients load such a one all the same."""
    line = re.search(_TOOLS_LINE, text)
    tools = _tools(line[1].strip("\"'[]")) if line else ()
    return SkillAsks(shell=tuple(shell_blocks(text)), tools=tuple(dict.fromkeys(tools)))


def shell_blocks(text: str) -> Iterator[str]:
    """The commands of the shell blocks of a skill's text: the fenced ones, then those inside of lines."""
    return (command for _, command in placed_shell_blocks(text))


def placed_shell_blocks(text: str) -> Iterator[tuple[int, str]]:
    """The same, each with the place where it begins in the text."""
    rest: list[str] = []
    at = 0
    while (begin := text.find(_FENCE + "!", at)) >= 0:
        rest.append(text[at:begin])
        end = text.find(_FENCE, begin + len(_FENCE) + 1)
        end = len(text) if end < 0 else end
        command = text[begin + len(_FENCE) + 1 : end].strip()
        if command:
            yield begin, command
        at = min(end + len(_FENCE), len(text))
        rest.append("\n" * (at - begin))  # what follows keeps its place
    yield from _inline("".join([*rest, text[at:]]))


def _inline(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    while (begin := text.find(_INLINE, at)) >= 0:
        end = text.find("`", begin + len(_INLINE))
        if end < 0:
            return
        command = text[begin + len(_INLINE) : end].strip()
        if command:
            yield begin, command
        at = end + 1 if command else begin + len(_INLINE)


def _tools(value: FrontValue) -> Iterator[str]:
    """`Read, Bash(git log:*)` and the like: by spaces or commas outside of parentheses, or a list."""
    if isinstance(value, str):
        yield from re.findall(_TOOL, value)
    elif isinstance(value, tuple):
        yield from (each.strip() for each in value if isinstance(each, str) and each.strip())


def _hooks(value: FrontValue) -> Iterator[str]:
    """Each command with the event that it waits for."""
    if isinstance(value, str):
        if value:
            yield value
        return
    events = value.items() if isinstance(value, Mapping) else [("", value)]
    for event, groups in events:
        for group in groups if isinstance(groups, tuple) else (groups,):
            matcher = group.get("matcher", "") if isinstance(group, Mapping) else ""
            named = " ".join(each for each in (event, matcher if isinstance(matcher, str) else "") if each)
            for said in _commands(group):
                yield f"{named}: {said}" if named else said


def _commands(value: FrontValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _commands(each)
    elif "hooks" in value:
        yield from _commands(value["hooks"])
    else:
        said = next((value[key] for key in ("command", "prompt", "url", "tool", "agent") if key in value), "")
        yield said if isinstance(said, str) and said else "(something of another kind)"


def asks_to_json(asks: PackAsks) -> JsonObject:
    """The members of a record; what says nothing is left out."""
    members: dict[str, JsonValue] = {
        "skills": {
            name: _some(shell=list(each.shell), tools=list(each.tools), hooks=list(each.hooks))
            for name, each in asks.skills.items()
        },
        "hooks_module": asks.hooks_module,
        "tools": list(asks.tools),
        "network": list(asks.network),
        "paths": list(asks.paths),
    }
    return {key: value for key, value in members.items() if value}


def asks_from_fields(fields: Fields) -> PackAsks:
    """The door of the same. ManifestError if it is none."""
    return PackAsks(
        skills={
            name: SkillAsks(shell=item.texts("shell"), tools=item.texts("tools"), hooks=item.texts("hooks"))
            for name, item in fields.members("skills")
        },
        hooks_module=fields.text("hooks_module", ""),
        tools=fields.texts("tools"),
        network=fields.texts("network"),
        paths=fields.texts("paths"),
    )


def _some(**members: JsonValue) -> JsonObject:
    return {key: value for key, value in members.items() if value}
