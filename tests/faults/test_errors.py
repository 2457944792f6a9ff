"""A command whose n-th change of the disk fails says so with a code, and leaves everything as it was.

Every call is tried, with the errnos in turn. What may differ afterwards are the caches, the audit log, and the user's
list of scopes, which names the project before anything is put in place.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.faults.runner import ROOT, Fault
from tests.faults.test_crash import CASES, check_no_leftovers, first, keep_store
from tests.faults.world import Snapshot, World, differing

pytestmark = pytest.mark.slow

CODES = {"ENOSPC": "E450", "EDQUOT": "E450", "EACCES": "E451", "EROFS": "E451", "ENOENT": "E452", "EIO": "E452"}
KINDS = tuple(CODES)
_MAY_COME = re.compile(
    r"home/\.(?:local|cache)"
    r"(?:/state(?:/skillctl(?:/(?:scopes|locks|audit)(?:/.*)?)?)?|/share(?:/skillctl(?:/audit-tip)?)?)?"
)


def everything(world: World) -> Snapshot:
    """The project and the home as they must be after a command that failed."""
    return {path: what for path, what in {**world.seen(), **world.own()}.items() if not _MAY_COME.fullmatch(path)}


def every_fault(
    world: World, words: tuple[str, ...], kinds: Sequence[str], *, sticky: bool = False
) -> Iterator[tuple[str, str]]:
    """Let the first change of the disk fail, then the second, and so on, with the errnos in turn.

    Gives what to call it, and what was said: nothing if the command did its work all the same.
    """
    number = 0
    while True:
        kind = kinds[number % len(kinds)]
        number += 1
        world.restore("old")
        ended = world(*words, fault=Fault(at=number, kind=kind, sticky=sticky))
        if not ended.fired:
            assert number > 10, f"only {number - 1} calls were counted"
            return
        told = f"{kind} at call {number}, {ended}"
        assert ended.status == 0 or (ended.status == 1 and f"error {CODES[kind]}" in ended.err), told
        assert "E090" not in ended.err, told
        assert "Traceback" not in ended.err, told
        yield told, ended.err if ended.status else ""


@pytest.mark.parametrize(
    ("case", "kinds"), [("install", KINDS), ("install-newer", ("ENOSPC",)), ("install-newer", KINDS[1:])]
)
def test_an_error_at_any_call_leaves_the_old_state(case: str, kinds: tuple[str, ...], world: World) -> None:
    prepare, words = CASES[case]
    prepare(world)
    world.save("old")
    before = everything(world)
    world.does(*words)
    new = world.seen()
    keep_store(world)
    failures = 0
    for told, said in every_fault(world, words, kinds):
        if said:
            failures += 1
            assert not differing(everything(world), before), f"{told}\n{differing(everything(world), before)}"
        else:  # what failed was a courtesy: clearing away, or a note for others
            assert world.seen() == new, told
        again = world(*words)
        assert again.status == 0, f"{told}\nthen {again}"
        assert world.seen() == new, f"{told}\nthen {again}"
        check_no_leftovers(world, told, only_looked=False)
    assert failures > 10


def test_a_disk_that_stays_full_leaves_what_the_next_command_can_finish(world: World) -> None:
    """Nothing can be written any more from some call on; names can still be taken away and changed."""
    first(world)
    world.save("old")
    old, words = world.seen(), ("install", "maps@==1.1.0")
    world.does(*words)
    new = world.seen()
    keep_store(world)
    for told, _ in every_fault(world, words, ("ENOSPC",), sticky=True):
        looked = world("list")
        assert looked.status == 0, f"{told}\nthen {looked}"
        assert world.seen() in (old, new), told
        again = world(*words)
        assert again.status == 0, f"{told}\nthen {again}"
        assert world.seen() == new, told


def test_a_disk_that_is_really_full_leaves_everything_as_it_was(world: World, tmp_path: Path) -> None:
    """A tmpfs of a few pages, in a namespace of its own, holds the project."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"], check=False).returncode:
        pytest.skip("no mount namespaces here")
    big = world.room / "packs" / "big"
    (big / "skills" / "big").mkdir(parents=True)
    big.joinpath("skill.json").write_text('{"name": "big", "version": "1.0.0", "description": "Big"}')
    big.joinpath("skills", "big", "SKILL.md").write_text("---\nname: big\ndescription: Big\n---\n" + "x" * 200_000)
    world.does("publish", str(big), "--no-test", "--registry", str(world.registry))
    script = tmp_path / "in-a-small-room.py"
    script.write_text(
        "import os, subprocess, sys\n"
        "project = sys.argv[1]\n"
        "subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', project], check=True)\n"
        "os.chdir(project)\n"
        "def seen(): return sorted((f, tuple(n)) for f, _, n in os.walk('.'))\n"
        "def run(*words): return subprocess.run([sys.executable, '-m', 'skillctl', *words], capture_output=True, "
        "text=True)\n"
        "small = run('install', 'maps', '--agent', 'claude-code')\n"
        "assert small.returncode == 0, small\n"
        "before = seen()\n"
        "big = run('install', 'big')\n"
        "assert big.returncode == 1, big\n"
        "assert 'error E450' in big.stderr, big\n"
        "assert seen() == before, (seen(), before)\n"
        "assert run('sync', '--check').returncode == 0\n"
    )
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(world.home),
        "SKILLCTL_REGISTRY": str(world.registry),
        "PYTHONPATH": ":".join([str(ROOT), *sys.path]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    ran = subprocess.run(
        ["unshare", "-rm", sys.executable, str(script), str(world.project)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
