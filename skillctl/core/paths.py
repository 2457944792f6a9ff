"""The paths that a pack may hold: one grammar, the same on every system, and nothing is ever mended.

A path that another system would read differently, refuse or merge with a second one is refused everywhere, so that a
pack which installs on one machine installs on all. The rules, by the id that a refusal names:

    empty                  the path has no characters
    not-utf-8              a character can't be written as UTF-8 (a lone surrogate)
    too-long               more than 240 bytes of UTF-8
    control-character      U+0000 to U+001F and U+007F
    backslash              the other separator of Windows
    colon                  a drive letter, or a second stream of an NTFS file
    reserved-character     one of < > " | ? *
    hidden-character       invisible, private, or a space other than U+0020
    newer-character        not in Unicode 14.0, so that not every reader knows its letters
    not-nfc                not in normal form C
    absolute               begins with a slash
    empty-part             two slashes in a row, or one at the end
    dot-part               a part that is a single dot
    parent-part            a part that is two dots
    trailing-dot-or-space  a part ends in one, which Windows drops
    device-name            a part is a device of Windows, with or without an extension: con, nul.txt, COM1, LPT¹
    too-deep               more than 12 parts

Two paths of one tree collide when a system that folds case or normal forms would keep one file for both, or when one
is a file where the other needs a directory: `find_collisions`.

The grammar of paths within limits, for readers who prefer it in one line:

    path = part *( "/" part );  part = 1*visible, not a device, not ending in "." or " "
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass

# com0 and lpt0 are on some of Windows' own lists and missing from others.
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [port + number for port in ("com", "lpt") for number in "0123456789¹²³"]
)

# What nearly every path is: visible ASCII that breaks no rule. Possessive, so it can't run away.
_PLAIN_PATH = re.compile(
    r"""(?x)
    (?: (?! (?i: con (?:in\$|out\$)? | prn | aux | nul | com[0-9] | lpt[0-9] ) [ ]* (?: [./] | \Z ) )
        [!#-)+-.0-9;=@-\[\]-{}~ ]++ (?<! [. ])
        (?: / (?!\Z) | \Z )
    )++ \Z
    """
)

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_RESERVED = re.compile(r'[<>"|?*]')


@dataclass(frozen=True, slots=True)
class Collision:
    """Two paths of one tree that can't stand side by side everywhere."""

    path: str
    """The later one of two files or two directories; a file that needs a directory where a file is."""
    other: str
    """The one that came first."""
    rule: str
    """`duplicate`, `same-when-folded` or `file-and-directory`."""


def path_problem(text: str, limits: Limits = LIMITS) -> str | None:
    """The rule that the path breaks, or None."""
    if _PLAIN_PATH.match(text) and len(text) <= limits.path_bytes and text.count("/") < limits.path_depth:
        return None
    return _character_problem(text, limits) or _part_problem(text, limits)


def check_paths(paths: Iterable[str], *, pack: str, limits: Limits = LIMITS) -> None:
    """Refuse a tree whose paths break a rule or collide, with every problem at once (RegistryError E200, E206)."""
    every = list(paths)
    broken = [(path, rule) for path in every if (rule := path_problem(path, limits)) is not None]
    problems: list[Problem] = [
        problem("E200", place=Place(file=pack, path=shown_path(path)), path=shown_path(path), rule=rule)
        for path, rule in broken
    ]
    if not broken:
        problems = [collision_problem(each, pack=pack) for each in find_collisions(every)]
    if problems:
        raise RegistryError(*problems)


def collision_problem(collision: Collision, *, pack: str) -> Problem:
    """The problem E206 of two paths in one pack."""
    return problem(
        "E206",
        place=Place(file=pack, path=collision.path),
        pack=pack,
        member=collision.path,
        other=collision.other,
        rule=collision.rule,
    )


def find_collision(paths: Iterable[str]) -> Collision | None:
    """The first collision among the paths, or None."""
    collisions = find_collisions(paths)
    return collisions[0] if collisions else None


def find_collisions(paths: Iterable[str]) -> list[Collision]:
    """Every path that collides with one before it, or has a directory above it that does."""
    found = []
    files: dict[str, str] = {}
    directories: dict[str, str] = {}
    spelled: set[str] = set()
    for path in paths:
        key = folded(path)
        if key in files:
            other = files[key]
            found.append(Collision(path, other, "duplicate" if path == other else "same-when-folded"))
            continue
        if key in directories:
            found.append(Collision(path, directories[key], "file-and-directory"))
            continue
        files[key] = path
        parent = path
        while (cut := parent.rfind("/")) > 0 and (parent := parent[:cut]) not in spelled:
            key = folded(parent)
            if key in files:
                found.append(Collision(path, files[key], "file-and-directory"))
                break
            if key in directories:
                found.append(Collision(parent, directories[key], "same-when-folded"))
                break
            directories[key] = parent
            spelled.add(parent)
    return found


def folded(path: str) -> str:
    """What stays of a path where letter case and normal form don't count (Unicode standard, D145)."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", path).casefold())


def shown_path(text: str) -> str:
    """A path from outside on one line; what else can't be printed is escaped where the words are made."""
    return text.replace("\n", "\\n")


def _character_problem(text: str, limits: Limits) -> str | None:
    if not text:
        return "empty"
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "not-utf-8"
    if size > limits.path_bytes:
        return "too-long"
    if _CONTROL.search(text):
        return "control-character"
    if "\\" in text:
        return "backslash"
    if ":" in text:
        return "colon"
    if _RESERVED.search(text):
        return "reserved-character"
    return None if text.isascii() else _unicode_problem(text)


def _unicode_problem(text: str) -> str | None:
    from skillctl.core.unicode14 import is_assigned, is_hidden

    beyond = [character for character in text if not character.isascii()]
    if any(map(is_hidden, beyond)):
        return "hidden-character"
    if not all(map(is_assigned, beyond)):
        return "newer-character"
    return None if unicodedata.is_normalized("NFC", text) else "not-nfc"


def _part_problem(text: str, limits: Limits) -> str | None:
    if text[0] == "/":
        return "absolute"
    parts = text.split("/")
    for part in parts:
        if rule := _single_part_problem(part):
            return rule
    return "too-deep" if len(parts) > limits.path_depth else None


def _single_part_problem(part: str) -> str | None:
    if not part:
        return "empty-part"
    if part in (".", ".."):
        return "dot-part" if part == "." else "parent-part"
    if part[-1] in ". ":
        return "trailing-dot-or-space"
    base = part.partition(".")[0].rstrip(" ").lower()
    return "device-name" if base in _DEVICES else None
