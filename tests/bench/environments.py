"""Environments of scripts: FastAPI's beside uv and pip by hand, and one changed file of a Vite project beside Vite."""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from skillctl.core.settings import Directories
from skillctl_runtime.environment import tool_environment
from skillctl_runtime.execute import Order, execute
from skillctl_runtime.plan import Plan, PlanFile
from skillctl_runtime.surroundings import Surroundings
from tests.bench.clock import run
from tests.bench.table import Row, milliseconds
from tests.runtime.cases import tools_environment

_APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"
_PACKAGES = ("fastapi", "uvicorn")
_VITE = """{
  "name": "bench",
  "private": true,
  "type": "module",
  "scripts": {"build": "vite build"},
  "dependencies": {"react": "^18.3.1", "react-dom": "^18.3.1"},
  "devDependencies": {"vite": "^6.0.0", "@vitejs/plugin-react": "^4.7.0"}
}
"""
_CONFIG = "import react from '@vitejs/plugin-react'\n\nexport default { plugins: [react()] }\n"
_PAGE = '<!doctype html>\n<div id="root"></div>\n<script type="module" src="/main.jsx"></script>\n'
_MAIN = "import { createRoot } from 'react-dom/client'\n\ncreateRoot(document.body).render(<b>NUMBER</b>)\n"


def environments(root: Path, environ: Mapping[str, str], repeat: int) -> list[Row]:
    """The rows of the tools that are here."""
    environ = tools_environment(environ)
    rows = []
    for tool, measured in (("uv", _fastapi), ("npm", _vite)):
        if shutil.which(tool, path=environ.get("PATH")) is None:
            rows.append(Row(f"an environment by {tool}", f"{tool} is not here"))
        else:
            rows += measured(root / tool, environ, max(3, repeat))
    return rows


def _fastapi(room: Path, environ: Mapping[str, str], repeat: int) -> list[Row]:
    around, env = _around(room, environ)
    plan = _plan({"main.py": _APP, "requirements.txt": "".join(f"{each}\n" for each in _PACKAGES)})
    uv = shutil.which("uv", path=environ["PATH"]) or "uv"
    numbers = iter(range(1_000_000))

    def executed() -> float:
        begun = time.perf_counter()
        execute(Order(plan=plan, root=room / f"ours{next(numbers)}"), around)
        return time.perf_counter() - begun

    def by_uv() -> float:
        place = _made(room / f"uv{next(numbers)}")
        first = run((uv, "venv", "--python", sys.executable, ".venv"), cwd=place, env=env).wall
        words = (uv, "pip", "install", "--python", ".venv/bin/python", *_PACKAGES)
        return first + run(words, cwd=place, env=env).wall

    def by_pip() -> float:
        place = _made(room / f"pip{next(numbers)}")
        first = run((sys.executable, "-m", "venv", ".venv"), cwd=place, env=env).wall
        return first + run((".venv/bin/python", "-m", "pip", "install", *_PACKAGES), cwd=place, env=env).wall

    executed(), by_uv(), by_pip()  # the caches are warm
    pairs = [(executed(), by_uv()) for _ in range(repeat)]
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    pip = by_pip()
    bound = 1.3 * theirs
    by_hand = f"1.3 x `uv venv` and `uv pip install`: {milliseconds(bound)}"
    return [
        Row("Python, an environment with FastAPI", milliseconds(ours), by_hand, ours <= bound),
        Row("the same by `python -m venv` and pip", milliseconds(pip), f"{pip / ours:.0f} times as long"),
    ]


def _vite(room: Path, environ: Mapping[str, str], repeat: int) -> list[Row]:
    around, env = _around(room, environ)
    project, bare = room / "project", room / "bare"
    numbers = iter(range(1_000_000))

    def files() -> Mapping[str, str]:
        main = _MAIN.replace("NUMBER", str(next(numbers)))
        return {"package.json": _VITE, "vite.config.js": _CONFIG, "index.html": _PAGE, "main.jsx": main}

    def executed() -> float:
        plan = _plan(files())
        begun = time.perf_counter()
        execute(Order(plan=plan, root=project), around)
        return time.perf_counter() - begun

    def called() -> float:
        (bare / "main.jsx").write_text(files()["main.jsx"], encoding="utf-8")
        return run(("node_modules/.bin/vite", "build"), cwd=bare, env=env).wall

    executed()
    shutil.copytree(project, bare, symlinks=True, ignore=shutil.ignore_patterns(".skillctl"))
    called()
    pairs = [(executed(), called()) for _ in range(repeat)]
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    bound = 1.2 * theirs + 0.05
    return [
        Row(
            "Vite, one file changed",
            milliseconds(ours),
            f"1.2 x `vite build` + 50 ms: {milliseconds(bound)}",
            ours <= bound,
        )
    ]


def _around(room: Path, environ: Mapping[str, str]) -> tuple[Surroundings, Mapping[str, str]]:
    places = {name: str(room / name) for name in ("config", "data", "cache", "state")}
    around = Surroundings(environ=environ, directories=Directories(home=environ.get("HOME", str(room)), **places))
    return around, tool_environment(environ, around.machine().cache)


def _plan(files: Mapping[str, str]) -> Plan:
    return Plan(name="bench", files=tuple(PlanFile(path=path, data=text.encode()) for path, text in files.items()))


def _made(place: Path) -> Path:
    place.mkdir(parents=True)
    return place
