"""Whether a rule speaks of a subject.

Rules that deny or ask are read generously: case means nothing, a program is known by its name wherever it lies, a
command's words may stand among others, a directory stands for what is in it. Rules that allow are read narrowly: the
program is called as the rule says, with the rule's words first, the whole path matches, and no variable that loads
code is set for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from skillctl.core.effects import Install
from skillctl_plugins.policy.patterns import (
    Globs,
    expanded,
    folded,
    has_stars,
    host_matches,
    matches_stars,
    normal_path,
    regex_fills,
    regex_matches,
    split_url,
    url_matches,
)
from skillctl_plugins.policy.rules import AddressRule, CommandRule, Demands, FileRule, HookRule, PackRule
from skillctl_plugins.policy.shell_commands import Command
from skillctl_plugins.policy.subjects import FileSubject

_LOADING = re.compile(
    r"(?:LD_|DYLD_|PATH\Z|BASH_ENV\Z|ENV\Z|IFS\Z|PYTHON(?:PATH|HOME|STARTUP)\Z|NODE_OPTIONS\Z|NODE_PATH\Z|PERL5|RUBY(?:OPT|LIB)\Z"
    r"|JAVA_TOOL_OPTIONS\Z|GIT_(?:SSH|EXEC|EXTERNAL|PROXY|CONFIG)|(?:npm_config_|NPM_CONFIG_)|EDITOR\Z|PAGER\Z|SHELL\Z|HOME\Z)"
)
_ALL_IN_IT = frozenset({"*", ".*", ".", "..?*", ".[!.]*", "**"})


class FileMatcher:
    """A rule of paths, made ready for one project."""

    __slots__ = ("_excepted", "_globs", "rule")

    def __init__(self, rule: FileRule, *, project: str, home: str) -> None:
        generous = rule.answer != "allow"
        self.rule = rule
        self._globs = Globs(rule.globs, project=project, home=home, generous=generous)
        self._excepted = Globs(rule.excepted, project=project, home=home, generous=False)

    def matches(self, subject: FileSubject) -> bool:
        """Does the rule speak of it? Of one that allows, of each of its paths."""
        rule = self.rule
        if subject.access not in rule.access:
            return False
        if rule.answer == "allow":
            return all(self._one(path, path) for path in subject.paths)
        return any(self._one(path, folded(path)) for path in subject.paths)

    def _one(self, path: str, compared: str) -> bool:
        rule = self.rule
        if rule.regex:
            return regex_fills(rule.regex, path) if rule.answer == "allow" else regex_matches(rule.regex, path)
        return self._globs.match(compared) and not self._excepted.match(path)


class Names:
    """Names of programs, made ready to be compared with many."""

    __slots__ = ("_plain", "_starred")

    def __init__(self, patterns: Sequence[str]) -> None:
        self._plain = frozenset(folded(each) for each in patterns if not has_stars(each))
        self._starred = [folded(each) for each in patterns if has_stars(each)]

    def have(self, program: str) -> bool:
        """Is it one of them?"""
        name = program.lower() if program.isascii() else folded(program)
        if name in self._plain:
            return True
        if self._starred and any(matches_stars(each, name) for each in self._starred):
            return True
        if "*" in name or "?" in name or "[" in name:  # `/bin/r?`: whatever the shell would find
            looks = re.sub(r"\[[^\]]*\]", "?", name)
            return any(matches_stars(looks, each) for each in self._plain)
        return False


class CommandMatcher:
    """A rule of commands, made ready for one home."""

    __slots__ = ("_feeders", "_home", "_paths", "_programs", "rule")

    def __init__(self, rule: CommandRule, *, project: str, home: str) -> None:
        self.rule = rule
        self._home = home
        self._paths = Globs(rule.paths, project=project, home=home, generous=False)
        self._programs = Names(rule.programs)
        self._feeders = Names(rule.fed_by)

    def matches(self, command: Command) -> bool:
        """Does the rule speak of it?"""
        return self._allows(command) if self.rule.answer == "allow" else self._hits(command)

    def _hits(self, command: Command) -> bool:
        rule = self.rule
        if rule.exact:
            return folded(command.text) == folded(rule.exact)
        if rule.regex:
            return regex_matches(rule.regex, command.text)
        return (
            self._programs.have(command.program)
            and _has_words(rule.words, command.words[1:])
            and (not rule.options or any(_has_option(each, command.words) for each in rule.options))
            and (not rule.fed_by or any(map(self._feeders.have, command.feeders)))
            and (not rule.paths or any(map(self._is_path, _named_paths(command, self._home))))
        )

    def _allows(self, command: Command) -> bool:
        rule = self.rule
        if any(_LOADING.match(each) for each in command.assigned) or command.bare != command.words[0]:
            return False
        if rule.exact:
            return command.text == rule.exact
        if rule.regex:
            return regex_fills(rule.regex, command.text)
        called, words = command.words[0], command.words[1:]
        return (
            any(matches_stars(each, called) for each in rule.programs)
            and len(words) >= len(rule.words)
            and all(matches_stars(pattern, word) for pattern, word in zip(rule.words, words, strict=False))
            and (not rule.options or any(_has_option(each, command.words) for each in rule.options))
            and (not rule.fed_by or all(map(self._feeders.have, command.feeders)))
            and (not rule.paths or self._all_paths(command))
        )

    def _all_paths(self, command: Command) -> bool:
        found = list(_named_paths(command, self._home))
        return bool(found) and all(map(self._is_path, found))

    def _is_path(self, path: str) -> bool:
        if self._paths.match(path):
            return True
        return (
            self.rule.answer != "allow"
            and has_stars(path)
            and any(not has_stars(each) and matches_stars(path, _at_home(each, self._home)) for each in self.rule.paths)
        )


def can_lift(rule: CommandRule, default: CommandRule) -> bool:
    """May an allow rule lift this shipped one? Where that looks at paths or at what feeds a command, so must this."""
    return (not default.paths or bool(rule.paths or rule.exact)) and (
        not default.fed_by or bool(rule.fed_by or rule.exact)
    )


def address_matches(rule: AddressRule, url: str) -> bool:
    """Does the rule speak of the address?"""
    parts = split_url(url)
    if parts is None:
        return False
    return any(host_matches(each, parts[1]) for each in rule.hosts) or any(url_matches(each, url) for each in rule.urls)


def pack_matches(rule: PackRule, install: Install) -> bool:
    """Does the rule speak of the release?"""
    return (
        (not rule.names or any(matches_stars(each, install.pack) for each in rule.names))
        and (not rule.sources or any(source_matches(each, install.source) for each in rule.sources))
        and (not rule.licences or licence_matches(rule.licences, install.licence, every=rule.answer == "allow"))
    )


def hook_matches(rule: HookRule, name: str) -> bool:
    """Does the rule speak of the hooks of that pack or file?"""
    return any(matches_stars(each, name) for each in rule.names)


def source_matches(pattern: str, source: str) -> bool:
    """The same source, one that begins so up to a `/`, `#` or `@`, or one that the stars fit."""
    if has_stars(pattern):
        return matches_stars(pattern, source)
    beginning = pattern.rstrip("/")
    return source == pattern or source[: len(beginning) + 1] in {beginning + sign for sign in "/#@"}


def licence_matches(patterns: Sequence[str], licence: str, *, every: bool) -> bool:
    """Is one of these licences named; with `every`: does one of them suffice for the expression?"""
    if not licence:
        return False
    tokens = re.findall(r"\(|\)|[^\s()]+", licence)
    if not every:
        return any(
            _is_licence(patterns, each) for each in tokens if each.upper() not in ("AND", "OR", "WITH", "(", ")")
        )
    found, rest = _either(patterns, tokens)
    return found and not rest


def unmet_demand(demands: Demands, install: Install, *, today: str) -> tuple[str, str]:
    """The first thing that a pack must be and is not: its key, and the reason in words. Empty where all is met."""
    if any(matches_stars(each, install.pack) for each in demands.unless):
        return "", ""
    if demands.sources and not any(source_matches(each, install.source) for each in demands.sources):
        return "packs.sources", f"it comes from {install.source or 'nowhere known'}, which is none of the sources"
    if demands.scopes and install.pack.partition("/")[0] not in demands.scopes:
        return "packs.scopes", f"only packs of {', '.join(demands.scopes)} may be installed"
    if demands.licences and not licence_matches(demands.licences, install.licence, every=True):
        return "packs.licences", f"its licence is {install.licence or 'not said'}, and none of those that are allowed"
    if demands.signed and not install.signed:
        return "packs.signed", "no author's signature of it holds"
    if demands.minimum_age_days and (reason := _too_young(demands.minimum_age_days, install.published, today)):
        return "packs.minimum_age_days", reason
    return "", ""


def _is_licence(patterns: Sequence[str], name: str) -> bool:
    return any(matches_stars(folded(each), folded(name)) for each in patterns)


def _either(patterns: Sequence[str], tokens: list[str]) -> tuple[bool, list[str]]:
    found, rest = _both(patterns, tokens)
    while rest and rest[0].upper() == "OR":
        other, rest = _both(patterns, rest[1:])
        found = found or other
    return found, rest


def _both(patterns: Sequence[str], tokens: list[str]) -> tuple[bool, list[str]]:
    found, rest = _single(patterns, tokens)
    while rest and rest[0].upper() == "AND":
        other, rest = _single(patterns, rest[1:])
        found = found and other
    return found, rest


def _single(patterns: Sequence[str], tokens: list[str]) -> tuple[bool, list[str]]:
    if not tokens or len(tokens) > 100:
        return False, []
    if tokens[0] == "(":
        found, rest = _either(patterns, tokens[1:])
        return (found, rest[1:]) if rest[:1] == [")"] else (False, [])
    found, rest = _is_licence(patterns, tokens[0]), tokens[1:]
    if rest and rest[0].upper() == "WITH":  # an exception only ever allows more
        rest = rest[2:]
    return found, rest


def _too_young(days: int, published: str, today: str) -> str:
    from datetime import datetime

    if not published:
        return f"nobody says when it was published, and it has to be {days} days old"
    try:
        age = (datetime.fromisoformat(today) - datetime.fromisoformat(published)).total_seconds() / 86_400
    except (ValueError, TypeError):
        return f"`{published}` is no time, and it has to be {days} days old"
    return f"it was published {max(age, 0):.1f} days ago, and has to be {days} days old" if age < days else ""


def _has_words(patterns: Sequence[str], words: Sequence[str]) -> bool:
    plain = (each for each in words if not each.startswith("-") or each == "-")
    for pattern in patterns:
        if pattern.startswith("-"):
            if not _has_option(pattern, words):
                return False
        elif not any(_is_word(pattern, each) for each in plain):  # goes on behind the one before
            return False
    return True


def _is_word(pattern: str, word: str) -> bool:
    return any(matches_stars(folded(each), folded(word)) for each in expanded(pattern))


def _has_option(option: str, words: Sequence[str]) -> bool:
    """Is it given, alone, among other letters, with a value, or shortened as GNU's programs let one?"""
    for word in words:
        if word == option or word.startswith(f"{option}="):
            return True
        if option.startswith("--"):
            name = word.partition("=")[0]
            if len(name) > 3 and name.startswith("--") and option.startswith(name):
                return True
        elif len(option) == 2 and len(word) > 1 and word[0] == "-" and word[1] != "-" and option[1] in word[1:]:
            return True
    return False


def _named_paths(command: Command, home: str) -> Iterator[str]:
    """The arguments as paths, absolute; `dir/*` is the directory, since all that is in it is meant."""
    for word in command.words[1:]:
        for text in (word, word.partition("=")[2]):
            if not text or text.startswith("-"):
                continue
            path = normal_path(_at_home(text, home), base=_at_home(command.cwd, home))
            above, _, name = path.rpartition("/")
            yield (above or "/") if name in _ALL_IN_IT else path


def _at_home(path: str, home: str) -> str:
    return home.rstrip("/") + path[1:] if path == "~" or path.startswith("~/") else path
