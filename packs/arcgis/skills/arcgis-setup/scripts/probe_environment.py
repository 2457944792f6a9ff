#!/usr/bin/env python3
"""Finds ArcGIS Pro on this machine, its Python environments, and whether arcpy works there.

Changes nothing. arcpy is only ever imported in a child process with a time limit, so that a broken install cannot
take the probe with it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

ALL_WORKS, SOMETHING_WRONG, WRONG_USAGE, NO_INSTALL = 0, 1, 2, 3
TIMEOUT = 300.0
"""Seconds. The first import on a cold machine takes up to a minute, with a virus scanner longer."""
OUTPUT = 1_000_000

# Which release of ArcGIS Pro brings which Python and which package `arcgis`.
RELEASES = {
    "3.0": ("3.9.11", "2.0.1"),
    "3.1": ("3.9.16", "2.1.0.2"),
    "3.2": ("3.9.18", "2.2.0"),
    "3.3": ("3.11.8", "2.3.0"),
    "3.4": ("3.11.10", "2.4.0"),
    "3.5": ("3.11.11", "2.4.1"),
    "3.6": ("3.13.7", "2.4.2"),
}
PRODUCTS = {"ArcView": "Basic", "ArcEditor": "Standard", "ArcInfo": "Advanced", "ArcServer": "ArcGIS Server"}
EXTENSIONS = ("Spatial", "3D", "Network", "ImageAnalyst", "GeoStats", "DataInteroperability", "DataReviewer")
DEFAULT_ENVIRONMENT = "arcgispro-py3"
REGISTRY_KEY = r"SOFTWARE\ESRI\ArcGISPro"
REGISTRY_VALUES = ("InstallDir", "Version", "RealVersion", "PythonCondaRoot", "PythonCondaEnv")

SHAPE = """\
{"format": "arcgis-pack environment", "version": 1,
 "machine": {"system", "release", "python", "executable", "wsl"},
 "installs": [{"folder", "found_by", "release", "propy", "problems": [...]}],
 "environments": [{"folder", "name", "python", "arcpy", "arcgis", "is_default", "problems": [...]}],
 "probe": {"command": [...], "seconds_limit", "error", "python", "prefix", "release", "product", "level",
           "extensions": {code: state}, "packages": {name: version or problem}} or null,
 "findings": [{"weight": "good" | "look" | "bad", "text", "next"}],
 "status": exit status}
A value that is not known is an empty text."""
STATUS = """\
Exit status: 0 arcpy imports and a licence is there; 1 an install was found, but arcpy or its licence does not work, or
--no-import left that open; 2 wrong usage; 3 no install found here."""

# Runs in the other interpreter, so it uses nothing of this file; its last line of output is the answer.
CHILD = """\
import json, sys
answer = {"python": sys.version.split()[0], "prefix": sys.prefix, "packages": {}}
try:
    import arcpy
    info = arcpy.GetInstallInfo()
    answer["release"] = info.get("Version", "")
    answer["product"] = arcpy.ProductInfo()
    answer["extensions"] = {code: arcpy.CheckExtension(code) for code in %r}
except BaseException as problem:
    answer["error"] = type(problem).__name__ + ": " + str(problem)
for name in ("numpy", "pandas", "arcgis"):
    try:
        answer["packages"][name] = __import__(name).__version__
    except BaseException as problem:
        answer["packages"][name] = type(problem).__name__ + ": " + str(problem)
print(json.dumps(answer))
"""


@dataclass(frozen=True)
class Install:
    """A folder that holds, or should hold, ArcGIS Pro."""

    folder: Path
    found_by: str
    release: str = ""
    problems: tuple[str, ...] = ()

    @property
    def propy(self) -> Path:
        """The batch file that starts Python in the environment which the application has activated."""
        return self.folder / "bin" / "Python" / "Scripts" / "propy.bat"


@dataclass(frozen=True)
class Environment:
    """A conda environment, by what its own records say."""

    folder: Path
    python: str = ""
    arcpy: str = ""
    arcgis: str = ""
    problems: tuple[str, ...] = ()

    @property
    def is_default(self) -> bool:
        return self.folder.name == DEFAULT_ENVIRONMENT


@dataclass(frozen=True)
class Probe:
    """What a child interpreter answered."""

    command: tuple[str, ...]
    limit: float
    error: str = ""
    python: str = ""
    prefix: str = ""
    release: str = ""
    product: str = ""
    extensions: dict[str, str] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)

    @property
    def works(self) -> bool:
        return not self.error and self.product in PRODUCTS


@dataclass(frozen=True)
class Finding:
    """One conclusion: `good`, `look` or `bad`, and what to do next."""

    weight: str
    text: str
    next: str = ""


# Looking


def registered() -> dict[str, dict[str, str]]:
    """Hive -> value -> text, of what the registry of Windows says; empty elsewhere."""
    if sys.platform != "win32":
        return {}
    import winreg

    found: dict[str, dict[str, str]] = {}
    for hive, root in (("HKLM", winreg.HKEY_LOCAL_MACHINE), ("HKCU", winreg.HKEY_CURRENT_USER)):
        values: dict[str, str] = {}
        try:
            with winreg.OpenKey(root, REGISTRY_KEY, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as key:
                for name in REGISTRY_VALUES:
                    try:
                        values[name] = str(winreg.QueryValueEx(key, name)[0])
                    except OSError:
                        continue
        except OSError:
            continue
        found[hive] = values
    return found


def find_installs(registry: dict[str, dict[str, str]], variables: dict[str, str], given: Path | None) -> list[Install]:
    """Every folder that the registry, the usual places or the caller name, each once."""
    candidates: list[tuple[Path, str, str]] = []
    if given is not None:
        candidates.append((given, "given", ""))
    for hive, values in registry.items():
        if values.get("InstallDir"):
            release = values.get("RealVersion") or values.get("Version", "")
            candidates.append((Path(values["InstallDir"]), f"registry {hive}", release))
    if given is None:
        for variable, parts in (("ProgramFiles", ("ArcGIS", "Pro")), ("LOCALAPPDATA", ("Programs", "ArcGIS", "Pro"))):
            if variables.get(variable):
                folder = Path(variables[variable]).joinpath(*parts)
                if folder.is_dir():
                    candidates.append((folder, f"usual place below {variable}", ""))
    found: dict[str, Install] = {}
    for folder, source, release in candidates:
        found.setdefault(os.path.normcase(os.path.normpath(folder)), _install(folder, source, release))
    return list(found.values())


def _install(folder: Path, source: str, release: str) -> Install:
    problems = []
    if not folder.is_dir():
        problems.append("the folder is not there: an uninstalled or moved release")
    elif not (folder / "bin" / "Python" / "Scripts" / "propy.bat").is_file():
        problems.append("without bin/Python/Scripts/propy.bat: no complete install")
    short = re.match(r"\d+\.\d+", release)
    return Install(folder, source, short[0] if short else "", tuple(problems))


def find_environments(installs: Iterable[Install], variables: dict[str, str], home: Path) -> list[Environment]:
    """The environments of the installs, of this user, and of conda's own list: those with arcpy, and Pro's own."""
    folders: list[Path] = []
    for install in installs:
        folders += _inside(install.folder / "bin" / "Python" / "envs")
    if variables.get("LOCALAPPDATA"):
        folders += _inside(Path(variables["LOCALAPPDATA"]) / "ESRI" / "conda" / "envs")
    if variables.get("CONDA_PREFIX"):
        folders.append(Path(variables["CONDA_PREFIX"]))
    folders += [Path(line) for line in _lines(home / ".conda" / "environments.txt")]
    found: dict[str, Environment] = {}
    for folder in folders:
        key = os.path.normcase(os.path.normpath(folder))
        if key not in found:
            environment = read_environment(folder)
            if environment.arcpy or environment.is_default:
                found[key] = environment
    return list(found.values())


def read_environment(folder: Path) -> Environment:
    """Versions from the records in conda-meta, `python-3.11.8-h1.json`; nothing is started."""
    versions = {}
    for name in ("python", "arcpy", "arcgis"):
        record = re.compile(rf"{name}-(\d[\w.]*)-[^-]+\.json$")
        versions[name] = next((found[1] for found in map(record.match, _names(folder / "conda-meta")) if found), "")
    problems = []
    if not any((folder / python).is_file() for python in ("python.exe", "bin/python")):
        problems.append("without a Python: a broken clone, or one on a drive that is not there")
    elif not versions["arcpy"]:
        problems.append("without arcpy")
    return Environment(folder, versions["python"], versions["arcpy"], versions["arcgis"], tuple(problems))


def _inside(folder: Path) -> list[Path]:
    return [folder / name for name in _names(folder) if (folder / name).is_dir()]


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _lines(path: Path) -> list[str]:
    try:
        return [
            line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()
        ]
    except OSError:
        return []


# Asking the other interpreter


def ask(command: list[str], limit: float) -> Probe:
    """Imports arcpy in a child and hears what it says; whatever goes wrong is the error of the answer."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "probe.py"
        script.write_text(CHILD % (EXTENSIONS,), encoding="utf-8")
        output, errors, status = _run([*command, str(script)], limit)
    if status is None:
        return Probe(tuple(command), limit, error=errors)
    answer = _last_object(output)
    if answer is None:
        return Probe(tuple(command), limit, error=f"no answer, exit status {status}: {_end(errors or output)}")
    return Probe(
        tuple(command),
        limit,
        error=_text(answer.get("error")),
        python=_text(answer.get("python")),
        prefix=_text(answer.get("prefix")),
        release=_text(answer.get("release")),
        product=_text(answer.get("product")),
        extensions=_texts(answer.get("extensions")),
        packages=_texts(answer.get("packages")),
    )


def _run(command: list[str], limit: float) -> tuple[str, str, int | None]:
    """Output, errors and status; no status if it could not start or did not end, and then the errors say so."""
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=sys.platform != "win32",
        )
    except OSError as problem:
        return "", f"could not start: {problem.strerror or problem}", None
    try:
        output, errors = child.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        _end_all(child)
        return "", f"no answer after {limit:g} seconds", None
    return output[-OUTPUT:].decode("utf-8", "replace"), errors[-OUTPUT:].decode("utf-8", "replace"), child.returncode


def _end_all(child: subprocess.Popen[bytes]) -> None:
    """Ends the child and what it started: a batch file leaves its Python behind otherwise."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(child.pid)], capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    child.communicate()


def _last_object(output: str) -> dict[str, object] | None:
    """The last line that is a JSON object: start-up scripts print things of their own."""
    for line in reversed(output.splitlines()):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            return value
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> dict[str, str]:
    return {str(key): str(each) for key, each in value.items()} if isinstance(value, dict) else {}


def _end(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


# Concluding


def conclude(
    installs: list[Install], environments: list[Environment], probe: Probe | None, system: str
) -> list[Finding]:
    """What the facts mean, the most important first."""
    if not installs and probe is None:
        return _without_install(system)
    found = []
    for install in installs:
        found += [Finding("bad", f"{install.folder}: {problem}", "reinstall or repair") for problem in install.problems]
        if install.release and install.release not in RELEASES:
            known = f"{min(RELEASES)} to {max(RELEASES)}"
            found.append(Finding("look", f"release {install.release} is not in the table of this probe ({known})"))
    if len(installs) > 1:
        found.append(Finding("look", f"{len(installs)} installs", "ask which one to use"))
    for environment in environments:
        found += _about_environment(environment)
    return [*(_about_probe(probe) if probe else [_not_asked()]), *found]


def _without_install(system: str) -> list[Finding]:
    if system == "Windows":
        text = "ArcGIS Pro is neither in the registry nor in the usual places"
        return [Finding("bad", text, "name its folder with --install, or ask an administrator to install it")]
    possible = "CSV, GPX, GeoPackage, GeoJSON and shapefiles can be looked at, scripts written and reviewed"
    return [
        Finding("bad", f"ArcGIS Pro runs on Windows only, and this is {system or 'another system'}"),
        Finding("look", f"without it: {possible}", "run the scripts on a Windows machine with ArcGIS Pro"),
        Finding("look", "an arcpy of ArcGIS Server for Linux can be probed with --python"),
    ]


def _not_asked() -> Finding:
    return Finding("look", "arcpy was not imported", "run again without --no-import")


def _about_environment(environment: Environment) -> list[Finding]:
    name = environment.folder.name
    found = [Finding("look", f"environment {name}: {problem}") for problem in environment.problems]
    release = _minor(environment.arcpy)
    if release in RELEASES and environment.python:
        python, arcgis = RELEASES[release]
        if _minor(python) != _minor(environment.python):
            text = f"environment {name}: arcpy {environment.arcpy} belongs to Python {python}, not {environment.python}"
            found.append(Finding("bad", text, "make the clone again, from the release that is installed"))
        if environment.arcgis and _minor(environment.arcgis) != _minor(arcgis):
            text = f"environment {name}: the package arcgis is {environment.arcgis}, {release} came with {arcgis}"
            found.append(Finding("look", text))
    return found


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _about_probe(probe: Probe) -> list[Finding]:
    if probe.error:
        return [Finding("bad", f"arcpy: {probe.error}", _advice(probe.error))]
    found = []
    if probe.product in PRODUCTS:
        level = PRODUCTS[probe.product]
        found.append(Finding("good", f"arcpy {probe.release} works, licence level {level} ({probe.product})"))
    else:
        text = f"arcpy imports, but there is no licence: {probe.product or 'no product'}"
        found.append(
            Finding("bad", text, "a person signs in to ArcGIS Pro on this account, or takes a licence offline")
        )
    python = RELEASES.get(_minor(probe.release), ("", ""))[0]
    if python and _minor(python) != _minor(probe.python):
        found.append(Finding("look", f"release {probe.release} comes with Python {python}, this is {probe.python}"))
    there = [code for code, state in probe.extensions.items() if state == "Available"]
    found.append(Finding("good" if there else "look", f"extensions available: {', '.join(there) or 'none'}"))
    busy = [code for code, state in probe.extensions.items() if state == "Unavailable"]
    if busy:
        found.append(Finding("look", f"extensions all in use: {', '.join(busy)}", "wait, or ask who holds them"))
    broken = [f"{name} ({text})" for name, text in probe.packages.items() if "Error" in text]
    if broken:
        found.append(Finding("look", f"packages that do not import: {', '.join(broken)}"))
    return found


def _advice(error: str) -> str:
    text = error.lower()
    if "no answer after" in text:
        return "try again with a longer --timeout; if it stays so, look at the virus scanner and the network profile"
    if "dll" in text:
        return "probe the default environment; if that works, make the clone again"
    if "conda environment" in text or "no module named" in text or "modulenotfound" in text:
        return "not the Python of ArcGIS Pro: start with propy.bat"
    if "licen" in text or "notinitialized" in text or "initialized" in text:
        return "a person signs in to ArcGIS Pro on this account, or takes a licence offline"
    return "read the message; repair the install if the default environment says the same"


# Telling


def as_json(
    installs: list[Install], environments: list[Environment], probe: Probe | None, findings: list[Finding], status: int
) -> dict[str, object]:
    """Everything, in the shape that --help shows."""
    return {
        "format": "arcgis-pack environment",
        "version": 1,
        "machine": {
            "system": platform.system(),
            "release": platform.release(),
            "python": platform.python_version(),
            "executable": sys.executable,
            "wsl": is_wsl(platform.release()),
        },
        "installs": [
            {
                "folder": str(each.folder),
                "found_by": each.found_by,
                "release": each.release,
                "propy": str(each.propy) if each.propy.is_file() else "",
                "problems": list(each.problems),
            }
            for each in installs
        ],
        "environments": [
            {
                "folder": str(each.folder),
                "name": each.folder.name,
                "python": each.python,
                "arcpy": each.arcpy,
                "arcgis": each.arcgis,
                "is_default": each.is_default,
                "problems": list(each.problems),
            }
            for each in environments
        ],
        "probe": probe
        and {
            "command": list(probe.command),
            "seconds_limit": probe.limit,
            "error": probe.error,
            "python": probe.python,
            "prefix": probe.prefix,
            "release": probe.release,
            "product": probe.product,
            "level": PRODUCTS.get(probe.product, ""),
            "extensions": probe.extensions,
            "packages": probe.packages,
        },
        "findings": [{"weight": each.weight, "text": each.text, "next": each.next} for each in findings],
        "status": status,
    }


def as_text(installs: list[Install], environments: list[Environment], findings: list[Finding]) -> str:
    """The same for a terminal."""
    lines = [f"{each.weight:5} {each.text}" + (f"\n      next: {each.next}" if each.next else "") for each in findings]
    if installs:
        lines += [
            "",
            "installs:",
            *(f"  {each.release or '?':5} {each.folder}  ({each.found_by})" for each in installs),
        ]
    if environments:
        rows = [("environment", "python", "arcpy", "arcgis", "folder")]
        rows += [
            (each.folder.name, each.python or "?", each.arcpy or "-", each.arcgis or "-", str(each.folder))
            for each in environments
        ]
        widths = [max(len(row[at]) for row in rows) for at in range(5)]
        lines += ["", *("  ".join(cell.ljust(widths[at]) for at, cell in enumerate(row)).rstrip() for row in rows)]
    return "\n".join(lines)


def is_wsl(release: str) -> bool:
    """Whether a release of Linux is the one inside Windows, from which a Windows install can be started."""
    return "microsoft" in release.lower()


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"The JSON of --json:\n\n{SHAPE}\n\n{STATUS}",
    )
    made.add_argument("--json", action="store_true", help="one JSON document instead of text")
    made.add_argument("--install", type=Path, metavar="FOLDER", help="where ArcGIS Pro is, if it is not found")
    made.add_argument("--python", type=Path, metavar="FILE", help="probe this interpreter or propy.bat instead")
    made.add_argument(
        "--timeout", type=_seconds, default=TIMEOUT, metavar="SECONDS", help=f"for the import ({TIMEOUT:g})"
    )
    made.add_argument("--no-import", action="store_true", help="only look at folders and records; start nothing")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Looks, asks, tells, and gives the exit status."""
    made = parser()
    asked = made.parse_args(arguments)
    if asked.install and not asked.install.is_dir():
        print(f"{made.prog}: `{asked.install}` is no folder", file=sys.stderr)
        return WRONG_USAGE
    if asked.python and not asked.python.is_file():
        print(f"{made.prog}: `{asked.python}` is no file", file=sys.stderr)
        return WRONG_USAGE
    variables = dict(os.environ)
    installs = find_installs(registered(), variables, asked.install)
    environments = find_environments(installs, variables, Path.home())
    command = _command(asked.python, installs)
    probe = ask(command, asked.timeout) if command and not asked.no_import else None
    findings = conclude(installs, environments, probe, platform.system())
    if is_wsl(platform.release()):
        text = "this is Linux inside Windows: the install of Windows can be started through cmd.exe, with Windows paths"
        findings.append(Finding("look", text))
    status = status_of(installs, probe, asked_for_one=asked.python is not None)
    if asked.json:
        text = json.dumps(as_json(installs, environments, probe, findings, status), indent=2, ensure_ascii=False)
    else:
        text = as_text(installs, environments, findings)
    sys.stdout.buffer.write(f"{text}\n".encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
    return status


def status_of(installs: list[Install], probe: Probe | None, *, asked_for_one: bool) -> int:
    """The exit status."""
    if probe is not None and probe.works:
        return ALL_WORKS
    return SOMETHING_WRONG if installs or asked_for_one else NO_INSTALL


def _command(python: Path | None, installs: list[Install]) -> list[str]:
    """How to start the interpreter to ask; empty if there is none that can be started here."""
    if python is not None:
        return [str(python)]
    if sys.platform != "win32":
        return []
    return next(([str(each.propy)] for each in installs if each.propy.is_file()), [])


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < 86_400:
        raise argparse.ArgumentTypeError("must be more than 0 and less than a day")
    return number


if __name__ == "__main__":
    sys.exit(main())
