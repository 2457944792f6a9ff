"""The Go stack: what it mends, calls and starts, without any Go."""

from __future__ import annotations

import pytest

from skillctl_runtime.stack import Step
from skillctl_runtime.stacks.go import STACK
from tests.runtime.stacks.compiled_world import MemoryMachine, Project, with_tools

MAIN = 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println() }\n'
MOD = "module example.com/shop\n\ngo 1.21\n"
FOREIGN = 'package main\n\nimport (\n\t"fmt"\n\t"github.com/google/uuid"\n)\n'


def go(files: dict[str, str], **more: object) -> Project:
    return Project(stack=STACK, files=files, **more)  # type: ignore[arg-type]


def argv(steps: list[Step]) -> list[str]:
    return [" ".join(each.argv[:3]) for each in steps]


@pytest.mark.parametrize(
    ("files", "strength", "because"),
    [
        ({"go.mod": MOD, "main.go": MAIN}, "manifest", ("go.mod",)),
        ({"go.work": "go 1.22\n", "go.mod": MOD}, "manifest", ("go.work", "go.mod")),
        ({"cmd/api/main.go": MAIN}, "entry", ("cmd/api/main.go",)),
        ({"tool.go": MAIN, "README.md": ""}, "extension", ("1 of 2 files end in .go",)),
    ],
)
def test_a_manifest_an_entry_or_endings_speak_for_go(files: dict[str, str], strength: str, because: object) -> None:
    found = STACK.evidence(go(files).site().files)
    assert found is not None
    assert (found.strength, found.because) == (strength, because)


def test_files_without_go_say_nothing_for_it() -> None:
    assert STACK.evidence(go({"main.py": ""}).site().files) is None


def test_a_missing_go_mod_is_added_for_the_installed_go() -> None:
    project = go({"main.go": MAIN}, name="My Shop")
    assert project.rules() == ["missing-go-mod"]
    assert project.text("go.mod") == "module my-shop\n\ngo 1.24\n"


def test_a_module_is_named_by_what_its_files_import_of_each_other() -> None:
    uses = 'package main\n\nimport "acme.org/shop/internal/store"\n\nfunc main() { store.X() }\n'
    project = go({"main.go": uses, "internal/store/store.go": "package store\n\nfunc X() {}\n"})
    assert project.text("go.mod").startswith("module acme.org/shop\n")


def test_nothing_is_mended_where_nothing_is_wrong() -> None:
    project = go({"go.mod": MOD, "main.go": MAIN})
    assert project.repaired().plan == project.plan


UNUSED = [
    (
        'import (\n\t"fmt"\n\t"os"\n)\nfunc main() { fmt.Println() }\n',
        'import (\n\t"fmt"\n\n)\nfunc main() { fmt.Println() }\n',
    ),
    ('import ("fmt"; "os")\nfunc main() { fmt.Println() }\n', 'import ("fmt";)\nfunc main() { fmt.Println() }\n'),
    ('import "net/http"\nfunc main() {}\n', "\nfunc main() {}\n"),
]


@pytest.mark.parametrize(("source", "mended"), UNUSED)
def test_an_unused_import_of_the_standard_library_is_left_out_and_lines_keep_their_numbers(
    source: str, mended: str
) -> None:
    project = go({"go.mod": MOD, "main.go": f"package main\n{source}"})
    assert project.rules() == ["unused-import"]
    assert project.text("main.go") == f"package main\n{mended}"


@pytest.mark.parametrize(
    "source",
    [
        'import _ "embed"\nimport x "os"\nfunc main() {}\n',
        'import (\n\t_ "net/http/pprof"\n\t. "fmt"\n)\nfunc main() { Println() }\n',
        'import "math/rand/v2"\nfunc main() { rand.Int() }\n',
        'import "github.com/google/uuid"\nfunc main() {}\n',
        'import "example.com/shop/log"\nfunc main() {}\n',
        'import "os"\nfunc main() { println("os") }\n',
    ],
)
def test_an_import_that_may_be_needed_stays(source: str) -> None:
    assert "unused-import" not in go({"go.mod": MOD, "main.go": f"package main\n{source}"}).rules()


def test_a_version_that_the_plan_names_is_required() -> None:
    project = go({"main.go": FOREIGN}, packages=("github.com/google/uuid@1.6.0", "github.com/other/thing"))
    assert "required" in project.rules()
    assert project.text("go.mod").endswith("require github.com/google/uuid v1.6.0\n")


def test_a_module_that_is_required_already_keeps_its_version() -> None:
    mod = MOD + "\nrequire github.com/google/uuid v1.3.0\n"
    project = go({"go.mod": mod, "main.go": FOREIGN}, packages=("github.com/google/uuid@1.6.0",))
    assert project.text("go.mod") == mod


@pytest.mark.parametrize(("written", "wanted"), [("1.x", "1.24"), ("latest", "1.24"), ("1.21.x", "1.21")])
def test_a_go_directive_that_names_no_version_is_mended(written: str, wanted: str) -> None:
    project = go({"go.mod": f"module m\n\ngo {written}\n", "main.go": MAIN})
    assert project.text("go.mod") == f"module m\n\ngo {wanted}\n"


def test_a_newer_go_is_said_and_left_to_go_itself() -> None:
    project = go({"go.mod": "module m\n\ngo 1.99\n", "main.go": MAIN})
    assert project.rules() == []
    assert project.advised() == ["newer-go"]


def test_without_foreign_imports_no_module_is_asked_for() -> None:
    assert [each.id for each in go({"main.go": MAIN}).worked()[0]] == ["go-list", "go-build"]


def test_what_is_imported_is_tidied() -> None:
    steps, _ = go({"main.go": FOREIGN}).worked({"go-list": "shop shop\n"})
    assert argv(steps) == ["go mod tidy", "go list -e", "go build -buildvcs=false"]
    assert steps[0].network
    assert steps[0].writes_project == ("go.mod", "go.sum")


def test_a_change_inside_a_function_asks_no_module_and_no_program_again() -> None:
    before, after = (go({"main.go": FOREIGN + f"func main() {{ fmt.Println({n}) }}\n"}) for n in (1, 2))
    for name in ("go-mod-tidy", "go-list"):
        assert before.step(name) == after.step(name)


def test_another_import_is_tidied_anew() -> None:
    more = FOREIGN.replace(")", '\t"github.com/spf13/pflag"\n)')
    assert go({"main.go": FOREIGN}).step("go-mod-tidy").also != go({"main.go": more}).step("go-mod-tidy").also


def test_vendored_modules_are_left_alone() -> None:
    project = go({"go.mod": MOD, "main.go": FOREIGN, "vendor/modules.txt": ""})
    assert "go-mod-tidy" not in [each.id for each in project.worked()[0]]


def test_a_workspace_is_listed_module_by_module_and_never_tidied() -> None:
    files = {
        "go.work": "go 1.22\n\nuse (\n\t./app\n\t./lib\n)\n",
        "app/go.mod": "module example.com/app\n\nrequire github.com/google/uuid v1.6.0\n",
        "app/main.go": FOREIGN,
        "lib/go.mod": "module example.com/lib\n",
    }
    project = go(files)
    steps, start = project.worked({"go-list": "example.com/app example.com/app\n"})
    assert [each.id for each in steps] == ["go-work-download", "go-list", "go-build"]
    assert steps[1].argv[-2:] == ("./app/...", "./lib/...")
    assert start is not None
    assert steps[2].argv[-1] == "./app"


SEVERAL = [
    (["", "cmd/api"], "", "shop"),
    (["cmd/api", "cmd/shop"], "", "shop"),
    (["cmd/tool", "cmd/server", "cmd/api"], "", "server"),
    (["cmd/main", "cmd/api"], "", "api"),
    (["zeta", "alpha"], "", "alpha"),
    (["", "cmd/api"], "go run ./cmd/api", "api"),
    (["cmd/api", "cmd/worker"], "go run cmd/worker/main.go", "worker"),
]


@pytest.mark.parametrize(("folders", "run", "wanted"), SEVERAL)
def test_of_several_programs_one_is_started_by_the_rules(folders: list[str], run: str, wanted: str) -> None:
    files = {"go.mod": MOD} | {f"{folder}/main.go".lstrip("/"): MAIN for folder in folders}
    listed = "".join(f"{f'example.com/shop/{folder}'.rstrip('/')} example.com/shop\n" for folder in folders)
    assert go(files, run=run).start({"go-list": listed}).artifact == f"build/{wanted}"


def test_all_programs_are_built_where_their_names_differ() -> None:
    files = {"go.mod": MOD, "cmd/a/main.go": MAIN, "cmd/b/main.go": MAIN}
    step = go(files).step("go-build")
    assert step.argv[3:] == ("-o", "build/", "./cmd/a", "./cmd/b")
    assert [each.path for each in step.outputs] == ["build/a", "build/b"]


def test_programs_of_one_name_are_not_built_over_each_other() -> None:
    files = {"go.mod": MOD, "cmd/app/main.go": MAIN, "tools/app/main.go": MAIN}
    assert go(files).step("go-build").argv[4:] == ("build/app", "./cmd/app")


def test_a_library_is_compiled_and_nothing_started() -> None:
    steps, start = go({"go.mod": MOD, "lib.go": "package lib\n"}).worked()
    assert start is None
    assert steps[-1].argv[-1] == "./..."


def test_a_folder_of_the_plan_is_not_written_into() -> None:
    project = go({"go.mod": MOD, "main.go": MAIN, "build/notes.txt": ""})
    assert project.start().artifact == "out/shop"


@pytest.mark.parametrize(
    ("run", "arguments"),
    [
        ("go run . a b", ("a", "b")),
        ("go run main.go other.go x", ("x",)),
        ("go run -race ./", ()),
        ("./shop -v", ("-v",)),
    ],
)
def test_a_line_that_would_build_again_starts_what_was_built(run: str, arguments: tuple[str, ...]) -> None:
    start = go({"go.mod": MOD, "main.go": MAIN, "other.go": "package main\n"}, run=run).start()
    assert start.instead_of == run
    assert start.argv == ("./build/shop", *arguments)


@pytest.mark.parametrize(
    ("folder", "cwd", "run", "same"),
    [
        ("", "server", "go run .", True),
        ("", "other", "go run .", False),
        ("back", "back/server", "go run . x", True),
        ("back", "back", "go run ./server", True),
        ("back", "front", "go run ./server", False),
        ("back", "back/server", "./app", True),
    ],
)
def test_a_line_is_understood_from_where_it_is_run(folder: str, cwd: str, run: str, same: bool) -> None:
    files = {"go.mod": MOD, "server/main.go": MAIN}
    start = go(files, folder=folder, cwd=cwd, run=run).start({"go-list": "example.com/shop/server example.com/shop\n"})
    assert bool(start.instead_of) == same


@pytest.mark.parametrize("run", ["go run ./cmd/other", "go test ./...", "go run . && echo done", "make run"])
def test_any_other_line_is_left_as_it_is(run: str) -> None:
    assert go({"go.mod": MOD, "main.go": MAIN}, run=run).start().instead_of == ""


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (MAIN, "0"),
        ('package main\n\nimport "C"\n', "1"),
        ('package main\nimport _ "github.com/mattn/go-sqlite3"\n', "1"),
    ],
)
def test_cgo_is_on_only_where_something_is_c(source: str, wanted: str) -> None:
    assert go({"go.mod": MOD, "main.go": source}).step("go-build").env["CGO_ENABLED"] == wanted


def test_the_user_decides_on_cgo_where_they_said_so() -> None:
    project = go({"go.mod": MOD, "main.go": MAIN}, machine=MemoryMachine(CGO_ENABLED="1"))
    assert "CGO_ENABLED" not in project.step("go-build").env


def test_embedded_files_count_for_the_build() -> None:
    embeds = 'package main\n\nimport _ "embed"\n\n//go:embed words.txt\nvar words string\n'
    assert go({"go.mod": MOD, "main.go": embeds, "words.txt": ""}).step("go-build").inputs == ("**",)
    assert "**" not in go({"go.mod": MOD, "main.go": MAIN}).step("go-build").inputs


def test_a_server_is_known_with_its_port() -> None:
    source = 'package main\nfunc main() { http.ListenAndServe(":9090", nil) }\n'
    start = go({"go.mod": MOD, "main.go": source}).start()
    assert (start.server, start.port) == (True, 9090)


def test_go_is_needed_and_a_c_compiler_only_for_c() -> None:
    assert go({"main.go": MAIN}).needed() == [("go",)]
    assert go({"main.go": 'package main\nimport "C"\n'}).needed()[1] == ("gcc", "clang", "cc")


def test_without_go_the_plan_is_still_mended() -> None:
    project = go({"main.go": MAIN}, machine=MemoryMachine({}))
    assert project.text("go.mod") == "module shop\n\ngo 1.21\n"


def test_the_compilers_lines_are_told_and_nothing_else() -> None:
    output = (
        'go: downloading github.com/x v1\n# shop\n./main.go:5:2: "os" imported and not used\n\thave x\nexit status 1\n'
    )
    assert STACK.complaint(output) == './main.go:5:2: "os" imported and not used\n\thave x'


def test_a_module_that_is_nowhere_is_told_by_its_import() -> None:
    said = "go: shop imports\n\tgithub.com/no/such: repository not found\n"
    assert STACK.complaint(f"go: finding module for package github.com/no/such\n{said}") == said.strip()


def test_the_directive_that_is_added_is_that_of_the_installed_go() -> None:
    older = with_tools(go="go version go1.20.1 linux/amd64")
    assert "go 1.20" in go({"main.go": MAIN}, machine=older).text("go.mod")


@pytest.mark.parametrize("line", ["go build", "go build -o app .", "go build ./...", "go mod tidy", "go build main.go"])
def test_a_build_line_that_says_nothing_more_is_left_to_the_stack(line: str) -> None:
    project = go({"go.mod": MOD, "main.go": MAIN}, build=(line,), run="./app now")
    assert project.rules() == ["build-lines"]
    assert project.start().argv == ("./build/shop", "now")


@pytest.mark.parametrize("line", ["go build -tags x", "go build -o bin/x ./cmd/x", "go generate ./...", "make"])
def test_a_build_line_that_says_more_is_kept(line: str) -> None:
    project = go({"go.mod": MOD, "main.go": MAIN}, build=("go build", line))
    assert project.repaired().plan.build == ("go build", line)
