"""What tools and functions give: results, descriptions, and the few answers that depend on what was done before."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tests.packs.arcgis.checker.names import Named
from tests.packs.arcgis.standin.values import Cell, UnknownNameError, unpacked_into

if TYPE_CHECKING:
    from tests.packs.arcgis.standin.world import World

MAKES_A_LAYER = re.compile(r"arcpy\.\w+\.(?:Make\w+Layer|ApplySymbologyFromLayer|SelectLayerBy\w+)")


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
        if number == 0 and "out_name" in bound:
            folder = bound.get("out_path", bound.get("out_folder_path"))
            return f"{folder}\\{bound['out_name']}" if folder else str(bound["out_name"])
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
    # the second is what Pro 3.0 and 3.1 call it
    "arcpy.ListTransformations": lambda world, _: [
        "OSGB36_to_WGS_1984_9" if world.yes else "WGS_1984_To_OSGB_1936_OSTN15",
        "OSGB_1936_To_WGS_1984_Petroleum",
    ],
    "arcpy.GetParameter": lambda world, _: world.loose("parameter"),
    "arcpy.mp.CreateExportFormat": lambda world, bound: world.make(
        world.names.types["chosen"]["arcpy.mp.CreateExportFormat"].get(str(bound.get("format"))), "format"
    ),
    "arcpy.da.ListDomains": _domains,
    "arcpy.AddError": lambda *_: None,
    "arcpy.AddWarning": lambda *_: None,
    "arcpy.AddMessage": lambda *_: None,
}
