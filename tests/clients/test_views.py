"""What `registry export` writes and `registry serve` shows, given to the real tools that it is for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from skillctl.archive.writer import write_archive
from skillctl_registry.endpoints.owners import add_owner_request
from skillctl_registry.endpoints.releases import publish_request, taken_response
from tests.clients.claude import ClaudeClient
from tests.clients.conftest import fetched_program
from tests.clients.machine import FIRST, SECOND, Machine
from tests.clients.npm import Package, machine
from tests.support import serving as registry_server
from tests.support.packs import pack
from tests.support.server import files_of, serving
from tests.support.serving import Served

pytestmark = pytest.mark.client

SKILLS = Package(room="skills", name="skills", version="1.7.4", programs=("skills/bin/cli.mjs",))
_SYSTEM = {"win32": "win"}.get(sys.platform, sys.platform)
NODE = Package(
    room="node",
    name=f"node-{_SYSTEM}-{machine()}",
    version="22.23.3",
    programs=("node-*/bin/node", "node-*/bin/node.exe"),
)
_SECONDS = 60
_NOBODY = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Npx:
    """The program that `npx skills` runs, on a Node that it takes."""

    node: Path
    program: Path

    def add(self, url: str, project: Path, *, home: Path) -> str:
        """Install all skills of the site; what it said. It reaches loopback alone."""
        done = subprocess.run(
            [
                str(self.node),
                str(self.program),
                "add",
                url,
                "--yes",
                "--skill",
                "*",
                "--agent",
                "claude-code",
                "--copy",
            ],
            cwd=project,
            env={**_bare(home), "DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1", "NODE_USE_ENV_PROXY": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def npx(outer_environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Npx:
    return Npx(
        node=fetched_program(NODE, "Node", outer_environment, tmp_path_factory),
        program=fetched_program(SKILLS, "npx skills", outer_environment, tmp_path_factory),
    )


def asked(claude: ClaudeClient, *words: str, home: Path) -> str:
    """What Claude Code says to a command of its own."""
    quiet = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1"}
    done = subprocess.run(
        [str(claude.program), *words],
        cwd=home,
        env={**_bare(home), **quiet},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _bare(home: Path) -> dict[str, str]:
    """Nothing of the user's own, and no way out but loopback."""
    system = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR") if name in os.environ}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOBODY)
    return {"HOME": str(home), "USERPROFILE": str(home), "TERM": "dumb", **proxies, "NO_PROXY": "127.0.0.1", **system}


def publish(machine: Machine, name: str, **members: Any) -> None:
    """One more pack, with a skill that is called as the pack without its scope."""
    skill = name.rpartition("/")[2]
    room = machine.registry.parent / f"{skill}-pack"
    (room / "skills" / skill).mkdir(parents=True)
    (room / "skills" / skill / "SKILL.md").write_text(
        f'---\nname: {skill}\ndescription: "What {skill} does"\n---\n\nDo it.\n', encoding="utf-8"
    )
    said = {"name": name, "version": "1.0.0", "description": f"About {skill}", "author": "Ada", **members}
    (room / "skill.json").write_text(json.dumps(said), encoding="utf-8")
    machine.skillctl("publish", str(room), "--registry", str(machine.registry))


def export(machine: Machine, form: str, directory: Path, *more: str) -> None:
    machine.skillctl("registry", "export", str(machine.registry), form, str(directory), *more)


def files(directory: Path) -> list[str]:
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())


def test_claude_code_installs_from_an_exported_marketplace(
    machine: Machine, claude: ClaudeClient, tmp_path: Path
) -> None:
    publish(machine, "@acme/tools", dependencies={"maps": "^1"})
    out = tmp_path / "out"
    export(machine, "--marketplace", out, "--name", "acme-packs")
    judged = json.loads(asked(claude, "plugin", "validate", "--json", "--strict", str(out), home=machine.home))
    assert (judged["success"], judged["manifest"]["warnings"]) == (True, [])
    asked(claude, "plugin", "marketplace", "add", str(out), home=machine.home)
    asked(claude, "plugin", "install", "acme-tools@acme-packs", home=machine.home)
    listed = {(each.name, each.description) for each in machine.listed(claude)}
    maps = {(f"maps:{name}", f"(maps) {text}") for name, text in FIRST.items()}
    assert listed == {("acme-tools:tools", "(acme-tools) What tools does"), *maps}


@pytest.mark.parametrize("name", ["agent-skills", "builtin", "claude-plugins-acme", "claude-plug-ins-x"])
def test_claude_code_refuses_the_names_that_we_refuse(
    machine: Machine, claude: ClaudeClient, tmp_path: Path, name: str
) -> None:
    with pytest.raises(AssertionError, match="E770"):
        export(machine, "--marketplace", tmp_path / "out", "--name", name)
    export(machine, "--marketplace", tmp_path / "out", "--name", "acme")
    said = tmp_path / "out" / ".claude-plugin" / "marketplace.json"
    said.write_text(said.read_text(encoding="utf-8").replace('"acme"', f'"{name}"', 1), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"reserved|impersonates"):
        asked(claude, "plugin", "marketplace", "add", str(tmp_path / "out"), home=machine.home)


def test_claude_code_goes_along_with_the_next_export(machine: Machine, claude: ClaudeClient, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(machine, "--marketplace", out)
    asked(claude, "plugin", "marketplace", "add", str(out), home=machine.home)
    asked(claude, "plugin", "install", "maps@registry", home=machine.home)
    machine.publish("1.1.0", SECOND)
    export(machine, "--marketplace", out)
    asked(claude, "plugin", "marketplace", "update", "registry", home=machine.home)
    asked(claude, "plugin", "update", "maps@registry", home=machine.home)
    assert [each.name for each in machine.listed(claude)] == ["maps:map-draw", "maps:map-print"]
    (installed,) = json.loads(asked(claude, "plugin", "list", "--json", home=machine.home))
    assert installed["version"] == "1.1.0"


def test_npx_skills_installs_from_an_exported_site(
    machine: Machine, npx: Npx, claude: ClaudeClient, tmp_path: Path
) -> None:
    publish(machine, "@acme/tools")
    out = tmp_path / "out"
    export(machine, "--well-known", out)
    with serving(files_of(out)) as server:
        npx.add(server.url, machine.project, home=machine.home)
    skills = machine.project / ".claude" / "skills"
    expected = ["map-draw/CONTEXT.md", "map-draw/SKILL.md", "map-read/CONTEXT.md", "map-read/SKILL.md"]
    assert files(skills) == [*expected, "tools/SKILL.md"]
    pack = machine.registry.parent / "maps-1.0.0"
    for name in FIRST:
        assert (skills / name / "SKILL.md").read_bytes() == (pack / "skills" / name / "SKILL.md").read_bytes()
        assert (skills / name / "CONTEXT.md").read_bytes() == (pack / "CONTEXT.md").read_bytes()
    assert [each.name for each in machine.listed(claude)] == ["map-draw", "map-read", "tools"]


def test_npx_skills_leaves_out_what_is_not_what_the_index_says(machine: Machine, npx: Npx, tmp_path: Path) -> None:
    """It does look at the digests: else the test above would say little."""
    out = tmp_path / "out"
    export(machine, "--well-known", out)
    (archive,) = (out / ".well-known" / "agent-skills").glob("map-read-*.tar.gz")
    archive.write_bytes(archive.read_bytes() + b"\0")
    with serving(files_of(out)) as server:
        npx.add(server.url, machine.project, home=machine.home)
    assert files(machine.project / ".claude" / "skills") == ["map-draw/CONTEXT.md", "map-draw/SKILL.md"]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A running server with `maps`, and with `@acme/tools` that needs it."""
    with registry_server.serving(tmp_path / "server") as running:
        assert running.http().send(add_owner_request(running.url, "@acme", "admin")).status == 200
        give(
            running,
            pack("maps", "1.0.0", skills=["map-draw", "map-read"], files={"skills/map-draw/run.sh": "#!/bin/sh\n"}),
        )
        give(running, pack("@acme/tools", "1.0.0", "maps ^1", author="Ada <ada@acme.example>"))
        yield running


def give(served: Served, files: Mapping[str, bytes]) -> None:
    taken_response(served.http().send(publish_request(served.url, write_archive(files))))


def test_npx_skills_installs_from_a_running_server(served: Served, machine: Machine, npx: Npx) -> None:
    npx.add(served.url, machine.project, home=machine.home)
    expected = ["map-draw/SKILL.md", "map-draw/run.sh", "map-read/SKILL.md", "tools/SKILL.md"]
    assert files(machine.project / ".claude" / "skills") == expected
    give(served, pack("maps", "1.1.0", skills=["map-draw"], text="sharper"))
    npx.add(served.url, machine.project, home=machine.home)
    text = (machine.project / ".claude" / "skills" / "map-draw" / "SKILL.md").read_text(encoding="utf-8")
    assert text.endswith("sharper\n")


def test_claude_code_installs_from_a_running_server_and_goes_along(
    served: Served, machine: Machine, claude: ClaudeClient
) -> None:
    asked(claude, "plugin", "marketplace", "add", f"{served.url}/.claude-plugin/marketplace.json", home=machine.home)
    asked(claude, "plugin", "install", "acme-tools@127-0-0-1", home=machine.home)
    names = [each.name for each in machine.listed(claude)]
    assert names == ["acme-tools:tools", "maps:map-draw", "maps:map-read"]
    give(served, pack("maps", "1.1.0", skills=["map-draw", "map-print"]))
    asked(claude, "plugin", "marketplace", "update", "127-0-0-1", home=machine.home)
    asked(claude, "plugin", "update", "maps@127-0-0-1", home=machine.home)
    names = [each.name for each in machine.listed(claude)]
    assert names == ["acme-tools:tools", "maps:map-draw", "maps:map-print"]


def test_skillctl_itself_installs_from_a_running_server_that_it_does_not_know(served: Served, machine: Machine) -> None:
    machine.skillctl("install", served.url, "--agent", "claude-code")
    assert "map-draw/SKILL.md" in files(machine.project / ".claude" / "skills")
