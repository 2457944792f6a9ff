"""Run lines as models write them, taken apart: `pip install flask && python app.py` is an installation and a start.

What a line does before its last command is sorted:

1. An installation that the stack does anyway (`pip install -r requirements.txt`, `npm install`, `go mod tidy`, making
   and activating an environment) is left out.
2. One that names packages (`pip install flask`, `npm i express`) becomes dependencies of the plan.
3. A command that builds (`g++ … -o app`, `javac …`, `npm run build`) becomes the plan's own build.
4. `cd folder` becomes the directory of the start; builds in a folder that the line itself made (`mkdir build &&
   cd build && cmake .. && make`) are done there.

Anything else, and any line with more shell in it than `&&`, `;` and line ends, stays as it is. Lines of `install` that
are of kind 1 and 2 alone are taken up the same way, so that the stack's own, cached installation does their work.
"""

from __future__ import annotations

import posixpath
import re
import shlex

from skillctl.core.value import replace
from skillctl_runtime.plan import Plan, Repair
from skillctl_runtime.procfile import started_by_procfile
from skillctl_runtime.stack import Repaired

RULE = "run-split"

_ENVIRONMENT = re.compile(r"(?:source|\.)\s+\S*(?:bin|Scripts)/activate(?:\.\w+)?\Z|conda activate\b.*")
_MAKES_ENVIRONMENT = re.compile(r"(?:python[\d.]*|py)\s+-m\s+(?:venv|virtualenv)\s+\S+\Z|(?:uv\s+venv|virtualenv)\b.*")
_PIP = re.compile(r"(?:(?:uv\s+)?pip[\d.]*|(?:python[\d.]*|py)\s+-m\s+pip)\s+install\s+(?P<rest>.*)\Z")
_NODE = re.compile(
    r"(?:npm\s+(?:install|i|ci|add)|yarn(?:\s+(?:install|add))?|pnpm\s+(?:install|i|add)|bun\s+(?:install|add))(?:\s+(?P<rest>.*))?\Z"
)
_DONE_ANYWAY = re.compile(
    r"go\s+mod\s+(?:init|tidy|download)\b.*|go\s+get\s*(?:\./\.\.\.)?|cargo\s+fetch|(?:uv|pdm)\s+(?:sync|install)"
    r"|poetry\s+install(?:\s+--\S+)*|pipenv\s+install(?:\s+--\S+)*|(?:python[\d.]*\s+-m\s+)?pip\s+install\s+(?:-U|--upgrade)\s+pip"
    r"|chmod\s+\+x\s+\S+"
)
_BUILDS = re.compile(
    r"(?:npm|pnpm|bun|yarn)\s+(?:run\s+)?build|cargo\s+build\b.*|go\s+build\b.*|(?:\./)?mvnw?\s+.*(?:package|compile|install|verify)\b.*"
    r"|(?:\./)?gradlew?\s+.*(?:build|assemble|jar|installDist)\b.*|make(?:\s+(?:all|build|release|-\S+))*|cmake\s+.*|ninja\b.*"
    r"|(?:g\+\+|gcc|clang\+\+|clang|cc|c\+\+)\s+.*|javac\s+.*|jar\s+c.*|tsc(?:\s+.*)?|npx\s+(?:tsc|vite\s+build)\b.*"
)
_MAKES_FOLDER = re.compile(r"mkdir\s+(?:-p\s+)?((?!\S*\.\.)\w[\w./-]*)")
_QUIET_FLAGS = frozenset({"-q", "--quiet", "-U", "--upgrade", "--no-cache-dir", "--user", "--break-system-packages"})
_NODE_FLAGS = frozenset({"--save", "-S", "--no-audit", "--no-fund", "--silent", "--legacy-peer-deps", "--production"})
_NODE_DEV = frozenset({"-D", "--save-dev", "--dev"})
_PLAIN_TEXT = re.compile(r"""'[^']*'|"[^"`$]*"|(?<=[\w\]])[<>]=?(?=\d)""")
"""What holds no shell: quoted text, and the comparison of a version that somebody forgot to quote."""
_MORE_SHELL = re.compile(r"\|\||[|`<>()]|\$\(|(?<!&)&(?!&)")


def taken_apart(plan: Plan) -> Repaired:
    """The plan with its installations where they belong, each change told; a Procfile says what the plan leaves out."""
    said = started_by_procfile(plan)
    apart = _taken_apart(said.plan)
    return replace(apart, repairs=(*said.repairs, *apart.repairs))


def _taken_apart(plan: Plan) -> Repaired:
    install = _Sorted()
    if plan.install and all(
        install.take(part, builds=False) for line in plan.install for part in (_parts(line) or [line])
    ):
        plan = _with_packages(replace(plan, install=()), install)
        repairs = [
            Repair(rule="install-lines", what=f"`{', '.join(install.words)}` is done by the stack itself, and kept")
        ]
    else:
        repairs = []
    lines: list[str] = []
    sorted_out = _Sorted()
    for number, line in enumerate(plan.run):
        kept = _kept(line, sorted_out, is_last=number == len(plan.run) - 1)
        lines += [kept] if kept else []
    if not sorted_out.words:
        return Repaired(plan=plan, repairs=tuple(repairs))
    told = Repair(
        rule=RULE, what=f"`{'`, `'.join(sorted_out.words)}` of the run command is done before the run, not in it"
    )
    cwd = posixpath.normpath(posixpath.join(plan.cwd or ".", sorted_out.folder)) if sorted_out.folder else plan.cwd
    plan = replace(plan, run=tuple(lines), cwd="" if cwd == "." else cwd, build=(*plan.build, *sorted_out.builds))
    return Repaired(plan=_with_packages(plan, sorted_out), repairs=(*repairs, told))


class _Sorted:
    """What commands turned out to be."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.packages: list[str] = []
        self.dev: list[str] = []
        self.builds: list[str] = []
        self.folder = ""
        self.made = ""
        """A folder that the line makes: no part of the project lies in it."""

    def take(self, command: str, *, builds: bool = True) -> bool:
        """Take the command up, if it is one that is done elsewhere."""
        text = " ".join(command.split())
        found = self._take(text, builds)
        if found:
            self.words.append(text)
        return found

    def _take(self, text: str, builds: bool) -> bool:
        if _ENVIRONMENT.fullmatch(text) or _MAKES_ENVIRONMENT.fullmatch(text) or _DONE_ANYWAY.fullmatch(text):
            return True
        if match := _PIP.fullmatch(text):
            return self._packages(match["rest"], _QUIET_FLAGS, frozenset())
        if match := _NODE.fullmatch(text):
            return self._packages(match["rest"] or "", _NODE_FLAGS, _NODE_DEV)
        if not builds:
            return False
        if not self.folder and (match := _MAKES_FOLDER.fullmatch(text)):
            self.made = posixpath.normpath(match[1])
            self.builds.append(f"mkdir -p {match[1]}")  # else it fails the second time
            return True
        if _BUILDS.fullmatch(text) and self.folder in ("", self.made):
            self.builds.append(f"cd {self.folder} && {text}" if self.folder else text)
            return True
        return False

    def _packages(self, rest: str, passing: frozenset[str], dev: frozenset[str]) -> bool:
        try:
            words = shlex.split(rest)
        except ValueError:
            return False
        names: list[str] = []
        waiting = iter(words)
        for word in waiting:
            if word in ("-r", "--requirement"):
                if not _is_plain_requirements(next(waiting, "")):
                    return False
            elif (word.startswith("-") and word not in passing | dev) or word in (".", "-e"):
                return False
            elif not word.startswith("-"):
                names.append(word)
        (self.dev if any(word in dev for word in words) else self.packages).extend(names)
        return True


def _kept(line: str, found: _Sorted, *, is_last: bool) -> str:
    """What stays of a line: all of it if it has more shell than we understand."""
    parts = _parts(line)
    if parts is None or (len(parts) == 1 and is_last):
        return line
    before, last = (parts[:-1], parts[-1]) if is_last else (parts, "")
    trial = _Sorted()
    trial.folder = found.folder
    for part in before:
        folder = _folder(part)
        if folder is not None and is_last:
            trial.folder = posixpath.join(trial.folder, folder)
            trial.words.append(part)
        elif not trial.take(part):
            return line
    found.words += trial.words
    found.packages += trial.packages
    found.dev += trial.dev
    found.builds += trial.builds
    found.folder = trial.folder
    return last


def _folder(command: str) -> str | None:
    """Where a `cd` leads, if it stays in the project."""
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if len(words) != 2 or words[0] != "cd":
        return None
    path = posixpath.normpath(words[1])
    return None if path.startswith(("/", "..", "~", "-", "$")) else path


def _parts(line: str) -> list[str] | None:
    """The commands of a line; None if it has more shell than a sequence of them."""
    if _MORE_SHELL.search(_PLAIN_TEXT.sub("", line)):
        return None
    lexer = shlex.shlex(line, posix=False, punctuation_chars=";&\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    parts: list[list[str]] = [[]]
    try:
        for word in lexer:
            if set(word) <= set(";&\n"):
                parts.append([])
            else:
                parts[-1].append(word)
    except ValueError:
        return None
    return [" ".join(words) for words in parts if words]


def _is_plain_requirements(path: str) -> bool:
    return bool(re.fullmatch(r"(?:\./)?[\w.-]*requirements[\w.-]*\.txt", path))


def _with_packages(plan: Plan, found: _Sorted) -> Plan:
    if not (found.packages or found.dev):
        return plan
    known = plan.dependencies
    more = replace(
        known,
        packages=tuple(dict.fromkeys([*known.packages, *found.packages])),
        dev=tuple(dict.fromkeys([*known.dev, *found.dev])),
    )
    return replace(plan, dependencies=more)
