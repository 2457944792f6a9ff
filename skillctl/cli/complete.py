"""`skillctl __complete WORD...`: what a shell asks while somebody types; the last word is the one that is begun.

One candidate a line, `what<TAB>what it is`. It is asked for every keystroke of the tab key, so nothing is loaded that
the answer does not need, and nothing is ever said but candidates: a mistake on the command line is told when it is run.
Nothing at all means that the shell should offer files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, get_args, get_type_hints

from skillctl.cli.parameter import Option
from skillctl.cli.table import ALIASES, ENTRIES, GROUPS, Entry, entry_at, expanded, group_named, members

if TYPE_CHECKING:
    from skillctl.app.completion import Candidate, Place

    Answers = Callable[[Place], Iterable[Candidate]]

_SHARED: tuple[Candidate, ...] = (
    ("--json", "Print one JSON envelope on standard output"),
    ("--quiet", "Say only what the result is and what is wrong"),
    ("--help", "Show what the command takes"),
)
SHELLS = ("bash", "zsh", "fish")
_ROLES = ("root", "targets", "bins", "snapshot", "timestamp")
_ACTIONS = ("create", "list", "revoke")

_WORDS: Mapping[str, tuple[str, ...]] = {
    "install": ("available",),
    "update": ("installed",),
    "remove": ("installed",),
    "why": ("installed",),
    "tree": ("installed",),
    "verify": ("installed",),
    "lock": ("installed",),
    "outdated": ("installed",),
    "info": ("installed_or_available",),
    "diff": ("available",),
    "agents": ("known_agents",),
    "config get": ("settings_keys",),
    "config set": ("settings_keys",),
    "config unset": ("settings_keys",),
    "policy check": ("available",),
}
"""Command -> the function of `app.completion` that has its arguments."""
_REGISTRY_FIRST = frozenset(
    (
        *("registry remove", "registry use", "registry verify", "registry export", "registry mirror"),
        *("registry refresh", "registry gc", "login", "logout", "whoami"),
    )
)
"""Commands whose first argument is a registry."""
_VALUES: Mapping[str, str] = {
    "--agent": "known_agents",
    "--registry": "known_registries",
    "--skill": "installed_skills",
    "--link-mode": "link_modes",
    "--upgrade": "installed",
}
"""Option -> the function that has its values."""
_VALUES_OF: Mapping[tuple[str, str], str] = {("undo", "--to"): "generations"}
_FIXED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("lock", "--resolution"): ("highest", "lowest"),
    ("validate", "--format"): ("text", "sarif"),
    ("registry token", "--scope"): ("publish", "yank", "owner", "admin"),
}
"""Command and option -> all the words that it takes."""


def complete(words: Sequence[str]) -> str:
    """The candidates for the last word, as lines."""
    try:
        *before, begun = words or [""]
        lines: dict[str, str] = {}
        for what, about in _candidates(before, begun):
            if what.startswith(begun) and what.isprintable():
                lines.setdefault(what, f"{what}\t{about.replace(chr(9), ' ')}".rstrip("\t"))
    except Exception:  # noqa: BLE001  whoever types gets no candidates, and no traceback over the line
        return ""
    return "".join(f"{line}\n" for line in lines.values())


def _candidates(before: Sequence[str], begun: str) -> Iterator[Candidate]:
    words = [word for word in before if word not in ("--json", "--quiet", "-q")]
    if not words or words == ["help"]:
        yield from _commands()
        yield from () if words else (("--help", "Show every command"), ("--version", "Show the version"))
        return
    group = group_named(words[0])
    if group is not None and len(words) == 1:
        yield from ((each.name.partition(" ")[2], each.about) for each in members(group.name))
        return
    found = entry_at(expanded(words))
    if found is not None:
        entry, length = found
        yield from _inside(entry, expanded(words)[length:], begun)


def _commands() -> Iterator[Candidate]:
    yield from ((each.name, each.about) for each in ENTRIES if " " not in each.name)
    yield from ((each.name, each.about) for each in GROUPS)
    yield from ((alias, f"the same as {' '.join(words)}") for alias, words in ALIASES.items())


def _inside(entry: Entry, words: list[str], begun: str) -> Iterator[Candidate]:
    """The candidates behind a command: options where a hyphen is typed, values behind an option, else arguments."""
    options = dict(_options(entry))
    last = words[-1] if words else ""
    taking = {name for names, (takes, _) in options.items() if takes for name in names}
    if last in taking:
        long = next(names[0] for names in options if last in names)
        yield from ((word, "") for word in _FIXED.get((entry.name, long), ()))
        yield from _asked(_VALUES_OF.get((entry.name, long)) or _VALUES.get(long, ""), words, begun)
        return
    if begun.startswith("-"):
        for names, (_, about) in options.items():
            yield from ((name, about) for name in names if len(name) > 2 or begun == "-")
        yield from _SHARED
        return
    if entry.name == "completion":
        yield from ((shell, "") for shell in SHELLS)
    for function in _WORDS.get(entry.name, ()):
        yield from _without(words, _asked(function, words, begun))
    pairs = zip(["", *words], words, strict=False)
    arguments = sum(not word.startswith("-") and before not in taking for before, word in pairs)
    yield from _of_registries(entry.name, arguments, words, begun)


def _of_registries(command: str, arguments: int, words: Sequence[str], begun: str) -> Iterator[Candidate]:
    """What stands behind so many arguments of a command for registries."""
    rotates = command == "registry rotate-key"
    if arguments == 0 and rotates:
        yield from ((role, "") for role in _ROLES)
    if arguments == 0 and command == "registry token":
        yield from ((action, "") for action in _ACTIONS)
    if (arguments == 0 and command in _REGISTRY_FIRST) or (arguments == 1 and rotates):
        yield from _asked("known_registries", words, begun)


def _options(entry: Entry) -> Iterator[tuple[tuple[str, ...], tuple[bool, str]]]:
    """Names of each option -> whether it takes a value, and what it is for."""
    hints = get_type_hints(import_module(entry.module).command, include_extras=True)
    for hint in hints.values():
        kind, *said = get_args(hint) or (hint,)
        for each in said:
            if isinstance(each, Option):
                yield each.names, (kind is not bool, each.help.partition(".")[0].partition(";")[0])


def _asked(function: str, words: Sequence[str], begun: str) -> Iterator[Candidate]:
    if not function:
        return
    from skillctl.app import completion
    from skillctl.cli.door import environment
    from skillctl.core.errors import SkillctlError
    from skillctl.edges.config import read_settings
    from skillctl.formats.json_text import load_json

    with suppress(SkillctlError, OSError):
        settings = read_settings(environment(), load_json)
        user = "-g" in words or "--global" in words
        answers: Answers = getattr(completion, function)
        yield from answers(completion.Place(settings=settings, cwd=Path.cwd(), user=user, begun=begun))


def _without(words: Sequence[str], candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Those that are not on the command line already."""
    return (each for each in candidates if each[0] not in words)
