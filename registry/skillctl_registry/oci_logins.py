"""User and password for OCI registries, from where other programs keep them: Docker's config.json, Podman's auth.json.

The places, in order: REGISTRY_AUTH_FILE, DOCKER_CONFIG (a directory), auth.json below XDG_RUNTIME_DIR, ~/.docker. What
is written for a host is shown to that host and to no other. Credential helpers that are named there are not started.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from skillctl.core.errors import SkillctlError
from skillctl.core.json_value import JsonValue
from skillctl.core.limits import LIMITS, MIB
from skillctl.core.web import Secret
from skillctl.edges.disk.files import read_bytes
from skillctl.formats.json_text import load_json
from skillctl_registry.oci import Login

VARIABLES = ("REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_RUNTIME_DIR")
"""The variables that say where the files lie."""


class OciLogins:
    """The logins of one user, read when the first is asked for."""

    def __init__(self, environment: Mapping[str, str], home: Path) -> None:
        self._environment = environment
        self._home = home
        self._known: dict[str, Login] | None = None

    def __call__(self, origin: str) -> Login | None:
        """Who the user is for that origin; None if nobody has logged in there."""
        if self._known is None:
            self._known = {}
            for path in self._files():
                for host, login in _logins(path):
                    self._known.setdefault(host, login)
        return self._known.get(urlsplit(origin).netloc)

    def _files(self) -> Iterator[Path]:
        said = {name: self._environment.get(name, "") for name in VARIABLES}
        if said["REGISTRY_AUTH_FILE"]:
            yield Path(said["REGISTRY_AUTH_FILE"])
        if said["DOCKER_CONFIG"]:
            yield Path(said["DOCKER_CONFIG"], "config.json")
        if said["XDG_RUNTIME_DIR"]:
            yield Path(said["XDG_RUNTIME_DIR"], "containers", "auth.json")
        if not said["DOCKER_CONFIG"]:
            yield self._home / ".docker" / "config.json"


def _logins(path: Path) -> Iterator[tuple[str, Login]]:
    """Host and login of each entry that can be read; others are somebody else's business."""
    try:
        data = read_bytes(path, max_bytes=MIB)
        if data is None:
            return
        value = load_json(data, file=str(path), max_bytes=MIB, max_depth=LIMITS.json_depth)
    except SkillctlError:
        return
    auths = value.get("auths") if isinstance(value, dict) else None
    for key, entry in (auths if isinstance(auths, dict) else {}).items():
        login = _login(entry)
        if login is not None:
            yield key.removeprefix("https://").removeprefix("http://").partition("/")[0], login


def _login(entry: JsonValue) -> Login | None:
    auth = entry.get("auth") if isinstance(entry, dict) else None
    try:
        user, colon, password = b64decode(auth if isinstance(auth, str) else "", validate=True).decode().partition(":")
    except ValueError:
        return None
    return Login(user, Secret(password)) if user and colon else None
