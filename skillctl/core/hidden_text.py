"""Text that a person doesn't see and an agent reads.

What is looked for, with the severity of finding it:

    tag                 error    U+E0000 to U+E007F: a whole invisible alphabet
    bidi-control        error    U+202A to U+202E, U+2066 to U+2069: text that reads in another order than it stands
    zero-width          error    U+200B, U+2060 to U+2064, U+206A to U+206F, U+180E; U+200C, U+200D where neither script
                                 nor emoji needs them
    variation-selector  error    U+FE00 to U+FE0F, U+E0100 to U+E01EF, but for one behind a character with variants
    private-use         error    U+E000 to U+F8FF and planes 15 and 16: whatever the reader's font makes of it
    byte-order-mark     error    U+FEFF anywhere but at the start
    terminal-escape     error    U+001B, U+009B: rewrites what a terminal shows
    control             error    the other controls, without tab, line feed, carriage return and form feed
    invisible-mark      warning  soft hyphens, direction marks, fillers and separators; honest texts have them, too

Most files are plain ASCII, so the first look is one pass over bytes; letters are only looked at where that finds
something.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from skillctl.core.diagnostics import Severity
from skillctl.core.value import dataclass

_PLAIN_BYTES = bytes([*b"\t\n\f\r", *range(0x20, 0x7F)])

_KINDS: dict[str, str] = {
    "tag": "\U000e0000-\U000e007f",
    "bidi-control": "\u202a-\u202e\u2066-\u2069",
    "zero-width": "\u200b-\u200d\u2060-\u2064\u206a-\u206f\u180e",
    "variation-selector": "\ufe00-\ufe0f\U000e0100-\U000e01ef",
    "private-use": "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd",
    "byte-order-mark": "\ufeff",
    "terminal-escape": "\x1b\x9b",
    "control": "\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f-\x9a\x9c-\x9f",
    "invisible-mark": "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u200e\u200f\u2028\u2029\u3164\uffa0\ufff9-\ufffb",
}

_JOINERS = "\u200c\u200d"
_EMOJI_SELECTORS = "\ufe0e\ufe0f"
# Arabic to Mongolian: scripts that write ligatures, and use joiners to ask for or against one
_JOINING_SCRIPTS = range(0x0590, 0x1CFF)


@dataclass(frozen=True, slots=True)
class HiddenText:
    """One kind of hidden character in a text."""

    kind: str
    offset: int
    """Where the first of them stands, in characters."""
    characters: str
    """All of them, in order."""

    @property
    def severity(self) -> Severity:
        """How bad it is to have it."""
        return "warning" if self.kind == "invisible-mark" else "error"

    @property
    def code_points(self) -> list[str]:
        """The first of them as `U+202E`, and how many are not shown."""
        shown = [f"U+{ord(character):04X}" for character in self.characters[:8]]
        rest = len(self.characters) - len(shown)
        return [*shown, f"and {rest} more"] if rest else shown


def may_hide(data: bytes) -> bool:
    """Whether the bytes hold anything but printable ASCII and its white space: a quick no for nearly every file."""
    return bool(data.translate(None, _PLAIN_BYTES))


def hidden_text(text: str) -> list[HiddenText]:
    """What the text hides, one entry for each kind, in the order of their first characters."""
    found: dict[str, tuple[int, list[str]]] = {}
    for match in _hidden().finditer(text):
        kind = _kind(match[0])
        if not _is_needed(text, match.start()):
            found.setdefault(kind, (match.start(), []))[1].append(match[0])
    return [HiddenText(kind, offset, "".join(characters)) for kind, (offset, characters) in found.items()]


def grave_code_points(texts: Iterable[str]) -> tuple[str, ...]:
    """The code points of what must not be hidden in these texts, by text and kind."""
    found: list[str] = []
    for text in texts:
        if not (text.isascii() and text.isprintable()):
            kinds = hidden_text(whole_text(text))
            found += [point for each in kinds if each.severity == "error" for point in each.code_points]
    return tuple(found)


def whole_text(text: str) -> str:
    """The text with halves of a character that were escaped apart (`\\udb40\\udc41`) as one; half a one is U+FFFD.

    So do readers whose strings are UTF-16, as those of most agents are; half a character can't be written anywhere.
    """
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@cache
def _hidden() -> re.Pattern[str]:
    """Every character that is looked for. Compiled late, since most packs need none of these patterns."""
    return re.compile("".join(["[", *_KINDS.values(), "]"]))


@cache
def _of_kind(kind: str) -> re.Pattern[str]:
    return re.compile(f"[{_KINDS[kind]}]")


def _kind(character: str) -> str:
    return next(kind for kind in _KINDS if _of_kind(kind).match(character))


def _is_needed(text: str, offset: int) -> bool:
    """Whether what can't be seen makes something beside it look right."""
    character = text[offset]
    before = text[offset - 1] if offset else ""
    if character == "\ufeff":
        return offset == 0
    if character in _EMOJI_SELECTORS:
        return _is_symbol(before)
    if _of_kind("variation-selector").match(character):
        return _is_ideograph(before) or (character <= "\ufe0f" and _is_symbol(before))
    if character in _JOINERS:
        return _joins(text, offset)
    if _of_kind("tag").match(character):
        return _is_flag(text, offset)
    return False


def _joins(text: str, offset: int) -> bool:
    before, after = text[max(0, offset - 1) : offset], text[offset + 1 : offset + 2]
    if text[offset] == "\u200d" and _is_symbol(after):
        visible = text[max(0, offset - 2) : offset].rstrip(_EMOJI_SELECTORS)[-1:]  # ZWJ may follow a selector
        return _is_symbol(visible)
    return _is_of_joining_script(before) and _is_of_joining_script(after or before)


def _is_symbol(character: str) -> bool:
    """Whether it can be an emoji: a symbol, one of the few letters and keys, or of the blocks where new ones appear."""
    if not character:
        return False
    is_new = 0x1F000 <= ord(character) <= 0x1FAFF  # older Pythons don't know what is in there
    return is_new or character in "#*0123456789‼⁉〰ℹ" or unicodedata.category(character) in ("So", "Sk", "Sm")


def _is_ideograph(character: str) -> bool:
    return (
        "\u3400" <= character <= "\u9fff"
        or "\uf900" <= character <= "\ufaff"
        or "\U00020000" <= character < "\U00040000"
    )


def _is_of_joining_script(character: str) -> bool:
    return bool(character) and ord(character) in _JOINING_SCRIPTS and unicodedata.category(character)[0] in "LM"


_FLAG = re.compile("\U0001f3f4([\U000e0061-\U000e007a\U000e0030-\U000e0039]{3,6})\U000e007f")


def _is_flag(text: str, offset: int) -> bool:
    """Whether the tag belongs to one of the three flags that are written with tags: England, Scotland, Wales."""
    for match in _FLAG.finditer(text, max(0, offset - 8), offset + 8):
        if match.start() < offset < match.end():
            return "".join(chr(ord(tag) - 0xE0000) for tag in match[1]) in ("gbeng", "gbsct", "gbwls")
    return False
