"""Packs from directories and archives: copied and locked by their files, or linked live where they are worked on."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from skillctl.app.undo import UndoRequest, undo
from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError, SkillctlError, UsageError
from tests.support.machine import Machine
from tests.support.packs import pack, skill_text, write_pack
from tests.support.server import files_of, serving


def lay(root: Path, files: Mapping[str, bytes]) -> Path:
    """The directory with these files."""
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def codes(outcome: Any) -> list[str]:
    return [each.code for each in outcome.problems]


# Directories


def test_a_directory_is_copied_and_written_relative_to_the_project_file(machine: Machine) -> None:
    lay(machine.project / "packs" / "maps", pack("maps", "1.2.0"))
    done = machine.install("./packs/maps")
    assert machine.wanted["packs"] == {"maps": {"path": "packs/maps"}}
    assert machine.lock["packs"]["maps"]["source"] == {"path": "packs/maps"}
    assert not machine.skill("maps").is_symlink()
    assert not machine.skill("maps").parent.is_symlink()
    assert "W230" not in codes(done)
    assert str(machine.room) not in (machine.project / "skillctl.lock").read_text()


def test_a_path_counts_from_where_the_command_is_given(machine: Machine) -> None:
    lay(machine.project / "packs" / "maps", pack("maps"))
    machine.write_project()
    machine.install("./maps", cwd=machine.project / "packs")
    machine.install("../packs/maps", cwd=machine.project / "packs")
    assert machine.wanted["packs"] == {"maps": {"path": "packs/maps"}}


def test_a_directory_outside_of_the_repository_is_written_as_it_is_and_told(machine: Machine) -> None:
    outside = lay(machine.room / "outside" / "maps", pack("maps"))
    for text in (str(outside), "../../outside/maps"):
        done = machine.install(text)
        assert machine.wanted["packs"] == {"maps": {"path": str(outside)}}
        assert "W230" in codes(done)


def test_a_tilde_is_the_home(machine: Machine) -> None:
    lay(machine.home / "packs" / "maps", pack("maps"))
    machine.install("~/packs/maps")
    assert machine.skills() == ["maps"]


def test_a_directory_of_skills_is_a_pack_too(machine: Machine) -> None:
    lay(machine.project / "mine", {"skills/a-skill/SKILL.md": skill_text("a-skill"), "notes.txt": b"x"})
    done = machine.install("./mine")
    assert machine.skills() == ["a-skill"]
    assert "N230" in codes(done)
    assert machine.listed().packs[0].name == "mine"


def test_a_bare_skill_directory_is_a_pack_too(machine: Machine) -> None:
    lay(machine.project / "drawing", {"SKILL.md": skill_text("drawing"), "reference.md": b"x"})
    machine.install("./drawing")
    assert machine.skills() == ["drawing"]
    assert (machine.skill("drawing").parent / "reference.md").read_bytes() == b"x"


def test_of_a_folder_of_packs_one_is_picked(machine: Machine) -> None:
    for name in ("maps", "charts"):
        lay(machine.project / "packs" / name, pack(name))
    with pytest.raises(RegistryError) as caught:
        machine.install("./packs")
    assert caught.value.code == "E257"
    machine.install("./packs@charts")
    assert machine.skills() == ["charts"]
    machine.install("./packs@*")
    assert machine.skills() == ["charts", "maps"]


@pytest.mark.parametrize("text", ["./nothing", "./file.txt", "./empty"])
def test_what_holds_no_pack_is_refused_and_nothing_is_written(machine: Machine, text: str) -> None:
    (machine.project / "empty").mkdir()
    (machine.project / "file.txt").write_text("x")
    before = machine.seen(machine.project)
    with pytest.raises(RegistryError):
        machine.install(text)
    assert machine.seen(machine.project) == before


def test_a_changed_directory_is_told_by_sync_refused_by_frozen_and_taken_by_update(machine: Machine) -> None:
    maps = lay(machine.project / "maps", pack("maps", text="old"))
    machine.install("./maps")
    assert codes(machine.sync()) == []
    (maps / "skills/maps/SKILL.md").write_bytes(skill_text("maps", "new"))
    assert "W231" in codes(machine.sync())
    checked = machine.sync(check=True)
    assert not checked.ok
    with pytest.raises(RegistryError) as caught:
        machine.install(frozen=True)
    assert caught.value.code == "E259"
    machine.install()
    assert machine.skill("maps").read_text().endswith("old\n")
    machine.update("maps")
    assert machine.skill("maps").read_text().endswith("new\n")
    assert codes(machine.sync()) == []


def test_sync_does_not_say_that_nothing_is_to_be_done_where_a_directory_changed(
    machine: Machine, skillctl: Any
) -> None:
    maps = lay(machine.project / "maps", pack("maps", text="old"))
    machine.install("./maps")
    assert "nothing to do" in skillctl("sync").out
    (maps / "skills/maps/SKILL.md").write_bytes(skill_text("maps", "new"))
    told = skillctl("sync")
    checked = skillctl("sync", "--check")
    assert [told.status, checked.status] == [0, 1]
    for ran in (told, checked):
        assert "W231" in ran.err
        assert ran.out == "the skills are as the lock says; 1 directory holds something else by now\n"


def test_an_error_never_stands_below_the_sentence_that_there_is_nothing_to_do(machine: Machine, skillctl: Any) -> None:
    lay(machine.project / "maps", pack("maps"))
    machine.install("./maps")
    machine.write_project(**{**machine.wanted, "budget": 1})
    checked = skillctl("sync", "--check")
    assert (checked.status, "error W480" in checked.err) == (1, True)
    assert "nothing to do" not in checked.out


def test_two_places_for_one_name_do_not_go_together(machine: Machine) -> None:
    lay(machine.project / "one", pack("maps", "1.0.0"))
    lay(machine.project / "other", pack("maps", "2.0.0"))
    for texts in (("./one", "./other"), ("maps", "./other")):
        with pytest.raises(UsageError) as caught:
            machine.install(*texts)
        (problem,) = caught.value.problems
        assert (problem.code, problem.evidence) == ("E028", {"one": texts[0], "other": texts[1]})
    machine.install("./one", "./one")
    assert machine.versions == {"maps": "1.0.0"}


def test_what_is_in_the_store_needs_no_directory(machine: Machine) -> None:
    maps = lay(machine.project / "maps", pack("maps"))
    machine.install("./maps")
    for path in sorted(maps.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    machine.fresh_clone()
    machine.install()
    assert machine.skills() == ["maps"]
    machine.clean()
    machine.fresh_clone()
    with pytest.raises(RegistryError) as caught:
        machine.install()
    assert caught.value.code == "E252"


def test_the_user_scope_takes_directories(machine: Machine) -> None:
    outside = lay(machine.room / "outside" / "maps", pack("maps"))
    done = machine.install(str(outside), user=True)
    assert (machine.home / ".claude/skills/maps/SKILL.md").is_file()
    assert "W230" not in codes(done)


def test_a_link_in_a_directory_is_refused(machine: Machine) -> None:
    maps = lay(machine.project / "maps", pack("maps"))
    (maps / "skills/maps/secret").symlink_to("/etc/hostname")
    with pytest.raises(SkillctlError):
        machine.install("./maps")
    assert machine.skills() == []


# Editable


def test_an_editable_directory_is_seen_live(machine: Machine) -> None:
    maps = lay(machine.project / "maps", pack("maps"))
    done = machine.install("./maps", editable=True, agents=("claude-code", "codex"))
    assert machine.wanted["packs"] == {"maps": {"path": "maps", "editable": True}}
    assert machine.lock["packs"]["maps"]["source"] == {"path": "maps", "editable": True}
    assert "N231" in codes(done)
    for directory in (".claude/skills", ".agents/skills"):
        link = machine.project / directory / "maps"
        assert link.is_symlink()
        assert str(link.readlink()) == "../../maps/skills/maps"
    (maps / "skills/maps/SKILL.md").write_bytes(skill_text("maps", "new"))
    assert machine.skill("maps").read_text().endswith("new\n")
    assert not machine.sync().changes


def test_an_editable_directory_outside_is_linked_by_its_whole_path(machine: Machine) -> None:
    outside = lay(machine.room / "outside" / "maps", pack("maps"))
    machine.install(str(outside), editable=True)
    assert (machine.project / ".claude/skills/maps").readlink() == outside / "skills/maps"


def test_a_skill_that_is_added_to_an_editable_directory_is_linked_by_sync(machine: Machine) -> None:
    maps = lay(machine.project / "maps", {"skills/one/SKILL.md": skill_text("one")})
    machine.install("./maps", editable=True)
    lay(maps, {"skills/two/SKILL.md": skill_text("two")})
    machine.update()
    assert machine.skills() == ["one", "two"]


def test_removing_an_editable_pack_leaves_the_directory(machine: Machine) -> None:
    maps = lay(machine.project / "maps", pack("maps"))
    before = machine.seen(maps)
    machine.install("./maps", editable=True)
    machine.remove("maps")
    assert machine.skills() == []
    assert machine.seen(maps) == before


def test_frozen_refuses_an_editable_pack(machine: Machine) -> None:
    lay(machine.project / "maps", pack("maps"))
    machine.install("./maps", editable=True)
    with pytest.raises(SkillctlError) as caught:
        machine.install(frozen=True)
    assert caught.value.code == "E260"


def test_from_editable_to_a_copy_and_back(machine: Machine) -> None:
    maps = lay(machine.project / "maps", pack("maps"))
    before = machine.seen(maps)
    machine.install("./maps", editable=True)
    machine.install("./maps")
    assert not (machine.project / ".claude/skills/maps").is_symlink()
    assert machine.wanted["packs"] == {"maps": {"path": "maps"}}
    machine.install("./maps", editable=True)
    assert (machine.project / ".claude/skills/maps").is_symlink()
    assert machine.seen(maps) == before


def test_a_skill_with_files_from_elsewhere_in_its_pack_can_not_be_linked(machine: Machine) -> None:
    lay(machine.project / "maps", pack("maps", files={"CONTEXT.md": "x"}, context_files=["CONTEXT.md"]))
    with pytest.raises(RegistryError) as caught:
        machine.install("./maps", editable=True)
    assert caught.value.code == "E261"
    assert "CONTEXT.md" in str(caught.value.problems[0].evidence["reason"])
    assert machine.skills() == []


def test_an_editable_directory_that_is_gone_is_told(machine: Machine, skillctl: Any) -> None:
    maps = lay(machine.project / "maps", pack("maps"))
    machine.install("./maps", editable=True)
    maps.rename(machine.project / "moved")
    with pytest.raises(RegistryError) as caught:
        machine.sync()
    assert caught.value.code == "E252"
    bare = skillctl("sync")
    assert (bare.status, "E252" in bare.err, bare.out) == (1, True, "")
    told = skillctl("doctor").err
    assert "W412" in told
    assert "put back what it led to, if it is a directory installed with `--editable`" in told


# Archives


def tar(files: Mapping[str, bytes], *, wrapper: str = "") -> bytes:
    """A .tar.gz as other programs make one."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, data in files.items():
            member = tarfile.TarInfo(f"{wrapper}{path}")
            member.size = len(data)
            member.mtime = 1_700_000_000
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return out.getvalue()


@pytest.mark.parametrize("name", ["maps.tar.gz", "maps.tgz", "maps.zip"])
def test_an_archive_of_another_program_is_installed(machine: Machine, name: str) -> None:
    files = pack("maps", "1.2.0")
    data = zipped(files) if name.endswith("zip") else tar(files, wrapper="maps-1.2.0/")
    (machine.project / name).write_bytes(data)
    machine.install(f"./{name}")
    assert machine.skills() == ["maps"]
    assert machine.lock["packs"]["maps"]["source"] == {"archive": name, "sha256": sha256_digest(data)}
    assert machine.wanted["packs"] == {"maps": {"archive": name}}


def test_what_skillctl_packs_skillctl_installs(machine: Machine, skillctl: Any) -> None:
    write_pack(machine.project, "maps", pack("maps"))
    assert skillctl("pack", "maps", "--output", "maps.tar.gz").status == 0
    machine.install("maps.tar.gz")
    assert machine.skills() == ["maps"]


def test_an_archive_of_skills_alone_is_a_pack(machine: Machine) -> None:
    (machine.project / "mine.zip").write_bytes(zipped({"skills/one/SKILL.md": skill_text("one")}))
    machine.install("mine.zip")
    assert sorted(machine.versions) == ["mine"]
    assert machine.skills() == ["one"]


def test_an_archive_that_was_replaced_is_refused_until_it_is_installed_again(machine: Machine) -> None:
    place = machine.project / "maps.zip"
    place.write_bytes(zipped(pack("maps", text="old")))
    machine.install("maps.zip")
    place.write_bytes(zipped(pack("maps", text="new")))
    machine.clean()
    machine.fresh_clone("maps.zip")
    with pytest.raises(RegistryError) as caught:
        machine.install()
    assert caught.value.code == "E253"
    machine.install("maps.zip")
    assert machine.skill("maps").read_text().endswith("new\n")


def test_a_digest_on_the_command_line_must_be_the_archives(machine: Machine) -> None:
    data = zipped(pack("maps"))
    (machine.project / "maps.zip").write_bytes(data)
    with pytest.raises(RegistryError) as caught:
        machine.install(f"./maps.zip#sha256={'0' * 64}")
    assert caught.value.code == "E253"
    machine.install(f"./maps.zip#{sha256_digest(data).replace(':', '=')}")
    assert machine.wanted["packs"] == {"maps": {"archive": "maps.zip", "sha256": sha256_digest(data)}}


@pytest.mark.parametrize("data", [b"", b"nothing of the kind", tar({"../../escape": b"x"}), zipped({"/etc/x": b"x"})])
def test_an_archive_that_is_none_or_leads_out_is_refused(machine: Machine, data: bytes) -> None:
    for name in ("x.tar.gz", "x.zip"):
        (machine.project / name).write_bytes(data)
        before = machine.seen(machine.project)
        with pytest.raises(SkillctlError):
            machine.install(name)
        assert machine.seen(machine.project) == before


def test_only_directories_can_be_linked(machine: Machine) -> None:
    (machine.project / "maps.zip").write_bytes(zipped(pack("maps")))
    with pytest.raises(UsageError):
        machine.install("maps.zip", editable=True)


def test_an_archive_on_the_web_is_pinned_by_its_digest(machine: Machine) -> None:
    files = machine.room / "served"
    files.mkdir()
    data = zipped(pack("maps", text="old"))
    (files / "maps.zip").write_bytes(data)
    with serving(files_of(files)) as server:
        url = f"{server.url}/maps.zip"
        machine.install(url)
        assert machine.wanted["packs"] == {"maps": {"archive": url, "sha256": sha256_digest(data)}}
        assert machine.lock["packs"]["maps"]["source"] == {"archive": url, "sha256": sha256_digest(data)}
        (files / "maps.zip").write_bytes(zipped(pack("maps", text="new")))
        for again in (lambda: machine.update("maps"), lambda: _cold(machine)):
            with pytest.raises(RegistryError) as caught:
                again()
            assert caught.value.code == "E253"
        machine.install(url)
        assert machine.skill("maps").read_text().endswith("new\n")
        with pytest.raises(RegistryError) as caught:
            machine.install(f"{server.url}/other.zip?key=hidden")
        assert caught.value.code == "E291"
        assert "hidden" not in str(caught.value)
    machine.environment["SKILLCTL_OFFLINE"] = "1"
    machine.fresh_clone()
    machine.install()
    machine.clean()
    machine.fresh_clone()
    with pytest.raises(RegistryError) as caught:
        machine.install()
    assert caught.value.code == "E254"


def _cold(machine: Machine) -> None:
    """Install in a fresh clone, with nothing in the cache."""
    machine.clean()
    machine.fresh_clone()
    machine.install()


def test_the_lock_says_the_same_on_every_machine(machine: Machine, tmp_path: Path) -> None:
    other = Machine(tmp_path / "other")
    for each in (machine, other):
        lay(each.project / "maps", pack("maps"))
        each.install("./maps")
    assert (machine.project / "skillctl.lock").read_bytes() == (other.project / "skillctl.lock").read_bytes()
    assert json.loads((machine.project / "skillctl.lock").read_bytes())["packs"]["maps"]["source"] == {"path": "maps"}


# What a project file says


def test_the_name_in_the_project_file_must_be_the_packs_own(machine: Machine) -> None:
    lay(machine.project / "maps", pack("maps"))
    machine.write_project(packs={"other": {"path": "maps"}})
    with pytest.raises(RegistryError) as caught:
        machine.install()
    (problem,) = caught.value.problems
    assert (problem.code, problem.evidence["known"]) == ("E251", ["maps"])


def test_a_directory_of_skills_is_called_as_the_project_file_calls_it(machine: Machine) -> None:
    lay(machine.project / "mine", {"skills/one/SKILL.md": skill_text("one")})
    machine.write_project(packs={"ours": {"path": "mine"}})
    machine.install()
    assert sorted(machine.versions) == ["ours"]
    machine.fresh_clone("mine")
    machine.clean()
    machine.install(frozen=True)
    assert machine.skills() == ["one"]


@pytest.mark.parametrize("version", ["^1", ">=2"])
def test_a_version_in_the_project_file_must_be_met_by_the_directory(machine: Machine, version: str) -> None:
    lay(machine.project / "maps", pack("maps", "1.4.0"))
    machine.write_project(packs={"maps": {"path": "maps", "version": version}})
    if version == "^1":
        machine.install()
        assert machine.versions == {"maps": "1.4.0"}
        return
    with pytest.raises(SkillctlError) as caught:
        machine.install()
    assert caught.value.code in ("E301", "E303")


def test_one_directory_in_two_scopes_is_kept_once(machine: Machine) -> None:
    outside = lay(machine.room / "outside" / "mine", {"skills/one/SKILL.md": skill_text("one")})
    machine.install(str(outside))
    machine.write_project(packs={"ours": {"path": str(outside)}})
    machine.install()
    machine.install(str(outside), user=True)
    assert sorted(machine.versions) == ["ours"]
    assert machine.cache_now().trees == 1
    machine.sync()
    machine.sync(user=True)


# Beside everything else


def test_going_back_brings_links_and_copies_and_never_touches_the_directory(machine: Machine) -> None:
    maps = lay(machine.project / "maps", pack("maps"))
    before = machine.seen(maps)
    machine.publish(pack("other"))
    machine.install("other")
    machine.install("./maps", editable=True)
    back = undo(machine.settings(), UndoRequest(cwd=machine.project))
    assert back.ok
    assert machine.skills() == ["other"]
    undo(machine.settings(), UndoRequest(cwd=machine.project, to=2))
    assert (machine.project / ".claude/skills/maps").is_symlink()
    assert machine.seen(maps) == before


def test_a_project_that_is_a_pack_can_install_itself(machine: Machine) -> None:
    lay(machine.project, pack("maps"))
    machine.install(".")
    assert machine.wanted["packs"] == {"maps": {"path": "."}}
    assert codes(machine.sync()) == []
    machine.install(frozen=True)
    machine.install(".", editable=True)
    assert str((machine.project / ".claude/skills/maps").readlink()) == "../../skills/maps"


def test_the_list_says_where_a_pack_comes_from(machine: Machine, skillctl: Any) -> None:
    lay(machine.project / "mine", {"skills/one/SKILL.md": skill_text("one")})
    machine.install("./mine")
    tree = machine.lock["packs"]["mine"]["tree"].removeprefix("tree1:")
    assert tree[:7] in skillctl("list").out
    assert skillctl("list", "--json").result["packs"][0]["source"]["path"] == "mine"


def test_who_installs_from_registries_loads_nothing_of_other_places(machine: Machine) -> None:
    machine.publish(pack("maps"))
    program = (
        "import sys; from skillctl.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name.endswith(('.origin', '.found', '.places', '.own_source'))"
        " or 'edges.git' in name])"
    )
    environment = {**machine.environment, "PYTHONPATH": os.pathsep.join(sys.path)}
    for words in (("install", "maps", "-a", "claude-code"), ("install",), ("update",), ("sync",)):
        done = subprocess.run(
            [sys.executable, "-c", program, *words],
            cwd=machine.project,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines()[-1] == "[]", words


def test_frozen_from_an_empty_cache_gives_the_same_bytes(machine: Machine) -> None:
    lay(machine.project / "maps", pack("maps", files={"CONTEXT.md": "about"}, context_files=["CONTEXT.md"]))
    (machine.project / "charts.zip").write_bytes(zipped({"skills/charts/SKILL.md": skill_text("charts")}))
    machine.install("./maps", "charts.zip")
    before = {path: path.read_bytes() for path in (machine.project / ".claude").rglob("*") if path.is_file()}
    machine.clean()
    machine.fresh_clone("maps", "charts.zip")
    machine.install(frozen=True)
    after = {path: path.read_bytes() for path in (machine.project / ".claude").rglob("*") if path.is_file()}
    assert after == before
