"""`core.value` promises what `dataclasses` does, for what values need of it."""

from __future__ import annotations

import copy
import dataclasses
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import ClassVar

import pytest

from skillctl.core import value

Maker = Callable[..., Callable[[type], type]]
OURS: Maker = value.dataclass
THEIRS: Maker = dataclasses.dataclass


def family(make: Maker, field: Callable[..., object]) -> Mapping[str, type]:
    """The shapes that classes of ours have, made by either."""

    class Point:
        """Two places and a default."""

        x: int
        y: int = 2

    class Named:
        name: str
        kind: ClassVar[str] = "named"
        tags: dict[str, int] = field(default_factory=dict)  # type: ignore[assignment]
        limit: int = field(default=7)  # type: ignore[assignment]

    class Lazy:
        text: str

        @cached_property
        def size(self) -> int:
            return len(self.text)

    class Loud:
        text: str

        def __repr__(self) -> str:
            return "loud"

        def __eq__(self, other: object) -> bool:
            return True

    class Same:
        text: str

    point = make(frozen=True, slots=True)(Point)
    named = make(frozen=True, kw_only=True, slots=True)(Named)

    class Longer(named):  # type: ignore[misc, valid-type]
        more: int = 1

    return {
        "point": point,
        "named": named,
        "longer": make(frozen=True, kw_only=True, slots=True)(Longer),
        "lazy": make(frozen=True)(Lazy),
        "loud": make(frozen=True, slots=True)(Loud),
        "same": make(frozen=True, slots=True, eq=False)(Same),
    }


BOTH = [family(OURS, value.field), family(THEIRS, dataclasses.field)]

CALLS: list[tuple[str, tuple[object, ...], dict[str, object]]] = [
    ("point", (1,), {}),
    ("point", (1, 5), {}),
    ("point", (), {"x": 1}),
    ("point", (), {}),
    ("point", (1, 2, 3), {}),
    ("point", (1,), {"z": 1}),
    ("named", (), {"name": "a"}),
    ("named", (), {"name": "a", "tags": {"x": 1}, "limit": 2}),
    ("named", ("a",), {}),
    ("longer", (), {"name": "a", "more": 3}),
    ("longer", (), {"name": "a"}),
    ("lazy", ("abc",), {}),
    ("loud", ("abc",), {}),
    ("same", ("abc",), {}),
]


def told(kinds: Mapping[str, type], name: str, args: tuple[object, ...], named: dict[str, object]) -> list[object]:
    """What can be seen of a value."""
    try:
        made, again = kinds[name](*args, **named), kinds[name](*args, **named)
    except TypeError:
        return ["refused"]
    fields = dataclasses.fields(made)
    seen = [getattr(made, each.name) for each in fields]
    hashed = hash(made) == hash(again) if all(isinstance(each, int | str) for each in seen) else None
    return [
        repr(made),
        made == again,
        made == copy.copy(made),
        made == seen,
        hashed,
        seen,
        [(each.name, each.kw_only) for each in fields],
        hasattr(made, "__dict__"),
        type(made).__match_args__,
        str(type(made).__doc__).startswith("Two"),
    ]


@pytest.mark.parametrize(("name", "args", "named"), CALLS)
def test_a_value_is_what_dataclasses_would_have_made(
    name: str, args: tuple[object, ...], named: dict[str, object]
) -> None:
    ours, theirs = (told(kinds, name, args, named) for kinds in BOTH)
    assert ours == theirs


@pytest.mark.parametrize("kinds", BOTH, ids=["ours", "theirs"])
def test_nothing_of_a_value_can_be_set_or_deleted(kinds: Mapping[str, type]) -> None:
    point = kinds["point"](1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x
    assert point.x == 1


@pytest.mark.parametrize("replace", [value.replace, dataclasses.replace])
def test_a_value_with_other_fields_is_a_new_one(replace: Callable[..., object]) -> None:
    longer = BOTH[0]["longer"](name="a")
    assert replace(longer, more=5) == BOTH[0]["longer"](name="a", more=5)
    assert longer.more == 1
    with pytest.raises(TypeError):
        replace(longer, nothing=5)


def test_a_factory_makes_one_for_each_value() -> None:
    one, other = BOTH[0]["named"](name="a"), BOTH[0]["named"](name="a")
    assert one.tags == other.tags == {}
    assert one.tags is not other.tags


def test_values_of_dataclasses_are_replaced_too() -> None:
    assert value.replace(BOTH[1]["point"](1), y=9) == BOTH[1]["point"](1, 9)


def test_what_is_not_frozen_is_refused() -> None:
    with pytest.raises(TypeError, match="no value"):
        OURS(frozen=False)


def test_a_class_of_values_loads_no_dataclasses() -> None:
    code = "import sys, skillctl.app.install, skillctl.install.apply; sys.exit('dataclasses' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
