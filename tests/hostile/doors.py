"""Hostile inputs as data, and the doors of the command line that each comes through.

The inputs are those of the unit tests' own catalogues (`tests/data`: archives, names, JSON, manifests, front matter,
project files, locks, sources), here as a user meets them: an archive in a registry or in the directory, a cloned
project, a word on the command line. `cases.json` beside this file adds what only a whole command can meet:

    {"id": "…", "words": ["install"], "codes": ["E146"], "files": {"project/skillctl.json": "…"}}

Paths of files count from the room in which project, home and registry lie.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from skillctl.core.errors import SkillctlError
from skillctl.core.json_value import JsonObject
from skillctl_runtime.confine import confined, unprivileged
from skillctl_runtime.plan_door import parse_plan
from tests.archive.building import archive_of, cases
from tests.archive.zip_building import zip_of, zip_with
from tests.faults.world import World
from tests.support.packs import pack, publish_to

DATA = Path(__file__).parents[1] / "data"
PLANS = DATA.parent / "runtime" / "hostile.json"
OWN = Path(__file__).with_name("cases.json")
EVIL = "evil"
"""What the pack that nobody wants is called, and the directory that it lies in."""
ATTACKS = ("bad_paths", "bad_unicode", "collisions", "types", "bombs")
FORMS = ("forms", "modes", "gzip")
"""Catalogues of archives: what nobody may read, and what only our own reader is strict about."""
READ_ALIKE = frozenset({"bad_paths: dot-file", "bad_paths: nul-in-the-middle"})
"""What our own writer never writes and every reader takes for the same harmless path."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hostile:
    """One input."""

    id: str
    words: tuple[str, ...]
    """The command line that meets it."""
    codes: frozenset[str] = frozenset()
    """The codes of which one must be told; empty: any will do."""
    registry: str = ""
    """The only registry; empty: the world's own."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Path below the room -> what is put there before."""


Door = Callable[[World], Iterator[Hostile]]


def archives_in_a_registry(world: World) -> Iterator[Hostile]:
    """What a registry hands out as a release; its index fits the bytes."""
    registry = publish_to(world.room / "evil-archives", pack(EVIL))  # another than the cases of indexes write to
    index = next(path for path in (registry / "index").rglob(EVIL) if path.is_file())
    line = json.loads(index.read_text(encoding="utf-8").splitlines()[0])
    for case, archive, codes in _archives((*ATTACKS, *FORMS)):
        digest = hashlib.sha256(archive).hexdigest()
        changed = {**line, "archive": f"sha256:{digest}", "size": len(archive)}
        yield Hostile(
            id=case,
            words=("install", EVIL),
            codes=codes,
            registry=str(registry),
            files={
                str(index.relative_to(world.room)): json.dumps(changed).encode() + b"\n",
                f"{registry.name}/blobs/sha256/{digest[:2]}/{digest}": archive,
            },
        )


def archives_in_the_directory(world: World) -> Iterator[Hostile]:
    """What somebody sent as a file. Other tools' archives are read here too, so only attacks count."""
    for case, archive, _ in _archives(ATTACKS):
        if case in READ_ALIKE:
            continue
        yield _sent(case, "tar.gz", archive, frozenset())


def archives_of_other_tools(world: World) -> Iterator[Hostile]:
    """Zips and tars that readers take for different things, and the bad paths in a zip."""
    for case in cases("foreign_zip"):
        yield _sent(f"foreign_zip: {case['id']}", "zip", zip_of(case), frozenset({case["code"]}))
    for case in cases("foreign_tar"):
        yield _sent(f"foreign_tar: {case['id']}", "tar.gz", archive_of(case), frozenset({case["code"]}))
    for catalogue in ("bad_paths", "bad_unicode"):
        for case in cases(catalogue):
            path = bytes.fromhex(case["hex"]) if "hex" in case else case["path"].encode()
            if case["rule"] != "ignored-file" and not path.startswith(b"./") and not path.endswith(b"/"):
                yield _sent(f"{catalogue} in a zip: {case['id']}", "zip", zip_with(path), frozenset({"E201", "E211"}))


def _sent(name: str, ending: str, data: bytes, codes: frozenset[str]) -> Hostile:
    file = f"evil/{EVIL}.{ending}"
    return Hostile(id=name, words=("install", f"../{file}"), codes=codes, files={file: data})


def _archives(catalogues: tuple[str, ...]) -> Iterator[tuple[str, bytes, frozenset[str]]]:
    for catalogue in catalogues:
        for case in cases(catalogue):
            if "limits" in case or case.get("endless"):
                continue  # of other limits than a command has, or without an end
            if catalogue in ("bad_paths", "bad_unicode"):
                path = {"path_hex": case["hex"]} if "hex" in case else {"path": case["path"]}
                case = {**case, "members": [{**path, "text": "evil"}]}
            elif catalogue == "collisions":
                case = {**case, "members": [{"path": path, "text": "x"} for path in sorted(case["paths"])]}
            told = {"bad_paths": "E201", "bad_unicode": "E201", "collisions": "E206"}.get(catalogue)
            codes = frozenset({"E201", told} if told else {case["code"]})
            yield f"{catalogue}: {case['id']}", archive_of(case), codes


def texts_that_are_no_json(world: World) -> Iterator[Hostile]:
    """The same bytes where each of the files that people and packs bring is read."""
    places = {
        "project/skillctl.json": ("install",),
        "project/skillctl.lock": ("sync",),
        "evil/skill.json": ("install", "../evil"),
        "evil/plan.json": ("apply", "../evil/plan.json"),
    }
    paths = list(places)
    for number, case in enumerate(json.loads((DATA / "json" / "refused.json").read_bytes())):
        path = paths[number % len(paths)]
        yield Hostile(id=f"{path}: {case['case']}", words=places[path], files={**_skill(), path: _json_bytes(case)})


def _json_bytes(case: Mapping[str, Any]) -> bytes:
    if "hex" in case:
        return bytes.fromhex(case["hex"])
    middle = case.get("repeat", "") * case.get("times", 0)
    return f"{case.get('before', '')}{case.get('text', '')}{middle}{case.get('after', '')}".encode(
        "utf-8", "surrogatepass"
    )


def manifests(world: World) -> Iterator[Hostile]:
    """A directory whose skill.json is wrong."""
    base = {"name": EVIL, "version": "1.0.0", "description": "A pack"}
    for case in json.loads((DATA / "manifests" / "invalid.json").read_bytes()):
        changed = {**base, **case.get("change", {})}
        value = case.get("whole", {key: each for key, each in changed.items() if key not in case.get("without", [])})
        codes = frozenset(each[0] for each in case["problems"])
        files = {**_skill(), "evil/skill.json": json.dumps(value).encode()}
        yield Hostile(id=case["case"], words=("install", "../evil"), codes=codes, files=files)


def front_matter(world: World) -> Iterator[Hostile]:
    """A SKILL.md that no client reads alike, on its way into a registry."""
    manifest = {"name": EVIL, "version": "1.0.0", "description": "A pack", "author": "A"}
    for case in json.loads((DATA / "front_matter" / "refused.json").read_bytes()):
        files = {
            "evil/skill.json": json.dumps(manifest).encode(),
            f"evil/skills/{EVIL}/SKILL.md": case["text"].encode("utf-8", "surrogatepass"),
        }
        words = ("publish", "../evil", "--registry", str(world.registry))
        yield Hostile(id=case["case"], words=words, files=files)


def project_files(world: World) -> Iterator[Hostile]:
    """The skillctl.json of a cloned project."""
    plain = json.loads((DATA / "projects" / "valid" / "plain.json").read_bytes())
    for case in json.loads((DATA / "projects" / "refused.json").read_bytes()):
        value = case["whole"] if "whole" in case else {**plain, **case["change"]}
        files = {"project/skillctl.json": json.dumps(value).encode()}
        codes = frozenset(each[0] for each in case["problems"])
        yield Hostile(id=case["case"], words=("install",), codes=codes, files=files)
    sources = json.loads((DATA / "sources" / "entries.json").read_bytes())
    for case in sources["refused"]:
        value = {**plain, "packs": {"maps": case["value"]}}
        files = {"project/skillctl.json": json.dumps(value).encode()}
        yield Hostile(id=f"source: {case['case']}", words=("install",), files=files)


def locks(world: World) -> Iterator[Hostile]:
    """The skillctl.lock of a cloned project."""
    base = {"version": "1.0.0", "tree": "tree1:" + "0" * 64, "registry": "0123456789abcdef"}
    for case in json.loads((DATA / "locks" / "refused.json").read_bytes()):
        entry = {key: each for key, each in {**base, **case.get("change", {})}.items() if key != case.get("without")}
        value = case.get("whole", {"format": "1.0", "packs": {"base": entry}})
        codes = frozenset(each[0] for each in case["problems"])
        files = {"project/skillctl.lock": json.dumps(value).encode()}
        yield Hostile(id=case["case"], words=("sync",), codes=codes, files=files)


def words(world: World) -> Iterator[Hostile]:
    """Names and sources on the command line."""
    names = json.loads((DATA / "names" / "names.json").read_bytes())
    sources = json.loads((DATA / "sources" / "command_line.json").read_bytes())
    for text in [each["name"] for each in names["refused_packs"]] + [each["text"] for each in sources["refused"]]:
        if text != text.lstrip(" "):
            continue  # blanks before a requirement mean nothing
        yield Hostile(id=repr(text), words=("install", "--offline", "--", text))


def plans(world: World) -> Iterator[Hostile]:
    """A plan that wants out of its project."""
    for case in json.loads(PLANS.read_bytes()):
        if "$make" in case["plan"] or _is_let_through(case["plan"]):
            continue  # megabytes, which the runtime's own tests make; and what isolation makes harmless
        files = {"evil/plan.json": json.dumps(case["plan"]).encode()}
        words = ("runtime", "execute", "../evil/plan.json", "--dry-run")
        codes = frozenset({case["code"], "E158"})  # half a character is no JSON already
        yield Hostile(id=case["rule"], words=words, codes=codes, files=files)


def _is_let_through(plan: JsonObject) -> bool:
    try:
        parsed = parse_plan(plan).plan
        confined(parsed, isolated=True)
        unprivileged(parsed)
    except SkillctlError:
        return False
    return True


def others(world: World) -> Iterator[Hostile]:
    """What only a whole command meets."""
    for case in json.loads(OWN.read_bytes()):
        files = {path: _bytes(content) for path, content in case.get("files", {}).items()}
        registry = str(world.room / case["registry"]) if "registry" in case else ""
        codes = frozenset(case["codes"])
        yield Hostile(id=case["id"], words=tuple(case["words"]), codes=codes, files=files, registry=registry)


def _bytes(content: str | Mapping[str, Any]) -> bytes:
    if isinstance(content, str):
        return content.encode("utf-8", "surrogatepass")
    if "json" in content:
        return json.dumps(content["json"]).encode()
    return bytes.fromhex(content["hex"])


def _skill() -> dict[str, bytes]:
    text = f"---\nname: {EVIL}\ndescription: Does evil\n---\n\nDo.\n"
    return {f"evil/skills/{EVIL}/SKILL.md": text.encode()}


DOORS: Mapping[str, Door] = {
    each.__name__.replace("_", " "): each
    for each in (
        archives_in_a_registry,
        archives_in_the_directory,
        archives_of_other_tools,
        texts_that_are_no_json,
        manifests,
        front_matter,
        project_files,
        locks,
        words,
        plans,
        others,
    )
}
