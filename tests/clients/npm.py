"""Real agent clients out of npm, each at one version, in a cache that all test runs share.

No script of a package is run, so a package whose script would choose the program of a platform is named by platform.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_INSTALL_SECONDS = 300
_NPM = (
    *("npm", "install", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"),
    # a registry that is not there is found out in seconds
    *("--fetch-retries=1", "--fetch-retry-mintimeout=500", "--fetch-timeout=60000"),
)


class ClientMissingError(Exception):
    """The client can't be had here; the message is the plain reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """Where a client comes from."""

    room: str
    """Its folder in the cache, without the version."""
    name: str
    version: str
    programs: tuple[str, ...]
    """Patterns below `node_modules`; the first file that one of them finds is the program."""
    lean: bool = False
    """Whether it does without what the package calls optional."""

    def program(self, cache: Path) -> Path | None:
        """The program that an earlier `fetched` left in the cache."""
        modules = self._room(cache) / "node_modules"
        for pattern in self.programs:
            for found in sorted(modules.glob(pattern)):
                if found.suffix == ".js" or (found.is_file() and os.access(found, os.X_OK)):
                    return found
        return None

    def fetched(self, cache: Path, environment: Mapping[str, str]) -> Path:
        """The program, fetched by npm unless the cache has it. Raises ClientMissingError.

        `environment` is one in which npm finds its own settings. Processes that ask at once wait for the first of them.
        """
        from filelock import FileLock, Timeout

        cache.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(f"{self._room(cache)}.lock", timeout=_INSTALL_SECONDS + 30):
                if self.program(cache) is None:
                    self._install(self._room(cache), environment)
        except Timeout as error:
            raise ClientMissingError("another test run holds the cache of agent clients") from error
        program = self.program(cache)
        if program is None:
            raise ClientMissingError(f"{self.name} {self.version} has no program for {sys.platform} {machine()}")
        return program

    def _room(self, cache: Path) -> Path:
        return cache / f"{self.room}-{self.version}"

    def _install(self, room: Path, environment: Mapping[str, str]) -> None:
        """Into a folder beside, then one rename: the room is never half full."""
        npm = shutil.which("npm", path=environment.get("PATH"))
        if npm is None:
            raise ClientMissingError("npm is not on this machine")
        beside = Path(tempfile.mkdtemp(dir=room.parent, prefix=f".{room.name}-"))
        lean = ["--omit=optional"] if self.lean else []
        try:
            done = subprocess.run(
                [npm, *_NPM[1:], *lean, "--prefix", str(beside), f"{self.name}@{self.version}"],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_INSTALL_SECONDS,
                check=False,
            )
            if done.returncode:
                raise ClientMissingError(f"npm can't fetch {self.name} {self.version} ({_npm_code(done.stderr)})")
            shutil.rmtree(room, ignore_errors=True)
            beside.rename(room)
        except subprocess.TimeoutExpired as error:
            what = f"{self.name} {self.version}"
            raise ClientMissingError(f"npm did not fetch {what} within {_INSTALL_SECONDS} s") from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def default_cache(environment: Mapping[str, str]) -> Path:
    """$SKILLCTL_TEST_CACHE, else `.cache/clients` in the checkout."""
    given = environment.get("SKILLCTL_TEST_CACHE")
    return Path(given) if given else Path(__file__).parents[2] / ".cache" / "clients"


def machine() -> str:
    """`x64` or `arm64`, as packages of npm are named."""
    name = platform.machine().lower()
    return {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(name, name)


def _npm_code(said: str) -> str:
    code = re.search(r"npm (?:error|ERR!) code (\S+)", said)
    return code[1] if code else said.strip()[-200:] or "no reason given"
