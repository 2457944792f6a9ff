"""One file changed in a Go, Rust and C++ project: an execution of the plan beside the bare tool's incremental build."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from skillctl.core.settings import Directories
from skillctl_runtime.environment import tool_environment
from skillctl_runtime.execute import Order, execute
from skillctl_runtime.plan import Plan, PlanFile
from skillctl_runtime.surroundings import Surroundings
from tests.bench.clock import run
from tests.bench.table import Row, milliseconds

_MODULES = 20


@dataclass(frozen=True, slots=True)
class Sample:
    """A project of some files, one of which changes."""

    stack: str
    tool: str
    files: Callable[[int], Mapping[str, str]]
    """The files; the number is what changes."""
    bare: tuple[str, ...]
    """What a person calls after a change."""


def _go(number: int) -> Mapping[str, str]:
    packages = {
        f"p{each}/p.go": f"package p{each}\n\nfunc Number() int {{ return {number if each == 0 else each} }}\n"
        for each in range(_MODULES)
    }
    imports = "\n".join(f'\t"example.com/bench/p{each}"' for each in range(_MODULES))
    calls = " + ".join(f"p{each}.Number()" for each in range(_MODULES))
    main = f'package main\n\nimport (\n\t"fmt"\n{imports}\n)\n\nfunc main() {{ fmt.Println({calls}) }}\n'
    return {"go.mod": "module example.com/bench\n\ngo 1.21\n", "main.go": main, **packages}


def _rust(number: int) -> Mapping[str, str]:
    modules = {
        f"src/m{each}.rs": f"pub fn number() -> i32 {{\n    {number if each == 0 else each}\n}}\n"
        for each in range(_MODULES)
    }
    heads = "".join(f"mod m{each};\n" for each in range(_MODULES))
    calls = " + ".join(f"m{each}::number()" for each in range(_MODULES))
    main = f'{heads}\nfn main() {{\n    println!("{{}}", {calls});\n}}\n'
    manifest = '[package]\nname = "bench"\nversion = "0.1.0"\nedition = "2021"\n'
    return {"Cargo.toml": manifest, "src/main.rs": main, **modules}


def _cpp(number: int) -> Mapping[str, str]:
    units = {
        f"u{each}.cpp": f"#include <string>\nint number{each}() {{ return {number if each == 0 else each}; }}\n"
        for each in range(_MODULES)
    }
    heads = "".join(f"int number{each}();\n" for each in range(_MODULES))
    calls = " + ".join(f"number{each}()" for each in range(_MODULES))
    main = f"#include <iostream>\n{heads}int main() {{ std::cout << {calls} << '\\n'; }}\n"
    build = "cmake_minimum_required(VERSION 3.10)\nproject(bench CXX)\nfile(GLOB sources *.cpp)\n"
    return {"CMakeLists.txt": f"{build}add_executable(bench ${{sources}})\n", "main.cpp": main, **units}


SAMPLES = (
    Sample("Go", "go", _go, ("go", "build", "-o", "build/bench", ".")),
    Sample("Rust", "cargo", _rust, ("cargo", "build", "--release")),
    Sample("C++ with CMake", "cmake", _cpp, ("cmake", "--build", "build")),
)


def incremental(root: Path, environ: Mapping[str, str], repeat: int) -> list[Row]:
    """A row for each stack whose tool is here."""
    rows = []
    for sample in SAMPLES:
        if shutil.which(sample.tool, path=environ.get("PATH")) is None:
            rows.append(Row(f"{sample.stack}, one file changed", f"{sample.tool} is not here"))
        else:
            rows.append(_row(sample, root / sample.tool, environ, repeat))
    return rows


def _row(sample: Sample, room: Path, environ: Mapping[str, str], repeat: int) -> Row:
    places = {name: str(room / name) for name in ("config", "data", "cache", "state")}
    around = Surroundings(environ=environ, directories=Directories(home=environ.get("HOME", str(room)), **places))
    env = {**tool_environment(environ, around.machine().cache), "CGO_ENABLED": "0"}
    project, bare = room / "project", room / "bare"
    numbers = iter(range(1000, 1_000_000))

    def executed(number: int) -> float:
        files = tuple(PlanFile(path=path, data=text.encode()) for path, text in sample.files(number).items())
        plan = Plan(name="bench", files=files)
        begun = time.perf_counter()
        execute(Order(plan=plan, root=project), around)
        return time.perf_counter() - begun

    def called(number: int) -> float:
        for path, text in sample.files(number).items():
            target = bare / path
            if not target.exists() or target.read_text(encoding="utf-8") != text:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
        return run(sample.bare, cwd=bare, env=env).wall

    executed(next(numbers))
    shutil.copytree(project, bare, ignore=shutil.ignore_patterns(".skillctl", "build", "target"))
    if sample.tool == "cmake":
        words = ("cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release")
        run(words if shutil.which("ninja") else (*words[:5], "-DCMAKE_BUILD_TYPE=Release"), cwd=bare, env=env)
    called(next(numbers))
    # by turns, so that both see the same load of the machine
    pairs = [(executed(next(numbers)), called(next(numbers))) for _ in range(max(3, repeat))]
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    bound = 1.2 * theirs + 0.05
    return Row(
        f"{sample.stack}, one file of {_MODULES + 1} changed",
        milliseconds(ours),
        f"1.2 x `{' '.join(sample.bare[:2])}` + 50 ms: {milliseconds(bound)}",
        ours <= bound,
    )
