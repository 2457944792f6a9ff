"""Files as a repository of git that has one commit, as git fetches it over HTTP.

A marketplace that is fetched by its address says where each plugin is, and for a plugin without TLS, or on this
machine, that can only be a repository. So little of the protocol is needed (version 0, "smart HTTP"):

    GET  …/info/refs?service=git-upload-pack    one branch, `main`, and its commit
    POST …/git-upload-pack                      the client wants it; it gets everything in one pack

1. The same files, time and message give the same commit. It has no parent, so that a history that was cut at any depth
   is the whole history.
2. What a client has already is not asked: it gets all of it again, which is little.
3. Only the commit that is there can be wanted.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping

from skillctl.core.errors import RegistryError
from skillctl.core.tree import is_executable
from skillctl.core.value import dataclass

BRANCH = "refs/heads/main"
ADVERTISED, ANSWERED = "application/x-git-upload-pack-advertisement", "application/x-git-upload-pack-result"
MOST_ASKED = 64 * 1024
"""Bytes of a request."""

_WHO = "skillctl registry <registry@localhost>"
_FLUSH = b"0000"
_COMMIT, _TREE, _BLOB = 1, 2, 3
_KINDS = {_COMMIT: b"commit", _TREE: b"tree", _BLOB: b"blob"}

Objects = dict[bytes, tuple[int, bytes]]
"""Id -> kind and content."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GitRepository:
    """One commit."""

    commit: str
    """Its id."""
    pack: bytes
    """Everything, as git sends it."""


def repository(files: Mapping[str, bytes], *, seconds: int, message: str) -> GitRepository:
    """The repository of these files (path -> bytes), made at that time since 1970."""
    objects: Objects = {}
    tree = _tree(files, objects)
    text = f"tree {tree.hex()}\nauthor {_WHO} {seconds} +0000\ncommitter {_WHO} {seconds} +0000\n\n{message}\n"
    commit = _added(objects, _COMMIT, text.encode())
    body = b"".join([b"PACK", (2).to_bytes(4, "big"), len(objects).to_bytes(4, "big"), *_packed(objects)])
    return GitRepository(commit=commit.hex(), pack=body + hashlib.sha1(body, usedforsecurity=False).digest())


def advertisement(made: GitRepository) -> bytes:
    """What the repository has, to a client that asks."""
    able = "shallow no-progress symref=HEAD:" + BRANCH
    return b"".join(
        [
            *(_line("# service=git-upload-pack\n"), _FLUSH),
            *(_line(f"{made.commit} HEAD\0{able}\n"), _line(f"{made.commit} {BRANCH}\n"), _FLUSH),
        ]
    )


def fetched(made: GitRepository, asked: bytes) -> bytes:
    """The answer to a client that wants something. RegistryError E737 if it asks for what is not there."""
    lines = [line.rstrip(b"\n") for line in _lines(asked)]
    wanted = {line.split()[1] for line in lines if line.startswith(b"want ") and len(line.split()) > 1}
    if wanted != {made.commit.encode()}:
        raise RegistryError.of("E737", what="the one commit that is there as what is wanted")
    cut = any(line.startswith(b"deepen") for line in lines)
    shallow = _FLUSH if cut else b""  # no commit is cut off from its parents
    if b"done" in lines:
        return shallow + _line("NAK\n") + made.pack
    return shallow + _line("NAK\n") if any(line.startswith(b"have ") for line in lines) else shallow


def _tree(files: Mapping[str, bytes], objects: Objects) -> bytes:
    """The id of the tree of these files."""
    below: dict[str, dict[str, bytes]] = {}
    entries: dict[bytes, bytes] = {}  # git orders a directory as if its name ended in a slash
    for path, data in files.items():
        first, inside, rest = path.partition("/")
        if inside:
            below.setdefault(first, {})[rest] = data
        else:
            mode = b"100755" if is_executable(data) else b"100644"
            entries[first.encode()] = mode + b" " + first.encode() + b"\0" + _added(objects, _BLOB, data)
    for name, content in below.items():
        entries[f"{name}/".encode()] = b"40000 " + name.encode() + b"\0" + _tree(content, objects)
    return _added(objects, _TREE, b"".join(entries[each] for each in sorted(entries)))


def _added(objects: Objects, kind: int, content: bytes) -> bytes:
    named = _KINDS[kind] + b" %d\0" % len(content) + content
    digest = hashlib.sha1(named, usedforsecurity=False).digest()
    objects[digest] = (kind, content)
    return digest


def _packed(objects: Objects) -> Iterator[bytes]:
    """Each object as a pack has it: kind and size in sevens of bits, the first with four, then the content."""
    for _, (kind, content) in sorted(objects.items()):
        size = len(content)
        head = [(kind << 4) | (size & 15)]
        size >>= 4
        while size:
            head[-1] |= 0x80
            head.append(size & 0x7F)
            size >>= 7
        yield bytes(head)
        yield zlib.compress(content, 6)


def _line(text: str) -> bytes:
    return f"{len(text) + 4:04x}{text}".encode()


def _lines(asked: bytes) -> Iterator[bytes]:
    """The lines of a request, each with its length in front. RegistryError E737 for what has another form."""
    at = 0
    while at < len(asked):
        try:
            size = int(asked[at : at + 4], 16)
        except ValueError:
            raise RegistryError.of("E737", what="a request of git's form") from None
        if size >= 4:
            yield asked[at + 4 : at + size]
        at += max(size, 4)
