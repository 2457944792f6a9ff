"""Field and table names that ArcGIS takes.

Rules, for a file geodatabase and for a shapefile:

1. Letters of ASCII, digits and underscores; accents are dropped, everything else becomes one underscore.
2. A letter comes first: `f_` is put in front of a digit.
3. No word of SQL, and no name that the format uses itself (OBJECTID, Shape ...): an underscore is put behind.
4. At most 64 characters, 10 in a shapefile.
5. No two names that differ in case alone: a number is put behind, within the length.
6. A table does not begin with `gdb_`, `sde_` or `delta_`.

`arcpy.ValidateFieldName` has the last word in the running install; the script that `loader` writes asks it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LENGTHS = {"gdb": 64, "shapefile": 10}
LONGEST_TABLE = 160

_SQL = """
add alter and as asc between by column create date delete desc drop exists for from group having in index insert into
is join like not null on or order select set table union update user values view where
"""
_OWN = """
objectid oid fid shape shape_length shape_area shape_leng globalid gdb_geomattr_data area length
created_user created_date last_edited_user last_edited_date
"""
SQL_WORDS = frozenset(re.findall(r"\w+", _SQL))
OWN_NAMES = frozenset(re.findall(r"\w+", _OWN))
TABLE_PREFIXES = ("gdb_", "sde_", "delta_")


def legal_names(names: Iterable[str], target: str) -> list[str]:
    """One legal name for each, in their order, no two alike."""
    taken: set[str] = set()
    legal = []
    for name in names:
        one = _free(legal_name(name, LENGTHS[target]), taken, LENGTHS[target])
        taken.add(one.lower())
        legal.append(one)
    return legal


def legal_name(name: str, longest: int) -> str:
    """The name, made legal and no longer than that."""
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    plain = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_") or "field"
    if not plain[0].isalpha():
        plain = f"f_{plain}"
    plain = plain[:longest].rstrip("_")
    if plain.lower() in SQL_WORDS or plain.lower() in OWN_NAMES:
        plain = f"{plain[: longest - 1]}_"
    return plain


def legal_table_name(name: str) -> str:
    """A name for a feature class or table."""
    plain = legal_name(name, LONGEST_TABLE)
    return f"t_{plain}" if plain.lower().startswith(TABLE_PREFIXES) else plain


def _free(name: str, taken: set[str], longest: int) -> str:
    number = 1
    one = name
    while one.lower() in taken:
        number += 1
        end = f"_{number}"
        one = name[: longest - len(end)].rstrip("_") + end
    return one
