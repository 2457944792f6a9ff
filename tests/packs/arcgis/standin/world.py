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
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.packs.arcgis.checker.code import PYTHON_CAMEL
from tests.packs.arcgis.checker.names import Named, Names
from tests.packs.arcgis.standin.answers import REMEMBERED, SPECIAL, Answers, Described, DescribedKeys, Result
from tests.packs.arcgis.standin.binding import bind
from tests.packs.arcgis.standin.objects import (
    BASES,
    RASTER,
    ROW_COUNT,
    AnyCursor,
    Instance,
    ListedClass,
    RasterInstance,
)
from tests.packs.arcgis.standin.values import DAY, Cell, Loose, UnknownNameError

CAMEL = re.compile(r"[a-z]+[a-z0-9]*[A-Z]\w*")
TEXT = re.compile(r"(?:^|_)(?:NAME|TITLE|LABEL|DESCRIPTION|TEXT|REFERENCE|STATUS|CATEGORY)$")
"""Fields that hold text, by their names in capitals."""


class World:
    """The modules of one run, and what they remember."""

    def __init__(self, names: Names, *, yes: bool = True, words: Sequence[str] = ()) -> None:
        self.names: Names = names
        self.yes: bool = yes
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
