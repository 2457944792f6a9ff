"""The limits: one table, each with its words, and none that another makes senseless."""

from __future__ import annotations

import ast
import inspect
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from skillctl.core import limits
from skillctl.core.limits import LIMITS, MIB, Limits

NAMES = [each.name for each in fields(Limits)]


@pytest.mark.parametrize("name", NAMES)
def test_a_limit_is_a_positive_whole_number(name: str) -> None:
    value = getattr(LIMITS, name)
    assert type(value) is int
    assert value > 0


def test_every_limit_says_what_it_limits() -> None:
    (table,) = (each for each in ast.parse(inspect.getsource(limits)).body if isinstance(each, ast.ClassDef))
    body = table.body[1:]
    assert [ast.unparse(each.target) for each in body[::2] if isinstance(each, ast.AnnAssign)] == NAMES
    assert all(isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) for each in body[1::2])


def test_what_lies_inside_fits_into_what_lies_around_it() -> None:
    assert LIMITS.file_bytes <= LIMITS.tree_bytes
    assert LIMITS.manifest_bytes <= LIMITS.file_bytes
    assert LIMITS.front_matter_bytes <= LIMITS.file_bytes
    assert LIMITS.archive_bytes <= LIMITS.tree_bytes
    assert LIMITS.tree_bytes <= LIMITS.archive_bytes * LIMITS.compression_ratio
    assert LIMITS.path_depth < LIMITS.path_bytes
    # a lock of a thousand packs, each with a few hundred bytes
    assert LIMITS.project_bytes > 1_000 * 1_000


def test_the_promised_sizes_do_not_move_unnoticed() -> None:
    assert (LIMITS.archive_bytes, LIMITS.tree_bytes, LIMITS.file_bytes) == (20 * MIB, 100 * MIB, 20 * MIB)
    assert (LIMITS.tree_files, LIMITS.path_depth, LIMITS.path_bytes) == (2_000, 12, 240)


def test_a_test_may_have_tighter_limits_and_the_table_stays() -> None:
    tight = replace(LIMITS, tree_files=1)
    assert (tight.tree_files, tight.file_bytes) == (1, LIMITS.file_bytes)
    assert Limits() == LIMITS
    with pytest.raises(FrozenInstanceError):
        LIMITS.tree_files = 1  # type: ignore[misc]
