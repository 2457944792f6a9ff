"""Writes the sample folder of the ArcGIS pack: made-up data of a made-up place, small and complete enough for a report.

python -m tests.packs.arcgis_scripts.samples        writes packs/arcgis/samples anew
"""

from __future__ import annotations

import struct
from pathlib import Path

from skillctl.edges.bundled import packs_directory
from tests.packs.arcgis_scripts import builders

WEST, SOUTH = 429_000.0, 561_000.0
DAY = 1_740_787_200


def main() -> None:
    write_samples(Path(packs_directory()) / "arcgis" / "samples" / "data")


def write_samples(folder: Path) -> None:
    """Every file of the sample's data."""
    for name in ("constraints", "sites", "terrain", "transport", "visit"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    zones = [_box(0, 0, 5_000, 900), _box(3_000, 900, 4_200, 2_600), _box(0, 5_200, 2_500, 6_000)]
    builders.write_shapefile(
        folder / "constraints" / "flood_risk_zone_2025.shp",
        zones,
        fields=(("reference", "C", 12), ("level", "C", 2), ("type", "C", 10)),
        rows=[["FZ0001", "3", "rivers"], ["FZ0002", "2", "rivers"], ["FZ0003", "3", "rivers"]],
    )
    areas = [(-1.5480, 54.9430, -1.4700, 54.9980)]
    text = builders.geojson(
        areas, [{"reference": "CA-01", "name": "Ashmere village", "designation-date": "1976-04-01"}]
    )
    (folder / "constraints" / "conservation-area.geojson").write_bytes(text.encode())
    builders.write_geopackage(
        folder / "sites" / "brownfield.gpkg", {"brownfield_land": ("POLYGON", 27700, _box(200, 100, 4_700, 5_800), 7)}
    )
    (folder / "terrain" / "dtm_50m_2022.tif").write_bytes(_terrain())
    (folder / "terrain" / "old_survey.asc").write_bytes(
        builders.ascii_grid(12, 12, 500.0, 429_000.0, 561_000.0).encode()
    )
    stops = "".join(f"{number:05d},Stop {number},{x},{y}\n" for number, x, y in _stops())
    (folder / "transport" / "stops.csv").write_bytes(f"ATCO code,Name,Easting,Northing\n{stops}".encode())
    walk = [(-1.5300 + 0.004 * n, 54.9500 + 0.003 * n, f"2025-03-01T10:{n:02d}:00Z") for n in range(12)]
    points = [(-1.5290, 54.9512, "Ford"), (-1.5011, 54.9701, "Gate &amp; stile")]
    (folder / "visit" / "walk_2025-03-01.gpx").write_bytes(builders.gpx(points, [walk]).encode())
    cloud = [(431_000.0 + 5 * (n % 20), 563_000.0 + 5 * (n // 20), 40 + n % 7 / 10) for n in range(400)]
    (folder / "terrain" / "bridge.las").write_bytes(builders.las(cloud, epsg=27700))
    (folder / "transport" / "roads_half_copied.shp").write_bytes(struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 900)[:20])


def _box(west: float, south: float, east: float, north: float) -> builders.Box:
    return (WEST + west, SOUTH + south, WEST + east, SOUTH + north)


def _stops() -> list[tuple[int, int, int]]:
    return [(4_100 + n, 429_150 + 311 * n, 561_100 + (n * 1_733) % 5_700) for n in range(16)]


def _terrain() -> bytes:
    """A slope that rises to the north east, in decimetres, on the plain cells that the builder writes."""
    width, height = 120, 140
    made = builders.tiff(
        width, height, cell=50.0, west=428_500.0, north=567_500.0, epsg=27700, made="2022:11:05 12:00:00"
    )
    heights = struct.pack(
        f"<{width * height}h", *(200 + 3 * x + 2 * (height - y) for y in range(height) for x in range(width))
    )
    return made[: -len(heights)] + heights


if __name__ == "__main__":
    main()
