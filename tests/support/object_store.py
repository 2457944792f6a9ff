"""A store that speaks S3, over a directory of the test's: the real program, on loopback, for as long as its block."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from skillctl.edges.ports import free_port
from tests.support.programs import SECONDS, wait_for_port

PROGRAM = Path(__file__).resolve().parents[2] / ".cache" / "tools" / "bin" / "versitygw"

_BUCKET = "packs"
_KEY, _SECRET = "tester", "not-a-secret-of-anybody"
_LIFE = 600  # seconds, after which it stops by itself, whatever became of the tests


class StoreMissingError(Exception):
    """The program can't be had here; the message is the plain reason."""


@dataclass(frozen=True)
class S3:
    """A running store with one empty bucket."""

    endpoint: str
    root: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs to know of it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": _KEY,
            "AWS_SECRET_ACCESS_KEY": _SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
        }

    def address(self, folder: str) -> str:
        """The address of a folder of the bucket."""
        return f"s3://{_BUCKET}/{folder}"


@contextmanager
def running_s3(root: Path) -> Iterator[S3]:
    """The store over that directory. StoreMissingError where the program is not installed."""
    program = shutil.which("versitygw", path=str(PROGRAM.parent))
    timeout = shutil.which("timeout")
    if program is None or timeout is None:
        raise StoreMissingError("versitygw is not here")
    (root / _BUCKET).mkdir(parents=True)
    port = free_port()
    process = subprocess.Popen(
        [
            timeout,
            str(_LIFE),
            program,
            "--quiet",
            "--quiet",
            "--port",
            f"127.0.0.1:{port}",
            "posix",
            str(root),
        ],
        env={"PATH": os.environ["PATH"], "ROOT_ACCESS_KEY": _KEY, "ROOT_SECRET_KEY": _SECRET},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port, process)
        yield S3(f"http://127.0.0.1:{port}", root)
    finally:
        process.terminate()
        process.wait(SECONDS)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """One store for all tests of a process, each of which takes a folder of its own."""
    try:
        with running_s3(tmp_path_factory.mktemp("s3") / "data") as store:
            yield store
    except StoreMissingError as missing:
        pytest.skip(str(missing))
