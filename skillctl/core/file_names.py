"""The names of the files that a scope is made of."""

from __future__ import annotations

PROJECT_FILE = "skillctl.json"
LOCK_FILE = "skillctl.lock"
