"""The steps that give a Python project its environment: always `.venv` in its folder, whoever fills it.

    environment     uv venv, or python -m venv, with the interpreter that was selected
    install         the manager's own way (`uv sync`, `poetry install` …), else the requirements
    requirements    what stands in requirement files and in the plan beside the manager's own project file

A stale lock and a project that can't be built itself are no ends: the next rung of the ladder is tried, and the step
that worked is in the journal.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence

from skillctl.core.errors import ExecutionError
from skillctl.core.value import dataclass
from skillctl_runtime.stack import Output, Site, Step, StepResult, Tool
from skillctl_runtime.stacks.python_index import index_environment
from skillctl_runtime.stacks.python_manager import Chosen
from skillctl_runtime.stacks.python_manifests import Manifests
from skillctl_runtime.stacks.python_poetry import cannot_read_index, in_words_of_pip
from skillctl_runtime.stacks.python_versions import Interpreter

Steps = Generator[Step, StepResult, None]
_Rung = tuple[str, tuple[str, ...]]

MANIFEST_GLOBS = (
    *("requirements*.txt", "requirements/**", "constraints*.txt", "pyproject.toml", "setup.py", "setup.cfg"),
    *("Pipfile", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "uv.toml", "pdm.toml", "poetry.toml"),
)
_PROJECT_GLOBS = ("README*", "LICENSE*", "MANIFEST.in", "src/*/__init__.py", "*/__init__.py")

_QUIET = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PYTHONUNBUFFERED": "1"}
_UV = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "UV_VENV_CLEAR": "1"}
# A linked file is the cache's own: a program that writes into its environment would change it for every project.
# (Behind bubblewrap's mounts uv couldn't link anyway.)
_UV |= {"UV_LINK_MODE": "copy"}
_POETRY = {"POETRY_VIRTUALENVS_IN_PROJECT": "true", "POETRY_VIRTUALENVS_CREATE": "true", "POETRY_NO_INTERACTION": "1"}
_PDM = {"PDM_CHECK_UPDATE": "false", "PDM_USE_VENV": "true", "NO_COLOR": "1"}
_PIPENV = {"PIPENV_VENV_IN_PROJECT": "1", "PIPENV_IGNORE_VIRTUALENVS": "1", "PIPENV_NOSPIN": "1", "PIPENV_YES": "1"}

_PLACES = (
    Output(path=".venv/pyvenv.cfg", depth=0),
    Output(path=".venv/bin", depth=1),
    Output(path=".venv/lib", depth=3),
)
_PLACES_ON_WINDOWS = (
    Output(path=".venv/pyvenv.cfg", depth=0),
    Output(path=".venv/Scripts", depth=1),
    Output(path=".venv/Lib/site-packages", depth=1),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """What the steps of one project have in common."""

    site: Site
    manifests: Manifests
    chosen: Chosen
    interpreter: Interpreter

    @property
    def programs(self) -> str:
        """Where its programs lie."""
        return ".venv/Scripts" if self.site.machine.system == "windows" else ".venv/bin"

    @property
    def python(self) -> str:
        return f"{self.programs}/python"

    @property
    def packages(self) -> tuple[str, ...]:
        """What the plan asks for beside the manifests; it belongs to the primary part."""
        return checked_packages(self.site) if self.site.part.primary else ()

    @property
    def uv(self) -> Tool | None:
        """uv, unless the plan wants pip."""
        said = self.site.plan.dependencies.manager if self.site.part.primary else None
        return None if said == "pip" else self.site.machine.tool("uv")

    @property
    def wants_itself(self) -> bool:
        """Is the project itself to be installed, so that its scripts and its `src` packages are found?"""
        found = self.manifests
        paths = self.site.files.paths()
        in_src = any(path.startswith("src/") and path.endswith("/__init__.py") for path in paths)
        return found.is_package and (bool(found.scripts) or in_src or found.has_setup)

    @property
    def uses_pip(self) -> bool:
        """Do lines of the plan call pip? Then the environment has one, so that they don't meet another."""
        plan = self.site.plan
        return any(re.search(r"\bpip3?\b", line) for line in (*plan.install, *plan.build, *plan.run))

    def step(
        self,
        name: str,
        argv: tuple[str, ...],
        about: str,
        *,
        env: Mapping[str, str],
        tool: Tool | None = None,
        may_fail: bool = False,
        writes: tuple[str, ...] = (),
    ) -> Step:
        """A step that fills the environment."""
        tools = (self.interpreter.tool, *(() if tool is None else (tool,)))
        windows = self.site.machine.system == "windows"
        return Step(
            id=name,
            kind="install",
            argv=argv,
            tools=tools,
            inputs=(*MANIFEST_GLOBS, *(_PROJECT_GLOBS if self.wants_itself else ())),
            outputs=_PLACES_ON_WINDOWS if windows else _PLACES,
            env={**index_environment(self.site.machine), **_QUIET, **env},
            network=True,
            may_fail=may_fail,
            writes_project=writes,
            about=about,
        )


def checked_packages(site: Site) -> tuple[str, ...]:
    """The plan's own packages. ExecutionError E535 where one is no requirement of PEP 508, or names an address."""
    from packaging.requirements import InvalidRequirement, Requirement

    wanted = (*site.plan.dependencies.packages, *site.plan.dependencies.dev)
    for each in wanted:
        try:
            wrong = Requirement(each).url is not None
        except InvalidRequirement:
            wrong = True
        if wrong:
            raise ExecutionError.of("E535", package=each, manager="pip", example="fastapi>=0.110")
    return wanted


def prepare(environment: Environment) -> Steps:
    """Make `.venv`."""
    interpreter = environment.interpreter
    about = f"Making an environment with Python {interpreter.shown}"
    outputs = (Output(path=".venv/pyvenv.cfg", depth=0), Output(path=environment.python, depth=0))
    uv = environment.uv
    if uv is not None:
        seed = ("--seed",) if environment.uses_pip else ()
        argv = (uv.path, "venv", "--python", interpreter.tool.path, *seed, ".venv")
        yield Step(
            id="environment",
            kind="prepare",
            argv=argv,
            tools=(uv, interpreter.tool),
            outputs=outputs,
            env={**(index_environment(environment.site.machine) if seed else {}), **_UV},
            network=bool(seed),
            about=about,
        )
        return
    bare = () if _takes_pip(environment) else ("--without-pip",)
    argv = (interpreter.tool.path, "-m", "venv", "--clear", *bare, ".venv")
    tools = (interpreter.tool,)
    made = yield Step(
        id="environment",
        kind="prepare",
        argv=argv,
        tools=tools,
        outputs=outputs,
        env=_QUIET,
        may_fail=not bare,
        about=about,
    )
    if not made.ok:  # a Debian without python3-venv: no ensurepip, but perhaps a pip
        argv = (interpreter.tool.path, "-m", "venv", "--clear", "--without-pip", ".venv")
        yield Step(
            id="environment-without-pip",
            kind="prepare",
            argv=argv,
            tools=tools,
            outputs=outputs,
            env=_QUIET,
            about=about,
        )


def install(environment: Environment) -> Steps:
    """Fill `.venv`: the manager's own project first, then everything else that is declared."""
    chosen = environment.chosen
    if environment.site.plan.dependencies.manager == "none":
        return
    if not chosen.project:
        yield from _install_requirements(environment, name="install", itself=environment.wants_itself)
        return
    yield from _LADDERS[chosen.manager](environment)
    yield from _install_requirements(environment, name="install-requirements", itself=None)


def _takes_pip(environment: Environment) -> bool:
    """Is pip going to be called in the environment?"""
    if environment.uses_pip:
        return True
    beside = bool(environment.manifests.requirement_files or environment.packages)
    if environment.chosen.project:
        return beside
    return beside or environment.wants_itself or bool(environment.manifests.project_dependencies)


def _install_requirements(environment: Environment, *, name: str, itself: bool | None) -> Steps:
    """Requirement files, what pyproject.toml depends on, and the plan's packages, in one resolution.

    `itself` says whether the project is installed too; None: its manager did all that is in its project file.
    """
    manifests = environment.manifests
    files = tuple(word for each in manifests.requirement_files for word in ("-r", each))
    packages = environment.packages
    depends = itself is not None and bool(manifests.project_dependencies or manifests.setup_requires)
    if not (files or packages or depends or itself):
        return
    count = len(manifests.requirements) + len(packages) + (len(manifests.project_dependencies) if depends else 0)
    about = f"Installing {count} package{'s' if count != 1 else ''}"
    if itself:
        words = (*files, "-e", ".", *packages)
        done = yield _pip_step(environment, name, words, f"{about} and the project itself", may_fail=True)
        if done.ok:
            return
        name = f"{name}-dependencies"  # the project can't be built: what it depends on may be enough
    own = _own_dependencies(environment) if depends else ()
    if files or own or packages:
        yield _pip_step(environment, name, (*files, *own, *packages), about)


def _own_dependencies(environment: Environment) -> tuple[str, ...]:
    """The words that install what the project depends on, without the project."""
    manifests = environment.manifests
    if environment.uv is not None and manifests.project_dependencies:
        return ("-r", "pyproject.toml")
    every = (*manifests.project_dependencies, *manifests.setup_requires)
    return tuple(each for each in every if not each.lstrip().startswith("-"))


def _pip_step(
    environment: Environment, name: str, words: tuple[str, ...], about: str, *, may_fail: bool = False
) -> Step:
    """`uv pip install`, else pip: the environment's own, or the interpreter's where it has none."""
    uv = environment.uv
    if uv is not None:
        argv = (uv.path, "pip", "install", "--python", environment.python, *words)
        return environment.step(name, argv, about, env=_UV, tool=uv, may_fail=may_fail)
    argv = (environment.python, "-m", "pip", "install", *words)
    if not environment.site.files.found(".venv/bin/pip*") and not environment.site.files.found(".venv/Scripts/pip*"):
        argv = (environment.interpreter.tool.path, "-m", "pip", "--python", environment.python, "install", *words)
    return environment.step(name, argv, about, env={}, may_fail=may_fail)


def _uv_sync(environment: Environment) -> Steps:
    uv = _tool(environment, "uv")
    base = (uv.path, "sync", "--no-dev", "--python", environment.python)
    itself = () if environment.wants_itself else ("--no-install-project",)
    ladder: list[_Rung] = [("install", (*base, *itself))]
    if "uv.lock" in environment.manifests.locks:
        ladder = [("install", (*base, *itself, "--locked")), ("install-again", (*base, *itself))]
    if not itself:
        ladder.append(("install-dependencies", (*base, "--no-install-project")))
    yield from _climb(environment, uv, ladder, env={**_UV, "UV_VENV_CLEAR": "0"}, writes=("uv.lock",))


def _poetry_install(environment: Environment) -> Steps:
    poetry = _tool(environment, "poetry")
    base = (poetry.path, "install", "--no-interaction", "--no-ansi", "--only", "main")
    itself = () if environment.wants_itself else ("--no-root",)
    ladder: list[_Rung] = [("install", (*base, *itself))]
    if "poetry.lock" in environment.manifests.locks:
        ladder += [
            ("lock", (poetry.path, "lock", "--no-interaction", "--no-ansi")),
            ("install-again", (*base, *itself)),
        ]
    if not itself:
        ladder.append(("install-dependencies", (*base, "--no-root")))
    words = in_words_of_pip(environment.site.files, environment.manifests)
    unread = yield from _climb(environment, poetry, ladder, env=_POETRY, writes=("poetry.lock",), unless=bool(words))
    if unread:
        count = len(words)
        yield _pip_step(environment, "install-without-poetry", words, f"Installing {count} packages without Poetry")


def _pdm_install(environment: Environment) -> Steps:
    pdm = _tool(environment, "pdm")
    base = (pdm.path, "install", "--prod", "--no-editable")
    itself = () if environment.wants_itself else ("--no-self",)
    ladder: list[_Rung] = [("install", (*base, *itself))]
    if "pdm.lock" in environment.manifests.locks:
        ladder = [("install", (*base, *itself, "--check")), ("install-again", (*base, *itself))]
    if not itself:
        ladder.append(("install-dependencies", (*base, "--no-self")))
    yield from _climb(environment, pdm, ladder, env=_PDM, writes=("pdm.lock", ".pdm-python"))


def _pipenv_install(environment: Environment) -> Steps:
    pipenv = _tool(environment, "pipenv")
    ladder: list[_Rung] = [("install", (pipenv.path, "install", "--skip-lock"))]
    if "Pipfile.lock" in environment.manifests.locks:
        ladder.insert(0, ("install", (pipenv.path, "install", "--deploy", "--ignore-pipfile")))
        ladder[1] = ("install-again", ladder[1][1])
    yield from _climb(environment, pipenv, ladder, env=_PIPENV, writes=("Pipfile.lock", "Pipfile"))


def _climb(
    environment: Environment,
    tool: Tool,
    ladder: Sequence[_Rung],
    *,
    env: Mapping[str, str],
    writes: tuple[str, ...],
    unless: bool = False,
) -> Generator[Step, StepResult, bool]:
    """One command after the other until one has installed; only the last may not fail. A `lock` goes on by itself.

    With `unless` the climb also ends, and gives True, where Poetry can't read the index.
    """
    about = f"Installing by {environment.chosen.manager}"
    for name, argv in ladder:
        last = name == ladder[-1][0] and not unless
        done = yield environment.step(name, argv, about, env=env, tool=tool, may_fail=not last, writes=writes)
        if done.ok and name != "lock":
            return False
        if not done.ok and unless and cannot_read_index(done.output):
            return True
        if name == ladder[-1][0]:  # once more, and this time its failure is the end
            yield environment.step(f"{name}-last", argv, about, env=env, tool=tool, writes=writes)
    return False


def _tool(environment: Environment, name: str) -> Tool:
    found = environment.site.machine.tool(name)
    if found is None:  # `needs` said so before anything was written
        raise RuntimeError(f"{name} is not here")
    return found


_LADDERS = {"uv": _uv_sync, "poetry": _poetry_install, "pdm": _pdm_install, "pipenv": _pipenv_install}
