"""`make faults`: every fault at every call of the kernel that install, update, remove, sync and publish make.

    python -m tests.faults.every [STORY]...

Each core works on its share. What was tried is written down as it comes, in a file for the very code that was tried:
who ends it and begins it again goes on where it was. At the end stands a table, and the status is 1 if anything broke.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.runner import ROOT, Runner
from tests.faults.syscalls import NAMES, STORIES, Judge, room, why_not
from tests.faults.world import new_world

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

    Results = Queue[Mapping[str, str] | None]

SORTS = tuple(dict.fromkeys(NAMES.values()))
_CODE = ("skillctl", "registry", "runtime", "plugins", "tests/faults")


def main(stories: Sequence[str]) -> int:
    """Try what was not tried yet, and print the table."""
    if why_not():
        print(why_not(), file=sys.stderr)
        return 2
    file = ROOT / ".cache" / "faults" / f"{_code_digest()}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    done = _read(file)
    print(f"results: {file.relative_to(ROOT)}, with {len(done)} faults from before", file=sys.stderr)
    with file.open("a", encoding="utf-8") as out:
        for number, result in enumerate(_tried(stories, frozenset(done)), 1):
            out.write(json.dumps(result) + "\n")
            out.flush()
            done[_key(result)] = result
            if result["wrong"]:
                print(result["wrong"], file=sys.stderr)
            if number % 100 == 0:
                print(f"{number} faults", file=sys.stderr)
    results = [each for each in done.values() if each["story"] in stories]
    print("\n".join(table(results)))
    return 1 if any(each["wrong"] for each in results) else 0


def table(results: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """A row for each command: how many faults at each sort of call, and what was there after the next command."""
    yield "| command | " + " | ".join(SORTS) + " | faults | old | new | not reached | broken |"
    yield "|---|" + "---:|" * (len(SORTS) + 5)
    for story in STORIES:
        mine = [each for each in results if each["story"] == story]
        sorts = Counter(each["sort"] for each in mine)
        found = Counter("wrong" if each["wrong"] else each["found"] for each in mine)
        ends = [len(mine), found["old"], found["new"], found["missed"], found["wrong"]]
        yield f"| {story} | " + " | ".join(str(each) for each in (*(sorts[sort] for sort in SORTS), *ends)) + " |"


def _tried(stories: Sequence[str], done: frozenset[str]) -> Iterator[Mapping[str, str]]:
    context = multiprocessing.get_context("spawn")
    results: Results = context.Queue()
    cores = os.cpu_count() or 1
    workers = [context.Process(target=_work, args=(stories, done, core, cores, results)) for core in range(cores)]
    for each in workers:
        each.start()
    busy = cores
    while busy:
        result = results.get()
        if result is None:
            busy -= 1
        else:
            yield result
    for each in workers:
        each.join()
    if any(each.exitcode for each in workers):
        raise SystemExit("a worker broke; the same again goes on where it was")


def _work(stories: Sequence[str], done: frozenset[str], core: int, cores: int, results: Results) -> None:
    place = room()
    try:
        with Runner() as runner:
            for story in stories:
                judge = Judge(story, new_world(place / story, runner))
                for hit in judge.hits()[core::cores]:
                    result = {"story": story, "hit": hit.key, "call": hit.call.what, "sort": NAMES[hit.call.name]}
                    if _key(result) in done:
                        continue
                    try:
                        results.put({**result, "found": judge.judged(hit), "wrong": ""})
                    except AssertionError as error:
                        results.put({**result, "found": "", "wrong": str(error) or "it broke"})
                shutil.rmtree(place / story)
    finally:
        shutil.rmtree(place, ignore_errors=True)
        results.put(None)


def _key(result: Mapping[str, str]) -> str:
    return f"{result['story']} {result['hit']}"


def _read(file: Path) -> dict[str, Mapping[str, str]]:
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    results: list[Mapping[str, str]] = [json.loads(line) for line in lines if line.endswith("}")]
    return {_key(each): each for each in results}


def _code_digest() -> str:
    state = hashlib.sha256()
    for root in _CODE:
        for path in sorted((ROOT / root).rglob("*.py")):
            state.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return state.hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(STORIES)))
