"""Brings the scripts of the ArcGIS pack into reach of the tests: each skill carries its own folder, no package."""

from __future__ import annotations

import importlib
import io
import sys
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from unittest import mock

from skillctl.edges.bundled import packs_directory

PACK = Path(packs_directory()) / "arcgis"
DISCOVER = PACK / "skills" / "arcgis-discover" / "scripts"
INGEST = PACK / "skills" / "arcgis-ingest" / "scripts"
SETUP = PACK / "skills" / "arcgis-setup" / "scripts"
DATA = Path(__file__).parent / "data"


def script(name: str) -> ModuleType:
    """A module of the scripts by its name: `dataset_scan.raster`, `infer_schema`."""
    added = [str(folder) for folder in (DISCOVER, INGEST, SETUP)]
    with mock.patch.object(sys, "path", [*added, *sys.path]), mock.patch.object(sys, "dont_write_bytecode", True):
        return importlib.import_module(name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """What a command left."""

    status: int
    output: str
    errors: str


def run(name: str, *arguments: str) -> Ran:
    """Calls the command's `main` in this process."""
    output, errors = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    with mock.patch.object(sys, "stdout", output), redirect_stderr(errors):
        try:
            status = script(name).main(list(arguments))
        except SystemExit as end:  # argparse
            status = int(end.code or 0)
    output.flush()
    written = output.buffer
    assert isinstance(written, io.BytesIO)
    return Ran(status=status, output=written.getvalue().decode("utf-8"), errors=errors.getvalue())
