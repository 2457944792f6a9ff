"""What the tools of Python said when they failed, without the noise around it."""

from __future__ import annotations

import re

from skillctl_runtime.modules import distributions_of

LINES = 20

_NO_MODULE = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
_SAID_OTHERWISE = (
    (re.compile(r'Form data requires "python-multipart"'), "python-multipart"),
    (re.compile(r"email-validator is not installed"), "email-validator"),
    (re.compile(r"(?:jinja2 must be installed|`?jinja2`? is required)", re.IGNORECASE), "Jinja2"),
    (re.compile(r"Missing optional dependency 'openpyxl'"), "openpyxl"),
    (re.compile(r"Error: Could not import 'uvicorn'|No module named uvicorn"), "uvicorn"),
)
_BEGINNINGS = (
    # an error of the compiler: its place, the line, the caret, the sentence
    re.compile(r'^\s*File "[^"]+", line \d+(?:\n.*){1,4}\n(?:SyntaxError|IndentationError|TabError).*', re.MULTILINE),
    re.compile(r"^\s*(?:×|error:).*(?:\n.*)*", re.MULTILINE),  # uv tells causes below the error
    re.compile(r"^ERROR: .*(?:\n(?!WARNING).*)*", re.MULTILINE),
    re.compile(r"^(?:Because|The current project|Unable to find|\[\w*Error\]:).*(?:\n.*)*", re.MULTILINE),
    re.compile(r"^Traceback \(most recent call last\):(?:\n.*)*", re.MULTILINE),
)


def complaint(output: str) -> str:
    """The lines that say what is wrong, at most 20."""
    for beginning in _BEGINNINGS:
        found = beginning.search(output)
        if found:
            lines = [line.rstrip() for line in found[0].splitlines() if line.strip()]
            return "\n".join(lines[:LINES] if not lines[0].startswith("Traceback") else _ends(lines))
    return "\n".join([line.rstrip() for line in output.splitlines() if line.strip()][-LINES:])


def missing_module(output: str) -> str:
    """The distribution whose absence ended the program; empty where the list has none."""
    found = _NO_MODULE.findall(output)
    for module in reversed(found):
        offers = distributions_of(module)
        return offers[0] if offers else ""
    return next((name for pattern, name in _SAID_OTHERWISE if pattern.search(output)), "")


def _ends(lines: list[str]) -> list[str]:
    """A long traceback: where it begins, and what it comes to."""
    return lines if len(lines) <= LINES else [lines[0], "  …", *lines[-(LINES - 2) :]]
