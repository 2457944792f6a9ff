"""What rules speak of: an effect taken apart into paths, commands, addresses, packs and hooks.

A line for a shell has many subjects: every command that it would start, the files that its redirections write, and the
addresses in its words. The effect is let through if all of them are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from shlex import join

from skillctl.core.effects import Delete, Effect, Fetch, Install, Network, Publish, Read, Remove, Run, Trust, Write
from skillctl.core.value import dataclass
from skillctl_plugins.policy.patterns import normal_path
from skillctl_plugins.policy.rules import Access
from skillctl_plugins.policy.shell_commands import Command, Understood, understood_line, understood_words

Resolve = Callable[[str], str]
"""A path -> the same with every link on the way followed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileSubject:
    """A path, and what is done to it."""

    paths: tuple[str, ...]
    """As it was given, and where links lead, if that is elsewhere."""
    access: Access

    def __str__(self) -> str:
        return f"{_DOING[self.access]} `{self.paths[0]}`"


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandSubject:
    """A program with its arguments."""

    command: Command

    def __str__(self) -> str:
        return f"running `{shown(self.command.text)}`"


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressSubject:
    """What is reached over a network."""

    url: str
    guessed: bool = False
    """Is it a word that only looks like an address? Then nothing is concluded from no rule speaking of it."""

    def __str__(self) -> str:
        return f"reaching `{shown(self.url)}`"


@dataclass(frozen=True, kw_only=True, slots=True)
class PackSubject:
    """A release that is installed."""

    install: Install

    def __str__(self) -> str:
        return f"installing `{self.install.pack}` {self.install.version}".rstrip()


@dataclass(frozen=True, kw_only=True, slots=True)
class HookSubject:
    """Code of somebody else's that may run from then on."""

    name: str

    def __str__(self) -> str:
        return f"letting hooks of `{self.name}` run"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReachSubject:
    """How far a command's network goes, and whether it is isolated."""

    line: str
    network: Network

    def __str__(self) -> str:
        return f"running `{shown(self.line)}`"


@dataclass(frozen=True, kw_only=True, slots=True)
class UnreadableSubject:
    """A line that can't be followed."""

    line: str
    reason: str

    def __str__(self) -> str:
        return f"running `{shown(self.line)}`"


Subject = FileSubject | CommandSubject | AddressSubject | PackSubject | HookSubject | ReachSubject | UnreadableSubject


def subjects_of(  # noqa: C901  one case for each kind of effect
    effect: Effect, *, home: str, resolve: Resolve
) -> Iterator[Subject]:
    """All subjects of an effect; none of one that no policy speaks of."""
    match effect:
        case Write(path=path):
            yield file_subject(path, "write", home=home, resolve=resolve)
        case Delete(path=path):
            yield file_subject(path, "delete", home=home, resolve=resolve)
        case Read(path=path):
            yield file_subject(path, "read", home=home, resolve=resolve)
        case Run():
            yield from _of_run(effect, home=home, resolve=resolve)
        case Fetch(url=url):
            yield AddressSubject(url=url)
        case Publish(registry=registry):
            if "://" in registry:
                yield AddressSubject(url=registry)
        case Install():
            yield PackSubject(install=effect)
            if effect.hooks:
                yield HookSubject(name=effect.pack)
        case Trust():
            if effect.given:
                yield HookSubject(name=effect.subject.removeprefix("pack:").removeprefix("file:"))
        case Remove():
            return


_DOING: dict[Access, str] = {"read": "reading", "write": "writing", "delete": "deleting"}


def effect_words(effect: Effect) -> str:
    """The effect for a sentence: `writing …`."""
    match effect:
        case Write(path=path):
            return f"writing `{path}`"
        case Delete(path=path):
            return f"deleting `{path}`"
        case Read(path=path):
            return f"reading `{path}`"
        case Run():
            return f"running `{shown(line_of(effect))}`"
        case Fetch(url=url):
            return f"reaching `{shown(url)}`"
        case Install():
            return f"installing `{effect.pack}` {effect.version}".rstrip()
        case Remove():
            return f"removing `{effect.pack}` {effect.version}".rstrip()
        case Publish():
            return f"publishing `{effect.pack}` {effect.version}".rstrip()
        case Trust():
            return f"{'trusting' if effect.given else 'no longer trusting'} `{effect.subject}`"


def file_subject(path: str, access: Access, *, home: str, resolve: Resolve) -> FileSubject:
    """A path, absolute; `~` is the home."""
    if path == "~" or path.startswith("~/"):
        path = home.rstrip("/") + path[1:]
    path = normal_path(path)
    real = normal_path(resolve(path))
    return FileSubject(paths=(path,) if real == path else (path, real), access=access)


def understood(effect: Run) -> Understood:
    """What a command would start."""
    if effect.shell:
        return understood_line("\n".join(effect.argv), cwd=effect.cwd)
    return understood_words(effect.argv, cwd=effect.cwd)


def line_of(effect: Run) -> str:
    """The command as one would type it."""
    return "\n".join(effect.argv) if effect.shell else join(effect.argv)


def shown(text: str) -> str:
    """A text short enough for a sentence."""
    text = " ".join(text.split())
    return text if len(text) <= 120 else f"{text[:119]}…"


def _of_run(effect: Run, *, home: str, resolve: Resolve) -> Iterator[Subject]:
    if not effect.argv:
        return
    line = line_of(effect)
    yield ReachSubject(line=line, network=effect.network)
    found = understood(effect)
    if found.unreadable:
        yield UnreadableSubject(line=line, reason=found.unreadable)
    for command in found.commands:
        yield CommandSubject(command=command)
    for path in found.writes:
        yield file_subject(path, "write", home=home, resolve=resolve)
    for path in found.reads:
        yield file_subject(path, "read", home=home, resolve=resolve)
    for url in found.urls:
        yield AddressSubject(url=url)
    for url in found.hosts:
        yield AddressSubject(url=url, guessed=True)
