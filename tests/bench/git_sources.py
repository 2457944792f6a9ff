"""Skills of one git repository: an install from it, beside the shallow clone that such tools begin with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from skillctl.core.skill_file import SKILL_FILE
from skillctl.edges.git import GitCache
from tests.bench.clock import Measure, in_process, repeated, run
from tests.bench.packs import pack_files, skill_name
from tests.bench.table import Row, milliseconds
from tests.support.repositories import Repository, serving

COUNTS = (1, 100, 1_000)
PEER = 5  # the best of the others takes this many times the clone (2.7 s against 0.53 s for 1,000 skills)


def git_sources(
    root: Path, skillctl: list[str], env: Mapping[str, str], repeat: int, *, cache: Path, project: Path
) -> list[Row]:
    """Installs from repositories of 1, 100 and 1,000 skills: read where they lie, fetched over http, and again."""
    rows = []
    for count in COUNTS:
        repository = _repository(root / "host" / f"skills-{count}", count)
        rows += _rows(count, repository, [*skillctl, "install"], env, repeat, cache=cache, project=project)
    return rows


def _rows(
    count: int,
    repository: Repository,
    install: list[str],
    env: Mapping[str, str],
    repeat: int,
    *,
    cache: Path,
    project: Path,
) -> list[Row]:
    cloned = project.with_name("cloned")

    def clone(url: str) -> Measure:
        return repeated(
            repeat,
            lambda: _remove(cloned),
            lambda: run(["git", "clone", "-q", "--depth", "1", url, str(cloned)], cwd=cloned.parent, env=env),
        )

    def installed(url: str, before: Callable[[], None]) -> Measure:
        return repeated(repeat, before, lambda: run([*install, f"git+{url}"], cwd=project, env=env))

    def anew() -> None:
        for path in (project, cache):
            _remove(path)
        project.mkdir()
        (project / "skillctl.json").write_text(json.dumps({"format": "1.0", "packs": {}, "agents": ["claude-code"]}))

    def row(what: str, found: Measure, bound: float = 0.0) -> Row:
        shown = f"{milliseconds(found.wall)} (CPU {milliseconds(found.cpu)})"
        told = f"{PEER} x the clone, as the best of the others: {milliseconds(bound)}" if bound else ""
        return Row(f"{count:,} skills: {what}", shown, told, found.wall <= bound if bound else None)

    held = PEER if count == max(COUNTS) else 0
    plain = clone(repository.url)
    rows = [
        row("`git clone --depth 1` of a repository here", plain),
        row("install from it, cold", installed(repository.url, anew), held * plain.wall),
        row("install again, nothing to do", installed(repository.url, lambda: None)),
    ]
    with serving(repository.root.parent) as host:
        url = f"{host.url}/{repository.root.name}/.git"
        over = clone(url)
        rows += [
            row("`git clone --depth 1` over http", over),
            row("install over http, cold", installed(url, anew), held * over.wall),
        ]
        commit = repository.git("rev-parse", "HEAD")
        _remove(cache)
        first = in_process(1, lambda: GitCache(cache).files(url, commit))
        again = in_process(repeat, lambda: GitCache(cache).files(url, commit))
    rows.append(row("fetch and read every file, alone", first))
    rows.append(row("read every file from the cache, alone", again))
    return rows


def _repository(root: Path, count: int) -> Repository:
    """A repository of so many skills of three files each, packed as a host has it."""
    repository = Repository(root)
    files: dict[str, bytes | str | None] = {}
    for number in range(count):
        folder = f"skills/{skill_name(number)}/"
        own = [(path, text) for path, text in pack_files(number) if path.startswith(folder)]
        kept = [each for each in own if each[0] == f"{folder}{SKILL_FILE}"] + own[-2:]
        files |= {path: text.encode() for path, text in kept}
    repository.commit(files)
    repository.git("gc", "-q")
    return repository


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
