"""The C++ stack: ways, flags, programs and repairs, without any compiler."""

from __future__ import annotations

import json

import pytest

from skillctl_runtime.stacks.cpp import STACK
from skillctl_runtime.stacks.cpp_flags import library_flags, missing_package, standard_flag
from tests.runtime.stacks.compiled_world import MemoryMachine, Project, with_tools, without

MAIN = "#include <iostream>\nint main() { return 0; }\n"
CMAKE = "cmake_minimum_required(VERSION 3.10)\nproject(shop CXX)\nadd_executable(shop main.cpp)\n"
MAKEFILE = "all: app\n\napp: main.cpp\n\tg++ -o app main.cpp\n"
REPLY = "build/.cmake/api/v1/reply/"
ELF = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x03\x00>"
OBJECT = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x01\x00>"


def cpp(files: dict[str, str], **more: object) -> Project:
    return Project(stack=STACK, files=files, **more)  # type: ignore[arg-type]


def model(project: str, *targets: tuple[str, str, str]) -> dict[str, bytes]:
    """What CMake's file API answers for targets of a name, a type and a path."""
    found = {
        REPLY + "index-2026-01-01.json": {"objects": [{"kind": "codemodel", "jsonFile": "codemodel.json"}]},
        REPLY + "codemodel.json": {
            "configurations": [
                {
                    "projects": [{"name": project}],
                    "targets": [{"name": name, "jsonFile": f"target-{name}.json"} for name, _, _ in targets],
                }
            ]
        },
        **{
            REPLY + f"target-{name}.json": {"name": name, "type": kind, "artifacts": [{"path": path}]}
            for name, kind, path in targets
        },
    }
    return {path: json.dumps(value).encode() for path, value in found.items()}


@pytest.mark.parametrize(
    ("files", "strength"),
    [
        ({"CMakeLists.txt": CMAKE}, "manifest"),
        ({"meson.build": ""}, "manifest"),
        ({"Makefile": MAKEFILE, "main.cpp": MAIN}, "manifest"),
        ({"src/main.cc": MAIN}, "entry"),
        ({"tool.cxx": MAIN}, "extension"),
        ({"tool.c": MAIN}, "extension"),
    ],
)
def test_a_manifest_an_entry_or_endings_speak_for_cpp(files: dict[str, str], strength: str) -> None:
    found = STACK.evidence(cpp(files).site().files)
    assert found is not None
    assert found.strength == strength


def test_a_makefile_without_sources_says_nothing_for_cpp() -> None:
    assert STACK.evidence(cpp({"Makefile": MAKEFILE, "app.py": ""}).site().files) is None


WAYS = [
    ({"CMakeLists.txt": CMAKE, "Makefile": MAKEFILE}, "", "cmake-query"),
    ({"CMakeLists.txt": CMAKE, "Makefile": MAKEFILE}, "make run", "make"),
    ({"meson.build": "", "Makefile": MAKEFILE}, "", "meson-setup"),
    ({"Makefile": MAKEFILE}, "cmake --build .", "make"),
    ({}, "", "folder"),
]


@pytest.mark.parametrize(("files", "run", "first"), WAYS)
def test_the_build_file_or_the_run_line_says_the_way(files: dict[str, str], run: str, first: str) -> None:
    assert cpp({"main.cpp": MAIN, **files}, run=run).worked()[0][0].id == first


@pytest.mark.parametrize(
    ("files", "needed"),
    [
        ({"CMakeLists.txt": CMAKE}, ["cmake", "ninja", "g++"]),
        ({"Makefile": MAKEFILE}, ["make", "g++"]),
        ({"meson.build": ""}, ["meson", "ninja", "g++"]),
        ({}, ["g++"]),
    ],
)
def test_the_tools_of_the_way_are_needed(files: dict[str, str], needed: list[str]) -> None:
    assert [each[0] for each in cpp({"main.cpp": MAIN, **files}).needed()] == needed


# CMake


def test_cmake_is_asked_for_its_targets_before_it_configures() -> None:
    project = cpp({"CMakeLists.txt": CMAKE, "main.cpp": MAIN}, made=model("shop", ("shop", "EXECUTABLE", "shop")))
    steps, start = project.worked()
    assert [each.id for each in steps] == ["cmake-query", "cmake-configure", "cmake-build"]
    assert steps[0].argv[-1].endswith("query/codemodel-v2")
    assert steps[2].outputs[0].path == "build/shop"
    assert start is not None
    assert start.argv == ("./build/shop",)


@pytest.mark.parametrize(("machine", "generator"), [(MemoryMachine(), "Ninja"), (without("ninja"), "Unix Makefiles")])
def test_ninja_builds_where_it_is_there(machine: MemoryMachine, generator: str) -> None:
    assert generator in cpp({"CMakeLists.txt": CMAKE}, machine=machine).step("cmake-configure").argv


def test_a_cmake_of_four_takes_old_projects() -> None:
    newer = with_tools(cmake="cmake version 4.1.0")
    assert (
        "-DCMAKE_POLICY_VERSION_MINIMUM=3.5"
        in cpp({"CMakeLists.txt": CMAKE}, machine=newer).step("cmake-configure").argv
    )


def test_a_configuration_that_fails_is_begun_afresh() -> None:
    steps, _ = cpp({"CMakeLists.txt": CMAKE}).worked({"cmake-configure": (1, "Does not match the generator used")})
    assert steps[2].id == "cmake-configure-afresh"
    assert "--fresh" in steps[2].argv
    assert not steps[2].may_fail


def test_a_source_that_is_changed_configures_nothing_and_one_that_comes_does() -> None:
    one, changed, more = (
        cpp({"CMakeLists.txt": CMAKE, **files}).step("cmake-configure")
        for files in ({"a.cpp": ""}, {"a.cpp": MAIN}, {"a.cpp": "", "b.cpp": ""})
    )
    assert one == changed != more


TARGETS = [
    ("shop", [("zeta", "EXECUTABLE"), ("shop", "EXECUTABLE")], "", "shop"),
    ("other", [("alpha_test", "EXECUTABLE"), ("beta", "EXECUTABLE")], "", "beta"),
    ("other", [("lib", "STATIC_LIBRARY"), ("main", "EXECUTABLE"), ("aaa", "EXECUTABLE")], "", "main"),
    ("shop", [("shop", "EXECUTABLE"), ("tool", "EXECUTABLE")], "./build/tool", "tool"),
    ("other", [("run_tests", "EXECUTABLE")], "", "run_tests"),
]


@pytest.mark.parametrize(("project", "targets", "run", "wanted"), TARGETS)
def test_of_several_targets_one_is_started_by_the_rules(
    project: str, targets: list[tuple[str, str]], run: str, wanted: str
) -> None:
    made = model(project, *((name, kind, f"bin/{name}") for name, kind in targets))
    found = cpp({"CMakeLists.txt": CMAKE}, made=made, run=run, name="Nothing Like It").start()
    assert found.artifact == f"build/bin/{wanted}"


def test_a_project_of_libraries_is_built_and_nothing_started() -> None:
    made = model("shop", ("shop", "STATIC_LIBRARY", "libshop.a"))
    steps, start = cpp({"CMakeLists.txt": CMAKE}, made=made).worked()
    assert steps[-1].id == "cmake-build"
    assert start is None


def test_answers_that_can_not_be_read_are_no_targets() -> None:
    made = {**model("shop"), REPLY + "codemodel.json": b"{"}
    assert cpp({"CMakeLists.txt": CMAKE}, made=made).worked()[1] is None


@pytest.mark.parametrize("written", ["3.28", "3.28...3.31", "99"])
def test_a_newer_cmake_is_not_asked_for(written: str) -> None:
    project = cpp({"CMakeLists.txt": CMAKE.replace("3.10", written)})
    assert project.rules() == ["cmake-version"]
    assert "VERSION 3.25)" in project.text("CMakeLists.txt")


def test_an_older_cmake_may_be_asked_for() -> None:
    assert cpp({"CMakeLists.txt": CMAKE}).rules() == []


# make


def test_blanks_before_recipes_become_tabs_and_all_else_stays() -> None:
    text = (
        "CXX = g++\nFLAGS = a \\\n    b\n\nall: app other\n\napp: main.o  # it\n    $(CXX) -o app main.o\n"
        "    @echo done; \\\n      echo more\n\n%.o: %.cpp\n\t$(CXX) -c $<\nifeq (1,1)\n  X := y\nendif\n"
    )
    mended = cpp({"Makefile": text, "main.cpp": MAIN}).text("Makefile")
    wanted = text.replace("    $(CXX)", "\t$(CXX)").replace("    @echo", "\t@echo")
    assert mended == wanted


def test_a_makefile_with_tabs_is_left_alone() -> None:
    assert cpp({"Makefile": MAKEFILE, "main.cpp": MAIN}).rules() == []


MADE = [
    ({"app": ELF, "main.o": OBJECT, "notes": b"text"}, "all:\n", "", "app"),
    ({"alpha": ELF, "shop": ELF}, "all:\n", "", "shop"),
    ({"alpha": ELF, "beta": ELF}, "TARGET := beta\nall:\n", "", "beta"),
    ({"alpha": ELF, "bin/beta": ELF}, "all:\n", "./bin/beta", "bin/beta"),
]


@pytest.mark.parametrize(("made", "makefile", "run", "wanted"), MADE)
def test_what_make_left_is_started(made: dict[str, bytes], makefile: str, run: str, wanted: str) -> None:
    assert cpp({"Makefile": makefile, "main.cpp": MAIN}, made=made, run=run).start().artifact == wanted


def test_of_several_programs_that_make_left_the_newest_is_started() -> None:
    project = cpp({"Makefile": "all:\n", "main.cpp": MAIN}, made={"alpha": ELF, "beta": ELF})
    assert project.start({"newest": "beta\nalpha\n"}).artifact == "beta"


def test_without_a_program_make_run_is_the_start() -> None:
    start = cpp({"Makefile": MAKEFILE + "\nrun: app\n\t./app\n", "main.cpp": MAIN}).start()
    assert start.argv == ("make", "run")


def test_make_is_called_once_more_where_its_program_went_away() -> None:
    project = cpp({"Makefile": "all:\n", "main.cpp": MAIN}, hits=frozenset({"make"}))
    assert [each.id for each in project.worked()[0]] == ["make", "make-again"]


# Meson


def test_meson_is_asked_for_its_programs() -> None:
    told = json.dumps(
        [
            {"name": "lib", "type": "shared library", "filename": ["/p/build/liblib.so"]},
            {"name": "shop", "type": "executable", "filename": ["/p/build/src/shop"]},
        ]
    )
    project = cpp({"meson.build": "project('shop', 'cpp')\n", "main.cpp": MAIN})
    assert project.start({"meson-targets": told}).artifact == "build/src/shop"


# the compiler alone


def test_one_source_is_compiled_and_linked_at_once() -> None:
    step = cpp({"main.cpp": MAIN}).step("build-shop")
    assert step.argv == ("g++", "-std=c++17", "-O2", "main.cpp", "-o", "build/shop")


def test_each_source_is_an_object_of_its_own_beside_the_others() -> None:
    project = cpp({"main.cpp": MAIN, "src/util.cc": "int x;", "src/util.h": ""})
    steps, _ = project.worked()
    assert [each.id for each in steps] == ["folder", "compile-main.cpp", "compile-src/util.cc", "build-shop"]
    assert steps[1].after == steps[2].after == ("folder",)
    assert steps[1].inputs[0] == "main.cpp"
    assert "src/util.cc" not in steps[1].inputs
    assert steps[3].argv[:3] == ("g++", "build/main.cpp.o", "build/src-util.cc.o")


def test_every_main_is_a_program_of_its_own() -> None:
    project = cpp({"client.cpp": MAIN, "server.cpp": MAIN, "util.cpp": "int x;"})
    steps, start = project.worked()
    assert [each.id for each in steps if each.id.startswith("build-")] == ["build-client", "build-server"]
    assert "build/util.cpp.o" in steps[-1].argv
    assert start is not None
    assert start.artifact == "build/server"


def test_a_source_that_is_included_is_not_compiled_again() -> None:
    project = cpp({"main.cpp": '#include "parts.cpp"\n' + MAIN, "parts.cpp": "int x;"})
    assert [each.id for each in project.worked()[0]] == ["folder", "build-shop"]


def test_tests_beside_the_program_are_left_out() -> None:
    project = cpp({"main.cpp": MAIN, "tests/all.cpp": MAIN, "util_test.cpp": MAIN})
    assert project.step("build-shop").argv[3] == "main.cpp"


def test_the_main_of_a_comment_is_no_main() -> None:
    assert cpp({"a.cpp": MAIN, "b.cpp": "/*\nint main() {}\n*/ int b;"}).start().artifact == "build/shop"


def test_folders_of_headers_are_found_by_how_they_are_included() -> None:
    project = cpp({"main.cpp": '#include "shop/a.h"\n' + MAIN, "include/shop/a.h": "", "lib/b.hpp": "", "x.cpp": ""})
    assert "-Iinclude" in project.step("compile-main.cpp").argv
    assert "-Ilib" not in project.step("compile-main.cpp").argv


def test_a_header_of_the_project_brings_no_library() -> None:
    own = cpp({"main.cpp": '#include "zlib.h"\n' + MAIN, "zlib.h": ""})
    assert "-lz" not in own.step("build-shop").argv
    assert "-lz" in cpp({"main.cpp": "#include <zlib.h>\n" + MAIN}).step("build-shop").argv


def test_c_is_compiled_by_the_c_compiler() -> None:
    assert cpp({"main.c": "#include <math.h>\nint main(void) {}\n"}).step("build-shop").argv == (
        *("gcc", "-O2", "main.c", "-o", "build/shop", "-lm"),
    )


def test_sources_without_a_main_are_compiled_and_nothing_started() -> None:
    steps, start = cpp({"a.cpp": "int a;", "b.cpp": "int b;"}).worked()
    assert [each.id for each in steps] == ["folder", "compile-a.cpp", "compile-b.cpp"]
    assert start is None


def test_the_users_compiler_is_taken() -> None:
    machine = MemoryMachine({"g++": "", "clang++": ""}, CXX="clang++")
    assert cpp({"main.cpp": MAIN}, machine=machine).step("build-shop").argv[0] == "clang++"


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["thread", "mutex"], ("-pthread",)),
        (["curl/curl.h"], ("-lcurl",)),
        (["sqlite3.h"], ("-lsqlite3", "-pthread", "-ldl")),
        (["openssl/sha.h"], ("-lssl", "-lcrypto")),
        (["boost/filesystem.hpp"], ("-lboost_filesystem",)),
        (["boost/optional.hpp"], ()),
        (["iostream", "vector", "my_thread"], ()),
    ],
)
def test_an_include_asks_for_its_flags(names: list[str], wanted: tuple[str, ...]) -> None:
    assert library_flags(names) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("#include <vector>", "-std=c++17"),
        ("#include <ranges>", "-std=c++20"),
        ("template <typename T> concept X = true;", "-std=c++20"),
        ("#include <print>\n#include <ranges>", "-std=c++23"),
        ("// #include <print>\n", "-std=c++17"),
    ],
)
def test_the_oldest_standard_that_suffices_is_taken(text: str, wanted: str) -> None:
    assert standard_flag([text]) == wanted


def test_a_run_line_for_a_program_that_is_nowhere_starts_what_was_built() -> None:
    start = cpp({"main.cpp": MAIN}, run="./calculator 1 2").start()
    assert start.instead_of == "./calculator 1 2"
    assert start.argv == ("./build/shop", "1", "2")


def test_a_run_line_for_a_program_that_was_built_is_left_as_it_is() -> None:
    made = model("shop", ("shop", "EXECUTABLE", "shop")) | {"build/shop": ELF}
    assert cpp({"CMakeLists.txt": CMAKE}, made=made, run="./build/shop x").start().instead_of == ""


# complaints


def test_the_compilers_errors_are_told_with_their_lines_and_no_progress() -> None:
    output = (
        "[1/2] Building CXX object main.cpp.o\nFAILED: main.cpp.o \n/usr/bin/c++ -c main.cpp\n"
        "main.cpp: In function ‘int main()’:\nmain.cpp:4:17: error: invalid conversion\n    4 |     int x = y;\n"
        "      |             ^\nninja: build stopped: subcommand failed.\n"
    )
    told = STACK.complaint(output)
    assert told == "main.cpp:4:17: error: invalid conversion\n    4 |     int x = y;\n      |             ^"


def test_an_error_of_cmake_is_told_whole() -> None:
    output = (
        "-- The CXX compiler identification is GNU\nCMake Error at CMakeLists.txt:3 (find_package):\n"
        '  Could not find "Boost"\n\n  Set Boost_DIR to it.\n\n-- Configuring incomplete, errors occurred!\n'
    )
    assert STACK.complaint(output) == (
        'CMake Error at CMakeLists.txt:3 (find_package):\n  Could not find "Boost"\n  Set Boost_DIR to it.'
    )


def test_the_system_package_of_a_missing_header_is_told_last() -> None:
    output = "main.cpp:1:10: fatal error: curl/curl.h: No such file or directory\ncompilation terminated.\n"
    told = STACK.complaint(output).splitlines()
    assert told[0].startswith("main.cpp:1:10: fatal error")
    assert "libcurl4-openssl-dev" in told[-1]
    assert missing_package("main.cpp:1:10: fatal error: mine.h: No such file") == ""


@pytest.mark.parametrize(
    "line",
    ["main.cpp:(.text+0x1): undefined reference to `x()'", "/usr/bin/ld: cannot find -lfoo", "make: *** [all] Error 1"],
)
def test_errors_of_the_linker_and_of_make_are_told(line: str) -> None:
    assert line in STACK.complaint(f"g++ -o app main.o\n{line}\n")


def test_a_server_is_known_with_its_port() -> None:
    source = "int main() { int port = 8081; listen(s, 5); }\n"
    start = cpp({"main.cpp": source}).start()
    assert (start.server, start.port) == (True, 8081)
