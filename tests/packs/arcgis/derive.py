"""The lists that the checks of the ArcGIS pack need, made from a folder of facts.

    python -m tests.packs.arcgis.derive FACTS

FACTS holds `arcpy_names.json`, `arcgis_api_names.json`, `uk_planning_datasets.json` and `esri_uk_crs.json`. What is
kept of them:

* `arcpy.json`: tools with parameters in call order, which of them are required, allowed values, status and the first
  release where that is newer than 3.1; functions; classes with members; environments and the small lists.
* `cim.json`: the classes of the cartographic information model with their members.
* `uk.json`: coordinate systems, transformations, dataset slugs.
* `arcgis_api.json`: of the ArcGIS API for Python only what the pack uses (found by checking and running the pack
  with the whole list), with the deprecated names as a whole, so that a new use of one of them is seen.

Left out: which list each name was seen in, environments of a tool, toolbox titles. The same facts and the same pack
give the same bytes. `types.json`, `allowed.json` and `arguments.json` beside them have other sources and are
not touched.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.packs.arcgis.checker.names import DATA, MENTIONED, Names, read_list
from tests.packs.arcgis.checker.pack import PACK, check_pack
from tests.packs.arcgis.standin.run import run_page

Json = dict[str, Any]

OLDEST_SAMPLED = ("3.0", "3.1")
STUB_GAP = ("3.3",)
"""Functions and classes first seen in 3.3 were only missing in the older stubs: no statement about their age."""

OPEN = frozenset({"", "<None>"})
"""A list of values with one of these is a hint: the parameter takes a field's name or a number as well."""


def since(versions: list[str], *, unsure: Iterable[str] = ()) -> str | None:
    """The first release with a name, if that is newer than the oldest list tells."""
    first = versions[0] if versions else OLDEST_SAMPLED[0]
    return None if first in (*OLDEST_SAMPLED, *unsure) else first


def lean(entry: Json) -> Json:
    """The entry without what says nothing."""
    return {key: value for key, value in entry.items() if value not in (None, {}, [], False)}


def tool(name: str, facts: Json) -> Json:
    meta, parameters = facts["tool_meta"][name], facts["tools"][name]
    return lean(
        {
            "since": since(meta["versions"]),
            "status": None if meta["status"] == "current_3.6" else meta["status"],
            "kind": None if meta["kind"] == "tool" else meta["kind"],
            "required": [each for each in meta.get("required_3.0") or [] if each in parameters],
            "values": {
                parameter: allowed
                for parameter, allowed in facts["tool_keywords"].get(name, {}).items()
                if not set(allowed) & OPEN and parameter != "folder"
            },
        }
    ) | {"parameters": parameters}


def arcpy_class(name: str, facts: Json) -> Json:
    meta, members = facts["class_meta"][name], facts["classes"][name]
    methods = meta["methods"] or {}
    return lean(
        {
            "since": since(meta.get("versions", []), unsure=STUB_GAP),
            "properties": [each for each in members if not each.endswith("()")],
            "methods": {each[:-2]: methods.get(each[:-2]) for each in members if each.endswith("()")},
            "not_constructed": "constructible_as" in meta and meta["constructible_as"] is None,
            "members_unknown": meta.get("members_unknown"),
        }
    ) | ({"init": meta["init"]} if meta["init"] is not None else {})


def arcpy_lists(facts: Json) -> Json:
    functions = facts["function_meta"]
    return {
        "sources": facts["sources"],
        "covers": facts["meta"]["covers"],
        "tools": {name: tool(name, facts) for name in sorted(facts["tools"])},
        "functions": {
            name: lean({"since": since(functions[name]["versions"], unsure=STUB_GAP)})
            | {"parameters": functions[name]["params"]}
            for name in sorted(functions)
        },
        "classes": {name: arcpy_class(name, facts) for name in sorted(facts["classes"])},
        "class_aliases": facts["class_aliases"],
        "environments": sorted(facts["env"]),
        "cursor_tokens": sorted(facts["cursor_tokens"]),
        "describe_properties": sorted({each for group in facts["describe_properties"].values() for each in group}),
        "extension_codes": sorted(facts["extension_codes"]),
        "product_codes": sorted(facts["product_codes"]),
        "legacy": sorted(facts["legacy_arcmap"]["names"]),
        "legacy_modules": sorted(facts["legacy_arcmap"]["removed_modules"]),
    }


def uk_lists(datasets: Json, crs: Json) -> Json:
    transformations = [*crs["transformations"], *crs["vertical_transformations"]]
    current = {each["name"] for each in transformations if each["deprecated"] in ("no", "codechange")}
    return {
        "sources": [datasets["source"], crs["source"], crs["crs_source"]],
        "datasets": {
            each["dataset"]: each["end-date"] for each in sorted(datasets["datasets"], key=lambda x: x["dataset"])
        },
        "crs": crs["crs"],
        "transformations": {each["name"]: each["name"] not in current for each in transformations},
        "wkids": {str(each["wkid"]): each["name"] for each in transformations},
    }


def every_arcgis_name(facts: Json) -> Json:
    """The whole list in the form of `arcgis_api.json`: functions and classes by their full names."""
    functions: Json = {}
    classes: Json = {}
    for module, holds in facts["modules"].items():
        functions |= {f"{module}.{name}": {"parameters": given} for name, given in holds["functions"].items()}
        classes |= {
            f"{module}.{name}": {
                # a data class has no init of its own: it is made from what it holds
                "init": sorted(each["properties"]) or None if each["init"] is None else each["init"],
                "methods": each["methods"],
                "properties": sorted(each["properties"]),
            }
            for name, each in holds["classes"].items()
        }
    return {
        "sources": [f"{name} {version} (wheel on PyPI, read with ast)" for name, version in facts["packages"].items()],
        "modules": sorted(facts["modules"]),
        "functions": functions,
        "classes": classes,
        "deprecated": sorted(facts["deprecated"], key=lambda each: str(each[0])),
    }


def used_part(whole: Json, used: frozenset[str]) -> Json:
    """Of all names those that were met: functions, classes, and of a class the members that were met."""
    types = read_list("types.json")
    reached = [types["members"].get(name.rpartition(".")[0], {}).get(name.rpartition(".")[2], "") for name in used]
    used |= {kind.strip("[]") for kind in reached}
    classes = {}
    for name, each in sorted(whole["classes"].items()):
        met = {member.rpartition(".")[2] for member in used if member.rpartition(".")[0] == name}
        if name in used or met:
            classes[name] = {
                "init": each["init"],
                "methods": {method: given for method, given in sorted(each["methods"].items()) if method in met},
                "properties": [member for member in each["properties"] if member in met],
            }
    functions = {name: each for name, each in sorted(whole["functions"].items()) if name in used}
    modules = {name.rpartition(".")[0] for name in (*functions, *classes)} | {
        name for name in used if name in whole["modules"]
    }
    known = {each for one in whole["functions"].values() for each in one["parameters"] or ()}
    known |= {each for one in whole["classes"].values() for given in one["methods"].values() for each in given or ()}
    mentioned = sorted(known & {name.removeprefix(MENTIONED) for name in used if name.startswith(MENTIONED)})
    return whole | {"parameters": mentioned, "modules": sorted(modules), "functions": functions, "classes": classes}


def one_entry_a_line(lists: Mapping[str, Any]) -> str:
    """JSON without blanks, but a line for each entry of the great mappings: a change is one line of a diff."""

    def short(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def part(value: object) -> str:
        if isinstance(value, dict) and value:
            return "{\n" + ",\n".join(f"{short(key)}:{short(each)}" for key, each in value.items()) + "\n}"
        return short(value)

    return "{\n" + ",\n".join(f"{short(key)}:{part(value)}" for key, value in lists.items()) + "\n}\n"


def write(name: str, lists: Json) -> None:
    (DATA / name).write_text(one_entry_a_line(lists), encoding="utf-8")


def main(folder: Path) -> None:
    def read(name: str) -> Json:
        given: Json = json.loads((folder / name).read_text(encoding="utf-8"))
        return given

    arcpy = read("arcpy_names.json")
    write("arcpy.json", arcpy_lists(arcpy))
    write("cim.json", {"sources": arcpy["sources"][:1], "classes": dict(sorted(arcpy["cim_classes"].items()))})
    write("uk.json", uk_lists(read("uk_planning_datasets.json"), read("esri_uk_crs.json")))
    whole = every_arcgis_name(read("arcgis_api_names.json"))
    names = Names.load(arcgis=whole)
    check_pack(PACK, names)
    for path in sorted(PACK.rglob("*.md")):
        run_page(path, path.name, names)
    write("arcgis_api.json", used_part(whole, frozenset(names.used)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
