"""Imports of Go's standard library that a file does not use, which the compiler takes for errors.

Only what can't be wrong is taken out: a package of the standard library under its own name, which appears nowhere else
in the file, not even in a text. The line stays, empty, so that the compiler's other complaints name
the plan's lines. Packages that are used and not imported, and variables that are not used, are left to the compiler.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from skillctl_runtime.stacks.compiled import without_comments

_IMPORT = re.compile(r"^[ \t]*import\s*(?:\([^)]*\)|\"[^\"\n]+\")", re.MULTILINE)
_PLAIN = re.compile(r"(?:^|[(;]|\bimport)[ \t]*\"([^\"\n]+)\"", re.MULTILINE)
_STANDARD = frozenset(
    {"archive", "bufio", "bytes", "cmp", "compress", "container", "context", "crypto", "database", "encoding", "errors"}
    | {"expvar", "flag", "fmt", "hash", "html", "image", "io", "log", "maps", "math", "mime", "net", "os", "path"}
    | {"reflect", "regexp", "runtime", "slices", "sort", "strconv", "strings", "sync", "syscall", "testing", "text"}
    | {"time", "unicode"}
)


def without_unused_imports(text: str) -> tuple[str, tuple[str, ...]]:
    """The source without them, and their names."""
    unused = tuple(dict.fromkeys(_unused(text)))
    if not unused:
        return text, ()
    return _IMPORT.sub(lambda found: _without(found[0], unused), text), unused


def _unused(text: str) -> Iterator[str]:
    plain = without_comments(text)
    used = set(re.findall(r"\w+", _IMPORT.sub("", plain)))
    for block in _IMPORT.findall(plain):
        for path in _PLAIN.findall(block):
            first, name = path.split("/")[0], path.rpartition("/")[2]
            if first in _STANDARD and name not in used and not re.fullmatch(r"v\d+", name):
                yield path


def _without(block: str, unused: tuple[str, ...]) -> str:
    if "(" not in block:
        return "" if any(f'"{path}"' in block for path in unused) else block
    for path in unused:
        block = re.sub(rf'(^|[(;])[ \t]*"{re.escape(path)}"[ \t]*;?', r"\1", block, flags=re.MULTILINE)
    return block
