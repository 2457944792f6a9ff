"""What the usual tools of this machine pack is read: GNU tar, Info-ZIP, git, Python; each as it packs by itself."""

from __future__ import annotations

import io
import shutil
import stat
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import IO, cast

import pytest

from skillctl.archive.foreign import read_foreign

LONG = "/".join(letter * 60 for letter in "xyz")
FILES = {
    "SKILL.md": b"---\nname: a\ndescription: b\n---\n",
    "skills/a/SKILL.md": b"hi",
    "scripts/run.sh": b"#!/bin/sh\n",
    "empty.txt": b"",
    "\u00fcml\u00e4ut.md": b"u",
    f"{LONG}.md": b"long",
    "big.bin": b"ab" * 50_000,
}
LEFT_OUT = {".DS_Store": b"x", "node_modules/x/y.js": b"x", "scripts/__pycache__/run.pyc": b"x"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "my-repo-1.0"
    for path, data in (FILES | LEFT_OUT).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    (root / "scripts/run.sh").chmod(0o755)
    (root / "empty-folder").mkdir()
    return root


def output(*argv: str, cwd: Path) -> bytes:
    if shutil.which(argv[0]) is None:
        pytest.skip(f"no {argv[0]} here")
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(cwd), "LC_ALL": "C.UTF-8"}
    return subprocess.run(argv, cwd=cwd, env=environment, capture_output=True, check=True).stdout


@pytest.mark.parametrize("form", ["gnu", "oldgnu", "posix", "ustar"])
def test_what_tar_packs_is_read(repository: Path, form: str) -> None:
    packed = output("tar", f"--format={form}", "-czf", "-", repository.name, cwd=repository.parent)
    assert read_foreign(packed, file="a.tar.gz") == FILES


def test_what_tar_packs_from_inside_is_read(repository: Path) -> None:
    assert read_foreign(output("tar", "-czf", "-", ".", cwd=repository), file="a.tar.gz") == FILES


@pytest.mark.parametrize("options", [(), ("-0",), ("-9",), ("-fz",), ("-X",), ("-D",)])
def test_what_zip_packs_is_read(repository: Path, options: tuple[str, ...]) -> None:
    output("zip", "-q", "-r", *options, "../a.zip", ".", cwd=repository)
    assert read_foreign((repository.parent / "a.zip").read_bytes(), file="a.zip") == FILES


@pytest.mark.parametrize("options", [(), ("-0",)])
def test_what_zip_writes_into_a_pipe_is_read(repository: Path, options: tuple[str, ...]) -> None:
    assert read_foreign(output("zip", "-q", "-r", *options, "-", ".", cwd=repository), file="a.zip") == FILES


@pytest.mark.parametrize("form", ["zip", "tar.gz"])
def test_what_git_packs_is_read(repository: Path, form: str) -> None:
    name = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    output("git", "init", "-q", ".", cwd=repository)
    output("git", "add", "-Af", cwd=repository)
    output("git", *name, "commit", "-qm", "one", cwd=repository)
    packed = output("git", "archive", f"--format={form}", "--prefix=my-repo-1.0/", "HEAD", cwd=repository)
    assert read_foreign(packed, file=f"a.{form}") == FILES


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_what_the_tarfile_module_packs_is_read(repository: Path, form: int) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=form) as archive:
        archive.add(repository, arcname="w")
    assert read_foreign(buffer.getvalue(), file="a.tar.gz") == FILES


class Pipe(io.RawIOBase):
    """Somewhere to write to that can't go back."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        self.written += cast("bytes", data)
        return len(cast("bytes", data))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("zip64", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
def test_what_the_zipfile_module_packs_is_read(repository: Path, method: int, *, zip64: bool, streamed: bool) -> None:
    pipe = Pipe()
    buffer = io.BytesIO()
    with zipfile.ZipFile(cast("IO[bytes]", pipe) if streamed else buffer, "w") as archive:
        for path in sorted(repository.rglob("*")):
            entry = zipfile.ZipInfo.from_file(path, path.relative_to(repository))
            entry.compress_type = method
            with archive.open(entry, "w", force_zip64=zip64) as file:
                file.write(b"" if path.is_dir() else path.read_bytes())
    assert read_foreign(bytes(pipe.written) if streamed else buffer.getvalue(), file="a.zip") == FILES


@pytest.mark.parametrize("tool", ["tar", "zip"])
def test_a_link_that_a_tool_packs_is_refused(repository: Path, tool: str) -> None:
    (repository / "link.md").symlink_to("SKILL.md")
    call = ("tar", "-czf", "../a", ".") if tool == "tar" else ("zip", "-q", "-y", "-r", "../a", ".")
    output(*call, cwd=repository)
    packed = next(repository.parent.glob("a*")).read_bytes()
    with pytest.raises(Exception, match=r"E202 .*link\.md.*symbolic-link"):
        read_foreign(packed, file="a")


def test_modes_are_not_followed(repository: Path) -> None:
    (repository / "SKILL.md").chmod(stat.S_ISUID | 0o777)
    assert read_foreign(output("tar", "-czf", "-", ".", cwd=repository), file="a.tar.gz") == FILES
