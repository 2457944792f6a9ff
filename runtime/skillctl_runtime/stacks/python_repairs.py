"""What is mended in the plan of a Python project before it is written. Each is told in the result.

1. `renamed-requirements`: a misspelt requirements file gets its right name.
2. `requirement-line`: lines that no installer can use: modules of the standard library, import names, `latest`.
3. `python-version`: a version that no interpreter here has is taken out of requires-python; the newest one is used.
4. `missing-module`: what is imported and not declared, where the list knows the distribution; it goes into
   requirements.txt, which is installed beside whatever manager the project has.
5. `server`: the server that starting the application takes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator

from skillctl.core.value import replace
from skillctl_runtime.modules import brought_by, normal, right_name
from skillctl_runtime.plan import Advice, PlanFile, Repair
from skillctl_runtime.stack import Repaired, Site
from skillctl_runtime.stacks.python_imports import missing_imports
from skillctl_runtime.stacks.python_manifests import (
    MISSPELT,
    PYPROJECT,
    REQUIREMENTS,
    Manifests,
    read_manifests,
    requirement_files,
)
from skillctl_runtime.stacks.python_sources import read_sources
from skillctl_runtime.stacks.python_start import infer_start
from skillctl_runtime.stacks.python_versions import asked_versions, select

_BACKPORTS = frozenset({"dataclasses", "typing", "enum34", "importlib-metadata", "importlib-resources", "tomllib"})
_NATIVE = {
    "pycairo": "libcairo2-dev",
    "pdf2image": "poppler-utils",
    "pydub": "ffmpeg",
    "psycopg2": "libpq-dev",
    "mysqlclient": "default-libmysqlclient-dev",
    "pyaudio": "portaudio19-dev",
    "pytesseract": "tesseract-ocr",
    "python-magic": "libmagic1",
    "weasyprint": "libpango-1.0-0",
}


def repaired(site: Site) -> Repaired:
    """The plan, mended."""
    draft = _Draft(site)
    draft.rename_requirements()
    draft.mend_requirements()
    draft.relax_version()
    draft.add_missing()
    return Repaired(plan=draft.plan, repairs=tuple(draft.repairs), advice=tuple(draft.advice))


class _Draft:
    """A plan on its way to a better one."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.plan = site.plan
        self.repairs: list[Repair] = []
        self.advice: list[Advice] = []
        self.texts = {path: site.files.text(path) for path in site.files.paths() if "/" not in path}

    def path(self, name: str) -> str:
        """The path in the plan of a file of the part."""
        return f"{self.site.part.folder}/{name}".lstrip("/")

    def write(self, name: str, text: str) -> None:
        """Give a file of the part another text, or make it."""
        path = self.path(name)
        made = PlanFile(path=path, data=text.encode())
        files = tuple(replace(each, data=made.data) if each.path == path else each for each in self.plan.files)
        if self.plan.file(path) is None:
            files = (*files, made)
        self.plan = replace(self.plan, files=files)
        self.texts[name] = text

    def rename_requirements(self) -> None:
        if REQUIREMENTS in self.texts or any(requirement_files(set(self.texts))):
            return
        for name in self.texts:
            if name.lower() in (*MISSPELT, REQUIREMENTS) and name != REQUIREMENTS:
                old, new = self.path(name), self.path(REQUIREMENTS)
                files = tuple(replace(each, path=new) if each.path == old else each for each in self.plan.files)
                self.plan = replace(self.plan, files=files)
                self.texts[REQUIREMENTS] = self.texts.pop(name)
                what = f"{name} is written to requirements.txt, the name that installers know"
                self.repairs.append(Repair(rule="renamed-requirements", what=what, file=old))
                return

    def mend_requirements(self) -> None:
        for name in tuple(requirement_files(set(self.texts))):
            text = self.texts.get(name)
            if text is None:
                continue
            lines = text.splitlines()
            mended = [self._mended_line(line, name) for line in lines]
            if mended != lines:
                self.write(name, "".join(f"{line}\n" for line in mended if line is not None))

    def _mended_line(self, line: str, name: str) -> str | None:
        """A line as an installer can read it; None: it goes."""
        found = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*(.*)", line)
        if not found or found[3].startswith((":/", ":\\", "/", "\\")) or "://" in line:
            return line
        package, extras, rest = found[1], found[2] or "", found[3]
        bare = re.sub(r"\s#.*", "", rest).strip()
        if package in sys.stdlib_module_names or package.lower() in _BACKPORTS & {"dataclasses", "typing", "tomllib"}:
            self._told(name, f"`{package}` belongs to Python itself and is not installed")
            return None
        right = right_name(package)
        if right:
            self._told(name, f"`{package}` is the name of a module; its package is `{right}`")
            package = right
        if re.fullmatch(r"(==|@|=|>=|:)?\s*[\"']?(latest|\*|newest)[\"']?", bare):
            self._told(name, f"`{package}`: `{bare}` is no version, so the newest is taken")
            return f"{package}{extras}"
        caret = re.fullmatch(r"(==)?\s*[\^]\s*(\d+)((?:\.\d+)*)", bare)
        if caret:
            said = f"{package}{extras}>={caret[2]}{caret[3]},<{int(caret[2]) + 1}"
            self._told(name, f"`{package}`: `{bare}` is npm's way to say `{said}`")
            return said
        if re.fullmatch(r"=\s*\d[\w.]*", bare):
            self._told(name, f"`{package}`: a version is asked for by `==`")
            return f"{package}{extras}=={bare.lstrip('= ')}"
        return line if not right else f"{package}{extras}{rest}"

    def _told(self, name: str, what: str) -> None:
        self.repairs.append(Repair(rule="requirement-line", what=what, file=self.path(name)))

    def relax_version(self) -> None:
        site = self.site
        manifests = self._manifests()
        asked = asked_versions(self.plan, site.files, manifests, primary=site.part.primary)
        chosen = select(asked, site.machine)
        if chosen.interpreter is None:
            return
        for each in chosen.unmet:
            shown = chosen.interpreter.shown
            what = f"{each.by} asks for Python {each.said}; of those that are here, {shown} is used"
            self.advice.append(Advice(rule="python-version", what=what, file=each.by))
            if each.by == PYPROJECT:
                self._relax_pyproject(each.said, ".".join(map(str, chosen.interpreter.version[:2])))

    def _relax_pyproject(self, said: str, version: str) -> None:
        text = self.texts.get(PYPROJECT) or ""
        pattern = re.compile(rf"^(\s*(?:requires-python|python)\s*=\s*)([\"']){re.escape(said)}\2", re.MULTILINE)
        mended = pattern.sub(rf'\1">={version}"', text)
        if mended != text:
            self.write(PYPROJECT, mended)
            what = f"the version of Python asked for, {said}, is not here: `>={version}` stands in its place"
            self.repairs.append(Repair(rule="python-version", what=what, file=self.path(PYPROJECT)))

    def add_missing(self) -> None:
        site = self.site
        files = _Overlay(site, self)
        sources = read_sources(files)
        manifests = self._manifests()
        packages = self.plan.dependencies.packages if site.part.primary else ()
        declared = [*manifests.declared(), *packages, *(self.plan.dependencies.dev if site.part.primary else ())]
        missing = missing_imports(sources, declared, provided=(manifests.name.replace("-", "_").lower(),))
        additions: list[str] = []
        for requirement, wanted in missing.distributions:
            additions.append(requirement)
            what = f"`{requirement}` is added: {wanted.path} needs it for `{wanted.first}`"
            self.repairs.append(Repair(rule="missing-module", what=what, file=self.path(wanted.path)))
        for each in missing.unknown:
            what = (
                f"{each.path} imports `{each.first}`, which nothing declares; no package is known for it, none is added"
            )
            self.advice.append(Advice(rule="unknown-module", what=what, file=self.path(each.path)))
        for each in missing.removed:
            what = f"{each.path} imports `{each.first}`, which newer versions of Python no longer have"
            self.advice.append(Advice(rule="removed-module", what=what, file=self.path(each.path)))
        additions += self._server(files, manifests, [*declared, *additions])
        if additions:
            self._require(additions)
        self._advise_native([*declared, *additions])

    def _server(self, files: _Overlay, manifests: Manifests, declared: Iterable[str]) -> Iterator[str]:
        if self.plan.run and self.site.part.primary:
            wanted = _servers_of(self.plan.run)
            because = "the run command"
        else:
            scripts = manifests.scripts if manifests.is_package else ()
            found = infer_start(files.paths(), read_sources(files), manifests, programs=".venv/bin", scripts=scripts)
            wanted = found.requirements if found else ()
            because = found.start.because[0] if found and found.start.because else "its start"
        here = {name for each in declared for name in brought_by(each)}
        for each in wanted:
            if normal(each) not in here:
                what = f"`{each}` is added: it serves {because}"
                self.repairs.append(Repair(rule="server", what=what, file=self.path(REQUIREMENTS)))
                yield each

    def _require(self, additions: list[str]) -> None:
        """Put requirements into the file that is installed."""
        name = next(iter(requirement_files(set(self.texts))), REQUIREMENTS)
        before = self.texts.get(name) or ""
        gap = "" if not before or before.endswith("\n") else "\n"
        self.write(name, before + gap + "".join(f"{each}\n" for each in dict.fromkeys(additions)))

    def _advise_native(self, declared: Iterable[str]) -> None:
        for each in sorted({normal(one) for one in declared} & _NATIVE.keys()):
            what = f"`{each}` may need `{_NATIVE[each]}` of the system; skillctl installs nothing there"
            self.advice.append(Advice(rule="system-library", what=what))

    def _manifests(self) -> Manifests:
        return read_manifests(_Overlay(self.site, self))


class _Overlay:
    """The part's files with what the draft changed."""

    def __init__(self, site: Site, draft: _Draft) -> None:
        self._files = site.files
        self._draft = draft
        self._top = draft.texts

    def paths(self) -> tuple[str, ...]:
        below = [path for path in self._files.paths() if "/" in path]
        return tuple(sorted([*below, *self._top]))

    def text(self, path: str) -> str | None:
        return self._files.text(path) if "/" in path else self._top.get(path)

    def data(self, path: str) -> bytes | None:
        found = self.text(path)
        return self._files.data(path) if found is None else found.encode()

    def found(self, pattern: str) -> tuple[str, ...]:
        return self._files.found(pattern)

    def under(self, folder: str) -> _Overlay:
        if folder:
            raise ValueError("a draft knows its own folder only")
        return self


def _servers_of(run: tuple[str, ...]) -> tuple[str, ...]:
    """Servers that a run command calls by name."""
    words = set(re.findall(r"[A-Za-z][\w-]*", " ".join(run)))
    known = ("uvicorn", "gunicorn", "hypercorn", "streamlit", "daphne", "waitress", "celery", "fastapi")
    named = {"fastapi": "fastapi[standard]"}
    return tuple(named.get(each, each) for each in known if each in words)
