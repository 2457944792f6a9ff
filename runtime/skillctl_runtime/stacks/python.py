"""The Python stack: its face. What it knows lies in the modules beside it, one idea each."""

from __future__ import annotations

import glob
from collections.abc import Generator, Iterator, Sequence

from skillctl.core.value import replace
from skillctl_runtime.plan import Advice, StackName
from skillctl_runtime.stack import Evidence, Files, Need, Repaired, Site, Start, Step, StepResult, Work
from skillctl_runtime.stacks import python_complaints, python_repairs
from skillctl_runtime.stacks.locks import PlannedLocks
from skillctl_runtime.stacks.python_install import Environment, checked_packages, install, prepare
from skillctl_runtime.stacks.python_manager import chosen_manager, needs_of
from skillctl_runtime.stacks.python_manifests import LOCKS, MISSPELT, PYPROJECT, REQUIREMENTS, read_manifests
from skillctl_runtime.stacks.python_sources import Sources, is_beside, read_sources
from skillctl_runtime.stacks.python_start import MAIN_FILES, infer_start
from skillctl_runtime.stacks.python_versions import asked_versions, select

_MANIFESTS = (REQUIREMENTS, "Pipfile", "setup.py", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")
_RUN_ENV = {"PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"}


class PythonStack:
    """Projects in Python."""

    name: StackName = "python"
    verbs: tuple[str, ...] = (
        *("python", "python3", "uvicorn", "gunicorn", "hypercorn", "daphne", "waitress-serve", "fastapi", "flask"),
        *("django-admin", "streamlit", "gradio", "celery", "jupyter", "pytest", "uv", "poetry", "pdm", "pipenv"),
        *("pip", "pip3", "chainlit"),
    )

    def evidence(self, files: Files) -> Evidence | None:
        """Manifests, files that are called like a beginning, or sources at all."""
        paths = files.paths()
        top = [path for path in paths if "/" not in path]
        sources = [path for path in paths if path.endswith(".py")]
        manifests = [path for path in top if path in _MANIFESTS or _is_requirements(path)]
        if PYPROJECT in top and read_manifests(files).is_project:
            manifests.append(PYPROJECT)
        if manifests:
            return Evidence(stack="python", strength="manifest", because=tuple(manifests), count=len(sources))
        names = (*MAIN_FILES, "manage.py", "__main__.py", "wsgi.py", "asgi.py")
        entries = [path for path in top if path in names]
        entries += [path for path in top if path.lower() in MISSPELT and sources]
        entries += [path for path in sources if path.startswith("src/") and path.count("/") == 1 and path[4:] in names]
        if entries:
            return Evidence(stack="python", strength="entry", because=tuple(entries), count=len(sources))
        useful = [path for path in sources if not is_beside(path)] or sources
        if not useful:
            return None
        said = useful[0] if len(useful) == 1 else f"{len(sources)} of {len(paths)} files end in .py"
        return Evidence(stack="python", strength="extension", because=(said,), count=len(sources))

    def repaired(self, site: Site) -> Repaired:
        """See `python_repairs`."""
        return python_repairs.repaired(site)

    def needs(self, site: Site) -> Sequence[Need]:
        """An interpreter, and the manager that lock or table ask for."""
        return tuple(_needs(site))

    def work(self, site: Site) -> Work:
        """Environment, packages, and how it is started."""
        site = replace(site, files=PlannedLocks(site, LOCKS))
        manifests = read_manifests(site.files)
        primary = site.part.primary
        selected = select(asked_versions(site.plan, site.files, manifests, primary=primary), site.machine)
        if selected.interpreter is None:
            raise RuntimeError("no Python is here")  # `needs` said so before anything was written
        chosen = chosen_manager(site.plan, manifests, site.machine, primary=primary)
        environment = Environment(site=site, manifests=manifests, chosen=chosen, interpreter=selected.interpreter)
        yield from prepare(environment)
        yield from install(environment)
        sources = read_sources(site.files)
        yield from _compiled(environment, sources)
        ports = site.plan.ports if primary else ()
        scripts = tuple(
            each for each in manifests.scripts if site.files.found(f"{environment.programs}/{glob.escape(each)}*")
        )
        found = infer_start(
            site.files.paths(),
            sources,
            manifests,
            programs=environment.programs,
            scripts=scripts,
            port=ports[0] if ports else 0,
        )
        if found is None:
            return None
        if found.start.argv[1:2] and found.start.argv[1].endswith("manage.py"):
            yield _migration(environment, found.start)
        advice = tuple(
            Advice(rule="python-version", what=f"{each.by} asks for Python {each.said}", file=each.by)
            for each in selected.unmet
        )
        start = found.start
        return replace(start, env={**_RUN_ENV, **start.env}, because=(*start.because, chosen.because), advice=advice)

    def complaint(self, output: str) -> str:
        """See `python_complaints`."""
        return python_complaints.complaint(output)

    def missing_module(self, output: str) -> str:
        """See `python_complaints`."""
        return python_complaints.missing_module(output)


def _is_requirements(name: str) -> bool:
    return name.startswith("requirements") and name.endswith(".txt") and name.lower() not in MISSPELT


def _needs(site: Site) -> Iterator[Need]:
    manifests = read_manifests(site.files)
    if not site.machine.pythons():
        yield Need(any_of=("python3", "python"), why="the project is in Python", how="install Python from python.org")
    checked_packages(site)
    yield from needs_of(chosen_manager(site.plan, manifests, site.machine, primary=site.part.primary), site.machine)


def _compiled(environment: Environment, sources: Sources) -> Generator[Step, StepResult, None]:
    """What this Python can't parse is shown to the project's own, whose syntax may be newer."""
    if sources.broken:
        yield Step(
            id="compile",
            kind="build",
            argv=(environment.python, "-m", "py_compile", *sources.broken),
            tools=(environment.interpreter.tool,),
            inputs=sources.broken,
            about="Checking the syntax",
        )


def _migration(environment: Environment, start: Start) -> Step:
    """A database of Django is made before the server asks for it."""
    return Step(
        id="migrate",
        kind="build",
        argv=(environment.python, start.argv[1], "migrate", "--noinput"),
        tools=(environment.interpreter.tool,),
        inputs=("**/migrations/*.py", "**/settings*.py", "**/settings/*.py", "**/models.py"),
        may_fail=True,
        about="Migrating the database",
    )


STACK = PythonStack()
