"""Which package brings a module, from lists that somebody looked up: never a guess.

Of the package names that language models write, a fifth exists nowhere, and most of those come again on every try, so
that whoever registers them is installed. A name that the lists don't have is therefore only told.

The lists lie in `data/`, a row a line: for Python an import name with its distributions, for JavaScript a package with
the range that is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

_DATA = Path(__file__).with_name("data")
_REQUIREMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRAS = re.compile(r"\[([^\]]*)\]")


def normal(distribution: str) -> str:
    """A distribution's name as PEP 503 compares it, without extras or versions."""
    found = _REQUIREMENT_NAME.match(distribution.strip())
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def distributions_of(module: str) -> tuple[str, ...]:
    """The distributions that bring a dotted module, the one to add first; empty where the list has none."""
    words = module.split(".")
    rows = _python_modules()
    for length in range(len(words), 0, -1):
        found = rows.get(".".join(words[:length]))
        if found:
            return found
    return ()


def brought_by(requirement: str) -> frozenset[str]:
    """Normal names of what a requirement installs for sure: itself, and what it is known to bring, at any depth."""
    pending, found = list(_with_extras(requirement)), set[str]()
    while pending:
        each = pending.pop()
        if each not in found:
            found.add(each)
            pending += [key for other in _brought().get(each, ()) for key in _with_extras(other)]
    return frozenset(each for each in found if "[" not in each)


def right_name(distribution: str) -> str:
    """The distribution that is meant by a name that is none; empty where the name is right or nothing is known."""
    return _misnamed().get(distribution.replace("-", "_").lower(), "")


def node_range(package: str) -> str:
    """The range to ask for of a package of npm; empty where the list doesn't have it."""
    return _node_packages().get(package, "")


def node_program(word: str) -> str:
    """The package of npm that brings a program; empty where the list doesn't say."""
    return _node_programs().get(word, "")


def _with_extras(requirement: str) -> Iterator[str]:
    """The keys of a requirement: its name, and one for each extra."""
    name = normal(requirement)
    yield name
    head = re.split(r"[;@]", requirement, maxsplit=1)[0]
    extras = _EXTRAS.search(head)
    for extra in extras[1].split(",") if extras else ():
        yield f"{name}[{extra.strip().lower()}]"


def _rows(name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for line in (_DATA / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            first, *others = line.split()
            yield first, tuple(others)


@cache
def _python_modules() -> Mapping[str, tuple[str, ...]]:
    return dict(_rows("python_modules.txt"))


@cache
def _brought() -> Mapping[str, tuple[str, ...]]:
    return {_brought_key(name): others for name, others in _rows("python_brought.txt")}


def _brought_key(name: str) -> str:
    *_, key = _with_extras(name)
    return key


@cache
def _misnamed() -> Mapping[str, str]:
    return {name.lower(): right[0] for name, right in _rows("python_misnamed.txt")}


@cache
def _node_packages() -> Mapping[str, str]:
    return {name: " ".join(words) for name, words in _rows("node_packages.txt")}


@cache
def _node_programs() -> Mapping[str, str]:
    return {name: words[0] for name, words in _rows("node_programs.txt")}


def every_module() -> Iterable[str]:
    """The import names that the list of Python has."""
    return _python_modules().keys()
