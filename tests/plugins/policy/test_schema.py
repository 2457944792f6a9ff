"""The published schema of policies accepts what the strict door accepts.

The door says more: whether a pattern can be used (E616), and whether an id stands twice (E618).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core.errors import ManifestError, PluginError
from skillctl.formats.schema import schema_problems
from skillctl.formats.yaml_text import load_yaml
from skillctl_plugins.policy import layers
from skillctl_plugins.policy.door import rules_from_json
from tests.plugins.policy.reading import cases

BEYOND = {"E616", "E618"}

ODDITIES: list[Any] = [
    *(None, True, False, 0, 1, 7, -1, 5000, [], {}, "", " ", "x", "a b", "x\n", "é", "*", "**", "[a]", "{a", "a,b}"),
    *(
        "deny",
        "allow",
        "ask",
        "none",
        "all",
        "read",
        "write",
        "-r",
        "--all",
        "r",
        "@acme",
        "@Acme",
        "acme/*",
        "a;b",
        "a\tb",
    ),
    *("https://x.example/a", "x.example", "http//x", "a b.c", "(a+)+$", "(", ["x"], ["x", 1], [["x"]], {"glob": "x"}),
    *(
        {"run": "x"},
        {"regex": "("},
        {"name": "x", "id": "A"},
        {"host": "*"},
        {"glob": "x", "regex": "x"},
        {"reason": "x"},
    ),
]
KEYS = ["deny", "ask", "allow", "otherwise", "files", "commands", "network", "isolation", "packs", "hooks", "version"]
KEYS += ["defaults", "glob", "regex", "except", "access", "run", "program", "options", "paths", "fed_by", "exact", "id"]
KEYS += ["reason", "host", "url", "name", "source", "licence", "sources", "scopes", "signed", "required", "x", "unless"]


def values() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every policy of the cases that is a map."""
    for case in cases():
        for name in ("system", "user", "project"):
            if name in case.files:
                try:
                    text = load_yaml(case.files[name], file=name, max_bytes=1 << 20, max_depth=16)
                except ManifestError:
                    continue
                assert isinstance(text.value, dict)
                yield f"{case.name} {name}", text.value
    yield "default", json.loads(layers._DEFAULT.read_bytes())


SEEDS = dict(values())


def codes(value: Any) -> set[str]:
    """What the door has against it."""
    try:
        rules_from_json(value, file="policy.yaml", layer="user")
    except PluginError as error:
        return {each.code for each in error.problems}
    return set()


def agree(value: Any) -> bool:
    """Do door and schema say the same?"""
    said = codes(value)
    return bool(schema_problems("policy", value)) == bool(said - BEYOND) or (bool(said) and not said - BEYOND)


@pytest.mark.parametrize("name", SEEDS)
def test_door_and_schema_agree_on_every_case(name: str) -> None:
    assert agree(SEEDS[name]), (codes(SEEDS[name]), schema_problems("policy", SEEDS[name]))


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_door_and_schema_agree_on_policies_that_were_changed_anywhere(data: st.DataObject) -> None:
    value = copy.deepcopy(SEEDS[data.draw(st.sampled_from(sorted(SEEDS)))])
    for _ in range(data.draw(st.integers(1, 3))):
        changed(value, data)
    assert agree(value), (value, codes(value), schema_problems("policy", value))


def changed(value: Any, data: st.DataObject) -> None:
    """Put something odd somewhere."""
    holder = value
    while True:
        keys: list[Any] = sorted(holder) if isinstance(holder, dict) else list(range(len(holder)))
        inner = [key for key in keys if isinstance(holder[key], (dict, list)) and holder[key]]
        if not inner or data.draw(st.booleans()):
            break
        holder = holder[data.draw(st.sampled_from(inner))]
    odd = copy.deepcopy(data.draw(st.sampled_from(ODDITIES)))
    if isinstance(holder, list):
        holder.insert(data.draw(st.integers(0, len(holder))), odd)
    else:
        holder[data.draw(st.sampled_from([*KEYS, *sorted(holder)]))] = odd
