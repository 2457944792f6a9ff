"""Scans a folder, matches it to a brief, and writes a report; every setting comes from the plan's environment.

Ends well as long as there is a report: a layer that is missing is what the report is there to say.
"""

from __future__ import annotations

import os
import sys

import scan_datasets

OF_THE_PLAN = {
    "SCAN_FOLDER": "data",
    "SCAN_BRIEF": "BRIEF.md",
    "SCAN_REPORT": "report.html",
    "SCAN_TITLE": "Datasets of the sample project",
}


def main() -> int:
    """Runs the scanner with the settings, and gives the exit status."""
    settings = {name: os.environ.get(name) or usual for name, usual in OF_THE_PLAN.items()}
    arguments = [settings["SCAN_FOLDER"], "--report", settings["SCAN_REPORT"], "--title", settings["SCAN_TITLE"]]
    if os.path.isfile(settings["SCAN_BRIEF"]):
        arguments += ["--brief", settings["SCAN_BRIEF"]]
    status = scan_datasets.main(arguments)
    if status == scan_datasets.WRONG_USAGE:
        return status
    missing = "a layer that must be there is missing" if status else "every layer that must be there has a candidate"
    print(f"{missing}; the report is {settings['SCAN_REPORT']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
