"""The scripts stand alone: Python 3.9, the standard library, nothing of this project, and strict types."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packs.arcgis_scripts.support import DISCOVER, INGEST, PACK, SETUP, run

COMMANDS = {
    "scan_datasets": (DISCOVER, "dataset_scan"),
    "infer_schema": (INGEST, "schema_helper"),
    "probe_environment": (SETUP, ""),
}
FILES = sorted(path for folder in (DISCOVER, INGEST, SETUP) for path in folder.rglob("*.py"))


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module or ""


def tree_of(path: Path, version: tuple[int, int] = (3, 9)) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=path.name, feature_version=version)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACK / "skills").as_posix())
def test_a_file_is_python_3_9_and_imports_the_standard_library_and_its_own_package_alone(path: Path) -> None:
    own = {"dataset_scan", "schema_helper"}
    tree = tree_of(path)
    for name in imports(tree):
        top = name.partition(".")[0]
        assert top in own or top in sys.stdlib_module_names, name
    assert ast.get_docstring(tree)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACK / "skills").as_posix())
def test_a_file_uses_nothing_that_came_after_python_3_9(path: Path) -> None:
    """What the grammar does not show: arguments and names of the library, and unions that are computed."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            given = {keyword.arg for keyword in node.keywords}
            assert not (name == "zip" and "strict" in given), node.lineno
            assert not (name.endswith("dataclass") and given & {"slots", "kw_only"}), node.lineno
            assert not (name == "isinstance" and isinstance(node.args[1], ast.BinOp)), node.lineno
        if isinstance(node, ast.Assign):
            union = isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.BitOr)
            assert not (union and "None" in ast.unparse(node.value)), node.lineno
    text = path.read_text(encoding="utf-8")
    for newer in (
        "datetime.UTC",
        "from datetime import UTC",
        "StrEnum",
        "tomllib",
        "itertools.pairwise",
        "is_junction",
    ):
        assert newer not in text, newer
    assert "from __future__ import annotations" in text


def test_what_two_skills_share_is_the_same_in_both() -> None:
    one, other = DISCOVER / "dataset_scan" / "delimited.py", INGEST / "schema_helper" / "delimited.py"
    assert one.read_bytes() == other.read_bytes(), "change both: each skill is installed by itself"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_runs_from_anywhere_without_site_packages(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-E", "-s", "-S", "-B", str(COMMANDS[name][0] / f"{name}.py"), "--help"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Exit status: 0" in done.stdout
    assert (
        "needs no arcpy" in done.stdout.lower() or "without arcpy" in done.stdout or "arcpy is only ever" in done.stdout
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_fits_its_readers(name: str) -> None:
    done = run(name, "--help")
    assert done.status == 0
    assert max(map(len, done.output.splitlines())) <= 130


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "platform"), [*((name, "linux") for name in COMMANDS), ("probe_environment", "win32")]
)
def test_the_scripts_are_strictly_typed(name: str, platform: str) -> None:
    folder, package = COMMANDS[name]
    flags = ("--strict", "--config-file=", "--cache-dir=/dev/null", f"--platform={platform}")
    done = subprocess.run(
        [*(sys.executable, "-m", "mypy", *flags), f"{name}.py", *([package] if package else [])],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
