"""Values that stand for what nobody knows: they take part in any expression, but a made-up member name raises.

`Loose` is an object of an unknown kind. `Cell` is a field's value: a number that can be asked like a text or a date.
"""

from __future__ import annotations

import datetime as dt
import dis
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

UNPACK = dis.opmap["UNPACK_SEQUENCE"]
DAY = dt.datetime.fromisoformat("2024-01-01")
LENGTH = 3
"""How many elements a list of which nothing is known has."""


class UnknownNameError(AttributeError):
    """A name that is not in the lists."""


class WrongCallError(TypeError):
    """A call that the lists rule out."""


def unpacked_into(frame: FrameType | None) -> int:
    """How many names the caller unpacks into, where it does."""
    if frame is None:
        return LENGTH
    code, at = frame.f_code.co_code, frame.f_lasti
    return code[at + 1] if code[at] == UNPACK else LENGTH


class Loose:
    """Anything: any attribute (unless `knows` refuses it), call, element, comparison and sum."""

    def __init__(self, name: str = "value", knows: Callable[[str], bool] | None = None) -> None:
        vars(self).update(_name=name, _knows=knows)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        knows = vars(self)["_knows"]
        if knows is not None and not knows(name):
            raise UnknownNameError(f"nothing has a member `{name}`")
        return Loose(name, knows)

    def __setattr__(self, name: str, value: object) -> None:
        knows = vars(self)["_knows"]
        if knows is not None and not knows(name):
            raise UnknownNameError(f"nothing has a member `{name}`")
        vars(self)[name] = value

    def __call__(self, *given: object, **named: object) -> Any:
        if len(given) == 1 and callable(given[0]) and not isinstance(given[0], Loose) and not named:
            return given[0]  # used as a decorator
        return Loose(self._name, self._knows)

    def __getitem__(self, key: object) -> Any:
        return vars(self).get("_items", {}).get(repr(key), Loose(self._name, self._knows))

    def __setitem__(self, key: object, value: object) -> None:
        vars(self).setdefault("_items", {})[repr(key)] = value

    def __delitem__(self, key: object) -> None:
        vars(self).get("_items", {}).pop(repr(key), None)

    def __iter__(self) -> Iterator[Any]:
        return iter([Loose(self._name, self._knows) for _ in range(unpacked_into(sys._getframe(1)))])

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __len__(self) -> int:
        return LENGTH

    def __contains__(self, _: object) -> bool:
        return True

    def __bool__(self) -> bool:
        return True

    def __int__(self) -> int:
        return 1

    def __index__(self) -> int:
        return 1

    def __float__(self) -> float:
        return 1.0

    def __str__(self) -> str:
        return str(self._name)

    def __fspath__(self) -> str:
        return str(self._name)

    def __format__(self, how: str) -> str:
        for value in (str(self._name), 1, 1.0, DAY):
            try:
                return format(value, how)
            except ValueError:
                continue
        return str(self._name)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> Any:
        return self is other or not isinstance(other, Loose)

    def _same(self, *_: object) -> Any:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _same
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = _same
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __invert__ = __neg__ = __pos__ = __abs__ = _same
    __lshift__ = __rshift__ = __iadd__ = __isub__ = __imul__ = __itruediv__ = __ior__ = __iand__ = _same
    __round__ = _same

    def _true(self, _: object) -> bool:
        return True

    __lt__ = __le__ = __gt__ = __ge__ = _true


class Cell(int):
    """A number that answers as a text or a date where it is asked like one."""

    def __getattr__(self, name: str) -> Any:
        for like in (str(int(self)), DAY, 1.0):
            if hasattr(like, name):
                return getattr(like, name)
        raise AttributeError(name)

    def __add__(self, other: object) -> Any:
        return str(int(self)) + other if isinstance(other, str) else int.__add__(self, other)  # type: ignore[operator]

    def __radd__(self, other: object) -> Any:
        return other + str(int(self)) if isinstance(other, str) else int.__radd__(self, other)  # type: ignore[operator]

    def __sub__(self, other: object) -> Any:
        return other - other if isinstance(other, dt.datetime) else int.__sub__(self, other)  # type: ignore[operator]

    def __rsub__(self, other: object) -> Any:
        if isinstance(other, dt.datetime):
            return other - DAY
        return int.__rsub__(self, other)  # type: ignore[operator]

    def __lt__(self, other: object) -> bool:
        return not isinstance(other, int | float) or int(self) < other

    def __gt__(self, other: object) -> bool:
        return isinstance(other, int | float) and int(self) > other

    def __le__(self, other: object) -> bool:
        return not isinstance(other, int | float) or int(self) <= other

    def __ge__(self, other: object) -> bool:
        return isinstance(other, int | float) and int(self) >= other

    def __contains__(self, other: object) -> bool:
        return str(other) in str(int(self))

    def __len__(self) -> int:
        return len(str(int(self)))

    def __getitem__(self, key: int | slice) -> str:
        return str(int(self))[key]

    def __iter__(self) -> Iterator[Any]:
        return iter([Cell(each) for each in range(unpacked_into(sys._getframe(1)))])

    def __hash__(self) -> int:
        return int.__hash__(self)

    def __eq__(self, other: object) -> bool:
        return int.__eq__(self, other) is True

    def __format__(self, how: str) -> str:
        for value in (int(self), float(self), str(int(self)), DAY):
            try:
                return format(value, how)
            except ValueError:
                continue
        return str(int(self))
