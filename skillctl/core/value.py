"""Frozen dataclasses that cost next to nothing until they are used.

A command loads some sixty of them. `dataclasses` takes 15 ms to import and 0.8 ms for each class, since it compiles
six methods for it: together a third of all that `install` loads. Here the methods are shared, and the one that has to
be compiled, `__init__`, is compiled when the first value is made.

For a type checker these are the very names of `dataclasses`; and `dataclasses.fields`, `replace` and `is_dataclass`
take the values for their own. Only what values need is there: always frozen, compared field by field, with slots if
asked for; `field` knows defaults and factories.
"""

from __future__ import annotations

from operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from dataclasses import dataclass, field, replace

__all__ = ["dataclass", "field", "replace"]

_NOTHING = object()
_OWN, _EVERY = "__value_own__", "__value_fields__"


class _Field:
    """What a class says of one field."""

    __slots__ = ("default", "hint", "kw_only", "make", "name")

    def __init__(self, default: object, make: Callable[[], object] | None = None) -> None:
        self.default = default
        self.make = make
        self.name = ""
        self.hint: object = None
        self.kw_only = False


def _field(*, default: object = _NOTHING, default_factory: Callable[[], object] | None = None) -> _Field:
    """A field with a default, or with something that makes one."""
    return _Field(default, default_factory)


def _replace(value: object, /, **changes: object) -> object:
    """The value with some of its fields changed."""
    kind = type(value)
    if not hasattr(kind, _EVERY):
        import dataclasses

        return dataclasses.replace(value, **changes)  # type: ignore[type-var]
    for name in _fields(kind):
        if name not in changes:
            changes[name] = getattr(value, name)
    return kind(**changes)


def _dataclass(*, frozen: bool, slots: bool = False, kw_only: bool = False, eq: bool = True) -> Callable[[type], type]:
    """Makes a class one of values: what `dataclasses.dataclass` does when it is asked in the same words."""
    if not frozen:
        raise TypeError("what is not frozen is no value")

    def made(kind: type) -> type:
        own = _own_fields(kind, kw_only=kw_only)
        every = {name: each for base in kind.__mro__[:0:-1] for name, each in base.__dict__.get(_OWN, {}).items()}
        every |= own
        if slots:
            kind = _with_slots(kind, own)
        methods: dict[str, object] = {
            _OWN: own,
            _EVERY: every,
            "__match_args__": tuple(name for name, each in every.items() if not each.kw_only),
            "__init__": _init_later(kind),
            "__setattr__": _refuse_to_set,
            "__delattr__": _refuse_to_delete,
            "__dataclass_fields__": _Twin("__dataclass_fields__"),
            "__dataclass_params__": _Twin("__dataclass_params__"),
        }
        if eq:
            methods.update(_comparing(kind, tuple(every)))
        shared = {"__repr__": _repr, "__getstate__": _getstate, "__setstate__": _setstate}
        methods.update({name: each for name, each in shared.items() if name not in kind.__dict__})
        for name, each in methods.items():
            setattr(kind, name, each)
        return kind

    return made


def _fields(kind: type) -> Mapping[str, _Field]:
    found: Mapping[str, _Field] = getattr(kind, _EVERY)
    return found


def _own_fields(kind: type, *, kw_only: bool) -> dict[str, _Field]:
    """The fields that the class names itself; their defaults stay its attributes, as `dataclasses` has it."""
    found: dict[str, _Field] = {}
    for name, hint in kind.__annotations__.items():
        if "ClassVar" in str(hint):
            continue
        given = kind.__dict__.get(name, _NOTHING)
        each = given if isinstance(given, _Field) else _Field(given)
        each.name, each.hint, each.kw_only = name, hint, kw_only
        if given is each:
            delattr(kind, name)
            if each.default is not _NOTHING:
                setattr(kind, name, each.default)
        found[name] = each
    return found


def _with_slots(kind: type, own: Mapping[str, _Field]) -> type:
    """The same class made anew, with slots for its fields."""
    inherited = {name for base in kind.__mro__[1:-1] for name in base.__dict__.get("__slots__", ())}
    members = {name: each for name, each in kind.__dict__.items() if name not in own}
    members.pop("__dict__", None)
    members.pop("__weakref__", None)
    members["__slots__"] = tuple(name for name in own if name not in inherited)
    again: type = type(kind)(kind.__name__, kind.__bases__, members)
    again.__qualname__ = kind.__qualname__
    return again


def _init_later(kind: type) -> Callable[..., None]:
    """An `__init__` that lets the real one take its place."""

    def __init__(self: object, *args: object, **kwargs: object) -> None:  # noqa: N807
        real = _compiled_init(kind)
        setattr(kind, "__init__", real)  # noqa: B010  a type checker takes this for a call on a value
        real(self, *args, **kwargs)

    return __init__


def _compiled_init(kind: type) -> Callable[..., None]:
    names: dict[str, object] = {"_NOTHING": _NOTHING, "_set": object.__setattr__}
    places: list[str] = []
    keywords: list[str] = []
    lines: list[str] = []
    for name, each in _fields(kind).items():
        said = name
        if each.make is not None:
            names[f"_make_{name}"] = each.make
            said = f"{name}=_NOTHING"
            lines.append(f" if {name} is _NOTHING: {name} = _make_{name}()")
        elif each.default is not _NOTHING:
            names[f"_default_{name}"] = each.default
            said = f"{name}=_default_{name}"
        (keywords if each.kw_only else places).append(said)
        setter = getattr(getattr(kind, name, None), "__set__", None)
        if setter is not None:  # a slot's own setter need not look for the slot
            names[f"_set_{name}"] = setter
            lines.append(f" _set_{name}(self, {name})")
        else:
            lines.append(f" _set(self, {name!r}, {name})")
    taken = ", ".join(["self", *places, *(["*"] if keywords else []), *keywords])
    exec(f"def __init__({taken}):\n" + "\n".join(lines or [" pass"]), names)  # names of fields of our own classes
    made: Callable[..., None] = names["__init__"]  # type: ignore[assignment]
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    return made


def _key(names: tuple[str, ...]) -> Callable[[object], object]:
    """What gives a value's fields as a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda _: ()
    only = attrgetter(*names)
    return lambda value: (only(value),)


def _comparing(kind: type, names: tuple[str, ...]) -> dict[str, object]:
    """Equal are values of one class whose fields are; what the class says of it itself stays."""
    key = _key(names)

    def __eq__(self: object, other: object) -> bool:  # noqa: N807
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: object) -> int:  # noqa: N807
        return hash(key(self))

    methods: dict[str, object] = {}
    if "__eq__" not in kind.__dict__:
        methods["__eq__"] = __eq__
    if kind.__dict__.get("__hash__") is None:
        methods["__hash__"] = __hash__
    return methods


def _repr(self: object) -> str:
    members = ", ".join(f"{name}={getattr(self, name)!r}" for name in _fields(type(self)))
    return f"{type(self).__qualname__}({members})"


def _getstate(self: object) -> list[object]:
    return [getattr(self, name) for name in _fields(type(self))]


def _setstate(self: object, state: list[object]) -> None:
    for name, value in zip(_fields(type(self)), state, strict=True):
        object.__setattr__(self, name, value)


def _refuse_to_set(_self: object, name: str, _value: object) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_self: object, name: str) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot delete field {name!r}")


class _Twin:
    """What `dataclasses` knows of its own classes, made of a like one when somebody asks for it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, _value: object, kind: type) -> object:
        import dataclasses

        fields = [(name, each.hint, _as_theirs(each)) for name, each in _fields(kind).items()]
        return getattr(dataclasses.make_dataclass(kind.__name__, fields, frozen=True), self._name)


def _as_theirs(each: _Field) -> object:
    import dataclasses

    if each.make is not None:
        return dataclasses.field(default_factory=each.make, kw_only=each.kw_only)
    if each.default is not _NOTHING:
        return dataclasses.field(default=each.default, kw_only=each.kw_only)
    return dataclasses.field(kw_only=each.kw_only)


if not TYPE_CHECKING:
    dataclass, field, replace = _dataclass, _field, _replace
