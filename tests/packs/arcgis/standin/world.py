"""An arcpy made from the lists, for a moment: modules, tools, classes, cursors.

What is not in the lists raises `UnknownNameError` or `WrongCallError`, as the real package raises AttributeError and
TypeError. What is in the lists answers something plausible: a tool gives a Result whose output is the path it was
given, a function of Spatial Analyst a Raster, a cursor rows of as many values as it has fields.

`World.yes` is the answer to every question (does it exist, is the licence there): a piece of code is run once with
each answer, so that both of its roads are taken.
"""

from __future__ import annotations

import importlib.machinery
import re
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Self

from tests.packs.arcgis.checker.calls import is_closed
from tests.packs.arcgis.checker.code import PYTHON_CAMEL
from tests.packs.arcgis.checker.names import Named, Names
from tests.packs.arcgis.standin.values import DAY, Cell, Loose, UnknownNameError, WrongCallError, unpacked_into

CAMEL = re.compile(r"[a-z]+[a-z0-9]*[A-Z]\w*")
TEXT = re.compile(r"(?:^|_)(?:NAME|TITLE|LABEL|DESCRIPTION|TEXT|REFERENCE|STATUS|CATEGORY)$")
"""Fields that hold text, by their names in capitals."""
ROW_COUNT = 3
MAKES_A_LAYER = re.compile(r"arcpy\.\w+\.(?:Make\w+Layer|ApplySymbologyFromLayer|SelectLayerBy\w+)")
ITERABLE = ("arcpy.Array", "arcpy.Geometry", "arcpy.Polygon", "arcpy.Polyline", "arcpy.Multipoint", "arcpy.FeatureSet")
RASTER = "arcpy.sa.Raster"


class World:
    """The modules of one run, and what they remember."""

    def __init__(self, names: Names, *, yes: bool = True, words: Sequence[str] = ()) -> None:
        self.names = names
        self.yes = yes
        self.words = list(words)
        """What is found by its name: a list of things that have names holds one of each of these."""
        self.tables: dict[str, tuple[list[str], list[tuple[object, ...]]]] = {}
        """Dataset -> fields and rows, for datasets whose rows are given."""
        self.counts: dict[str, int] = {}
        """Dataset -> its number of rows, for datasets that were changed."""
        self.domains: dict[str, dict[object, object]] = {}
        self.modules: dict[str, types.ModuleType] = {}
        self._built: dict[str, Any] = {}
        for name in sorted(names.modules):
            self.modules[name] = ListedModule(name, self)

    # -- building ---------------------------------------------------------------------------------------------

    def named(self, full: str) -> Any:
        """The thing of a full name, built once."""
        found = self.names.resolve(full)
        if found is None:
            raise UnknownNameError(f"`{full}` is unknown")
        if found.kind == "legacy":
            raise UnknownNameError(f"`{full}` is a name of ArcMap")
        if found.kind == "environment":
            return vars(self.modules["arcpy.env"]).get(full.rpartition(".")[2])
        if found.name not in self._built:
            self._built[found.name] = self._build(found)
        return self._built[found.name]

    def _build(self, found: Named) -> Any:
        match found.kind:
            case "module":
                return self.modules[found.name]
            case "tool" | "function":
                return self._callable(found)
            case "class":
                return self.class_of(found.name)
            case "unchecked" if found.name.startswith("arcpy.cim."):
                return self.cim_class(found.name.rpartition(".")[2])
            case _:
                return self.loose(found.name)

    def _callable(self, found: Named) -> Callable[..., Any]:
        def called(*given: object, **named: object) -> Any:
            bound = bind(found, given, named)
            special = SPECIAL.get(found.name)
            if special is not None:
                return special(self, bound)
            if found.kind == "tool" and found.gives == "arcpy.Result":
                remember = REMEMBERED.get(found.name)
                if remember is not None:
                    remember(self, bound)
                return Result(self, found, bound)
            return self.make(found.gives, found.name)

        called.__name__ = found.name.rpartition(".")[2]
        called.__doc__ = f"{found.name} of the lists."
        return called

    def class_of(self, full: str) -> type:
        key = f"class {full}"
        if key not in self._built:
            base = BASES.get(full, Instance)
            if full == RASTER:
                base = RasterInstance
            error = full in ("arcpy.ExecuteError", "arcpy.ExecuteWarning")
            self._built[key] = (
                type(full.rpartition(".")[2], (Exception,), {})
                if error
                else ListedClass(full.rpartition(".")[2], (base,), {"_world": self, "_full": full})
            )
        built: type = self._built[key]
        return built

    def cim_class(self, name: str) -> type:
        key = f"cim {name}"
        if key not in self._built:
            self._built[key] = ListedClass(name, (Instance,), {"_world": self, "_full": name})
        built: type = self._built[key]
        return built

    # -- values -----------------------------------------------------------------------------------------------

    def loose(self, name: str) -> Loose:
        return Loose(name, self.may_be_member)

    def may_be_member(self, name: str) -> bool:
        return not CAMEL.fullmatch(name) or name in self.names.members or name in PYTHON_CAMEL

    def instance(self, full: str) -> Any:
        """An object of a class that nobody constructs by name."""
        kind = self.class_of(full) if full in self.names.classes else self.cim_class(full)
        return object.__new__(kind)

    def make(self, kind: str | None, name: str) -> Any:
        """A value of a type of `types.json`; `name` is whose it is."""
        plausible = self.names.types["plausible"]
        if name in plausible:
            return plausible[name]
        if kind in ("open", "row"):
            return Loose(name.rpartition(".")[2])
        if kind is None:
            return self.loose(name.rpartition(".")[2])
        if kind.startswith("["):
            return self.several(kind[1:-1], name)
        if kind in self.names.classes or kind in self.names.cim:
            return self.instance(kind)
        simple: Mapping[str, Callable[[], Any]] = {
            "str": lambda: "stand_in",
            "int": lambda: 3 if self.yes else 0,
            "float": lambda: 2.0,
            "bool": lambda: self.yes,
            "dict": lambda: Answers(self, name),
            "datetime": lambda: DAY,
            "describe": lambda: Described(self),
            "describe-keys": lambda: DescribedKeys(self),
            "walk": lambda: iter([("C:\\data\\job.gdb", ["site"], ["sites", "roads"])]),
            "nax-cursor": lambda: AnyCursor(self),
        }
        return simple[kind]()

    def several(self, kind: str, name: str) -> list[Any]:
        """A list of objects: where they have names, one is called as each word says."""
        found = self.names.member(kind, "name") if kind in self.names.classes else None
        if found is None or not self.words:
            return [self.make(kind, f"{name}[]") for _ in range(ROW_COUNT)]
        return [self.called(kind, word) for word in self.words]

    def called(self, kind: str, word: str) -> Any:
        one = self.instance(kind)
        vars(one)["name"] = word
        return one

    def give(self, table: str, fields: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
        """Rows that a cursor over the dataset shall iterate."""
        self.tables[table] = (list(fields), list(rows))
        self.counts[table] = len(rows)

    def count(self, table: str) -> int:
        return self.counts.get(table, ROW_COUNT)

    def changed(self, table: str, by: int) -> None:
        self.counts[table] = self.count(table) + by

    def rows(self, table: str, fields: Sequence[str]) -> list[tuple[object, ...]]:
        known = self.tables.get(table)
        if known is not None and set(fields) <= set(known[0]):
            places = [known[0].index(each) for each in fields]
            return [tuple(row[each] for each in places) for row in known[1]]
        return [tuple(self.cell(field, number) for field in fields) for number in range(1, self.count(table) + 1)]

    def cell(self, field: str, number: int) -> object:
        match field.upper():
            case "SHAPE@":
                return self.instance("arcpy.Polygon")
            case "SHAPE@XY" | "SHAPE@TRUECENTROID":
                return (450000.0 + number, 250000.0 + number)
            case "SHAPE@XYZ":
                return (450000.0 + number, 250000.0 + number, 30.0)
            case "SHAPE@JSON" | "SHAPE@WKT" | "GLOBALID@":
                return "{}"
            case "SHAPE@WKB":
                return b""
            case "SHAPE@X" | "SHAPE@Y" | "SHAPE@Z" | "SHAPE@M" | "SHAPE@AREA" | "SHAPE@LENGTH":
                return 1000.0 * number
            case name if TEXT.search(name):
                return f"{field} {number}"
            case _:
                return Cell(number)


def bind(found: Named, given: Sequence[object], named: Mapping[str, object]) -> dict[str, object]:
    """Parameter -> value; raises what the real call would, and for a literal that the parameter does not take."""
    parameters = found.parameters
    if parameters is None:
        return dict(named)
    bound: dict[str, object] = dict(zip(parameters, given, strict=False)) | dict(named)
    parameters = tuple(each for each in parameters if not each.startswith("*"))
    if is_closed(found):
        refuse_arguments(found, parameters, len(given), named)
    for name in found.required:
        if name not in bound:
            raise WrongCallError(f"`{found.name}` needs `{name}`")
    for name, value in bound.items():
        allowed = found.values.get(name)
        for each in value if isinstance(value, list | tuple) else (value,):
            if allowed and isinstance(each, str) and not takes(allowed, each):
                raise WrongCallError(f"`{name}` of `{found.name}` does not take {each!r}")
    return bound


def refuse_arguments(found: Named, parameters: Sequence[str], positional: int, named: Mapping[str, object]) -> None:
    if positional > len(parameters):
        raise WrongCallError(f"`{found.name}` takes {len(parameters)} arguments, not {positional}")
    for name in named:
        if name not in parameters:
            raise WrongCallError(f"`{found.name}` has no parameter `{name}`")
        if name in parameters[:positional]:
            raise WrongCallError(f"`{found.name}` gets `{name}` twice")


def takes(allowed: Sequence[str], literal: str) -> bool:
    """Whether a parameter takes a text; an empty one and `#` mean the default, and ours stands for any."""
    ours = ("", "#", "stand_in")
    return literal in ours or literal in allowed or all(part.strip() in allowed for part in literal.split(";"))


class ListedModule(types.ModuleType):
    """A module whose names come from the lists."""

    def __init__(self, name: str, world: World) -> None:
        super().__init__(name, f"{name} of the lists.")
        vars(self)["_world"] = world
        vars(self)["__path__"] = []
        vars(self)["__spec__"] = importlib.machinery.ModuleSpec(name, None)

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return self._all()
        if name.startswith("__"):
            raise AttributeError(name)
        return vars(self)["_world"].named(f"{self.__name__}.{name}")

    def _all(self) -> list[str]:
        names: Names = vars(self)["_world"].names
        inside = self.__name__.removeprefix("arcpy.")
        listed = [name.partition(".")[2] for name in names.tools if name.partition(".")[0] == inside]
        return listed + [
            name.rpartition(".")[2]
            for name in (*names.functions, *names.classes)
            if name.rpartition(".")[0] == self.__name__
        ]

    def __setattr__(self, name: str, value: object) -> None:
        world: World = vars(self)["_world"]
        if self.__name__ == "arcpy.env" and name not in world.names.environments:
            raise UnknownNameError(f"there is no environment `{name}`")
        vars(self)[name] = value


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


BASES: dict[str, type[Instance]] = {
    "arcpy.da.SearchCursor": Cursor,
    "arcpy.da.UpdateCursor": Cursor,
    "arcpy.da.InsertCursor": Cursor,
    "arcpy.EnvManager": EnvManager,
}


class Result:
    """What a tool gives."""

    def __init__(self, world: World, tool: Named, bound: dict[str, object]) -> None:
        vars(self).update(_world=world, _tool=tool, _bound=bound)

    def __getitem__(self, number: int) -> Any:
        return self.getOutput(number)

    def getOutput(self, number: int) -> Any:  # noqa: N802
        world, tool, bound = vars(self)["_world"], vars(self)["_tool"], vars(self)["_bound"]
        if tool.name == "arcpy.management.GetCount":
            return str(world.count(str(bound.get("in_rows"))) if world.yes else 0)
        if MAKES_A_LAYER.fullmatch(tool.name) and number == 0:
            return world.instance("arcpy.mp.Layer")
        outputs = [value for name, value in bound.items() if name.lower().startswith("out") and value]
        if number < len(outputs):
            return str(outputs[number])
        return Cell(1) if number or not bound else str(next(iter(bound.values())))

    def __iter__(self) -> Iterator[Any]:
        wanted = unpacked_into(sys._getframe(1))
        return iter([self.getOutput(number) for number in range(wanted)])

    def __str__(self) -> str:
        return str(self.getOutput(0))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(vars(self)["_world"].instance("arcpy.Result"), name)


class Described:
    """`arcpy.Describe`."""

    def __init__(self, world: World) -> None:
        vars(self)["_world"] = world

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        world: World = vars(self)["_world"]
        found = world.names.member("describe", name)
        if found is None:
            raise UnknownNameError(f"nothing that `arcpy.Describe` gives has `{name}`")
        return world.make(found.gives, f"describe.{name}")


class DescribedKeys:
    """`arcpy.da.Describe`: the same as a dictionary."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __getitem__(self, key: str) -> Any:
        return getattr(Described(self.world), key)

    def get(self, key: str, default: object = None) -> Any:
        return self[key] if self.__contains__(key) else default

    def __contains__(self, key: str) -> bool:
        return self.world.names.member("describe", key) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(["name", "dataType"])

    def items(self) -> list[tuple[str, Any]]:
        return [(key, self[key]) for key in self]

    def keys(self) -> list[str]:
        return list(self)


class Answers(dict[Any, Any]):
    """A dictionary that has every key."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__({Cell(1): world.loose(name)})
        self.world = world
        self.name = name

    def __missing__(self, key: object) -> Any:
        return self.world.loose(str(key))

    def get(self, key: Any, default: Any = None) -> Any:
        return self[key] if self.world.yes else default


def _created(world: World, bound: Mapping[str, object]) -> None:
    """A new dataset is empty, by its name and by its path."""
    name = bound.get("out_name")
    world.counts[str(name)] = world.counts[f"{bound.get('out_path')}\\{name}"] = 0


def _new_domain(world: World, bound: Mapping[str, object]) -> None:
    world.domains[str(bound.get("domain_name"))] = {}


def _new_code(world: World, bound: Mapping[str, object]) -> None:
    world.domains.setdefault(str(bound.get("domain_name")), {})[bound.get("code")] = bound.get("code_description")


def _domains(world: World, _: Mapping[str, object]) -> list[Any]:
    """Those that were made, or one for each word."""
    listed = []
    for name in world.domains or dict.fromkeys(world.words or ["domain"]):
        one = world.called("arcpy.da.Domain", name)
        codes = world.domains.get(name) or Answers(world, name)
        vars(one).update(codedValues=codes, domainType="CodedValue")
        listed.append(one)
    return listed


REMEMBERED: dict[str, Callable[[World, Mapping[str, object]], None]] = {
    "arcpy.management.CreateFeatureclass": _created,
    "arcpy.management.CreateTable": _created,
    "arcpy.management.CreateDomain": _new_domain,
    "arcpy.management.AddCodedValueToDomain": _new_code,
}

SPECIAL: dict[str, Callable[[World, Mapping[str, object]], Any]] = {
    "arcpy.CheckExtension": lambda world, _: "Available" if world.yes else "Unavailable",
    "arcpy.CheckOutExtension": lambda world, _: "CheckedOut" if world.yes else "NotLicensed",
    "arcpy.CheckInExtension": lambda world, _: "CheckedIn",
    "arcpy.ProductInfo": lambda world, _: "ArcInfo" if world.yes else "ArcView",
    "arcpy.AddFieldDelimiters": lambda _, bound: f'"{bound.get("field")}"',
    "arcpy.ValidateTableName": lambda _, bound: str(bound.get("name")),
    "arcpy.ValidateFieldName": lambda _, bound: str(bound.get("name")),
    "arcpy.GetInstallInfo": lambda *_: {
        "ProductName": "ArcGISPro",
        "Version": "3.4",
        "InstallDir": "C:\\Program Files\\ArcGIS\\Pro\\",
        "BuildNumber": "55405",
        "LicenseLevel": "Advanced",
        "LicenseType": "Named User",
    },
    "arcpy.GetParameter": lambda world, _: world.loose("parameter"),
    "arcpy.mp.CreateExportFormat": lambda world, bound: world.make(
        world.names.types["chosen"]["arcpy.mp.CreateExportFormat"].get(str(bound.get("format"))), "format"
    ),
    "arcpy.da.ListDomains": _domains,
    "arcpy.AddError": lambda *_: None,
    "arcpy.AddWarning": lambda *_: None,
    "arcpy.AddMessage": lambda *_: None,
}


def _renderer(symbology: Instance, bound: Mapping[str, object]) -> None:
    kind = f"arcpy.mp.{bound.get('renderer_name', bound.get('colorizer_name'))}"
    slot = "renderer" if "renderer_name" in bound else "colorizer"
    if kind in symbology._world.names.classes:
        vars(symbology)[slot] = symbology._world.instance(kind)


METHODS: dict[str, Callable[[Instance, Mapping[str, object]], Any]] = {
    "arcpy.mp.Symbology.updateRenderer": _renderer,
    "arcpy.mp.Symbology.updateColorizer": _renderer,
}
