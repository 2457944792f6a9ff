"""What a policy's decision costs, in the process that asks."""

from __future__ import annotations

import timeit
from collections.abc import Callable

from skillctl.core.effects import Effect, Install, Phase, Run, Write
from skillctl.core.json_value import JsonObject
from skillctl_plugins.policy.decide import Circumstances, Engine
from skillctl_plugins.policy.door import rules_from_json
from skillctl_plugins.policy.guard import PolicyGuard
from skillctl_plugins.policy.layers import Places, default_layer
from skillctl_plugins.policy.rules import Layer
from tests.bench.table import Row

MOST = 0.0002  # seconds for a decision
_TODAY = "2026-01-01T00:00:00Z"
_USER: JsonObject = {
    "files": {"deny": [f"**/secret-{number}/*.txt" for number in range(50)], "allow": ["/home/ann/app/**"]},
    "commands": {"deny": [f"tool-{number} push --force" for number in range(50)], "ask": [{"regex": "(a+)+$"}]},
}


def policies() -> list[Row]:
    """Decisions of the shipped rules, and of a hundred rules of one's own beside them."""
    user = Layer(name="user", file="policy.yaml", rules=rules_from_json(_USER, file="policy.yaml", layer="user"))
    shipped, own = _engine(default_layer()), _engine(user, default_layer())
    write = Write(path="/home/ann/app/src/main.py")
    rows = [
        _row("a file, shipped rules", lambda: shipped.decide(write)),
        _row("a file, 51 rules more", lambda: own.decide(write)),
        _row("a command, shipped rules", lambda: shipped.decide(_line("python -m pip install flask"))),
        _row("a command, 51 rules more", lambda: own.decide(_line("python -m pip install flask"))),
        _row(
            "a line of three commands, shipped rules", lambda: shipped.decide(_line("cd x && A=1 make; ./run > log")), 3
        ),
    ]
    nowhere = Places(system="/nowhere/s", user="/nowhere/u", cache="/nowhere/c", home="/nowhere")
    effects = tuple(Install(pack=f"p-{each}", version="1.0.0", tree="tree1:0", source="x") for each in range(1_000))
    phase = Phase(id="1", name="install", project="/nowhere/p", effects=effects)

    def install() -> None:
        PolicyGuard(nowhere, home="/nowhere", now=lambda: _TODAY).before(phase)

    seconds = _seconds(install)
    return [*rows, Row("install of 1,000 packs, no policy written", _micro(seconds), "5 ms", seconds <= 0.005)]


def _engine(*layers: Layer) -> Engine:
    around = Circumstances(project="/home/ann/app", home="/home/ann", today=_TODAY)
    return Engine(layers, around, lambda path: path)


def _line(text: str) -> Effect:
    return Run(argv=(text,), cwd="/home/ann/app", shell=True)


def _row(what: str, work: Callable[[], object], count: int = 1) -> Row:
    seconds = _seconds(work)
    return Row(what, _micro(seconds), _micro(MOST * count), seconds <= MOST * count)


def _seconds(work: Callable[[], object]) -> float:
    work()
    return min(timeit.repeat(work, number=20, repeat=20)) / 20


def _micro(seconds: float) -> str:
    return f"{seconds * 1000:.3f} ms"
