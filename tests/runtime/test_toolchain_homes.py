"""Toolchains that lie where a person put them work in install, build and run: an empty home, and each isolation."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from skillctl.core.settings import Directories, IsolationWish, RuntimeSettings
from skillctl_runtime.execute import Order, execute
from skillctl_runtime.isolation import BACKENDS
from skillctl_runtime.plan import Plan, PlanFile
from skillctl_runtime.running import run_program
from skillctl_runtime.surroundings import Surroundings
from tests.runtime.cases import ROOT, tools_environment

PLANS: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "go": (
        ("go",),
        {
            "main.go": 'package main\n\nimport (\n\t"fmt"\n\n\t"github.com/google/uuid"\n)\n\n'
            'func main() { fmt.Println("made", len(uuid.Nil)) }\n'
        },
    ),
    "rust": (
        ("cargo", "rustup"),
        {"main.rs": 'use semver::Version;\n\nfn main() { println!("made {}", Version::new(1, 2, 3)); }\n'},
    ),
    "java": (
        ("javac", "mvn"),
        {
            "App.java": "import com.google.gson.Gson;\n\npublic class App {\n"
            "    public static void main(String[] a) {\n"
            '        System.out.println("made " + new Gson().toJson(1));\n    }\n}\n'
        },
    ),
    "cpp": (
        ("cmake", "g++"),
        {
            "CMakeLists.txt": "cmake_minimum_required(VERSION 3.10)\nproject(made CXX)\n"
            "add_executable(made main.cpp)\n",
            "main.cpp": '#include <iostream>\n\nint main() { std::cout << "made\\n"; }\n',
        },
    ),
}
"""Stack -> the tools without which it can't be tried, and files; a registry is used where the stack has one."""

_HOMES = {"RUSTUP_HOME": ".rustup", "NVM_DIR": ".nvm", "PYENV_ROOT": ".pyenv", "SDKMAN_DIR": ".sdkman"}


def person(room: Path, outer: Mapping[str, str], isolation: IsolationWish) -> Surroundings:
    """Somebody whose home is empty, with toolchains named by variables and on PATH, and settings kept elsewhere."""
    home = room / "home"
    home.mkdir()
    old = Path(outer.get("HOME", "/root"))
    environ = {"PATH": tools_environment(outer)["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    for name, folder in _HOMES.items():
        if name in outer or (old / folder).is_dir():
            environ[name] = outer.get(name, str(old / folder))
    # how registries are reached is the user's own configuration, by variable or by a file that is named
    environ |= {name: value for name, value in outer.items() if _is_setting(name)}
    cargo = room / "cargo-home"
    cargo.mkdir()
    for name in ("config.toml", "config"):
        if (old / ".cargo" / name).is_file():
            shutil.copy(old / ".cargo" / name, cargo / name)
    environ["CARGO_HOME"] = str(cargo)
    if (old / ".config/go/env").is_file():
        environ["GOENV"] = str(old / ".config/go/env")
    if (old / ".m2/settings.xml").is_file():
        (home / ".m2").mkdir()
        shutil.copy(old / ".m2/settings.xml", home / ".m2/settings.xml")
    places = {name: str(room / name) for name in ("config", "data", "state")}
    cache = Path(outer.get("SKILLCTL_TEST_CACHE") or ROOT / ".cache") / "plans"
    return Surroundings(
        environ=environ,
        directories=Directories(home=str(home), cache=str(cache), **places),
        runtime=RuntimeSettings(isolation=isolation),
    )


def _is_setting(name: str) -> bool:
    upper = name.upper()
    return (
        upper.endswith("_PROXY") or "CERT" in upper or upper.startswith(("GOPROXY", "GOSUMDB", "CARGO_NET", "MAVEN_"))
    )


@pytest.mark.slow
@pytest.mark.parametrize("isolation", BACKENDS)
@pytest.mark.parametrize("stack", PLANS)
def test_toolchains_outside_an_empty_home_build_and_start(
    stack: str, isolation: IsolationWish, tmp_path: Path, outer_environment: Mapping[str, str]
) -> None:
    tools, files = PLANS[stack]
    around = person(tmp_path, outer_environment, isolation)
    for tool in (*tools, *(("bwrap",) if isolation == "bwrap" else ())):
        if shutil.which(tool, path=around.environ["PATH"]) is None:
            pytest.skip(f"{tool} is not here")
    plan = Plan(name="made", files=tuple(PlanFile(path=path, data=text.encode()) for path, text in files.items()))
    root = tmp_path / "project"
    result = execute(Order(plan=plan, root=root), around)
    assert result.isolation is not None
    assert result.isolation.backend == isolation
    said: list[bytes] = []
    ran = run_program(root, around, heard=lambda _stream, data: said.append(data))
    assert ran.status == 0
    assert b"made" in b"".join(said)
    if isolation != "none":  # without walls tools may keep their own counts in a home, as Go does
        left = sorted(os.listdir(tmp_path / "home"))
        assert left in ([], [".m2"]), f"a tool wrote {left} into the person's home"
