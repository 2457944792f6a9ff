"""Site suitability for the project in this folder: constraints, criteria, weights, regions, sensitivity.

Run with the Python of ArcGIS Pro. Needs Spatial Analyst. Reads the datasets of DATASETS.md from SOURCE, where
`/arcgis-ingest` has loaded them in British National Grid; writes everything to a new geodatabase and a CSV beside it.
The constants are those of PARAMETERS.md: change both together.
"""

from __future__ import annotations

import csv
import os

import arcpy

FOLDER = r"C:\work\ashmere"
SOURCE = FOLDER + r"\source.gdb"
TABLE = FOLDER + r"\regions.csv"
RESULTS = FOLDER + r"\suitability.gdb"

SYSTEM = 27700
CELL = 10  # P3, metres
TERRAIN = SOURCE + r"\dtm_10m"  # P4
WIDE = "427400 559400 435600 568600"  # the brief's extent and its widest margin: what lies outside counts for distances
STUDY_AREA = SOURCE + r"\study_area"
FLOOD_ZONE = "3"  # P5
STEEPEST = 20  # P6, percent
WOODLAND_BUFFER = 15  # P7, metres
HECTARES = 9  # P8
REGIONS = 6  # P9
SMALLEST, LARGEST = 1, 4  # P10 and P11, hectares
CHANGE = 0.25  # P12

# Criterion -> weight, best at, worst at: P13 to P17.
CRITERIA = {
    "stop_distance": (0.378, 400, 1600),
    "slope": (0.123, 2, 15),
    "brownfield_distance": (0.217, 0, 500),
    "heritage_distance": (0.201, 500, 50),
    "land_grade": (0.081, 5, 1),
}
COMPARISON = [
    [1, 3, 2, 2, 4],
    [1 / 3, 1, 1 / 2, 1 / 2, 2],
    [1 / 2, 2, 1, 1, 3],
    [1 / 2, 2, 1, 1, 2],
    [1 / 4, 1 / 2, 1 / 3, 1 / 2, 1],
]
RANDOM_INDEX = {3: 0.58, 4: 0.90, 5: 1.12, 6: 1.24, 7: 1.32, 8: 1.41}
POLYGONS = (
    "flood_risk_zone",
    "ancient_woodland",
    "sssi",
    "scheduled_monument",
    "conservation_area",
    "agricultural_land",
)
POINTS = ("listed_building", "brownfield_land", "transport_stop")
BEST, WORST = 10.0, 0.0


def weights_from(matrix: list[list[float]]) -> tuple[list[float], float]:
    """Weights of a pairwise comparison (its principal eigenvector, by repeated multiplication) and its ratio."""
    size = len(matrix)
    weights = [1 / size] * size
    for _ in range(100):
        product = [sum(row[at] * weights[at] for at in range(size)) for row in matrix]
        weights = [each / sum(product) for each in product]
    product = [sum(row[at] * weights[at] for at in range(size)) for row in matrix]
    eigenvalue = sum(product[at] / weights[at] for at in range(size)) / size
    return weights, (eigenvalue - size) / (size - 1) / RANDOM_INDEX[size]


def check_weights() -> None:
    """The weights in use are those of the comparison, add up to one, and do not contradict each other."""
    weights, ratio = weights_from(COMPARISON)
    used = [weight for weight, _, _ in CRITERIA.values()]
    if abs(sum(used) - 1) > 1e-9:
        raise SystemExit(f"the weights add up to {sum(used)}")
    if any(abs(used[at] - weights[at]) > 0.001 for at in range(len(used))):
        raise SystemExit(f"the comparison gives {[round(each, 3) for each in weights]}, not {used}")
    if ratio > 0.10:
        raise SystemExit(f"the comparisons contradict each other: consistency ratio {ratio:.3f}")
    print(f"weights {used}, consistency ratio {ratio:.3f}")


def check_inputs() -> None:
    """Every input is there, in one system, and not empty; what is wrong is told together."""
    problems = []
    for name in ("study_area", *POLYGONS, *POINTS):
        path = os.path.join(SOURCE, name)
        if not arcpy.Exists(path):
            problems.append(f"{name} is missing")
            continue
        code = arcpy.Describe(path).spatialReference.factoryCode
        rows = int(arcpy.management.GetCount(path)[0])
        print(f"{name}: EPSG {code}, {rows} rows")
        if code != SYSTEM:
            problems.append(f"{name} is in EPSG {code}")
        if rows == 0 and name == "study_area":
            problems.append(f"{name} is empty")
    if problems:
        raise SystemExit("; ".join(problems))


def constraint(name: str, where: str = "", metres: int = 0) -> str:
    """Polygons of one constraint, chosen and widened, as one feature class of the results."""
    chosen = arcpy.management.MakeFeatureLayer(os.path.join(SOURCE, name), f"{name}_chosen", where)[0]
    out = f"constraint_{name}"
    if metres:
        arcpy.analysis.PairwiseBuffer(chosen, out, f"{metres} Meters", dissolve_option="ALL", method="PLANAR")
    else:
        arcpy.analysis.PairwiseDissolve(chosen, out)
    arcpy.management.Delete(chosen)
    return out


def allowed_cells(slope: arcpy.Raster) -> arcpy.Raster:
    """1 where building is not excluded, 0 where it is, within the study area."""
    names = [
        constraint("flood_risk_zone", f"level = '{FLOOD_ZONE}'"),
        constraint("ancient_woodland", metres=WOODLAND_BUFFER),
        constraint("sssi"),
        constraint("scheduled_monument"),
    ]
    masks = [arcpy.sa.Con(slope <= STEEPEST, 1, 0)]
    for name in names:
        arcpy.conversion.PolygonToRaster(name, "OBJECTID", f"{name}_cells", "MAXIMUM_AREA", cellsize=CELL)
        masks.append(arcpy.sa.Con(arcpy.sa.IsNull(f"{name}_cells"), 1, 0))
    allowed = arcpy.sa.ExtractByMask(arcpy.sa.CellStatistics(masks, "MINIMUM", "NODATA"), STUDY_AREA)
    allowed.save("allowed")
    return allowed


def distance_to(*names: str) -> arcpy.Raster:
    """Metres to the nearest feature of these layers, straight, those beyond the study area included."""
    with arcpy.EnvManager(extent=WIDE):
        rasters = [arcpy.sa.DistanceAccumulation(os.path.join(SOURCE, name)) for name in names]
    return rasters[0] if len(rasters) == 1 else arcpy.sa.CellStatistics(rasters, "MINIMUM", "DATA")


def measured(slope: arcpy.Raster) -> dict[str, arcpy.Raster]:
    """Criterion -> what was measured, in the units of PARAMETERS.md."""
    arcpy.conversion.PolygonToRaster(
        os.path.join(SOURCE, "agricultural_land"), "grade", "land_grade_cells", "MAXIMUM_AREA", cellsize=CELL
    )
    return {
        "stop_distance": distance_to("transport_stop"),
        "slope": slope,
        "brownfield_distance": distance_to("brownfield_land"),
        "heritage_distance": distance_to("listed_building", "conservation_area"),
        "land_grade": arcpy.Raster("land_grade_cells"),
    }


def scored(raster: arcpy.Raster, best: float, worst: float) -> arcpy.Raster:
    """From 10 at the best value to 0 at the worst, in a straight line between, whichever of the two is greater."""
    line = WORST + (BEST - WORST) * (worst - raster) / float(worst - best)
    return arcpy.sa.Con(line > BEST, BEST, arcpy.sa.Con(line < WORST, WORST, line))


def weighted(weights: dict[str, float], allowed: arcpy.Raster) -> arcpy.Raster:
    """The suitability surface, without what is excluded."""
    table = arcpy.sa.WSTable([[f"score_{name}", "VALUE", weight] for name, weight in weights.items()])
    return arcpy.sa.SetNull(allowed == 0, arcpy.sa.WeightedSum(table))


def regions_of(surface: arcpy.Raster, name: str) -> arcpy.Raster:
    """The best regions by mean score."""
    found = arcpy.sa.LocateRegions(
        surface,
        total_area=HECTARES,
        area_units="HECTARES",
        number_of_regions=REGIONS,
        region_shape="CIRCLE",
        evaluation_method="HIGHEST_AVERAGE_VALUE",
        minimum_area=SMALLEST,
        maximum_area=LARGEST,
    )
    found.save(name)
    return found


def changed_weights() -> dict[str, dict[str, float]]:
    """Run -> weights: each weight up and down by a share, the others scaled so that the sum stays one."""
    plain = {name: weight for name, (weight, _, _) in CRITERIA.items()}
    runs = {}
    for name, weight in plain.items():
        for word, factor in (("more", 1 + CHANGE), ("less", 1 - CHANGE)):
            moved = weight * factor
            rest = (1 - moved) / (1 - weight)
            runs[f"{name}_{word}"] = {each: moved if each == name else old * rest for each, old in plain.items()}
    return runs


def mean_scores(table: str) -> dict[int, float]:
    """Region -> mean of the zonal statistics."""
    with arcpy.da.SearchCursor(table, ["VALUE", "MEAN"]) as rows:
        return {int(region): float(mean) for region, mean in rows}


def report(regions: arcpy.Raster, allowed: arcpy.Raster) -> list[list[object]]:
    """One row for each region: mean suitability, each criterion's mean, and in how many runs it overlaps the best."""
    arcpy.sa.ZonalStatisticsAsTable(regions, "VALUE", "suitability", "region_suitability", "DATA", "MEAN")
    means = {"suitability": mean_scores("region_suitability")}
    for name in CRITERIA:
        arcpy.sa.ZonalStatisticsAsTable(regions, "VALUE", f"score_{name}", f"region_{name}", "DATA", "MEAN")
        means[name] = mean_scores(f"region_{name}")
    kept = dict.fromkeys(means["suitability"], 0)
    runs = changed_weights()
    for run, weights in runs.items():
        again = regions_of(weighted(weights, allowed), f"regions_{run}")
        inside = arcpy.sa.Con(arcpy.sa.IsNull(again), 0, 1)
        arcpy.sa.ZonalStatisticsAsTable(regions, "VALUE", inside, f"overlap_{run}", "DATA", "MEAN")
        for region, share in mean_scores(f"overlap_{run}").items():
            kept[region] = kept.get(region, 0) + (share >= 0.5)
    ranked = sorted(means["suitability"].items(), key=lambda each: -each[1])
    rows: list[list[object]] = []
    for rank, (region, score) in enumerate(ranked, start=1):
        parts = {name: means[name].get(region, 0.0) for name in CRITERIA}
        weakest = min(parts, key=lambda name: parts[name])
        rows.append(
            [rank, region, round(score, 2), weakest, round(parts[weakest], 2), f"{kept[region]} of {len(runs)}"]
        )
    return rows


def main() -> None:
    check_weights()
    if arcpy.CheckExtension("Spatial") != "Available":
        raise SystemExit("Spatial Analyst is not available")
    arcpy.CheckOutExtension("Spatial")
    check_inputs()
    if arcpy.Exists(RESULTS):
        raise SystemExit(f"{RESULTS} is there already: results are never overwritten")
    arcpy.management.CreateFileGDB(os.path.dirname(RESULTS), os.path.basename(RESULTS))
    with arcpy.EnvManager(
        workspace=RESULTS,
        outputCoordinateSystem=arcpy.SpatialReference(SYSTEM),
        snapRaster=TERRAIN,
        cellSize=CELL,
        extent=TERRAIN,
    ):
        slope = arcpy.sa.Slope(TERRAIN, "PERCENT_RISE")
        slope.save("slope_percent")
        allowed = allowed_cells(slope)
        for name, raster in measured(slope).items():
            score = scored(raster, *CRITERIA[name][1:])
            score.save(f"score_{name}")
            saved = arcpy.Raster(f"score_{name}")
            print(f"{name}: scores from {saved.minimum} to {saved.maximum}")
        surface = weighted({name: weight for name, (weight, _, _) in CRITERIA.items()}, allowed)
        surface.save("suitability")
        rows = report(regions_of(surface, "regions"), allowed)
        arcpy.conversion.RasterToPolygon("regions", "region_outlines", "NO_SIMPLIFY", "VALUE")
    with open(TABLE, "w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([["rank", "region", "score", "weakest", "its score", "kept"], *rows])
    print(f"{len(rows)} regions, {REGIONS} asked for: see {TABLE}")


if __name__ == "__main__":
    main()
