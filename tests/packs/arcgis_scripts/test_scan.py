"""A whole scan: what is found, what is left out, what a failing drive does, and how little is read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests.packs.arcgis_scripts import builders, samples
from tests.packs.arcgis_scripts.support import DATA, DISCOVER, PACK, run, script

walk = script("dataset_scan.walk")
DAY = 1_740_787_200  # 2025-03-01, UTC


def scan(folder: Path, **limits: object) -> Any:
    return walk.scan([folder], walk.Limits(**limits))


def labels(result: Any) -> list[str]:
    return [each.label for each in result.found]


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A copy of the sample data, every file of one day."""
    shutil.copytree(PACK / "samples" / "data", tmp_path / "data")
    for path in (tmp_path / "data").rglob("*"):
        os.utime(path, (DAY, DAY))
    return tmp_path / "data"


def test_the_sample_folder_is_what_its_builder_writes(tmp_path: Path) -> None:
    samples.write_samples(tmp_path)
    shipped = PACK / "samples" / "data"
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert made == {path.relative_to(shipped) for path in shipped.rglob("*") if path.is_file()}
    for path in made:
        if path.suffix != ".gpkg":  # its bytes differ between releases of SQLite
            assert (tmp_path / path).read_bytes() == (shipped / path).read_bytes(), path


@pytest.mark.parametrize("form", ["json", "txt", "md", "html"])
def test_the_sample_folder_gives_this_report(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.chdir(sample.parent)
    brief = str(PACK / "samples" / "BRIEF.md")
    if form in ("json", "txt"):
        text = run("scan_datasets", "data", "--brief", brief, *(["--json"] if form == "json" else [])).output
    else:
        run("scan_datasets", "data", "--brief", brief, "--report", f"report.{form}", "--title", "Sample")
        text = (tmp_path / f"report.{form}").read_text(encoding="utf-8")
    golden = DATA / f"sample_report.{form}"
    if os.environ.get("REWRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8", newline="\n")
    assert text == golden.read_text(encoding="utf-8")


def test_links_are_not_followed_and_folders_of_the_system_are_left_out(tmp_path: Path) -> None:
    inside, outside = tmp_path / "drive", tmp_path / "elsewhere"
    for folder in (inside / "$RECYCLE.BIN", inside / ".git", inside / "backup", inside / "kept", outside):
        builders.write_shapefile(folder / "roads.shp", [(0, 0, 1, 1)])
    (inside / "way_out").symlink_to(outside, target_is_directory=True)
    (inside / "file.shp").symlink_to(outside / "roads.shp")
    (inside / "round").symlink_to(inside, target_is_directory=True)
    result = scan(inside, skip=frozenset({"backup"}))
    assert labels(result) == ["kept/roads.shp"]
    assert dict(result.skipped) == {
        "$RECYCLE.BIN": "a folder of the system or of a tool",
        ".git": "a folder of the system or of a tool",
        "backup": "asked for",
        "file.shp": "a link, not followed",
        "round": "a link, not followed",
        "way_out": "a link, not followed",
    }


def test_depth_and_number_of_entries_end_a_scan_and_are_told(tmp_path: Path) -> None:
    builders.write_shapefile(tmp_path / "a" / "b" / "deep.shp", [(0, 0, 1, 1)])
    assert dict(scan(tmp_path, depth=1).skipped) == {"a/b": "deeper than 1 folders"}
    result = scan(tmp_path, files=3)
    assert result.skipped[-1][1] == "stopped after 3 entries"


def test_a_drive_that_fails_costs_what_it_did_not_give(tmp_path: Path) -> None:
    builders.write_shapefile(tmp_path / "good" / "roads.shp", [(0, 0, 1, 1)])
    builders.write_shapefile(tmp_path / "bad" / "rivers.shp", [(0, 0, 1, 1)])
    real = os.scandir

    class Failing:
        """A listing that gives one entry and then fails."""

        def __init__(self, path: object) -> None:
            self.entries = real(path)  # type: ignore[call-overload]

        def __enter__(self) -> Iterator[os.DirEntry[str]]:
            return self.listed()

        def __exit__(self, *_: object) -> None:
            self.entries.close()

        def listed(self) -> Iterator[os.DirEntry[str]]:
            yield next(self.entries)
            raise OSError(5, "Input/output error")

    def scandir(path: object) -> object:
        return Failing(path) if Path(str(path)).name == "bad" else real(path)  # type: ignore[call-overload]

    with mock.patch.object(os, "scandir", scandir):
        result = scan(tmp_path)
    assert "good/roads.shp" in labels(result)
    assert ("bad", "Input/output error") in result.problems


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    builders.write_shapefile(tmp_path / "a.shp", [(0, 0, 1, 1)])
    (tmp_path / "b.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    real = Path.open

    def refuse(path: Path, *given: Any, **named: Any) -> Any:
        if path.name == "a.shp":
            raise OSError(5, "Input/output error")
        return real(path, *given, **named)

    with mock.patch.object(Path, "open", refuse):
        result = scan(tmp_path)
    assert labels(result) == ["b.csv"]
    assert result.problems == [("a.shp", "Input/output error")]


def test_a_file_that_is_only_in_the_cloud_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "big.tif").write_bytes(builders.tiff(2, 2))
    real = walk.stat.S_ISREG

    class Facts:
        """What Windows says of a placeholder."""

        st_mode, st_file_attributes, st_reparse_tag = 0o100644, 0x400000, 0

    class Entry:
        name, path = "big.tif", str(tmp_path / "big.tif")

        def stat(self, *, follow_symlinks: bool) -> Facts:
            return Facts()

    result = walk.Scan()
    assert real(Facts.st_mode)
    assert walk._kind(Entry(), tmp_path, tmp_path, walk.Limits(), result) == ""
    assert result.skipped == [("big.tif", "only in the cloud: reading would fetch it")]


def test_giants_are_read_within_their_share(tmp_path: Path) -> None:
    """Sparse files: many gigabytes by their size, next to nothing on the disk."""
    write: dict[str, Callable[[], bytes]] = {
        "giant.tif": lambda: builders.tiff(4, 4, cell=1.0, epsg=27700),
        "giant.las": lambda: builders.las([(1.0, 2.0, 3.0)], epsg=27700),
        "giant.csv": lambda: b"ref,x,y\n" + b"A,-1.5,54.9\n" * 100,
        "giant.gpx": lambda: builders.gpx([(1.0, 2.0, "a")]).removesuffix("</gpx>\n").encode(),
        "giant.geojson": lambda: builders.geojson([(1, 2, 3, 4)] * 9, [{}] * 9).encode(),
        "giant.asc": lambda: builders.ascii_grid(4, 4, 1.0, 0.0, 0.0).encode(),
    }
    for name, content in write.items():
        (tmp_path / name).write_bytes(content())
        os.truncate(tmp_path / name, 30_000_000_000)
    result = scan(tmp_path, megabytes=1)
    assert result.bytes_read <= len(write) * 1_000_000
    assert {label.partition(":")[0] for label in labels(result)} | {path for path, _ in result.problems} == set(write)
    assert {"giant.tif", "giant.las", "giant.asc", "giant.geojson"} <= set(labels(result))


def test_a_scan_changes_nothing(sample: Path) -> None:
    def state() -> list[tuple[str, int, int]]:
        paths = sorted(sample.rglob("*"))
        return [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]

    before = state()
    scan(sample)
    assert state() == before


def test_names_of_any_letters_are_told_on_any_console(tmp_path: Path) -> None:
    (tmp_path / "Gwêl — 数据.csv").write_text("name,lon,lat\nâ,-3.1,51.5\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-B", str(DISCOVER / "scan_datasets.py"), str(tmp_path)],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Gwêl — 数据.csv" in done.stdout.decode("utf-8")


def test_wrong_usage_is_a_sentence_and_status_2(tmp_path: Path) -> None:
    for arguments in (["nowhere"], [str(tmp_path), "--brief", "nowhere.md"], [str(tmp_path), "--report", "a.pdf"]):
        done = run("scan_datasets", *arguments)
        assert (done.status, done.output) == (2, ""), arguments
        assert done.errors
    assert run("scan_datasets", str(tmp_path), "--depth", "0").status == 2
    assert run("scan_datasets").status == 2


def test_a_geodatabase_can_be_the_folder_itself(tmp_path: Path) -> None:
    folder = builders.unpack_reference_geodatabase(tmp_path)
    done = run("scan_datasets", str(folder), "--json")
    assert [each["layer"] for each in json.loads(done.output)["datasets"]] == ["", "sites", "stops", "lookup"]


def test_the_status_tells_whether_a_layer_that_must_be_there_is_missing(sample: Path) -> None:
    brief = sample.parent / "BRIEF.md"
    rows = "| need | kind | importance |\n|---|---|---|\n"
    brief.write_text(f"## Layers needed\n\n{rows}| flood risk zone | polygon | must |\n", encoding="utf-8")
    assert run("scan_datasets", str(sample), "--brief", str(brief)).status == 0
    brief.write_text(f"## Layers needed\n\n{rows}| coal mines | polygon | must |\n", encoding="utf-8")
    assert run("scan_datasets", str(sample), "--brief", str(brief)).status == 1
    brief.write_text(f"## Layers needed\n\n{rows}| coal mines | polygon | helps |\n", encoding="utf-8")
    assert run("scan_datasets", str(sample), "--brief", str(brief)).status == 0


def test_the_json_has_the_keys_that_help_promises(sample: Path) -> None:
    report = json.loads(
        run("scan_datasets", str(sample), "--brief", str(PACK / "samples" / "BRIEF.md"), "--json").output
    )
    told = run("scan_datasets", "--help").output
    keys = {*report, *report["datasets"][0], *report["matches"][0], *report["matches"][0]["candidates"][0]}
    keys |= {*report["matches"][0]["candidates"][0]["parts"][0], *report["totals"], *report["problems"][0]}
    for key in keys:
        assert f'"{key}"' in told, key


def test_a_report_shows_names_as_text_and_never_as_markup(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    name = "<b>x</b>_*a*_|`c`.csv" if sys.platform != "win32" else "_a_ [c](d).csv"
    (tmp_path / "in" / name.replace("/", "")).write_text("lon,lat\n-1.5,54.9\n", encoding="utf-8")
    for form in ("md", "html"):
        run("scan_datasets", str(tmp_path / "in"), "--report", str(tmp_path / f"r.{form}"))
        text = (tmp_path / f"r.{form}").read_text(encoding="utf-8")
        assert "<b>x" not in text
        if form == "md":
            assert "\\|\\`c\\`" in text
