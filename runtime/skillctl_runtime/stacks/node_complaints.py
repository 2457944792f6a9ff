"""What the tools of Node said when they failed, without the noise around it."""

from __future__ import annotations

import re

from skillctl_runtime.modules import node_range
from skillctl_runtime.stacks.node_imports import package_of

LINES = 20

_MISSING = (
    re.compile(r"Cannot find (?:package|module) '([^']+)'"),
    re.compile(r"Failed to resolve import [\"']([^\"']+)[\"']"),
    re.compile(r"Rollup failed to resolve import [\"']([^\"']+)[\"']"),
    re.compile(r"Can't resolve '([^']+)'"),
    re.compile(r"error: Cannot find (?:package|module) [\"']([^\"']+)[\"']"),
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_NOISE = re.compile(
    r"npm (?:warn|notice)|npm error (?:A complete log|Lifecycle script|workspace|location|path|command|errno)|"
    r"\s*at (?:\S+ \()?(?:node:|file:.*node_modules|.*[\\/]node_modules[\\/])|Node\.js v\d|> \S+@\S+ \w|> |"
    r" ELIFECYCLE|info Visit|\$ |Progress:",
)
_BEGINNINGS = re.compile(
    r"(?:.*\berror TS\d+:|\s*(?:[A-Z]\w*)?Error(?: \[\w+\])?:|npm (?:error|ERR!)|✘|✗|x Build failed|error during build|"
    r"\[vite|.*ERR_PNPM|error |error:|➤ YN\d+: .*(?:Error|✘)|Failed to compile|ERROR in|.*SyntaxError|"
    r"\S+\.[cm]?[jt]sx?:\d+$)"
)


def complaint(output: str) -> str:
    """The lines that say what is wrong, at most 20."""
    lines = [_COLOUR.sub("", line).rstrip() for line in output.splitlines()]
    useful = [line for line in lines if line.strip() and not _NOISE.match(line)]
    first = next((index for index, line in enumerate(useful) if _BEGINNINGS.match(line)), None)
    return "\n".join(useful[-LINES:] if first is None else useful[first : first + LINES])


def missing_module(output: str) -> str:
    """The package whose absence ended the program; empty where the list doesn't have it."""
    for pattern in _MISSING:
        for specifier in pattern.findall(output):
            name = package_of(specifier)
            if name and node_range(name):
                return name
    return ""
