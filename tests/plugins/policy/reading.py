"""Policy cases: texts that hold policy files and what has to come of them.

    # what the rule is
    == user                      a policy file of that layer: system, user, project
    == skillctl.json             any other file of the project
    == expect
    deny user:files.deny[0] write /home/ann/app/x
    problem E614 3 did you mean  a problem with its line (0: none) and words of it

The project is /home/ann/app, the day 2026-11-22. `run` is a line for a shell (`\n` ends a line in it), `run@none` one
with that network, `exec` a list of words; `link A B` makes A a link to B; from `isolated` on commands are isolated.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from skillctl.core.effects import Delete, Effect, Fetch, Install, Read, Run, Trust, Write
from skillctl_plugins.policy.decide import Circumstances, Engine
from skillctl_plugins.policy.layers import Places, layers_of, written_policies
from skillctl_plugins.policy.rules import Layer

CASES = Path(__file__).parent / "cases"
HOME, PROJECT, TODAY = "/home/ann", "/home/ann/app", "2026-11-22T00:00:00Z"


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One case."""

    name: str
    about: str
    files: Mapping[str, bytes]
    expected: Sequence[str]

    @property
    def problems(self) -> list[tuple[str, int, str]]:
        """Code, line and words of the problems that have to come."""
        found = []
        for line in self.expected:
            if line.startswith("problem "):
                _, code, *rest = line.split(None, 3)
                found.append((code, int(rest[0]) if rest else 0, rest[1] if len(rest) > 1 else ""))
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """One decision that has to come."""

    answer: str
    rule: str
    effect: Effect
    isolated: bool
    links: Mapping[str, str]
    line: str


def cases() -> list[Case]:
    """Every case, by name."""
    return [_read(path) for path in sorted(CASES.glob("*.case"))]


def _read(path: Path) -> Case:
    first, *parts = path.read_bytes().split(b"\n== ")
    files = {}
    for part in parts:
        head, _, body = part.partition(b"\n")
        files[head.decode().strip()] = body + b"\n"
    expected = files.pop("expect").decode().splitlines()
    return Case(
        name=path.stem,
        about=first.decode().removeprefix("# ").strip(),
        files=files,
        expected=[line.strip() for line in expected if line.strip()],
    )


def layers(case: Case, room: Path) -> tuple[Layer, ...]:
    """The layers that the case's files make. PluginError as they do."""
    places = Places(
        system=str(room / "system.yaml"), user=str(room / "config/policy.yaml"), cache=str(room / "cache"), home=HOME
    )
    where = {"system": places.system, "user": places.user, "project": str(room / "app/policy.yaml")}
    for name, data in case.files.items():
        file = Path(where.get(name, str(room / "app" / name)))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    (room / "app/.git").mkdir(parents=True, exist_ok=True)
    found = layers_of(written_policies(places, str(room / "app")), cache=places.cache)
    return tuple(replace(each, base=PROJECT) if each.base else each for each in found)


def expectations(case: Case) -> Iterator[Expected]:
    """Every decision that has to come."""
    isolated, links = False, {}
    for line in case.expected:
        match line.split(None, 3):
            case ["problem", *_]:
                pass
            case ["isolated"]:
                isolated = True
            case ["link", path, target]:
                links[path] = target
            case [answer, rule, verb, given]:
                yield Expected(
                    answer=answer,
                    rule="" if rule == "-" else rule,
                    effect=effect(verb, given),
                    isolated=isolated,
                    links=dict(links),
                    line=line,
                )
            case _:
                raise ValueError(line)


def effect(verb: str, given: str) -> Effect:
    """The effect that a line of a case names."""
    usual: dict[str, Any] = {"pack": "arcgis", "version": "1.0.0", "tree": "tree1:0", "source": "local"}
    match verb.partition("@"):
        case ("write", _, _):
            return Write(path=given)
        case ("read", _, _):
            return Read(path=given)
        case ("delete", _, _):
            return Delete(path=given)
        case ("fetch", _, _):
            return Fetch(url=given)
        case ("run", _, network):
            line = given.replace("\\n", "\n")
            return Run(argv=(line,), cwd=PROJECT, shell=True, network=network or "all")  # type: ignore[arg-type]
        case ("exec", _, _):
            return Run(argv=tuple(json.loads(given)), cwd=PROJECT)
        case ("install", _, _):
            return Install(**{**usual, **json.loads(given)})
        case ("trust" | "untrust", _, _):
            return Trust(subject=given, digest="sha256:0", given=verb == "trust")
    raise ValueError(verb)


def engine(found: Sequence[Layer], expected: Expected | None = None) -> Engine:
    """The engine of these layers, with the links of the expectation."""
    links = expected.links if expected else {}
    around = Circumstances(project=PROJECT, home=HOME, today=TODAY, isolated=bool(expected and expected.isolated))
    return Engine(found, around, lambda path: links.get(path, path))
