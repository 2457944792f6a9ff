"""Classes made from the lists: members are checked, methods bind their arguments, cursors give rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from tests.packs.arcgis.checker.names import Named
from tests.packs.arcgis.standin.binding import bind
from tests.packs.arcgis.standin.values import Loose, UnknownNameError, WrongCallError

if TYPE_CHECKING:
    from tests.packs.arcgis.standin.world import World

ROW_COUNT = 3
ITERABLE = ("arcpy.Array", "arcpy.Geometry", "arcpy.Polygon", "arcpy.Polyline", "arcpy.Multipoint", "arcpy.FeatureSet")
RASTER = "arcpy.sa.Raster"


class ListedClass(type):
    """A class whose members come from the lists; the class itself answers for its constants."""

    _world: World
    _full: str

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = cls._world.names.member(cls._full, name)
        if found is None:
            raise UnknownNameError(f"`{cls._full}` has no member `{name}`")
        if found.kind == "method":
            return lambda *given, **named: cls._world.make(found.gives, found.name)
        return Loose(name)


class Instance(metaclass=ListedClass):
    """An object of a listed class: members are checked, methods bind their arguments."""

    _world: World
    _full: str

    def __init__(self, *given: object, **named: object) -> None:
        found = self._world.names.resolve(self._full)
        if found is None:  # a class of the cartographic model
            bound = dict(named)
        else:
            if found.status == "not_constructed":
                raise WrongCallError(f"nobody constructs `{self._full}`")
            bound = bind(found, given, named)
        if given:
            vars(self)["_items"] = given[0]
        for name, value in bound.items():
            if self._world.names.member(self._full, name) is not None:
                vars(self)[name] = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = self._world.names.member(self._full, name)
        if found is None:
            raise UnknownNameError(f"`{self._full}` has no member `{name}`")
        if found.kind == "method":
            return self._method(found)
        value = self._world.make(found.gives, found.name)
        vars(self)[name] = value
        return value

    def _method(self, found: Named) -> Callable[..., Any]:
        def called(*given: object, **named: object) -> Any:
            bound = bind(found, given, named)
            special = METHODS.get(found.name)
            if special is not None:
                return special(self, bound)
            for name, kind in self._world.names.types["instead"].get(found.name, {}).items():
                if bound.get(name):
                    return self._world.make(kind, found.name)
            asked = bound.get("wildcard")
            if isinstance(asked, str) and found.gives and found.gives.startswith("["):
                return [self._world.called(found.gives[1:-1], asked)]
            chosen = self._world.names.types["chosen"].get(found.name)
            if chosen and given:
                kind = chosen.get(given[0])
                if isinstance(asked, str) and kind:
                    return [self._world.called(kind[1:-1], asked)]
                return self._world.make(kind, found.name)
            return self._world.make(found.gives, found.name)

        return called

    def __setattr__(self, name: str, value: object) -> None:
        if self._world.names.member(self._full, name) is None:
            raise UnknownNameError(f"`{self._full}` has no member `{name}`")
        vars(self)[name] = value

    def __iter__(self) -> Iterator[Any]:
        if self._full not in ITERABLE:
            raise WrongCallError(f"`{self._full}` is not iterable")
        items = vars(self).get("_items")
        if isinstance(items, list | tuple):
            return iter(items)
        inner = "arcpy.Array" if self._full in ("arcpy.Polygon", "arcpy.Polyline") else "arcpy.Point"
        return iter([self._world.instance(inner) for _ in range(ROW_COUNT)])

    def __len__(self) -> int:
        if self._full not in ITERABLE:
            raise WrongCallError(f"`{self._full}` has no length")
        return len([*iter(self)])

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, key: int) -> Any:
        return list(iter(self))[key] if self._full in ITERABLE else self._world.loose("element")

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __str__(self) -> str:
        return str(vars(self).get("name", self._full.rpartition(".")[2]))

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class RasterInstance(Instance):
    """A raster: map algebra gives another one."""

    def _raster(self, *_: object) -> Any:
        return self._world.instance(RASTER)

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _raster
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = _raster
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __invert__ = __neg__ = __pos__ = __abs__ = _raster
    __lt__ = __le__ = __gt__ = __ge__ = __ne__ = __eq__ = _raster
    __lshift__ = __rshift__ = _raster

    def __hash__(self) -> int:
        return id(self)


class Cursor(Instance):
    """A cursor of `arcpy.da`: rows as wide as its fields."""

    def __init__(self, *given: object, **named: object) -> None:
        found = self._world.names.resolve(self._full)
        assert found is not None
        bound = bind(found, given, named)
        fields = bound.get("field_names", "*")
        listed = re.split(r"[;,]\s*", fields) if isinstance(fields, str) else [str(each) for each in fields]  # type: ignore[attr-defined]
        for each in listed:
            if "@" in each and each not in self._world.names.cursor_tokens:
                raise WrongCallError(f"`{each}` is no field token")
        vars(self)["_fields"] = ["OBJECTID", "Shape", "name"] if listed == ["*"] else listed
        vars(self)["_table"] = str(bound.get("in_table"))
        self._start()

    def _start(self) -> None:
        vars(self)["_rows"] = iter(self._world.rows(vars(self)["_table"], vars(self)["_fields"]))

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        row = next(vars(self)["_rows"])
        return list(row) if self._full == "arcpy.da.UpdateCursor" else row

    def next(self) -> Any:
        return next(self)

    def reset(self) -> None:
        self._start()

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(vars(self)["_fields"])

    def insertRow(self, row: Sequence[object]) -> int:  # noqa: N802
        self._only("arcpy.da.InsertCursor", "insertRow")
        self._width(row)
        table = vars(self)["_table"]
        self._world.changed(table, 1)
        known = self._world.tables.get(table)
        if known is not None and known[0] == list(self.fields):
            known[1].append(tuple(row))
        return self._world.count(table)

    def updateRow(self, row: Sequence[object]) -> None:  # noqa: N802
        self._only("arcpy.da.UpdateCursor", "updateRow")
        self._width(row)

    def deleteRow(self) -> None:  # noqa: N802
        self._only("arcpy.da.UpdateCursor", "deleteRow")
        self._world.changed(vars(self)["_table"], -1)

    def _only(self, kind: str, method: str) -> None:
        if self._full != kind:
            raise UnknownNameError(f"`{self._full}` has no member `{method}`")

    def _width(self, row: Sequence[object]) -> None:
        if not isinstance(row, Loose) and len(row) != len(self.fields):
            raise WrongCallError(f"a row of {len(row)} values for {len(self.fields)} fields")


class AnyCursor:
    """The cursor of a network analyst object."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __iter__(self) -> Iterator[Any]:
        return iter([Loose("row") for _ in range(ROW_COUNT)])

    def insertRow(self, row: object) -> int:  # noqa: N802
        return 1


class EnvManager(Instance):
    """Settings for the time of a block."""

    def __init__(self, **named: object) -> None:
        for name in named:
            if name not in self._world.names.environments:
                raise WrongCallError(f"there is no environment `{name}`")
        vars(self)["_wanted"] = named
        vars(self)["_before"] = {}

    def __enter__(self) -> Any:
        env = vars(self._world.modules["arcpy.env"])
        vars(self)["_before"] = {name: env.get(name) for name in vars(self)["_wanted"]}
        env.update(vars(self)["_wanted"])
        return self

    def __exit__(self, *_: object) -> None:
        vars(self._world.modules["arcpy.env"]).update(vars(self)["_before"])

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function


def _renderer(symbology: Instance, bound: Mapping[str, object]) -> None:
    kind = f"arcpy.mp.{bound.get('renderer_name', bound.get('colorizer_name'))}"
    slot = "renderer" if "renderer_name" in bound else "colorizer"
    if kind in symbology._world.names.classes:
        vars(symbology)[slot] = symbology._world.instance(kind)


METHODS: dict[str, Callable[[Instance, Mapping[str, object]], Any]] = {
    "arcpy.mp.Symbology.updateRenderer": _renderer,
    "arcpy.mp.Symbology.updateColorizer": _renderer,
}


BASES: dict[str, type[Instance]] = {
    "arcpy.da.SearchCursor": Cursor,
    "arcpy.da.UpdateCursor": Cursor,
    "arcpy.da.InsertCursor": Cursor,
    "arcpy.EnvManager": EnvManager,
}
