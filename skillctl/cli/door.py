"""Where the command line takes the world in: environment, working directory, clock.

Commands ask here and hand values down; nothing below `cli` looks for itself.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from skillctl.core.errors import UsageError
from skillctl.core.settings import LINK_MODES, Settings


def here() -> Path:
    """The working directory."""
    return Path.cwd()


def at(text: str) -> Path:
    """A path of the command line, absolute; `~` is the home."""
    return Path(os.path.abspath(os.path.expanduser(text)))


def settings(*, registry: str = "", offline: bool = False, link_mode: str = "") -> Settings:
    """What environment and files say, with the flags of this command line over it."""
    from skillctl.edges.config import read_settings
    from skillctl.formats.json_text import load_json

    found = read_settings(os.environ, load_json)
    mode = next((known for known in LINK_MODES if known == link_mode), found.link_mode)
    if link_mode and mode != link_mode:
        raise UsageError.of("E005", option="--link-mode", reason=f"`{link_mode}` is none of {', '.join(LINK_MODES)}")
    return replace(
        found,
        registry=registry_location(registry) if registry else found.registry,
        offline=offline or found.offline,
        link_mode=mode,
    )


def registry_location(text: str) -> str:
    """An alias or a URL as it is; a directory absolute."""
    is_path = text.startswith((".", "~", "/", "\\")) or os.sep in text or "/" in text
    return str(at(text)) if is_path and "://" not in text else text


def now() -> str:
    """The time, RFC 3339 in UTC."""
    from skillctl.edges import clock

    return clock.now()
