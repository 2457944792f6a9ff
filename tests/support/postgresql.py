"""Debian's PostgreSQL on loopback, run by an ordinary user, for as long as its block; each test gets a database."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skillctl.edges.ports import free_port

_SECONDS = 60


class PostgresMissingError(Exception):
    """It can't be had here; the message is the plain reason."""


@dataclass(frozen=True)
class Postgres:
    """A running PostgreSQL."""

    port: int

    def database(self, name: str) -> str:
        """The URL of a new database."""
        import psycopg

        with psycopg.connect(f"postgresql://tests@127.0.0.1:{self.port}/postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return f"postgresql://tests@127.0.0.1:{self.port}/{name}"


@contextmanager
def running_postgresql() -> Iterator[Postgres]:
    """PostgreSQL over a new directory. PostgresMissingError where it is not installed, or no ordinary user is there."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders or shutil.which("timeout") is None:
        raise PostgresMissingError("postgresql is not here")
    programs, user = folders[-1], _ordinary_user()
    room = Path(tempfile.mkdtemp(prefix="skillctl-postgresql-"))
    try:
        if user:
            os.chown(room, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        _run(
            [str(programs / "initdb"), "-D", f"{room}/data", "-U", "tests", "-A", "trust", "--no-sync", "-E", "UTF8"],
            user,
            room,
        )
        port = free_port()
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={room} -c fsync=off"
        control = [str(programs / "pg_ctl"), "-D", f"{room}/data", "-l", f"{room}/log", "-w"]
        _run([*control, "-o", f"{options} -c max_connections=200", "start"], user, room)
        try:
            yield Postgres(port)
        finally:
            _run([*control, "-m", "immediate", "stop"], user, room)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _ordinary_user() -> str | None:
    """Whom to become, since it refuses to be run by root; None: nobody else."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise PostgresMissingError("there is no ordinary user")


def _run(command: list[str], user: str | None, room: Path) -> None:
    more: dict[str, Any] = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    try:
        subprocess.run(
            ["timeout", str(_SECONDS), *command],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=room,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            **more,
        )
    except subprocess.CalledProcessError as error:
        raise PostgresMissingError(f"{Path(command[0]).name} failed") from error
