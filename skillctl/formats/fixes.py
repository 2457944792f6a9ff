"""What is mechanical to mend in a pack, mended: `validate --fix`.

| rule | what is done |
|---|---|
| W103 | the byte order mark goes |
| N116 | the licence is written as SPDX writes it |
| E102 | `v1.2` becomes `1.2.0`: the `v` goes, what is missing is 0 |
| E101, E111, E112 | the front matter gets the directory's name; the name of a pack is its author's choice |
| E117 | the file is called SKILL.md |
| E126, W111, W112 | `allowed-tools` becomes one text of words |
| E168 | the text with a colon gets double quotes |

Only the bytes in question change; line ends, comments and order stay. A change is kept if the problem is gone with it
and no other has come, for which the whole pack is looked at again; where a line holds more than is understood here, it
is left to its author. Mending what is mended changes nothing.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from posixpath import basename, dirname, join

from skillctl.core.diagnostics import Place, Problem
from skillctl.core.errors import SkillctlError
from skillctl.core.json_value import JsonObject
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.names import is_skill_name
from skillctl.core.secrets import masked
from skillctl.core.skill_file import SKILL_FILE
from skillctl.core.value import dataclass
from skillctl.core.versions import parse_version
from skillctl.formats.checks import examine_pack
from skillctl.formats.front_matter import read_skill_file
from skillctl.formats.json_places import walk

_BOM = b"\xef\xbb\xbf"
_MOST = 200
_VERSION = re.compile(r"[vV]?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:-(alpha|beta|rc)\.?(\d{1,9}))?\Z")
_FIELD = re.compile(r"(?P<key>[A-Za-z][\w-]*):[ \t]+(?P<value>\S.*?)[ \t]*(?P<end>\r?\n)\Z")
_LIST_ITEM = re.compile(r"[ \t]*-[ \t]+(?P<item>[^\s#\"'\[{&*!|>%@`][^#\"']*?)[ \t]*\r?\n\Z")
_TOOL = re.compile(r"[A-Za-z_][\w.*-]*(?:\([^()]*\))?\Z")
_COMMA = re.compile(r",\s*(?![^()]*\))")


@dataclass(frozen=True, kw_only=True, slots=True)
class Fix:
    """One thing that was mended."""

    rule: str
    file: str
    line: int
    before: str
    after: str

    def to_json(self) -> JsonObject:
        """The fix in an envelope."""
        return {"rule": self.rule, "file": self.file, "line": self.line, "before": self.before, "after": self.after}


Changes = Mapping[str, bytes | None]
"""Path -> its new bytes; None: it is gone."""

_Mended = tuple[Changes, Fix]


def fixed_pack(
    files: Mapping[str, bytes], *, limits: Limits = LIMITS, agents: Collection[str] = ()
) -> tuple[dict[str, bytes | None], list[Fix]]:
    """What to change in the pack, and what each change is for; nothing where nothing can be mended."""
    changes: dict[str, bytes | None] = {}
    fixes: list[Fix] = []
    now = dict(files)
    problems = examine_pack(now, limits=limits, agents=agents).problems
    for _ in range(_MOST):
        step = _next(problems, now, limits, agents)
        if step is None:
            break
        made, fix, problems = step
        changes.update(made)
        now = _changed(now, made)
        fixes.append(fix)
    return changes, fixes


def is_mended(rule: str) -> bool:
    """Whether there is a mechanical way to mend what breaks the rule, at least sometimes."""
    return _mend_for(rule) is not None


def _next(
    problems: tuple[Problem, ...], files: Mapping[str, bytes], limits: Limits, agents: Collection[str]
) -> tuple[Changes, Fix, tuple[Problem, ...]] | None:
    """The first change that mends something and spoils nothing, with the problems that are left."""
    before = Counter(each.code for each in problems)
    for each in problems:
        for changes, fix in _mended(each, files):
            left = examine_pack(_changed(files, changes), limits=limits, agents=agents).problems
            after = Counter(other.code for other in left)
            # behind what kept a file from being read there may be more to tell
            reads_more = each.code in ("E168", "E117", "E102", "E101", "E111")
            if after[each.code] < before[each.code] and (reads_more or not after - before):
                return changes, fix, left
    return None


def _changed(files: Mapping[str, bytes], changes: Changes) -> dict[str, bytes]:
    return {path: data for path, data in {**files, **changes}.items() if data is not None}


def _mended(each: Problem, files: Mapping[str, bytes]) -> Iterator[_Mended]:
    """The change that would mend a problem; none where it is not mechanical."""
    place = each.place or Place()
    data = files.get(place.file)
    mend = _mend_for(each.code)
    if data is None or mend is None:
        return
    try:
        mended = mend(each, place, data)
    except (SkillctlError, UnicodeDecodeError):
        return
    if mended is not None:
        yield mended


_Mend = Callable[[Problem, Place, bytes], _Mended | None]


def _mend_for(code: str) -> _Mend | None:
    match code:
        case "W103":
            return _without_mark
        case "N116" | "E102":
            return _in_manifest
        case "E117":
            return _renamed
        case "E101" | "E111" | "E112":
            return _named
        case "E168":
            return _quoted
        case "E126" | "W111" | "W112":
            return _tools
        case _:
            return None


def _without_mark(each: Problem, place: Place, data: bytes) -> _Mended | None:
    if not data.startswith(_BOM):
        return None
    return {place.file: data.removeprefix(_BOM)}, _fix(each, place, "a byte order mark", "none")


def _in_manifest(each: Problem, place: Place, data: bytes) -> _Mended | None:
    """A text of skill.json in its one form."""
    text = data.decode()
    token = next(((offset, token) for path, offset, token in walk(text) if path == place.path and token), None)
    if token is None or not token[1].startswith('"'):
        return None
    old = json.loads(token[1])
    new = str(each.evidence["canonical"]) if each.code == "N116" else _version(old)
    if not new or new == old:
        return None
    changed = text[: token[0]] + json.dumps(new) + text[token[0] + len(token[1]) :]
    return {place.file: changed.encode()}, _fix(each, place, old, new)


def _version(text: str) -> str:
    """The version that is meant; empty if it can't be told."""
    match = _VERSION.match(text.strip())
    if match is None:
        return ""
    plain = ".".join(str(int(number or 0)) for number in match.group(1, 2, 3))
    meant = f"{plain}-{match[4]}.{int(match[5])}" if match[4] else plain
    return str(parse_version(meant))


def _renamed(each: Problem, place: Place, data: bytes) -> _Mended | None:
    new = join(dirname(place.file), SKILL_FILE)
    return {place.file: None, new: data}, _fix(each, place, place.file, new)


def _named(each: Problem, place: Place, data: bytes) -> _Mended | None:
    """The front matter with the directory's name."""
    name = str(each.evidence.get("directory", basename(dirname(place.file))))
    if basename(place.file) != SKILL_FILE:
        return None
    lines = data.decode().splitlines(keepends=True)
    if not is_skill_name(name) or not lines:
        return None
    skill = read_skill_file(data, file=place.file)
    if "name" not in skill.front:
        end = "\r\n" if lines[0].endswith("\r\n") else "\n"
        lines.insert(1, f"name: {name}{end}")
        old, line = "", 2
    else:
        line = skill.lines["name"]
        match = _FIELD.match(lines[line - 1])
        old = skill.name
        if match is None or match["value"].strip("\"'") != old:
            return None
        lines[line - 1] = f"name: {name}{match['end']}"
    return {place.file: "".join(lines).encode()}, _fix(each, Place(file=place.file, line=line), old or "no name", name)


def _quoted(each: Problem, place: Place, data: bytes) -> _Mended | None:
    """The value of a line `key: text: more` in double quotes."""
    lines = data.decode().splitlines(keepends=True)
    line = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    match = _FIELD.match(line)
    follows = lines[place.line] if place.line < len(lines) else ""
    if match is None or match["value"][0] in "\"'[{|>&*!%@`#" or " #" in match["value"] or follows[:1] in (" ", "\t"):
        return None
    value = match["value"].replace("\\", "\\\\").replace('"', '\\"')
    lines[place.line - 1] = f'{match["key"]}: "{value}"{match["end"]}'
    return {place.file: "".join(lines).encode()}, _fix(each, place, match["value"], f'"{value}"')


def _tools(each: Problem, place: Place, data: bytes) -> _Mended | None:
    """`allowed-tools` as one text of words, from a list in brackets, a list of lines, or a text with commas."""
    skill = read_skill_file(data, file=place.file)
    lines = data.decode().splitlines(keepends=True)
    start = skill.lines.get("allowed-tools", 0)
    value = skill.front.get("allowed-tools", "")
    items = _COMMA.split(value) if isinstance(value, str) else value if isinstance(value, tuple) else ()
    words = [each.strip() for each in items if isinstance(each, str)]
    if place.line != start or len(words) != len(items) or not words or not all(map(_TOOL.match, words)):
        return None
    stop = start
    if _FIELD.match(lines[start - 1]) is None:
        while stop < len(lines) and _LIST_ITEM.match(lines[stop]):
            stop += 1
    if "#" in lines[start - 1] or (stop - start not in (0, len(words))):
        return None
    end = "\r\n" if lines[start - 1].endswith("\r\n") else "\n"
    old = "".join(lines[start - 1 : stop]).strip()
    new = f"allowed-tools: {' '.join(words)}"
    lines[start - 1 : stop] = [new + end]
    return {place.file: "".join(lines).encode()}, _fix(each, place, old, new)


def _fix(each: Problem, place: Place, before: str, after: str) -> Fix:
    return Fix(
        rule=each.code,
        file=place.file,
        line=place.line,
        before=masked(before) or basename(place.file),
        after=masked(after),
    )
