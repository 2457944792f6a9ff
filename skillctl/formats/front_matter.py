"""SKILL.md: front matter in YAML between two lines of `---`, then Markdown.

YAML is far larger than what a skill needs, and its readers disagree about the rest. What is read here:

1. At most 64 KiB, one document, a map at the top, nesting bounded.
2. Maps, lists and scalars. Every scalar is a string as it is written; no type is guessed, so `no` is no boolean and
   `1.10` no number.
3. Keys are strings, none twice in one map.
4. No anchors, aliases, tags or merge keys: they make small files large, and mean different things to different readers.

Values are built from the parser's events, never by its constructor, so nothing in a file can make an object or exhaust
the stack. One answer everywhere: PyYAML's own parser decides. libyaml, where it is there, is asked first for texts
without the few signs on which the two disagree, and most front matter needs neither, since plain `key: value` lines are
read directly (a property test holds that all three agree).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NoReturn, Protocol

from skillctl.core.diagnostics import Place
from skillctl.core.errors import ManifestError
from skillctl.core.hidden_text import grave_code_points, whole_text
from skillctl.core.json_value import strings_in
from skillctl.core.limits import LIMITS
from skillctl.core.skill_asks import SkillAsks, asks_of_unreadable, skill_asks
from skillctl.core.skill_file import FrontValue, SkillFile
from skillctl.core.tokens import estimated_tokens
from skillctl.core.value import dataclass
from skillctl.formats.json_text import decoded, place_in

if TYPE_CHECKING:
    from yaml import Event

_BOM = "\ufeff"
_OPENING = re.compile(r"---[ \t]*\r?\n")
_CLOSING = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)

_EASY_LINE = re.compile(
    r"(?P<indent> *)(?P<key>[A-Za-z][A-Za-z0-9_-]{0,60}):"
    r"""(?: +(?:"(?P<double>[^"\\]*)"|'(?P<single>[^']*)'|(?P<plain>(?:[A-Za-z0-9(/.$+]|[^\x00-\x7f]).*)))? *\Z"""
)
# Where libyaml and PyYAML were found to disagree: flow style, complex keys, tabs, comments right behind `|`
_DISPUTED = re.compile(r"[\[{?!&*\t]|[|>][-+0-9]*#")
_UNQUOTED_COLON = "mapping values are not allowed here"


def read_skill_file(data: bytes, *, file: str) -> SkillFile:
    """The parts of a SKILL.md. ManifestError E160 to E168 with the line of what is wrong, E151 if it is not UTF-8.

    A byte order mark at the very start is passed over, as agents do.
    """
    text = decoded(data, file=file).removeprefix(_BOM)
    opening = _OPENING.match(text)
    if opening is None:
        raise ManifestError.of("E160", place=Place(file=file, line=1))
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        raise ManifestError.of("E161", place=Place(file=file, line=1))
    block = text[opening.end() : closing.start()]
    size = len(block) if block.isascii() else len(block.encode())
    if size > LIMITS.front_matter_bytes:
        raise ManifestError.of("E162", place=Place(file=file, line=1), size=size, limit=LIMITS.front_matter_bytes)
    front, lines, flow = read_easily(block) or read_yaml(block, file=file)
    return SkillFile(
        front=front,
        body=text[closing.end() + 1 :],
        body_line=text.count("\n", 0, closing.end()) + 2,
        lines={key: line + 1 for key, line in lines.items()},
        flow=flow,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class SkillFacts:
    """What is worth knowing of a skill that is to be installed."""

    description: str
    on_demand: int
    """Estimated tokens of its text."""
    asks: SkillAsks
    manual: bool = False
    """Whether only a person may call it, where the agent reads that."""
    escaped: tuple[str, ...] = ()
    """Code points of text that nobody sees, which its front matter writes as escapes (`\\U000E0041`)."""


def skill_facts(data: bytes, *, file: str) -> SkillFacts:
    """The same of a SKILL.md. Never fails: agents load skills whose front matter is broken, too."""
    try:
        skill = read_skill_file(data, file=file)
    except ManifestError:
        text = data.decode(errors="replace")
        return SkillFacts(
            description=_plain_description(data),
            on_demand=estimated_tokens(data),
            asks=asks_of_unreadable(text),
            escaped=_escaped_in_unreadable(text),
        )
    return SkillFacts(
        description=skill.description,
        on_demand=estimated_tokens(skill.body.encode()),
        asks=skill_asks(skill.front, skill.body),
        manual=skill.text("disable-model-invocation").lower() in ("true", "yes", "on", "1"),
        escaped=_escaped_in(skill) if b"\\" in data else (),
    )


def _escaped_in(skill: SkillFile) -> tuple[str, ...]:
    """YAML can write any character in ASCII, between double quotes: what counts is what an agent reads."""
    return grave_code_points(text for _, text in strings_in(skill.front))


def _escaped_in_unreadable(text: str) -> tuple[str, ...]:
    """The same where our YAML ends: whoever reads more of it finds the escapes that stand in the block."""
    block = text[: LIMITS.front_matter_bytes] if text.removeprefix(_BOM).startswith("---") else ""
    if "\\" not in block:
        return ()
    closing = _CLOSING.search(block, 4)
    read = re.sub(
        r"\\(?:U([0-9A-Fa-f]{8})|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(e))",
        lambda found: _character(found.group(1) or found.group(2) or found.group(3) or "1b"),
        block[: closing.start()] if closing else block,
    )
    return grave_code_points([read])


def _character(digits: str) -> str:
    number = int(digits, 16)
    return chr(number) if number <= 0x10FFFF else ""


def _plain_description(data: bytes) -> str:
    match = re.search(rb"^description:[ \t]*(.*?)[ \t\r]*$", data[: LIMITS.front_matter_bytes], re.MULTILINE)
    return match[1].decode(errors="replace").strip("'\"") if match else ""


Front = tuple[dict[str, FrontValue], dict[str, int], tuple[str, ...]]
"""The fields, the line of each within the block from 1, and those written with brackets."""


def read_easily(block: str) -> Front | None:
    """The fields, if they are all written as `key: value` or as a map of such lines; else None, and YAML is asked."""
    front: dict[str, FrontValue] = {}
    lines: dict[str, int] = {}
    inner: dict[str, FrontValue] | None = None  # the map that indented lines belong to
    indent = ""
    key = ""
    for number, line in enumerate(block.replace("\r\n", "\n").split("\n")[:-1], 1):
        if not line.strip(" "):
            continue
        match = _EASY_LINE.match(line) if line.isprintable() else None
        if match is None:
            return None
        value = _easy_value(match)
        if value is None:
            return None
        if not match["indent"]:
            key, inner, indent = match["key"], None, ""
            if key in front:
                return None
            front[key], lines[key] = value, number
            if match.end("key") + 1 == len(line.rstrip(" ")):
                inner = {}
        elif inner is None or (indent and indent != match["indent"]) or match["key"] in inner:
            return None
        else:
            indent = match["indent"]
            inner[match["key"]] = value
            front[key] = inner
    return front, lines, ()


def _easy_value(match: re.Match[str]) -> str | None:
    """A scalar; None if only YAML can tell what it means."""
    plain = match["plain"]
    if plain is None:
        return match["double"] or match["single"] or ""
    plain = plain.rstrip(" ")
    return None if ": " in plain or " #" in plain or plain.endswith(":") else plain


# YAML, event by event


def read_yaml(block: str, *, file: str) -> Front:
    """The fields by a full YAML parser."""
    import yaml

    _refuse_odd_characters(block, file)
    try:
        if hasattr(yaml, "CLoader") and not _DISPUTED.search(block):
            try:
                return _Builder(file).build(yaml.parse(block, Loader=yaml.CLoader))
            except yaml.YAMLError:
                pass  # so that the words and the place are the same everywhere
        return _Builder(file).build(yaml.parse(block, Loader=yaml.Loader))
    except yaml.YAMLError as error:
        _refuse_syntax(error, file)


@cache
def _odd_characters() -> re.Pattern[str]:
    """What is no text to YAML, or not to all readers. Compiled late: classes of all Unicode take milliseconds."""
    text = " -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
    return re.compile(rf"[^\t\r\n{text}]|\r(?!\n)")


def _refuse_odd_characters(block: str, file: str) -> None:
    """Controls, line ends to some readers and letters to others, byte order marks: none has a place here."""
    match = _odd_characters().search(block)
    if match:
        place = place_in(f"\n{block}", match.start() + 1, file=file)
        raise ManifestError.of("E164", place=place, feature=f"the character U+{ord(match[0]):04X}")


def _refuse_syntax(error: Exception, file: str) -> NoReturn:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    reason: str = getattr(error, "problem", None) or ""
    if reason == _UNQUOTED_COLON:
        raise ManifestError.of("E168", place=_place(file, mark)) from None
    words = next((words for start, words in _REASONS.items() if reason.startswith(start)), reason)
    raise ManifestError.of("E163", place=_place(file, mark), reason=words or "it can't be read") from None


_REASONS = {
    "found character '\\t'": "a tab stands where only spaces may",
    "found character": "a text that begins with this sign needs quotes",
    "found unexpected end of stream": "a quote is never closed",
    "found unexpected document separator": "a quote is never closed",
    "found unknown escape character": "this escape is none of YAML's; single quotes keep a backslash as it is",
    "could not find expected ':'": "this line is no `key: value`",
    "expected <block end>": "the indent does not fit, or text follows a closing quote",
    "expected ',' or": "a bracket is never closed",
}


class _Mark(Protocol):
    """PyYAML's place in a text, counted from 0."""

    line: int
    column: int


def _place(file: str, mark: _Mark | None) -> Place:
    """The place in the file: a line behind the opening `---`, counted from 1."""
    return Place(file=file, line=mark.line + 2, column=mark.column + 1) if mark else Place(file=file)


class _Builder:
    """Builds the fields from events, with a stack of its own."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._open: list[_Map | list[FrontValue]] = []
        self._lines: dict[str, int] = {}
        self._flow: dict[str, None] = {}
        self._root: _Map | None = None
        self._documents = 0

    def build(self, events: Iterator[Event]) -> Front:
        """The fields, once all events went by without a problem."""
        for event in events:
            getattr(self, f"_on_{type(event).__name__}", self._pass)(event)
        return (self._root.members if self._root else {}), self._lines, tuple(self._flow)

    def _pass(self, event: Event) -> None:
        """Stream and document ends carry nothing."""

    def _on_DocumentStartEvent(self, event: Event) -> None:  # noqa: N802
        self._documents += 1
        if self._documents > 1:
            self._refuse("E164", event, feature="a second document")

    def _on_AliasEvent(self, event: Event) -> None:  # noqa: N802
        self._refuse("E164", event, feature="an alias (`*name`)")

    def _on_ScalarEvent(self, event: Event) -> None:  # noqa: N802
        self._check_plain_node(event)
        holder = self._open[-1] if self._open else None
        if isinstance(holder, _Map) and holder.key is None:
            self._take_key(holder, event)
        else:
            self._put(whole_text(event.value), event)  # type: ignore[attr-defined]

    def _on_MappingStartEvent(self, event: Event) -> None:  # noqa: N802
        self._start(event, _Map())

    def _on_SequenceStartEvent(self, event: Event) -> None:  # noqa: N802
        self._start(event, [])

    def _on_MappingEndEvent(self, event: Event) -> None:  # noqa: N802
        self._end(event)

    def _on_SequenceEndEvent(self, event: Event) -> None:  # noqa: N802
        self._end(event)

    def _start(self, event: Event, holder: _Map | list[FrontValue]) -> None:
        self._check_plain_node(event)
        if not self._open:
            if not isinstance(holder, _Map):
                self._refuse("E166", event)
            self._root = holder
        elif isinstance(self._open[-1], _Map) and self._open[-1].key is None:
            self._refuse("E164", event, feature="a key that is no text")
        if len(self._open) >= LIMITS.json_depth:
            self._refuse("E167", event, limit=LIMITS.json_depth)
        if event.flow_style and self._root and self._root.key:  # type: ignore[attr-defined]
            self._flow[self._root.key] = None
        self._open.append(holder)

    def _end(self, event: Event) -> None:
        holder = self._open.pop()
        if self._open:
            self._put(holder.members if isinstance(holder, _Map) else tuple(holder), event)

    def _put(self, value: FrontValue, event: Event) -> None:
        """Give a finished value to the list or the key that waits for it."""
        if not self._open:
            self._refuse("E166", event)
        holder = self._open[-1]
        if isinstance(holder, list):
            holder.append(value)
        elif holder.key is not None:
            holder.members[holder.key] = value
            holder.key = None

    def _take_key(self, holder: _Map, event: Event) -> None:
        key = whole_text(event.value)  # type: ignore[attr-defined]
        if key == "<<" and not event.style:  # type: ignore[attr-defined]
            self._refuse("E164", event, feature="a merge key (`<<`)")
        if key in holder.members:
            self._refuse("E165", event, key=key)
        holder.key = key
        if holder is self._root:
            self._lines[key] = (event.start_mark.line if event.start_mark else 0) + 1

    def _check_plain_node(self, event: Event) -> None:
        if getattr(event, "anchor", None) is not None:
            self._refuse("E164", event, feature="an anchor (`&name`)")
        if getattr(event, "tag", None) is not None:
            self._refuse("E164", event, feature="a tag (`!name`)")

    def _refuse(self, code: str, event: Event, **evidence: object) -> NoReturn:
        raise ManifestError.of(code, place=_place(self._file, event.start_mark), **evidence)


class _Map:
    """A map being read: its members so far, and the key that waits for its value."""

    __slots__ = ("key", "members")

    def __init__(self) -> None:
        self.members: dict[str, FrontValue] = {}
        self.key: str | None = None
