"""Flood zone maps for the project in this folder: index of sheets, figures, colours, map series, PDF.

Run with the Python of ArcGIS Pro 3.2 or later. Reads the datasets of DATASETS.md from SOURCE and the layout from a
project that somebody made by hand; saves a copy of that project and never the project itself. The constants are those
of PARAMETERS.md: change both together.
"""

from __future__ import annotations

import csv
import os

import arcpy

FOLDER = r"C:\work\ashmere"
SOURCE = FOLDER + r"\source.gdb"
RESULTS = FOLDER + r"\sheets.gdb"
PROJECT = FOLDER + r"\ashmere.aprx"
EDITION = FOLDER + r"\ashmere_2026.aprx"
TABLE = FOLDER + r"\sheets.csv"
PDF = FOLDER + r"\flood_zones.pdf"

SYSTEM = 27700
SCALE = 10000  # P3
FRAME_WIDTH, FRAME_HEIGHT = 380, 240  # P5 and P6, millimetres
OVERLAP = 10  # P7, millimetres
RESOLUTION = 300  # P8, dots per inch
COLOURS = {
    "Flood Zone 3": (8, 69, 148),
    "Flood Zone 2": (158, 202, 225),
    "Flood storage area": (230, 97, 1),
}  # P9 to P11

LEVELS = {"3": "Flood Zone 3", "2": "Flood Zone 2"}
LAYOUT, FRAME, MAP = "Sheet A3", "Main frame", "Flood zones"
TEXTS = {
    "Title": "Flood zones in Ashmere",
    "Caution": "Zones ignore flood defences, say nothing of surface water, and are not for single properties. "
    "Where no colour is, it is Zone 1.",
    "Attribution": "Contains OS data (c) Crown copyright and database right 2026. Contains Environment Agency "
    "information (c) Environment Agency and database right 2026. Open Government Licence v3.0.",
}
INPUTS = ("study_area", "flood_risk_zone", "flood_storage_area", "built_up_area")


def check_inputs() -> None:
    """Every input is there and in one system; what is wrong is told together."""
    problems = []
    for name in INPUTS:
        path = os.path.join(SOURCE, name)
        if not arcpy.Exists(path):
            problems.append(f"{name} is missing")
            continue
        code = arcpy.Describe(path).spatialReference.factoryCode
        print(f"{name}: EPSG {code}, {arcpy.management.GetCount(path)[0]} rows")
        if code != SYSTEM:
            problems.append(f"{name} is in EPSG {code}")
    if problems:
        raise SystemExit("; ".join(problems))


def make_index() -> str:
    """One rectangle for each sheet that touches the district, smaller than the frame by the overlap."""
    return arcpy.cartography.GridIndexFeatures(
        "sheet",
        os.path.join(SOURCE, "study_area"),
        "INTERSECTFEATURE",
        "USEPAGEUNIT",
        SCALE,
        f"{FRAME_WIDTH - OVERLAP} Millimeters",
        f"{FRAME_HEIGHT - OVERLAP} Millimeters",
        starting_page_number=1,
    )[0]


def hectares(index: str, layer: str, by: str | None) -> dict[tuple[str, str], float]:
    """Sheet and class -> hectares of a layer in it."""
    table = f"{os.path.basename(layer)}_in_sheets"
    arcpy.analysis.TabulateIntersection(index, "PageName", layer, table, class_fields=by, out_units="HECTARES")
    found: dict[tuple[str, str], float] = {}
    with arcpy.da.SearchCursor(table, ["PageName", by or "PageName", "AREA"]) as rows:
        for sheet, kind, area in rows:
            key = (str(sheet), str(kind) if by else "")
            found[key] = found.get(key, 0.0) + float(area)
    return found


def built_up_in_zone(index: str) -> dict[tuple[str, str], float]:
    """Sheet -> hectares of built-up land in Zone 3."""
    zone = arcpy.management.MakeFeatureLayer(os.path.join(SOURCE, "flood_risk_zone"), "zone_3", "level = '3'")[0]
    inside = os.path.join(RESULTS, "built_up_in_zone_3")
    arcpy.analysis.PairwiseClip(os.path.join(SOURCE, "built_up_area"), zone, inside)
    arcpy.management.Delete(zone)
    return hectares(index, inside, None)


def figures(index: str) -> list[list[object]]:
    """One row for each sheet."""
    zones = hectares(index, os.path.join(SOURCE, "flood_risk_zone"), "level")
    built = hectares(index, os.path.join(SOURCE, "built_up_area"), None)
    wet = built_up_in_zone(index)
    with arcpy.da.SearchCursor(index, ["PageName", "PageNumber"], sql_clause=(None, "ORDER BY PageNumber")) as rows:
        sheets = [str(name) for name, _ in rows]
    table: list[list[object]] = []
    for sheet in sheets:
        land = built.get((sheet, ""), 0.0)
        share = wet.get((sheet, ""), 0.0) / land if land else 0.0
        table.append([sheet, *(round(zones.get((sheet, level), 0.0), 2) for level in LEVELS), round(100 * share, 1)])
    return table


def colour(layer: arcpy.mp.Layer) -> None:
    """The zones by level, each in its colour; the outline of every zone in the colour of Zone 3."""
    symbology = layer.symbology
    symbology.updateRenderer("UniqueValueRenderer")
    symbology.renderer.fields = ["level"]
    for group in symbology.renderer.groups:
        for item in group.items:
            label = LEVELS.get(str(item.values[0][0]))
            if label:
                item.label = label
                item.symbol.color = {"RGB": [*COLOURS[label], 100]}
                item.symbol.outlineColor = {"RGB": [*COLOURS["Flood Zone 3"], 100]}
    layer.symbology = symbology


def plain_colour(layer: arcpy.mp.Layer, label: str) -> None:
    """One colour for all features, half seen through."""
    symbology = layer.symbology
    symbology.updateRenderer("SimpleRenderer")
    symbology.renderer.symbol.color = {"RGB": [*COLOURS[label], 100]}
    symbology.renderer.label = label
    layer.symbology = symbology
    layer.transparency = 40


def fill_texts(layout: arcpy.mp.Layout) -> None:
    """The fixed texts of the sheet; stops if an element is not called as expected."""
    elements = {element.name: element for element in layout.listElements("TEXT_ELEMENT")}
    missing = [name for name in TEXTS if name not in elements]
    if missing:
        raise SystemExit(f"the layout has no text called {', '.join(missing)}; it has {', '.join(elements)}")
    for name, text in TEXTS.items():
        elements[name].text = text


def make_series(layout: arcpy.mp.Layout, frame: arcpy.mp.MapFrame, index_layer: arcpy.mp.Layer) -> arcpy.mp.MapSeries:
    """The series over the index, all sheets at one scale."""
    if layout.mapSeries is None:
        layout.createSpatialMapSeries(frame, index_layer, "PageName", "PageNumber")
    series = layout.mapSeries
    definition = series.getDefinition("V3")
    definition.extentOptions = "ExtentCenter"
    series.setDefinition(definition)
    frame.camera.scale = SCALE
    series.refresh()
    return series


def export(series: arcpy.mp.MapSeries) -> None:
    """All sheets into one PDF. Pro 3.4 brought format objects; before it there is exportToPDF."""
    if os.path.exists(PDF):
        raise SystemExit(f"{PDF} is there already")
    if hasattr(arcpy.mp, "CreateExportFormat"):
        wanted = arcpy.mp.CreateExportFormat("PDF", PDF)
        wanted.resolution = RESOLUTION
        options = arcpy.mp.CreateExportOptions("MAPSERIES")
        options.setExportPages("ALL")
        series.export(wanted, options)
    else:
        series.exportToPDF(PDF, "ALL", resolution=RESOLUTION, image_quality="BEST")


def main() -> None:
    check_inputs()
    if arcpy.Exists(RESULTS):
        raise SystemExit(f"{RESULTS} is there already: results are never overwritten")
    arcpy.management.CreateFileGDB(os.path.dirname(RESULTS), os.path.basename(RESULTS))
    with arcpy.EnvManager(workspace=RESULTS, outputCoordinateSystem=arcpy.SpatialReference(SYSTEM)):
        index = make_index()
        table = figures(index)
    with open(TABLE, "w", newline="", encoding="utf-8") as out:
        heading = ["sheet", "hectares of Zone 3", "hectares of Zone 2", "percent of built-up land in Zone 3"]
        csv.writer(out).writerows([heading, *table])

    project = arcpy.mp.ArcGISProject(PROJECT)
    shown = project.listMaps(MAP)[0]
    colour(shown.addDataFromPath(os.path.join(SOURCE, "flood_risk_zone")))
    plain_colour(shown.addDataFromPath(os.path.join(SOURCE, "flood_storage_area")), "Flood storage area")
    index_layer = shown.addDataFromPath(os.path.join(RESULTS, "sheet"))
    index_layer.visible = False
    layout = project.listLayouts(LAYOUT)[0]
    fill_texts(layout)
    series = make_series(layout, layout.listElements("MAPFRAME_ELEMENT", FRAME)[0], index_layer)
    export(series)
    project.saveACopy(EDITION)
    print(f"{len(table)} sheets in the table, {series.pageCount} pages in {PDF}")


if __name__ == "__main__":
    main()
