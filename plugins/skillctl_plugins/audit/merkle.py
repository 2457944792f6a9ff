"""The Merkle tree of RFC 6962, section 2.1, over the records of a log: its root names a log of one length and no other.

A range is kept as the roots of its whole subtrees, the largest first, so that a record is added in a few hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256(b"").hexdigest()


def grown(subtrees: Sequence[str], size: int, leaf: str) -> tuple[str, ...]:
    """The subtrees of a log of `size` records after one more, whose leaf hash is given."""
    stack = [*subtrees, leaf]
    while size & 1:
        right = stack.pop()
        stack.append(_node(stack.pop(), right))
        size >>= 1
    return tuple(stack)


def root_of(subtrees: Sequence[str]) -> str:
    """The root over these subtrees."""
    if not subtrees:
        return EMPTY
    root = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        root = _node(left, root)
    return root


def subtrees_of(leaves: Iterable[str]) -> tuple[str, ...]:
    """The subtrees of a whole log."""
    stack: tuple[str, ...] = ()
    for size, leaf in enumerate(leaves):
        stack = grown(stack, size, leaf)
    return stack


def _node(left: str, right: str) -> str:
    return hashlib.sha256(b"\x01" + bytes.fromhex(left) + bytes.fromhex(right)).hexdigest()
