"""The names of the files that packs and scopes are made of."""

from __future__ import annotations

PROJECT_FILE = "skillctl.json"
MANIFEST_FILE = "skill.json"
LOCK_FILE = "skillctl.lock"
