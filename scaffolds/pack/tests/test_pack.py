"""The pack is valid: the least that has to hold before it is published. Run it with pytest."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

PACK = Path(__file__).resolve().parents[1]


def skillctl() -> list[str]:
    """How skillctl is called: as a module of this Python if it is installed here, else the program on PATH."""
    if importlib.util.find_spec("skillctl") is not None:
        return [sys.executable, "-m", "skillctl"]
    program = shutil.which("skillctl")
    assert program is not None, "skillctl is neither installed for this Python nor on PATH"
    return [program]


def test_the_pack_is_valid() -> None:
    checked = subprocess.run(
        [*skillctl(), "validate", "--strict", str(PACK)], capture_output=True, text=True, timeout=120, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
