"""What the stacks with a compiler share: how a plan is mended, how code is read without its comments, how errors are
picked out of a tool's talk, and what a run line says about the program that was built.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import shlex
from collections.abc import Iterable, Sequence

from skillctl.core.value import replace
from skillctl_runtime.plan import Advice, Plan, PlanFile, Repair
from skillctl_runtime.stack import Files, Repaired, Site

LONGEST_COMPLAINT = 20
HOW_TO_GET_C = "install a C compiler (`apt-get install gcc`, `xcode-select --install`)"

_COMMENT_OR_STRING = re.compile(
    r'//[^\n]*|/\*.*?\*/|"""(?:[^\\]|\\.)*?"""|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)\'|`[^`]*`', re.DOTALL
)
_COMMENT_BEFORE_STRING = re.compile(
    r'//[^\n]*|/\*.*?\*/|("(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`)', re.DOTALL
)
_NOT_EMPTY = re.compile(r"\S")
_SHELL = re.compile(r"[&|;<>$`()\n*?]")
_LITERAL_PORT = re.compile(
    r"""["'`](?:[\w.\[\]]*|https?://[\w.]+):(\d{2,5})["'`/]|\bport\b[^\n;=(]{0,24}=\s*(\d{2,5})\b""", re.IGNORECASE
)


def code_of(text: str) -> str:
    """C-like source without comments, each string or character as `""`; what is left keeps its lines."""

    def blank(found: re.Match[str]) -> str:
        lines = "\n" * found[0].count("\n")
        return lines if found[0].startswith(("//", "/*")) else '""' + lines

    return _COMMENT_OR_STRING.sub(blank, text)


def without_comments(text: str) -> str:
    """C-like source with its strings but without comments."""
    return _COMMENT_BEFORE_STRING.sub(lambda found: found[1] or "\n" * found[0].count("\n"), text)


def digest(*parts: bytes | str | None) -> str:
    """One word for these texts, for a step's key."""
    state = hashlib.sha256()
    for each in parts:
        data = each.encode() if isinstance(each, str) else each
        state.update(b"-" if data is None else b"%d:" % len(data) + data)
    return state.hexdigest()[:16]


def planned(site: Site, path: str) -> bytes | None:
    """A file as the plan has it, whatever a tool made of it since."""
    found = site.plan.file(in_project(site, path))
    return found.data if found else None


def in_project(site: Site, path: str) -> str:
    """A path of the part's folder as one of the project's."""
    return f"{site.part.folder}/{path}" if site.part.folder else path


def with_ending(files: Files, *endings: str) -> tuple[str, ...]:
    """The files with one of these endings."""
    return tuple(path for path in files.paths() if path.endswith(endings))


def folder_of(path: str) -> str:
    """The folder that a file lies in; empty at the top."""
    return path.rpartition("/")[0]


def name_of(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]


class Mending:
    """A plan while it is mended: what is changed in one part's folder, and why."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.plan = site.plan
        self.repairs: list[Repair] = []
        self.advice: list[Advice] = []

    @property
    def repaired(self) -> Repaired:
        """What came of it."""
        return Repaired(plan=self.plan, repairs=tuple(self.repairs), advice=tuple(self.advice))

    def text(self, path: str) -> str | None:
        """The text of a file as it is now."""
        found = self.plan.file(in_project(self.site, path))
        return found.text() if found else None

    def add(self, path: str, text: str, *, rule: str, what: str) -> None:
        """A file that was missing."""
        whole = in_project(self.site, path)
        self.plan = replace(self.plan, files=(*self.plan.files, PlanFile(path=whole, data=text.encode())))
        self.repairs.append(Repair(rule=rule, what=what, file=whole))

    def rewrite(self, path: str, text: str, *, rule: str, what: str) -> None:
        """A file with another text."""
        whole = in_project(self.site, path)
        files = tuple(replace(each, data=text.encode()) if each.path == whole else each for each in self.plan.files)
        self.plan = replace(self.plan, files=files)
        self.repairs.append(Repair(rule=rule, what=what, file=whole))

    def move(self, path: str, to: str, *, rule: str, what: str) -> bool:
        """A file under another path; False where something stands there."""
        whole, target = in_project(self.site, path), in_project(self.site, to)
        if any(each.path.lower() == target.lower() and each.path != whole for each in self.plan.files):
            return False
        files = tuple(replace(each, path=target) if each.path == whole else each for each in self.plan.files)
        self.plan = replace(self.plan, files=files)
        self.repairs.append(Repair(rule=rule, what=what, file=target))
        return True

    def take_builds(self, usual: re.Pattern[str]) -> None:
        """Build lines that say no more than what the stack does anyway are left to it.

        It does it with what it knows of this machine, and its steps know their outputs; a line is a line.
        """
        lines = self.plan.build
        if lines and self.site.part.primary and all(usual.fullmatch(" ".join(line.split())) for line in lines):
            self.plan = replace(self.plan, build=())
            what = f"`{'`, `'.join(lines)}` is what the stack does itself, and is left to it"
            self.repairs.append(Repair(rule="build-lines", what=what))

    def advise(self, what: str, *, rule: str, file: str = "") -> None:
        """What was seen and is left alone."""
        self.advice.append(Advice(rule=rule, what=what, file=in_project(self.site, file) if file else ""))


def run_words(plan: Plan) -> tuple[str, ...]:
    """The words of the plan's last run line; empty where there is none, or a shell is needed to read it."""
    if not plan.run or _SHELL.search(plan.run[-1]):
        return ()
    try:
        return tuple(shlex.split(plan.run[-1]))
    except ValueError:
        return ()


def run_folder(site: Site) -> str | None:
    """Where the run line is run, relative to the part's folder; None where that is somewhere else."""
    cwd, own = site.plan.cwd.strip("/"), site.part.folder
    if cwd in ("", own):
        return ""
    if not own:
        return cwd
    return cwd.removeprefix(f"{own}/") if cwd.startswith(f"{own}/") else None


def run_of_missing_program(site: Site) -> tuple[str, tuple[str, ...]]:
    """The run line that starts a program by a path where none lies after building, and its arguments.

    `./app` is what the program was to be called; where it was built to is the stack's affair.
    """
    words = run_words(site.plan)
    folder = run_folder(site)
    if not words or not words[0].startswith("./") or site.plan.build or folder is None:
        return "", ()
    path = posixpath.normpath(posixpath.join(folder, words[0]))
    there = bool(site.files.found(path)) or site.plan.file(in_project(site, path)) is not None
    return ("", ()) if there else (site.plan.run[-1], words[1:])


def picked(output: str, begins: re.Pattern[str], *, belongs: re.Pattern[str] | None = None) -> str:
    """The lines of errors, each with those after it that belong to it; the end of the output where there is none.

    Without `belongs` a line takes those after it up to the next empty one.
    """
    lines, kept = output.splitlines(), list[str]()
    inside = False
    for line in lines:
        if begins.search(line):
            inside = line.rstrip() not in kept  # Maven says everything twice
        elif not (belongs or _NOT_EMPTY).search(line):
            inside = False
        if inside and line.strip() and line not in kept[-1:]:
            kept.append(line.rstrip())
    if not kept:
        kept = [line.rstrip() for line in lines if line.strip()][-LONGEST_COMPLAINT:]
    return "\n".join(kept[:LONGEST_COMPLAINT])


def literal_port(texts: Iterable[str]) -> int:
    """The first port that stands in the code as a number; 0 where none does."""
    for text in texts:
        for found in _LITERAL_PORT.finditer(text):
            number = int(found[1] or found[2])
            if 79 < number < 65536:
                return number
    return 0


def version_of(text: str) -> tuple[int, ...]:
    """The first dotted number of a text: `go version go1.26.8 linux/amd64` gives (1, 26, 8)."""
    found = re.search(r"(?<![\w.])(?:go|v)?(\d+(?:\.\d+)*)", text)
    return tuple(int(each) for each in found[1].split(".")) if found else ()


def dotted(version: Sequence[int]) -> str:
    """(1, 26) as `1.26`."""
    return ".".join(str(each) for each in version)


def first_of(names: Iterable[str], preferred: Iterable[str]) -> str:
    """The first of the preferred names that is there, else the first that is."""
    there = list(names)
    return next((each for each in preferred if each in there), there[0] if there else "")
