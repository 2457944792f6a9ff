"""The names that exist: arcpy, the ArcGIS API for Python, coordinate systems, dataset slugs.

A dotted name after `arcpy.` is resolved in this order: an ArcMap name; a tool as `alias.Tool`; a tool as `Tool_alias`
(`_3d` for `ddd`); a function or class, by its own name or by another under which it is reachable; a member of a class;
an environment; a CIM class. Everything else is unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

DATA = Path(__file__).parent.parent / "data"

MENTIONED = "parameter "
"""How a parameter that a sentence names is noted among the used names."""

Json = dict[str, Any]
Kind = Literal["module", "tool", "function", "class", "method", "property", "environment", "legacy", "unchecked"]
Parameters = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A name that exists, under its full name of today."""

    kind: Kind
    name: str
    parameters: Parameters | None = None
    """In call order; None where nobody knows them."""
    required: Parameters = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Parameter -> the literals that it takes."""
    columns: Mapping[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    """Parameter that takes a list of lists -> place in the inner list, and the literals that it takes there."""
    since: str | None = None
    later: Mapping[str, str] = field(default_factory=dict)
    """Parameter -> the release that brought it, where that is a later one than the name's own."""
    status: str | None = None
    gives: str | None = None
    """The type of what a call, or reading the property, gives: a class, `[class]` for some of them, None if unknown."""


def read_list(name: str) -> Json:
    given: Json = json.loads((DATA / name).read_text(encoding="utf-8"))
    return given


def arguments(listed: list[str] | None) -> Parameters | None:
    return None if listed is None else tuple(listed)


class Names:
    """Every list, and what of it was asked for."""

    def __init__(self, arcpy: Json, cim: Json, uk: Json, arcgis: Json, types: Json) -> None:
        self.tools: Json = arcpy["tools"]
        self.functions: Json = arcpy["functions"] | arcgis["functions"]
        self.classes: Json = arcpy["classes"] | arcgis["classes"]
        self.aliases: dict[str, str] = arcpy["class_aliases"] | types["aliases"]
        self.environments = frozenset[str](arcpy["environments"])
        self.cursor_tokens = frozenset[str](arcpy["cursor_tokens"])
        self.describe_properties = frozenset[str](arcpy["describe_properties"])
        self.extension_codes = frozenset[str](arcpy["extension_codes"])
        self.product_codes = frozenset[str](arcpy["product_codes"])
        self.legacy = frozenset[str]((*arcpy["legacy"], *arcpy["legacy_modules"]))
        self.legacy_modules: tuple[str, ...] = tuple(arcpy["legacy_modules"])
        self.cim: dict[str, list[str]] = cim["classes"]
        self.uk = uk
        self.types = types
        self.later: Mapping[str, Mapping[str, str]] = read_list("arguments.json")["since"]
        self.deprecated: list[list[str | None]] = arcgis["deprecated"]
        self.arcgis_modules = frozenset[str](arcgis["modules"])
        self.mentioned = frozenset[str](arcgis.get("parameters", ()))
        """Parameters of the ArcGIS API for Python that sentences name without their function."""
        self.used: set[str] = set()
        self._resolved: dict[str, Named | None] = {}

    @classmethod
    def load(cls, *, arcgis: Json | None = None) -> Names:
        """The lists of the project; another list of the ArcGIS API for Python where one is given."""
        api = read_list("arcgis_api.json") if arcgis is None else arcgis
        return cls(read_list("arcpy.json"), read_list("cim.json"), read_list("uk.json"), api, read_list("types.json"))

    @cached_property
    def modules(self) -> frozenset[str]:
        holders = {f"arcpy.{name.partition('.')[0]}" for name in self.tools}
        holders |= {name.rpartition(".")[0] for name in (*self.functions, *self.classes, *self.aliases)}
        holders |= {holder.rpartition(".")[0] for holder in holders} - {""}
        return frozenset(holders | self.arcgis_modules | {"arcpy.cim", "arcpy.env", "arcgis"})

    @cached_property
    def toolboxes(self) -> frozenset[str]:
        return frozenset(name.partition(".")[0] for name in self.tools)

    def resolve(self, name: str) -> Named | None:
        """What a full name (`arcpy.…`, `arcgis.…`) means; None if there is no such thing."""
        if name not in self._resolved:
            self._resolved[name] = self._resolve(name)
        found = self._resolved[name]
        if found is not None:
            self.used.add(found.name)
        return found

    def member(self, owner: str, name: str) -> Named | None:
        """A member of a class, or of one of the kinds of object that `types.json` describes."""
        found = self._member(owner, name)
        if found is not None:
            self.used.add(found.name)
        return found

    def _resolve(self, name: str) -> Named | None:
        if name in self.legacy or name.startswith(tuple(f"{each}." for each in self.legacy_modules)):
            return Named(kind="legacy", name=name)
        if name in self.modules:
            return Named(kind="module", name=name)
        name = self.aliases.get(name, name)
        if name.startswith("arcpy."):
            rest = name.removeprefix("arcpy.")
            found = self._tool(rest) or self._plain(rest)
            if found is not None:
                return found
        if name in self.functions:
            return self._function(name)
        if name in self.classes:
            return self._class(name)
        owner, _, last = name.rpartition(".")
        owner = self.aliases.get(owner, owner)
        return self._member(owner, last) if owner in self.classes else None

    def _tool(self, rest: str) -> Named | None:
        suffixed = re.fullmatch(r"([A-Za-z]\w*)_([A-Za-z0-9]+)", rest)
        key = rest
        if suffixed and suffixed[2] != "ddd":
            key = f"{'ddd' if suffixed[2] == '3d' else suffixed[2]}.{suffixed[1]}"
        listed = self.tools.get(key)
        if listed is None:
            return None
        full = f"arcpy.{key}"
        if full in self.legacy:
            return Named(kind="legacy", name=full)
        raster = listed.get("kind") is not None
        return Named(
            kind="tool",
            name=full,
            parameters=tuple(listed["parameters"]),
            required=tuple(listed.get("required", ())),
            values={each: tuple(allowed) for each, allowed in listed.get("values", {}).items()},
            columns={each: (at, tuple(words)) for each, (at, words) in self.types["columns"].get(full, {}).items()},
            since=listed.get("since"),
            later=self.later.get(key, {}),
            status=listed.get("status"),
            gives=self.types["calls"].get(full, "arcpy.sa.Raster" if raster else "arcpy.Result"),
        )

    def _plain(self, rest: str) -> Named | None:
        if rest.startswith("env."):
            setting = rest.removeprefix("env.")
            known = setting in self.environments
            return Named(kind="environment", name=f"arcpy.env.{setting}") if known else None
        if rest.startswith("cim."):
            known = rest.removeprefix("cim.") in self.cim
            return Named(kind="unchecked", name=f"arcpy.{rest}", gives=rest.removeprefix("cim.")) if known else None
        if rest.startswith("gp.") and self._tool(rest.removeprefix("gp.")):
            return Named(kind="unchecked", name=f"arcpy.{rest}")
        return None

    def _function(self, name: str) -> Named:
        listed = self.functions[name]
        return Named(
            kind="function",
            name=name,
            parameters=arguments(listed["parameters"]),
            required=tuple(self.types["required"].get(name, ())),
            values=self._values(name),
            since=listed.get("since"),
            gives=self.types["calls"].get(name),
        )

    def _class(self, name: str) -> Named:
        listed = self.classes[name]
        return Named(
            kind="class",
            name=name,
            parameters=arguments(self.types["inits"].get(name, listed.get("init"))),
            values=self._values(name),
            since=listed.get("since"),
            status="not_constructed" if listed.get("not_constructed") else None,
            gives=name,
        )

    def _values(self, name: str) -> Mapping[str, tuple[str, ...]]:
        given = {each: tuple(allowed) for each, allowed in self.types["values"].get(name, {}).items()}
        if name in ("arcpy.CheckExtension", "arcpy.CheckOutExtension", "arcpy.CheckInExtension"):
            given["extension_code"] = tuple(sorted(self.extension_codes))
        if name in ("arcpy.CheckProduct", "arcpy.SetProduct"):
            given["product"] = tuple(sorted(self.product_codes))
        return given

    def _member(self, owner: str, name: str) -> Named | None:
        full = f"{owner}.{name}"
        extra: Mapping[str, list[str]] = self.types["more_members"]
        gives = self.types["members"].get(owner, {}).get(name)
        if owner in self.cim:
            known = name in self.cim[owner]
            return Named(kind="property", name=full) if known else None
        if owner == "describe":
            known = name in self.describe_properties or name in extra["describe"]
            return Named(kind="property", name=full, gives=gives) if known else None
        if owner == "env":
            return Named(kind="environment", name=f"arcpy.env.{name}") if name in self.environments else None
        listed = self.classes.get(owner)
        if listed is None:
            return Named(kind="unchecked", name=full)
        methods = listed.get("methods", {})
        if name in methods:
            return Named(
                kind="method",
                name=full,
                parameters=arguments(methods[name]),
                values=self._values(full),
                required=tuple(self.types["required"].get(full, ())),
                gives=gives,
            )
        if name in listed.get("properties", ()) or name in extra.get(owner, ()):
            return Named(kind="property", name=full, gives=gives)
        if listed.get("members_unknown"):
            return Named(kind="unchecked", name=full)
        return None

    @cached_property
    def members(self) -> frozenset[str]:
        """Every member of every class, whatever class it is of."""
        listed: Iterator[str] = (
            each for one in self.classes.values() for each in (*one.get("properties", ()), *one.get("methods", {}))
        )
        more = {each for some in self.types["more_members"].values() for each in some}
        cim = {each for some in self.cim.values() for each in some}
        return frozenset(listed) | more | cim | self.describe_properties | self.environments

    @cached_property
    def parameters(self) -> frozenset[str]:
        """Every parameter of anything."""
        tools = {each for one in self.tools.values() for each in one["parameters"]}
        functions = {each for one in self.functions.values() for each in one["parameters"] or ()}
        inits = {each for one in self.classes.values() for each in one.get("init") or ()}
        methods = {
            each for one in self.classes.values() for given in one.get("methods", {}).values() for each in given or ()
        }
        more = {each for some in self.types["inits"].values() for each in some}
        return frozenset(tools | functions | inits | methods | more | self.mentioned)

    @cached_property
    def arcpy_parameters(self) -> frozenset[str]:
        return frozenset(each for one in self.tools.values() for each in one["parameters"])

    @cached_property
    def short_names(self) -> frozenset[str]:
        """Tools, functions and classes by their last word."""
        last = {name.rpartition(".")[2] for name in (*self.tools, *self.functions, *self.classes, *self.aliases)}
        return frozenset(last | set(self.cim))

    @cached_property
    def literals(self) -> frozenset[str]:
        """Every literal that some parameter takes."""
        tools = {each for one in self.tools.values() for some in one.get("values", {}).values() for each in some}
        more = {each for one in self.types["values"].values() for some in one.values() for each in some}
        return frozenset(tools | more | self.extension_codes | self.product_codes | set(self.types["literals"]))

    @cached_property
    def legacy_words(self) -> frozenset[str]:
        """The last word of each ArcMap name that means nothing else today."""
        return frozenset(
            {name.rpartition(".")[2] for name in self.legacy} - self.short_names - self.members - {"mapping"}
        )

    @cached_property
    def members_by_lower_case(self) -> dict[str, str]:
        return {each.lower(): each for each in sorted(self.members) if each.lower() != each}
