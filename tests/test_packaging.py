"""What a user gets: a wheel with all of the product and nothing else, and install lines that name no stranger's work.

`skillctl` on PyPI belongs to somebody else's program. Our distribution is `skillctl-toolkit`; whoever followed an
install line with the bare name would run a stranger's code.
"""

from __future__ import annotations

import email.parser
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.checkout import IN_CHECKOUT, PACKAGES, ROOT

needs_the_source = pytest.mark.skipif(not IN_CHECKOUT, reason="reads the source tree")

# Installers, with what stands between their name and the first requirement.
_INSTALL = re.compile(
    r"""(?:pip[0-9.]*\s+install|pipx\s+(?:install|run)|uv\s+(?:pip\s+install|tool\s+(?:install|run)|add)|uvx
         |poetry\s+add|pdm\s+add|conda\s+install)\b(?P<rest>[^\n`|;&#]*)""",
    re.VERBOSE,
)
_BARE = re.compile(r"""(?<![\w./@:=-])["']?skillctl(?:\[[^\]]*\])?(?:\s*[<>=!~][^\s"']*)?["']?(?=$|[\s),.:])""")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, outer_environment: Mapping[str, str]) -> Path:
    """The wheel, built from the source tree."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(build, env=dict(outer_environment), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def members(wheel: Path) -> frozenset[str]:
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


@needs_the_source
@pytest.mark.slow
class TestTheWheel:
    def test_it_is_for_every_platform_and_bears_our_name(self, wheel: Path) -> None:
        assert re.fullmatch(r"skillctl_toolkit-[0-9][^-]*-py3-none-any\.whl", wheel.name)

    @pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
    def test_every_file_of_a_package_is_in_it(self, members: frozenset[str], package: Path) -> None:
        missing = {f"{package.name}/{path}" for path in committed(ROOT / package)} - members
        assert not missing, "\n".join(sorted(missing))

    @pytest.mark.parametrize("folder", ["packs", "scaffolds"])
    def test_every_shipped_file_is_in_it(self, members: frozenset[str], folder: str) -> None:
        # dot files and folders called dist or build are what a build tool likes to leave out
        shipped = committed(ROOT / folder)
        missing = {f"skillctl/_bundled/{folder}/{path}" for path in shipped} - members
        assert shipped
        assert not missing, "\n".join(sorted(missing))

    def test_what_a_user_cannot_do_without_is_in_it(self, members: frozenset[str]) -> None:
        needed = {
            "skillctl/_bundled/packs/arcgis/skill.json",
            "skillctl/_bundled/packs/skillctl/skill.json",
            "skillctl/agents/agents.json",
            "skillctl/cli/main.py",
            *(f"{package.name}/py.typed" for package in PACKAGES),
        }
        assert not needed - members
        assert any(re.fullmatch(r"skillctl/formats/schemas/.+\.json", name) for name in members)

    def test_nothing_else_is_in_it(self, members: frozenset[str]) -> None:
        own = tuple(f"{package.name}/" for package in PACKAGES)
        strangers = {name for name in members if not name.startswith(own) and ".dist-info/" not in name}
        leftovers = {name for name in members if "__pycache__" in name or name.endswith((".pyc", ".orig", ".rej"))}
        assert not strangers | leftovers
        assert not {name for name in members if name.startswith(("tests/", "skillctl/tests/"))}

    def test_it_says_what_it_needs_and_under_which_licence(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            (path,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            metadata = email.parser.HeaderParser().parsestr(archive.read(path).decode())
        assert metadata["Name"] == "skillctl-toolkit"
        assert metadata["License-Expression"] == "MIT"
        assert metadata["Requires-Python"] == ">=3.11"
        assert "typer<0.29,>=0.24" in metadata.get_all("Requires-Dist", [])

    def test_installed_in_a_clean_environment_it_gives_the_command(
        self, wheel: Path, tmp_path: Path, outer_environment: Mapping[str, str]
    ) -> None:
        command = install(wheel, tmp_path / "venv", outer_environment)
        done = subprocess.run(
            [command, "--version"],
            cwd=tmp_path,
            env=clean(outer_environment),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert wheel.name.split("-")[1] in done.stdout


@needs_the_source
def test_no_install_line_gives_the_bare_name() -> None:
    offences = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if gives_the_bare_name(line)
    ]
    assert not offences, "\n".join(offences)


@needs_the_source
def test_the_texts_that_are_searched_hold_install_lines_at_all() -> None:
    assert ROOT / "README.md" in texts()
    assert _INSTALL.search((ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "line",
    [
        "pip install skillctl",
        "$ python -m pip install -U skillctl",
        "Run `pip3 install skillctl` first.",
        "pip install 'skillctl[server]'",
        "pip install skillctl==1.0",
        "uv tool install skillctl.",
        "uvx skillctl list",
        "pipx run skillctl",
        "pip install rich skillctl",
    ],
)
def test_the_bare_name_is_seen(line: str) -> None:
    assert gives_the_bare_name(line)


@pytest.mark.parametrize(
    "line",
    [
        "pip install skillctl-toolkit",
        "pip install ./skillctl",
        "uv tool install git+https://github.com/example/skillctl",
        "uvx --from skillctl-toolkit skillctl list",
        "pip install -e . && skillctl list",
        "pip install -e '.[dev]'  # then skillctl is there",
        "skillctl install skillctl",
        "pip install dist/skillctl_toolkit-1.0-py3-none-any.whl",
    ],
)
def test_other_names_are_left_alone(line: str) -> None:
    assert not gives_the_bare_name(line)


def gives_the_bare_name(line: str) -> bool:
    """Does an installer named in the line get `skillctl` as a requirement?"""
    for found in _INSTALL.finditer(line):
        # what follows `--from X` is a command of X
        if "--from" not in found["rest"] and "--spec" not in found["rest"] and _BARE.search(found["rest"]):
            return True
    return False


def texts() -> list[Path]:
    """Everything that people and agents read."""
    folders = [ROOT / "docs", ROOT / "packs", ROOT / "scaffolds", *(ROOT / package for package in PACKAGES)]
    inside = [path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in {".md", ".py", ".j2"}]
    return [*sorted(ROOT.glob("*.md")), ROOT / "Makefile", ROOT / "pyproject.toml", *inside]


def committed(folder: Path) -> list[str]:
    """The files below, as git would see them: without what Python leaves behind."""
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]


def install(wheel: Path, room: Path, environment: Mapping[str, str]) -> Path:
    """The `skillctl` command of a new environment that has the wheel and sees the libraries of this one."""
    venv.create(room, with_pip=False)
    python = room / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "install", "--no-deps"]
    done = subprocess.run(
        [*pip, "--no-index", "--quiet", str(wheel)], env=dict(environment), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    # a .pth file found through a .pth file is not read, so an editable install of the product stays out of sight
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python.with_name("skillctl")


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith("PYTHON")}
