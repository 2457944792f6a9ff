"""The Rust stack: what it mends, calls and starts, without any cargo."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from skillctl_runtime.stacks.rust import STACK
from skillctl_runtime.stacks.rust_crates import CRATES, crates_used
from tests.runtime.stacks.compiled_world import Project, without

MAIN = 'fn main() {\n    println!("hello");\n}\n'
MANIFEST = '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\n'


def rust(files: dict[str, str], **more: object) -> Project:
    return Project(stack=STACK, files=files, **more)  # type: ignore[arg-type]


def manifest(project: Project) -> dict[str, Any]:
    return tomllib.loads(project.text("Cargo.toml"))


def metadata(*packages: tuple[str, list[str]], default_run: str = "", defaults: list[str] | None = None) -> str:
    """What `cargo metadata` says of packages with these programs."""
    told = [
        {
            "name": name,
            "id": name,
            "default_run": default_run if default_run in programs else None,
            "targets": [{"name": each, "kind": ["bin"]} for each in programs] + [{"name": name, "kind": ["lib"]}],
        }
        for name, programs in packages
    ]
    members = [name for name, _ in packages]
    return json.dumps(
        {"packages": told, "workspace_members": members, "workspace_default_members": defaults or members}
    )


@pytest.mark.parametrize(
    ("files", "strength"),
    [({"Cargo.toml": MANIFEST}, "manifest"), ({"src/main.rs": MAIN}, "entry"), ({"tool.rs": MAIN}, "extension")],
)
def test_a_manifest_an_entry_or_endings_speak_for_rust(files: dict[str, str], strength: str) -> None:
    found = STACK.evidence(rust(files).site().files)
    assert found is not None
    assert found.strength == strength


def test_a_lone_file_gets_a_manifest_that_names_it() -> None:
    project = rust({"hello.rs": MAIN}, name="My Tool")
    assert project.rules() == ["missing-cargo-toml"]
    assert manifest(project)["package"]["name"] == "my-tool"
    assert manifest(project)["bin"] == [{"name": "hello", "path": "hello.rs"}]


def test_a_main_in_src_needs_no_name() -> None:
    assert "bin" not in manifest(rust({"src/main.rs": MAIN, "src/bin/extra.rs": MAIN}))


def test_a_module_of_another_file_is_no_program() -> None:
    project = rust({"main.rs": "mod util;\n" + MAIN, "util.rs": "pub fn x() {}\nfn main() {}\n"})
    assert [each["path"] for each in manifest(project)["bin"]] == ["main.rs"]


def test_sources_without_a_main_are_a_library() -> None:
    assert manifest(rust({"lib.rs": "pub fn x() {}\n"}))["lib"] == {"path": "lib.rs"}


@pytest.mark.parametrize("name", ["9 lives", "test", "std"])
def test_a_package_has_a_name_that_cargo_takes(name: str) -> None:
    assert manifest(rust({"src/main.rs": MAIN}, name=name))["package"]["name"].startswith("app-")


def test_crates_of_the_list_are_added_to_a_new_manifest() -> None:
    project = rust({"main.rs": "use rand::Rng;\nuse serde::{Deserialize, Serialize};\n" + MAIN})
    assert manifest(project)["dependencies"] == {"rand": "0.8", "serde": {"version": "1", "features": ["derive"]}}


def test_a_crate_that_is_not_declared_is_added_to_the_manifest_there_is() -> None:
    project = rust({"Cargo.toml": MANIFEST + 'itoa = "1"\n', "src/main.rs": "use anyhow::Result;\n" + MAIN})
    assert project.rules() == ["missing-crate"]
    assert manifest(project)["dependencies"] == {"anyhow": "1", "itoa": "1"}


def test_a_manifest_without_dependencies_gets_them() -> None:
    bare = MANIFEST.replace("[dependencies]\n", "")
    project = rust({"Cargo.toml": bare, "src/main.rs": "use regex::Regex;\n" + MAIN})
    assert manifest(project)["dependencies"] == {"regex": "1"}


def test_an_unknown_crate_is_said_and_never_added() -> None:
    project = rust({"Cargo.toml": MANIFEST, "src/main.rs": "use fastjson_helper::parse;\n" + MAIN})
    assert project.rules() == []
    assert project.advised() == ["unknown-crate"]


DECLARED = [
    MANIFEST + 'anyhow = "1"\n',
    MANIFEST + "[dev-dependencies]\nanyhow = '1'\n",
    MANIFEST + "[target.'cfg(unix)'.dependencies]\nanyhow = '1'\n",
    MANIFEST.replace("[dependencies]", '[lib]\nname = "anyhow"\npath = "src/lib.rs"\n\n[dependencies]'),
    MANIFEST + 'renamed = { package = "x", version = "1" }\nanyhow = { path = "../anyhow" }\n',
]


@pytest.mark.parametrize("text", DECLARED)
def test_a_crate_that_is_declared_anywhere_is_not_added(text: str) -> None:
    assert rust({"Cargo.toml": text, "src/main.rs": "use anyhow::Result;\n" + MAIN}).rules() == []


def test_a_manifest_that_cargo_can_not_read_is_left_to_cargo() -> None:
    assert rust({"Cargo.toml": "[package\n", "src/main.rs": "use anyhow::Result;\n"}).rules() == []


def test_packages_of_the_plan_are_declared_with_their_versions() -> None:
    project = rust({"main.rs": MAIN}, packages=("itoa@1.0", "ryu = 1", "anyhow"))
    assert manifest(project)["dependencies"] == {"itoa": "1.0", "ryu": "1", "anyhow": "1"}


def test_a_main_beside_the_manifest_is_named_in_it() -> None:
    project = rust({"Cargo.toml": MANIFEST, "main.rs": MAIN})
    assert project.rules() == ["program-named"]
    assert manifest(project)["bin"] == [{"name": "shop", "path": "main.rs"}]


def test_latest_is_no_version() -> None:
    text = MANIFEST + 'itoa = "latest"\nryu = { version = "latest", features = [] }\n'
    assert manifest(rust({"Cargo.toml": text, "src/main.rs": MAIN}))["dependencies"] == {
        "itoa": "*",
        "ryu": {"version": "*", "features": []},
    }


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("use serde::Deserialize;\nuse ::rand::Rng;", {"serde", "rand"}),
        ("use {anyhow::Result, std::{fs, io}, regex::Regex};", {"anyhow", "regex"}),
        ("extern crate csv;\n#[macro_use] extern crate log;", {"csv", "log"}),
        ("#[tokio::main]\nasync fn main() {}", {"tokio"}),
        ('fn main() { let x = serde_json::from_str("x"); }', {"serde_json"}),
        ("use std::fs;\nuse core::fmt;\nuse crate::x;\nuse self::y;\nuse super::z;", set()),
        ("mod util;\nuse util::x;\nenum Color {}\nuse Color::*;", set()),
        ('// use rand::Rng;\n/* use csv::X; */\nlet s = "use log::x;";', set()),
    ],
)
def test_the_crates_that_a_source_uses(text: str, wanted: set[str]) -> None:
    assert crates_used([text]) == wanted


def test_every_line_of_the_curated_list_is_a_dependency_of_that_name() -> None:
    for name, line in CRATES.items():
        (package,) = tomllib.loads(line)
        assert package.replace("-", "_") == name


def test_crates_are_fetched_programs_asked_for_and_built() -> None:
    steps, start = rust({"Cargo.toml": MANIFEST, "src/main.rs": MAIN}).worked(
        {"cargo-metadata": metadata(("shop", ["shop"]))}
    )
    assert [each.id for each in steps] == ["cargo-fetch", "cargo-metadata", "cargo-build"]
    assert steps[0].writes_project == ("Cargo.lock",)
    assert start is not None
    assert start.argv == ("./target/release/shop",)


def test_a_change_in_a_source_asks_no_crate_and_no_program_again() -> None:
    before, after = (rust({"Cargo.toml": MANIFEST, "src/main.rs": MAIN + "//" * n}) for n in (1, 2))
    for name in ("cargo-fetch", "cargo-metadata"):
        assert before.step(name) == after.step(name)
        assert "**" not in before.step(name).inputs


CHOSEN = [
    ([("shop", ["first", "shop"])], "", "", "shop"),
    ([("shop", ["alpha", "beta"])], "", "", "alpha"),
    ([("shop", ["alpha", "beta"])], "beta", "", "beta"),
    ([("shop", ["alpha", "beta"])], "alpha", "cargo run --bin beta", "beta"),
    ([("one", ["one"]), ("two", ["two"])], "", "cargo run -p two", "two"),
    ([("one", ["one"]), ("two", ["two"])], "", "cargo run --release --bin=two -- x", "two"),
]


@pytest.mark.parametrize(("packages", "default_run", "run", "wanted"), CHOSEN)
def test_of_several_programs_one_is_started_by_the_rules(
    packages: list[tuple[str, list[str]]], default_run: str, run: str, wanted: str
) -> None:
    told = metadata(*packages, default_run=default_run)
    start = rust({"Cargo.toml": MANIFEST, "src/main.rs": MAIN}, run=run).start({"cargo-metadata": told})
    assert start.artifact == f"target/release/{wanted}"


def test_default_members_come_first_and_others_are_built_by_name() -> None:
    told = metadata(("tool", ["tool"]), ("app", ["app"]), defaults=["app"])
    project = rust({"Cargo.toml": "[workspace]\nmembers = []\n"})
    assert project.start({"cargo-metadata": told}).artifact == "target/release/app"
    asked = rust({"Cargo.toml": "[workspace]\nmembers = []\n"}, run="cargo run -p tool")
    assert asked.step("cargo-build", {"cargo-metadata": told}).argv[-2:] == ("--package", "tool")


def test_a_library_is_built_and_nothing_started() -> None:
    steps, start = rust({"Cargo.toml": MANIFEST, "src/lib.rs": ""}).worked({"cargo-metadata": metadata(("shop", []))})
    assert steps[-1].id == "cargo-build"
    assert start is None


@pytest.mark.parametrize(
    ("run", "wanted"),
    [
        ("cargo run", ()),
        ("cargo run --release -- --port 80 x", ("--port", "80", "x")),
        ("./target/debug/shop now", ("now",)),
    ],
)
def test_a_line_that_would_build_again_starts_what_was_built(run: str, wanted: tuple[str, ...]) -> None:
    told = {"cargo-metadata": metadata(("shop", ["shop"]))}
    start = rust({"Cargo.toml": MANIFEST, "src/main.rs": MAIN}, run=run).start(told)
    assert start.instead_of == run
    assert start.argv == ("./target/release/shop", *wanted)


@pytest.mark.parametrize(
    "run", ["cargo test", "cargo run --example demo", "cargo run --features full", "cargo run | cat"]
)
def test_any_other_line_is_left_as_it_is(run: str) -> None:
    told = {"cargo-metadata": metadata(("shop", ["shop"]))}
    assert rust({"Cargo.toml": MANIFEST, "src/main.rs": MAIN}, run=run).start(told).instead_of == ""


TOOLCHAINS = "stable-x86_64-unknown-linux-gnu (active, default)\n1.70.0-x86_64-unknown-linux-gnu\n"


@pytest.mark.parametrize(
    ("name", "text", "taken"),
    [
        ("rust-toolchain.toml", '[toolchain]\nchannel = "1.70.0"\n', True),
        ("rust-toolchain", "stable\n", True),
        ("rust-toolchain", "1.7\n", False),
        ("rust-toolchain.toml", '[toolchain]\nchannel = "nightly"\n', False),
    ],
)
def test_a_toolchain_that_is_asked_for_is_taken_where_it_is_there(name: str, text: str, taken: bool) -> None:
    project = rust({"Cargo.toml": MANIFEST, "src/main.rs": MAIN, name: text})
    told = {"rustup-toolchains": TOOLCHAINS, "cargo-metadata": metadata(("shop", ["shop"]))}
    start = project.start(told)
    wanted = {} if taken else {"RUSTUP_TOOLCHAIN": "stable-x86_64-unknown-linux-gnu"}
    env = dict(project.step("cargo-build", told).env)
    assert {key: value for key, value in env.items() if key == "RUSTUP_TOOLCHAIN"} == wanted
    assert [each.rule for each in start.advice] == ([] if taken else ["toolchain-not-here"])


def test_without_rustup_nobody_is_asked_for_toolchains() -> None:
    files = {"Cargo.toml": MANIFEST, "src/main.rs": MAIN, "rust-toolchain": "nightly\n"}
    steps, _ = rust(files, machine=without("rustup")).worked()
    assert steps[0].id == "cargo-fetch"


def test_a_newer_rust_is_said() -> None:
    text = MANIFEST.replace('edition = "2021"', 'edition = "2021"\nrust-version = "1.99"')
    assert rust({"Cargo.toml": text, "src/main.rs": MAIN}).advised() == ["newer-rust"]


def test_cargo_and_a_linker_are_needed() -> None:
    assert rust({"Cargo.toml": MANIFEST}).needed() == [("cargo",), ("cc", "gcc", "clang", "link")]


def test_a_server_is_known_with_its_port() -> None:
    source = 'fn main() { let l = std::net::TcpListener::bind("127.0.0.1:7878").unwrap(); }'
    start = rust({"Cargo.toml": MANIFEST, "src/main.rs": source}).start(
        {"cargo-metadata": metadata(("shop", ["shop"]))}
    )
    assert (start.server, start.port) == (True, 7878)


def test_the_compilers_errors_are_told_with_their_code_and_cargos_sum_is_not() -> None:
    output = (
        "   Compiling shop v0.1.0\nwarning: unused variable\n --> src/main.rs:1:1\n\n"
        "error[E0425]: cannot find value `y`\n --> src/main.rs:2:5\n  |\n2 |     y\n  |     ^ not found\n\n"
        'error: could not compile `shop` (bin "shop") due to 1 previous error\n'
    )
    told = STACK.complaint(output)
    assert told.startswith("error[E0425]: cannot find value `y`\n --> src/main.rs:2:5")
    assert "could not compile" not in told
    assert "warning" not in told


def test_what_cargo_itself_says_is_told() -> None:
    output = 'error: failed to select a version for the requirement `itoa = "^99"`\ncandidate versions found: 1.0\n'
    assert STACK.complaint(output) == output.strip()


@pytest.mark.parametrize(("line", "taken"), [("cargo build --release", True), ("cargo build --features x", False)])
def test_a_build_line_that_says_nothing_more_is_left_to_the_stack(line: str, taken: bool) -> None:
    project = rust({"Cargo.toml": MANIFEST, "src/main.rs": MAIN}, build=(line,))
    assert project.repaired().plan.build == (() if taken else (line,))
