"""Text from outside, made safe to print: what can't be seen is shown as its code point."""

from __future__ import annotations

import unicodedata

# Cc control, Cf format (bidi, zero width, tags), Co private use, Cs surrogates, Cn unassigned, Zl and Zp separators
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
# marks and letters that nobody sees either: joiners and fillers, and the variation selectors that no emoji needs
_UNSEEN = frozenset(
    [
        *"\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0",
        *map(chr, range(0xFE00, 0xFE0E)),
        *map(chr, range(0xE0100, 0xE01F0)),
    ]
)


def escaped(text: str) -> str:
    r"""The text with every control, format, private or unassigned character as `\x1b` or `\u202e`; line ends stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character if character == "\n" or not _is_hidden(character) else _code_point(character) for character in text
    )


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN or character in _UNSEEN


def _code_point(character: str) -> str:
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
