"""New packs: complete, valid, named well, and never written into anything that is there."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from skillctl.app import new as new_module
from skillctl.app.new import NewOutcome, NewRequest, new, questions, title_of
from skillctl.core.errors import InstallError, UsageError
from skillctl.core.manifest import manifest_from_json
from skillctl.core.settings import Directories, Settings
from skillctl.formats.checks import check_pack
from skillctl.formats.front_matter import read_skill_file
from skillctl.scaffold.template import Value


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = str(tmp_path / "home")
    return Settings(directories=Directories(home=home, config=home, data=home, cache=home, state=home))


def make(
    settings: Settings,
    directory: Path,
    name: str = "terraform",
    values: Mapping[str, Value] | None = None,
    *,
    template: Path | None = None,
    dry_run: bool = False,
) -> NewOutcome:
    return new(
        settings,
        NewRequest(name=name, directory=directory, values=values or {}, template=template, dry_run=dry_run),
    )


def names(directory: Path) -> list[str]:
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())


PLAIN = ["CONTEXT.md", "references/gotchas.md", "skill.json", "skills/terraform/SKILL.md", "tests/test_pack.py"]


def test_a_new_pack_has_all_that_a_pack_needs(settings: Settings, tmp_path: Path) -> None:
    made = make(settings, tmp_path, values={"description": "Infrastructure as code", "author": "Ann"})
    assert made.directory == str(tmp_path / "terraform")
    assert list(made.files) == names(tmp_path / "terraform") == PLAIN
    manifest = manifest_from_json(json.loads((tmp_path / "terraform/skill.json").read_bytes()))
    assert (manifest.name, str(manifest.version)) == ("terraform", "0.1.0")
    assert (manifest.description, manifest.author) == ("Infrastructure as code", "Ann")
    assert not manifest.unknown
    assert made.problems == ()


def test_parts_come_when_they_are_asked_for(settings: Settings, tmp_path: Path) -> None:
    made = make(settings, tmp_path, values={"hooks": True, "plan": True})
    assert set(made.files) - set(PLAIN) == {"hooks.py", "plans/terraform.json"}
    pack = tmp_path / "terraform"
    manifest = manifest_from_json(json.loads((pack / "skill.json").read_bytes()))
    assert manifest.hooks_module == "hooks.py"
    assert manifest.plans == {"terraform": "plans/terraform.json"}


def test_the_hooks_register_themselves_with_a_manager(settings: Settings, tmp_path: Path) -> None:
    make(settings, tmp_path, values={"hooks": True})
    space: dict[str, object] = {}
    exec((tmp_path / "terraform/hooks.py").read_text(), space)
    hooks: dict[str, object] = {}

    class Manager:
        def add_hook(self, event: str, callback: object, priority: int = 100) -> None:
            hooks[event] = callback

    space["register"](Manager())  # type: ignore[operator]
    assert set(hooks) == {"on_pre_execute", "on_post_execute"}
    pre = hooks["on_pre_execute"]
    assert pre(plan={"files": [{"filename": "main.py", "code": ""}]}, later=1) is None  # type: ignore[operator]
    with pytest.raises(ValueError, match=r"secrets"):
        pre(plan={"files": [{"filename": "prod.env", "code": ""}]})  # type: ignore[operator]


def test_the_plan_is_of_the_classic_form_and_its_program_runs(settings: Settings, tmp_path: Path) -> None:
    make(settings, tmp_path, values={"plan": True})
    plan = json.loads((tmp_path / "terraform/plans/terraform.json").read_bytes())
    assert set(plan) == {"name", "files", "run"}
    (file,) = plan["files"]
    assert set(file) == {"filename", "code"}
    assert plan["run"] == f"python {file['filename']}"
    ast.parse(file["code"])
    (tmp_path / file["filename"]).write_text(file["code"])
    ran = subprocess.run([sys.executable, file["filename"]], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.split()[1].endswith("main.py")


@pytest.mark.parametrize("parts", [{}, {"hooks": True}, {"plan": True}, {"hooks": True, "plan": True, "author": "A"}])
def test_validation_has_nothing_to_say_of_a_new_pack(
    settings: Settings, tmp_path: Path, parts: Mapping[str, Value]
) -> None:
    made = make(settings, tmp_path, "@acme/My Domain", parts)
    assert check_pack({path: (Path(made.directory) / path).read_bytes() for path in made.files}) == []


def test_a_new_pack_passes_its_own_test(settings: Settings, tmp_path: Path) -> None:
    made = make(settings, tmp_path, values={"hooks": True, "plan": True})
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    ran = subprocess.run(command, cwd=made.directory, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout


@pytest.mark.parametrize(
    ("typed", "name", "directory", "title"),
    [
        ("My Domain", "my-domain", "my-domain", "My Domain"),
        ("my-domain", "my-domain", "my-domain", "My Domain"),
        ("  GIS_Tools 2 ", "gis-tools-2", "gis-tools-2", "GIS_Tools 2"),
        ("Überblick", "uberblick", "uberblick", "Überblick"),
        ("@Acme/My Tools", "@acme/my-tools", "my-tools", "My Tools"),
    ],
)
def test_a_name_is_normalised_and_it_is_said(
    settings: Settings, tmp_path: Path, typed: str, name: str, directory: str, title: str
) -> None:
    made = make(settings, tmp_path, typed)
    assert made.name == name
    assert made.directory == str(tmp_path / directory)
    assert title_of(typed, name) == title
    assert [each.code for each in made.problems] == ([] if typed == name else ["N420"])
    skill = tmp_path / directory / "skills" / directory / "SKILL.md"
    assert read_skill_file(skill.read_bytes(), file="SKILL.md").name == directory
    assert f"# {title}\n" in (tmp_path / directory / "CONTEXT.md").read_text()


@pytest.mark.parametrize(
    ("typed", "code"), [("", "E421"), ("¿?", "E421"), ("x", "E101"), ("con", "E101"), ("y" * 65, "E101")]
)
def test_a_name_that_can_not_be_one_is_refused(settings: Settings, tmp_path: Path, typed: str, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        make(settings, tmp_path, typed)
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_it_lands_in_the_packs_folder_where_there_is_one(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "packs").mkdir()
    assert make(settings, tmp_path).directory == str(tmp_path / "packs/terraform")


@pytest.mark.parametrize("kind", ["directory", "file", "broken link"])
def test_what_is_there_is_never_written_into(settings: Settings, tmp_path: Path, kind: str) -> None:
    target = tmp_path / "terraform"
    match kind:
        case "directory":
            target.mkdir()
        case "file":
            target.write_text("mine")
        case _:
            target.symlink_to("nowhere")
    for attempt in (make, lambda *given: questions(settings, NewRequest(name="terraform", directory=tmp_path))):
        with pytest.raises(InstallError) as caught:
            attempt(settings, tmp_path)
        assert caught.value.code == "E420"
    assert os.listdir(tmp_path) == ["terraform"]
    assert not target.is_dir() or list(target.iterdir()) == []


def test_a_dry_run_writes_nothing(settings: Settings, tmp_path: Path) -> None:
    assert list(make(settings, tmp_path, dry_run=True).files) == PLAIN
    assert list(tmp_path.iterdir()) == []


def test_a_failure_on_the_way_leaves_nothing_behind(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: Path, target: Path) -> None:
        assert (source / "skill.json").is_file()
        raise InstallError.of("E450", path=str(target), reason="No space left on device")

    monkeypatch.setattr(new_module, "move", fail)
    with pytest.raises(InstallError):
        make(settings, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "description",
    [
        'He said "no": it\'s {broken} \\ & <b>',
        "# not a comment",
        "- [not a list]",
        "yes",
        "日本語 ünïcode",
        "a: b",
        "`x` | y",
    ],
)
def test_any_description_comes_through_unchanged(settings: Settings, tmp_path: Path, description: str) -> None:
    make(settings, tmp_path, values={"description": description, "author": description})
    pack = tmp_path / "terraform"
    manifest = json.loads((pack / "skill.json").read_bytes())
    assert (manifest["description"], manifest["author"]) == (description, description)
    skill = read_skill_file((pack / "skills/terraform/SKILL.md").read_bytes(), file="SKILL.md")
    assert skill.description == description
    files = {path: (pack / path).read_bytes() for path in names(pack)}
    assert [each for each in check_pack(files) if each.severity != "note"] == []


def test_lines_of_a_description_become_one(settings: Settings, tmp_path: Path) -> None:
    make(settings, tmp_path, values={"description": " one\n  two\t three "})
    assert json.loads((tmp_path / "terraform/skill.json").read_bytes())["description"] == "one two three"


def test_a_description_that_no_agent_would_take_is_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        make(settings, tmp_path, values={"description": "x" * 1025})
    assert caught.value.code == "E441"
    assert list(tmp_path.iterdir()) == []


def test_without_an_author_the_manifest_names_none(settings: Settings, tmp_path: Path) -> None:
    make(settings, tmp_path)
    assert "author" not in json.loads((tmp_path / "terraform/skill.json").read_bytes())


def test_only_what_is_not_said_is_asked(settings: Settings, tmp_path: Path) -> None:
    request = NewRequest(name="My Domain", directory=tmp_path, values={"author": "Ann"})
    (question,) = questions(settings, request)
    assert question.variable == "description"
    assert isinstance(question.default, str)
    assert question.default.startswith("My Domain: ")


def own_template(directory: Path) -> Path:
    directory.mkdir()
    (directory / "skill.json.jinja").write_text(
        '{"name": {{ name | json }}, "version": "0.1.0", "description": {{ database | json }}}\n'
    )
    (directory / "__database__").mkdir()
    (directory / "__database__/notes.md").write_text("{{ not rendered }}\n")
    (directory / "__pycache__").mkdir()
    (directory / "__pycache__/x.pyc").write_bytes(b"\0")
    (directory / "scaffold.json").write_text(json.dumps({"variables": {"database": {"question": "Which?"}}}))
    return directory


def test_a_template_of_ones_own_is_rendered(settings: Settings, tmp_path: Path) -> None:
    template = own_template(tmp_path / "template")
    made = make(settings, tmp_path, values={"database": "postgres"}, template=template)
    assert list(made.files) == ["postgres/notes.md", "skill.json"]


@pytest.mark.parametrize(
    ("values", "codes"),
    [({}, ["E425"]), ({"database": "x", "hooks": True}, ["E426"]), ({"databse": "x"}, ["E426", "E425"])],
)
def test_values_must_be_those_of_the_template(
    settings: Settings, tmp_path: Path, values: Mapping[str, Value], codes: list[str]
) -> None:
    with pytest.raises(UsageError) as caught:
        make(settings, tmp_path, values=values, template=own_template(tmp_path / "template"))
    assert [problem.code for problem in caught.value.problems] == codes
    assert os.listdir(tmp_path) == ["template"]


@pytest.mark.parametrize("kind", ["missing", "file", "empty"])
def test_a_template_that_is_none_is_told(settings: Settings, tmp_path: Path, kind: str) -> None:
    template = tmp_path / "template"
    if kind == "file":
        template.write_text("x")
    if kind == "empty":
        template.mkdir()
    with pytest.raises(InstallError) as caught:
        make(settings, tmp_path, template=template)
    assert caught.value.code == "E422"
