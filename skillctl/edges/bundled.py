"""Where the shipped packs and scaffolds lie: in the checkout, else in the copy that the wheel brings.

An editable install has both. The checkout comes first, since the copy grows stale while somebody edits.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def packs_directory() -> Path:
    """The folder of packs that come with skillctl."""
    return _shipped("packs")


def scaffolds_directory() -> Path:
    """The folder of templates that come with skillctl."""
    return _shipped("scaffolds")


def _shipped(name: str) -> Path:
    checkout = _PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    return _PACKAGE / "_bundled" / name
