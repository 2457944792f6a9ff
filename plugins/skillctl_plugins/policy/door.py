"""The strict door of policies: a JSON value in, rules out, or every problem of it together.

    version: 1
    defaults: true                         # the shipped rules; false is for the system's and the user's own policy
    files:     {deny: [...], ask: [...], allow: [...], otherwise: allow}
    commands:  the same
    network:   the same, and `commands`: the most that commands may reach
    isolation: {required: true}
    packs:     the same, and what every pack must be: sources, scopes, licences, minimum_age_days, signed, unless
    hooks:     the same

A rule is a text (a glob, a command's words, a host or URL, a pack's name) or a map with `id`, `reason` and what the
tables below name. A person wrote it, so a key that nobody knows is an error, with what may have been meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from skillctl.core.diagnostics import Place, Problem
from skillctl.core.errors import PluginError
from skillctl.core.json_value import ROOT, JsonObject, JsonValue, item_path, key_path, kind_of
from skillctl.core.value import dataclass
from skillctl_plugins.policy.patterns import expanded, glob_problem, host_problem, regex_problem, url_problem
from skillctl_plugins.policy.rules import (
    ACCESSES,
    ANSWERS,
    NETWORKS,
    AddressRule,
    Answer,
    CommandRule,
    Demands,
    FileRule,
    HookRule,
    LayerName,
    PackRule,
    Rule,
    Rules,
    Section,
)

VERSION = 1
TOP = ("$schema", "version", "defaults", "files", "commands", "network", "isolation", "packs", "hooks")
SECTION = ("deny", "ask", "allow", "otherwise")
FILE_KEYS = ("id", "reason", "glob", "except", "regex", "access")
COMMAND_KEYS = ("id", "reason", "run", "program", "options", "paths", "fed_by", "exact", "regex")
ADDRESS_KEYS = ("id", "reason", "host", "url")
PACK_KEYS = ("id", "reason", "name", "source", "licence")
HOOK_KEYS = ("id", "reason", "name")
DEMANDS = ("sources", "scopes", "licences", "minimum_age_days", "signed", "unless")
RULES = 2_000
"""In one file."""

_ID = re.compile(r"[a-z0-9][a-z0-9._/-]{0,79}\Z")
_STRICTEST_FIRST: tuple[Answer, ...] = ("deny", "ask", "allow")
_DAYS = range(3_651)

T = TypeVar("T")
R = TypeVar("R", bound=Rule)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Given:
    """A rule's map, with what every rule has."""

    members: JsonObject
    path: str
    id: str
    answer: Answer
    reason: str


def rules_from_json(value: JsonValue, *, file: str, layer: LayerName, root: str = ROOT, trusted: bool = False) -> Rules:
    """The rules. PluginError with every problem of the file, E614 to E618.

    `root` is the path of the value in its file. `trusted`: the value came through this door before, so that patterns
    need not be tried out again.
    """
    door = _Door(file, layer, trusted=trusted)
    rules = door.rules(value, root)
    if door.problems:
        raise PluginError(*door.problems)
    return rules


def looks_like_patchwork(value: JsonValue) -> bool:
    """Is it a policy in Patchwork's own form?"""
    if not isinstance(value, Mapping):
        return False
    if "max_risk" in value or "trusted_paths" in value or "mcp" in value:
        return True
    return "name" in value and any(key in value for key in ("files", "commands", "network"))


class _Door:
    """Reads a policy and gathers what is wrong with it."""

    def __init__(self, file: str, layer: LayerName, *, trusted: bool) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._layer = layer
        self._trusted = trusted
        self._ids: set[str] = set()
        self._count = 0

    def rules(self, value: JsonValue, path: str) -> Rules:
        """The rules, as far as they can be read."""
        if looks_like_patchwork(value):
            self._say("E617", path, key=path, reason=_PATCHWORK)
            return Rules()
        top = self._map(value, path, TOP, "of a policy")
        self._version(top, path)
        network, packs = top.get("network"), top.get("packs")
        return Rules(
            defaults=self._defaults(top, path),
            files=self._section(top, "files", path, FILE_KEYS, self._file_rule),
            commands=self._section(top, "commands", path, COMMAND_KEYS, self._command_rule),
            network=self._section(top, "network", path, ADDRESS_KEYS, self._address_rule, more=("commands",)),
            packs=self._section(top, "packs", path, PACK_KEYS, self._pack_rule, more=DEMANDS),
            hooks=self._section(top, "hooks", path, HOOK_KEYS, self._hook_rule),
            demands=self._demands(packs, key_path(path, "packs")) if isinstance(packs, Mapping) else Demands(),
            reach=self._choice(network, "commands", key_path(path, "network"), NETWORKS)
            if isinstance(network, Mapping)
            else None,
            isolation=self._isolation(top, path),
        )

    # The top

    def _version(self, top: JsonObject, path: str) -> None:
        found = top.get("version", VERSION)
        if found != VERSION or isinstance(found, bool):
            self._wrong(key_path(path, "version"), found, f"{VERSION}, the version of this form")

    def _defaults(self, top: JsonObject, path: str) -> bool | None:
        if "defaults" not in top:
            return None
        place = key_path(path, "defaults")
        found = self._flag(top["defaults"], place)
        if found is False and self._layer == "project":
            self._say("E617", place, key=place, reason="can't be false in a project's policy, which never loosens")
        return found

    def _isolation(self, top: JsonObject, path: str) -> bool:
        if "isolation" not in top:
            return False
        place = key_path(path, "isolation")
        members = self._map(top["isolation"], place, ("required",), "of `isolation`")
        if "required" not in members:
            return False
        return bool(self._flag(members["required"], key_path(place, "required")))

    def _demands(self, packs: JsonObject, path: str) -> Demands:
        def texts(key: str, problem_of: Callable[[str], str] = _no_name) -> tuple[str, ...]:
            return self._texts(packs, key, path, problem_of, "pattern") if key in packs else ()

        days = packs.get("minimum_age_days", 0)
        if isinstance(days, bool) or not isinstance(days, int) or days not in _DAYS:
            self._wrong(key_path(path, "minimum_age_days"), days, f"a whole number from 0 to {_DAYS.stop - 1}")
            days = 0
        signed = "signed" in packs and self._flag(packs["signed"], key_path(path, "signed"))
        return Demands(
            sources=texts("sources"),
            scopes=texts("scopes", _no_scope),
            licences=texts("licences"),
            minimum_age_days=days,
            signed=bool(signed),
            unless=texts("unless"),
        )

    # Sections and their rules

    def _section(
        self,
        top: JsonObject,
        key: str,
        path: str,
        keys: Sequence[str],
        make: Callable[[_Given], R | None],
        *,
        more: Sequence[str] = (),
    ) -> Section[R]:
        if key not in top:
            return Section()
        place = key_path(path, key)
        members = self._map(top[key], place, (*SECTION, *more), f"of `{key}`")
        found: list[R] = []
        for answer in _STRICTEST_FIRST:
            for given in self._given(members, answer, key, place, keys):
                rule = make(given)
                if rule is not None:
                    found.append(rule)
        return Section(rules=tuple(found), otherwise=self._choice(members, "otherwise", place, ANSWERS))

    def _given(self, members: JsonObject, answer: Answer, key: str, path: str, keys: Sequence[str]) -> Iterator[_Given]:
        value = members.get(answer)
        if value is None and answer not in members:
            return
        place = key_path(path, answer)
        if not isinstance(value, list):
            self._wrong(place, value, "a list of rules")
            return
        for number, each in enumerate(value):
            self._count += 1
            if self._count == RULES + 1:
                self._say("E617", place, key=place, reason=f"makes more than {RULES} rules in one file")
            at = item_path(place, number)
            if isinstance(each, str):
                each = {_SHORT[key](each): each}
            elif not isinstance(each, Mapping):
                self._wrong(at, each, "a text or a map")
                continue
            rule = self._map(each, at, keys, f"of a rule in `{key}`")
            yield _Given(
                members=rule,
                path=at,
                id=self._id(rule, at, f"{key}.{answer}[{number}]"),
                answer=answer,
                reason=self._text(rule, "reason", at) if "reason" in rule else "",
            )

    def _id(self, rule: JsonObject, path: str, otherwise: str) -> str:
        if "id" not in rule:
            return otherwise
        found = self._text(rule, "id", path)
        if found and not _ID.match(found):
            self._wrong(key_path(path, "id"), found, "small letters, digits, `.`, `_`, `/` and `-`, 80 at most")
        elif found in self._ids:
            self._say("E618", key_path(path, "id"), id=found)
        self._ids.add(found)
        return found

    def _file_rule(self, given: _Given) -> FileRule | None:
        members, path = given.members, given.path
        if not self._one_of(members, path, ("glob", "regex")):
            return None
        if "regex" in members and "except" in members:
            self._say(
                "E617", key_path(path, "except"), key=key_path(path, "except"), reason="means nothing with `regex`"
            )
        access = self._texts(members, "access", path) if "access" in members else ACCESSES
        for each in access:
            if each not in ACCESSES:
                self._wrong(key_path(path, "access"), each, f"of {', '.join(ACCESSES)}")
        return FileRule(
            id=given.id,
            answer=given.answer,
            reason=given.reason,
            globs=self._globs(members, "glob", path),
            excepted=self._globs(members, "except", path),
            regex=self._regex(members, path),
            access=tuple(each for each in ACCESSES if each in access),
        )

    def _command_rule(self, given: _Given) -> CommandRule | None:
        members, path = given.members, given.path
        if not self._one_of(members, path, ("run", "program", "exact", "regex")):
            return None
        for key in ("options", "paths", "fed_by"):
            if key in members and ("exact" in members or "regex" in members):
                self._say("E617", key_path(path, key), key=key_path(path, key), reason="goes with `run` or `program`")
        programs, words = self._called(members, path)
        exact = " ".join(self._text(members, "exact", path).split()) if "exact" in members else ""
        return CommandRule(
            id=given.id,
            answer=given.answer,
            reason=given.reason,
            programs=programs,
            words=words,
            options=self._texts(members, "options", path, _no_option, "option") if "options" in members else (),
            paths=self._globs(members, "paths", path),
            fed_by=self._texts(members, "fed_by", path, _no_word, "pattern") if "fed_by" in members else (),
            exact=exact,
            regex=self._regex(members, path),
        )

    def _called(self, members: JsonObject, path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Programs, and the words behind them."""
        if "run" in members:
            text = self._text(members, "run", path)
            words = text.split()
            place = key_path(path, "run")
            if text and _SHELL_SIGNS.search(text):
                self._pattern(place, text, "command", "it is one command; each part of a line is judged by itself")
            for word in words:
                if reason := _no_word(word):
                    self._pattern(place, word, "pattern", reason)
                    return (), ()
            return tuple(expanded(words[0])) if words else (), tuple(words[1:])
        if "program" in members:
            names = self._texts(members, "program", path, _no_word, "pattern")
            return tuple(one for each in names if not _no_word(each) for one in expanded(each)), ()
        return (), ()

    def _address_rule(self, given: _Given) -> AddressRule | None:
        members, path = given.members, given.path
        if not self._one_of(members, path, ("host", "url")):
            return None
        return AddressRule(
            id=given.id,
            answer=given.answer,
            reason=given.reason,
            hosts=self._texts(members, "host", path, host_problem, "host") if "host" in members else (),
            urls=self._texts(members, "url", path, url_problem, "URL") if "url" in members else (),
        )

    def _pack_rule(self, given: _Given) -> PackRule | None:
        members, path = given.members, given.path
        keys = ("name", "source", "licence")
        if not any(key in members for key in keys):
            self._say("E617", path, key=path, reason=f"needs one of {', '.join(f'`{key}`' for key in keys)}")
            return None
        names, sources, licences = (
            self._texts(members, key, path, _no_name, "pattern") if key in members else () for key in keys
        )
        return PackRule(
            id=given.id, answer=given.answer, reason=given.reason, names=names, sources=sources, licences=licences
        )

    def _hook_rule(self, given: _Given) -> HookRule | None:
        if not self._one_of(given.members, given.path, ("name",)):
            return None
        names = self._texts(given.members, "name", given.path, _no_name, "pattern")
        return HookRule(id=given.id, answer=given.answer, reason=given.reason, names=names)

    # Readers that know the key

    def _map(self, value: JsonValue, path: str, known: Sequence[str], where: str) -> JsonObject:
        if not isinstance(value, Mapping):
            self._wrong(path, value, "a map")
            return {}
        for key in value:
            if key not in known:
                place = key_path(path, key)
                self._say("E614", place, key=key, where=where, advice=_advice(key, known))
        return value

    def _one_of(self, members: JsonObject, path: str, keys: Sequence[str]) -> bool:
        given = [key for key in keys if key in members]
        if len(given) == 1:
            return True
        names = ", ".join(f"`{key}`" for key in keys)
        reason = f"has both `{given[0]}` and `{given[1]}`" if given else f"needs {'one of ' * (len(keys) > 1)}{names}"
        self._say("E617", path, key=path, reason=reason)
        return False

    def _texts(
        self,
        members: JsonObject,
        key: str,
        path: str,
        problem_of: Callable[[str], str] = lambda _: "",
        kind: str = "",
    ) -> tuple[str, ...]:
        """One text or a list of them."""
        value, place = members.get(key), key_path(path, key)
        items = value if isinstance(value, list) else [value]
        if not items:
            self._wrong(place, value, "a text or a list of texts, and not empty")
        found = []
        for each in items:
            if not isinstance(each, str) or not each.strip():
                self._wrong(place, each, "a text or a list of texts, and not empty")
            elif not self._trusted and (reason := problem_of(each)):
                self._pattern(place, each, kind, reason)
            else:
                found.append(each)
        return tuple(found)

    def _globs(self, members: JsonObject, key: str, path: str) -> tuple[str, ...]:
        if key not in members:
            return ()
        found = self._texts(members, key, path, glob_problem, "glob")
        return tuple(dict.fromkeys(one for each in found for one in expanded(each)))

    def _regex(self, members: JsonObject, path: str) -> str:
        if "regex" not in members:
            return ""
        found = self._text(members, "regex", path)
        if found and not self._trusted and (reason := regex_problem(found)):
            self._pattern(key_path(path, "regex"), found, "regular expression", reason)
        return found

    def _text(self, members: JsonObject, key: str, path: str) -> str:
        value = members[key]
        if isinstance(value, str) and value.strip():
            return value
        self._wrong(key_path(path, key), value, "a text that is not empty")
        return ""

    def _flag(self, value: JsonValue, path: str) -> bool | None:
        if isinstance(value, bool):
            return value
        self._wrong(path, value, "true or false")
        return None

    def _choice(self, members: JsonObject, key: str, path: str, choices: Sequence[T]) -> T | None:
        if key not in members:
            return None
        value = members[key]
        for each in choices:
            if each == value:
                return each
        self._wrong(key_path(path, key), value, f"one of {', '.join(map(str, choices))}")
        return None

    # Problems

    def _wrong(self, path: str, found: JsonValue, expected: str) -> None:
        shown = f"`{found}`" if isinstance(found, str) and found else kind_of(found)
        if isinstance(found, (int, float)) and not isinstance(found, bool):
            shown = str(found)
        self._say("E615", path, key=path, expected=expected, found=shown if found != "" else "empty")

    def _pattern(self, path: str, pattern: str, kind: str, reason: str) -> None:
        self._say("E616", path, pattern=pattern, kind=kind, reason=reason)

    def _say(self, code: str, path: str, **evidence: object) -> None:
        self.problems.append(Problem(code, evidence, Place(file=self._file, path=path)))


_PATCHWORK = "looks like a policy of Patchwork's; `skillctl policy init --from FILE` makes one for skillctl of it"
_SHELL_SIGNS = re.compile(r"[;&|<>()$`'\"\\\n]")

_SHORT: Mapping[str, Callable[[str], str]] = {
    "files": lambda _: "glob",
    "commands": lambda _: "run",
    "network": lambda text: "url" if "://" in text else "host",
    "packs": lambda _: "name",
    "hooks": lambda _: "name",
}
"""Section -> the key that a rule written as a text stands for."""


def _no_word(text: str) -> str:
    if any(each.isspace() for each in text):
        return "it is more than one word"
    try:
        expanded(text)
    except ValueError as error:
        return str(error)
    return ""


def _no_option(text: str) -> str:
    return (
        "" if re.fullmatch(r"-[A-Za-z0-9]|--[A-Za-z0-9][A-Za-z0-9-]*|-[A-Za-z0-9][A-Za-z0-9-]+", text) else "it is none"
    )


def _no_name(text: str) -> str:
    return "it holds a control character" if any(each < " " for each in text) else ""


def _no_scope(text: str) -> str:
    return "" if re.fullmatch(r"@[a-z0-9]+(?:-[a-z0-9]+)*", text) else "a scope is written like `@acme`"


def _advice(key: str, known: Sequence[str]) -> str:
    from skillctl.core.names import near_names

    near = near_names(key, list(known), most=1)
    return f"did you mean `{near[0]}`?" if near else f"known are {', '.join(known)}"
