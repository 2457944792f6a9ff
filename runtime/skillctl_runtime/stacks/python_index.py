"""The user's index of Python packages, for tools that don't read pip's settings.

A company's mirror stands in pip.conf, or in PIP_INDEX_URL. uv and PDM have settings of their own; where the user made
none of them, what pip was told is told to them, so that it does not matter which of them installs.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator, Mapping

from skillctl.core.limits import MIB
from skillctl.edges.disk.files import read_bytes
from skillctl_runtime.stack import Machine

_OF_UV = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_CONFIG_FILE", "UV_NO_INDEX")
_SECTIONS = ("global", "install")


def index_environment(machine: Machine) -> dict[str, str]:
    """Variables for uv and PDM; none where the user has settings for uv, or none for pip."""
    if any(machine.variable(name) for name in _OF_UV) or any(map(os.path.isfile, _uv_files(machine))):
        return {}
    settings = pip_settings(machine)
    found = {
        "UV_DEFAULT_INDEX": settings.get("index-url", ""),
        "UV_INDEX": settings.get("extra-index-url", ""),
        "UV_INSECURE_HOST": settings.get("trusted-host", ""),
        "PDM_PYPI_URL": settings.get("index-url", ""),
        "SSL_CERT_FILE": "" if machine.variable("SSL_CERT_FILE") else settings.get("cert", ""),
    }
    return {name: " ".join(value.split()) for name, value in found.items() if value}


def pip_settings(machine: Machine) -> Mapping[str, str]:
    """What pip would take for its settings: variables over the user's file over the system's."""
    found: dict[str, str] = {}
    for path in _pip_files(machine):
        data = read_bytes(path, max_bytes=MIB) if os.path.isfile(path) else None
        parser = configparser.RawConfigParser()
        try:
            parser.read_string((data or b"").decode())
        except (configparser.Error, UnicodeDecodeError):  # pip itself will say what is wrong with it
            continue
        for section in _SECTIONS:
            found |= dict(parser.items(section)) if parser.has_section(section) else {}
    for name in ("index-url", "extra-index-url", "trusted-host", "cert"):
        value = machine.variable(f"PIP_{name.upper().replace('-', '_')}")
        found |= {name: value} if value else {}
    return found


def _pip_files(machine: Machine) -> Iterator[str]:
    """pip's files, the one that counts most last."""
    named, home = machine.variable("PIP_CONFIG_FILE"), machine.variable("HOME")
    if named == os.devnull:
        return
    if machine.system == "windows":
        yield os.path.join(machine.variable("PROGRAMDATA"), "pip", "pip.ini")
        yield os.path.join(machine.variable("APPDATA"), "pip", "pip.ini")
    else:
        yield "/etc/pip.conf"
        if home:
            yield os.path.join(home, ".pip", "pip.conf")
            yield os.path.join(machine.variable("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "pip", "pip.conf")
    if named:
        yield named


def _uv_files(machine: Machine) -> Iterator[str]:
    home = machine.variable("HOME")
    yield "/etc/uv/uv.toml"
    if home:
        yield os.path.join(machine.variable("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "uv", "uv.toml")
