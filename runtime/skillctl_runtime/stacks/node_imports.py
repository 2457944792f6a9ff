"""What JavaScript and TypeScript sources import, found without running them.

1. `import … from`, `export … from`, `import "x"`, `import(…)` and `require(…)` of a text count; `import type` does not.
2. Comments and the insides of template texts are no code.
3. Paths, `node:` and other schemes, modules of Node itself, aliases of tsconfig and of the bundler are no packages.
4. A `require` inside `try` is one that the program can do without.
5. Stylesheets name packages by `@import` and `@plugin`, PostCSS's configuration by its keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from skillctl.core.value import dataclass
from skillctl_runtime.stack import Files

ENDINGS = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
_MARKUP = (".vue", ".svelte", ".astro")
_STYLES = (".css", ".scss", ".sass", ".less", ".pcss")

_BUILTIN = (
    "assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain "
    "events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl "
    "stream string_decoder sys test timers tls trace_events tty url util v8 vm wasi worker_threads zlib bun"
)
BUILTIN = frozenset(_BUILTIN.split())

_STRIPPED = re.compile(r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|`(?:\\.|[^`\\])*`|//[^\n]*|/\*.*?\*/""", re.DOTALL)
_STATIC = re.compile(
    r"""(?:^|[;}\n])\s*(?:import|export)\s+(?P<type>type\s+(?!from\b))?(?:[\w*{}\s,$]+?\s*from\s*)?["'](?P<name>[^"'\n]+)["']"""
)
_CALLED = re.compile(r"""(?<![\w.$])(?P<how>require|require\.resolve|import)\(\s*["'](?P<name>[^"'\n]+)["']\s*[,)]""")
_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_FRONT = re.compile(r"\A---\r?\n(.*?)\r?\n---", re.DOTALL)
_STYLE = re.compile(r"""@(?:import|plugin|use)\s+(?:url\()?["'](?P<name>[^"']+)["']""")
_ESM = re.compile(r"(?:^|\n)\s*(?:import\s+[\w*{\"'$]|export\s+(?:default|const|let|var|function|class|async|\{|\*))")
_CJS = re.compile(r"(?<![\w.$])(?:require\(\s*[\"']|module\.exports|exports\.\w+\s*=)")
_NAME = re.compile(r"(?:@[a-z0-9~-][\w.~-]*/)?[a-z0-9~-][\w.~-]*", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """A package that a file imports."""

    package: str
    path: str


def imports_of(files: Files, path: str) -> Iterator[str]:
    """The specifiers of a file, as they stand there."""
    text = files.text(path) or ""
    if path.endswith(_STYLES):
        yield from (found["name"] for found in _STYLE.finditer(_without_comments(text)))
        return
    if path.endswith(_MARKUP):
        front = _FRONT.search(text)
        text = "\n".join([*_SCRIPT.findall(text), front[1] if front else ""])
    code = stripped(text)
    yield from (found["name"] for found in _STATIC.finditer(code) if not found["type"])
    for found in _CALLED.finditer(code):
        if not _is_tried(code, found.start()):
            yield found["name"]
    if re.search(r"postcss\.config\.\w+$", path):
        yield from _keys_of(code, "plugins")


def package_of(specifier: str) -> str:
    """The package that a specifier means; empty where it means a path, an alias or a part of Node."""
    bare = specifier.partition("?")[0].strip()
    if not bare or bare[0] in "./#~$!\\" or bare.startswith("@/") or ":" in bare:
        return ""
    words = bare.split("/")
    name = "/".join(words[:2]) if bare.startswith("@") else words[0]
    if not _NAME.fullmatch(name) or name in BUILTIN or (name.startswith("@") and len(words) < 2):
        return ""
    return name


def aliases(files: Files) -> tuple[str, ...]:
    """Beginnings of specifiers that tsconfig or the bundler lead elsewhere."""
    found: list[str] = []
    for name in ("tsconfig.json", "jsconfig.json", "tsconfig.app.json"):
        block = re.search(r'"paths"\s*:\s*\{(.*?)\}', files.text(name) or "", re.DOTALL)
        found += re.findall(r'"([^"]+?)/?\*?"\s*:\s*\[', block[1] if block else "")
        base = re.search(r'"baseUrl"\s*:\s*"([^"]+)"', files.text(name) or "")
        if base:
            start = base[1].removeprefix("./").strip("/.")
            start = f"{start}/" if start else ""
            inside = {path.removeprefix(start).split("/")[0] for path in files.paths() if path.startswith(start)}
            found += [each.rpartition(".")[0] or each for each in inside]
    for path in files.paths():
        if re.fullmatch(r"(?:vite|webpack|rollup)\.config\.[cm]?[jt]s", path):
            block = re.search(r"alias\s*:\s*[\{\[](.*?)[\}\]]\s*,?\s*[\}\n]", files.text(path) or "", re.DOTALL)
            found += re.findall(r"[\"']?([@\w/~-]+)[\"']?\s*:\s", block[1] if block else "")
            found += re.findall(r"find\s*:\s*[\"']([^\"']+)[\"']", block[1] if block else "")
    return tuple(dict.fromkeys(each for each in found if each))


def is_esm(text: str) -> bool:
    """Does the text import or export as modules do?"""
    return _ESM.search(stripped(text)) is not None


def is_cjs(text: str) -> bool:
    """Does it require or export as CommonJS does?"""
    return _CJS.search(stripped(text)) is not None


def stripped(text: str) -> str:
    """The code without comments and without the insides of template texts."""
    return _STRIPPED.sub(
        lambda found: found[1] if found[1] is not None else ("``" if found[0][0] == "`" else " "), text
    )


def read_json_loosely(text: str | None) -> object:
    """JSON with comments and trailing commas, as tsconfig has it; None where it is none."""
    if text is None:
        return None
    kept = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
    bare = kept.sub(lambda found: found[1] or " ", text)
    try:
        found: object = json.loads(re.sub(r",(\s*[}\]])", r"\1", bare))
    except ValueError:
        return None
    return found


def _keys_of(code: str, name: str) -> Iterator[str]:
    """The keys of the object that has that name, not of those in it."""
    begun = re.search(rf"\b{name}\s*:\s*\{{", code)
    depth, word = 1, ""
    for token in re.findall(r"[\"']?[@\w/.-]+[\"']?|\S", code[begun.end() :] if begun else ""):
        if token == ":" and depth == 1 and word:
            yield word
        depth += (token in "{[(") - (token in "}])")
        if depth == 0:
            return
        word = token.strip("\"'")


def _without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)


def _is_tried(code: str, place: int) -> bool:
    """Does the call stand right inside a `try` block?"""
    before = code[max(0, place - 300) : place]
    begun = before.rfind("try {")
    return begun >= 0 and "}" not in before[begun:]
