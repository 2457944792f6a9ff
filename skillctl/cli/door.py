"""Where the command line takes the world in: environment, working directory, clock.

Commands ask here and hand values down; nothing below `cli` looks for itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.core.errors import InstallError, SkillctlError, UsageError
from skillctl.core.settings import LINK_MODES, LinkMode, Settings
from skillctl.core.value import replace

if TYPE_CHECKING:
    from skillctl.app.signing import Keys


def here() -> Path:
    """The working directory. InstallError E463 if it was deleted."""
    try:
        return Path.cwd()
    except OSError as error:
        raise InstallError.of("E463", reason=error.strerror or str(error)) from error


def at(text: str) -> Path:
    """A path of the command line, absolute; `~` is the home."""
    return Path(os.path.normpath(here() / os.path.expanduser(text)))


def directory_at(text: str, *, option: str) -> Path:
    """A directory of the command line that is to be written to. UsageError E023 for an address."""
    if "://" in text:
        raise UsageError.of("E023", option=option, reason=f"`{text}` is no directory of this machine")
    return at(text)


def from_here(path: str) -> str:
    """The path as it can be typed in the working directory."""
    from shlex import quote

    there, place = Path(path), here()
    return quote(there.relative_to(place).as_posix() if there.is_relative_to(place) else path)


def keys_at(directory: str) -> Keys:
    """Where the keys of a signed registry are, with the passphrase that the environment has for them."""
    from skillctl.app.signing import Keys

    return Keys(at(directory) if directory else None, environment().get("SKILLCTL_KEY_PASSPHRASE", ""))


def environment() -> Mapping[str, str]:
    """The variables of the process."""
    return os.environ


def settings(*, registry: str = "", offline: bool = False) -> Settings:
    """What environment and files say, with the flags of this command line over it."""
    found = _settings(environment())
    return replace(
        found,
        registry=registry_location(registry) if registry else found.registry,
        offline=offline or found.offline,
    )


def _settings(environ: Mapping[str, str]) -> Settings:
    """The settings; where the configuration is wrong, the slower way tells where in it."""
    from skillctl.edges.config import read_settings
    from skillctl.formats.json_text import load_json

    try:
        return read_settings(environ, load_json)
    except SkillctlError:
        from skillctl.app.config import load_settings

        return load_settings(environ)


def agents(names: Sequence[str] | None) -> tuple[str, ...]:
    """The ids given with `--agent`. UsageError E430 for those that are none."""
    from skillctl.agents.table import chosen_agents

    try:
        chosen_agents(name for name in names or () if name != "*")
    except SkillctlError as error:
        raise UsageError(*error.problems) from error
    return tuple(names or ())


def link_mode(text: str) -> LinkMode | None:
    """The value of `--link-mode`; None where nothing is said."""
    for mode in LINK_MODES:
        if mode == text:
            return mode
    if text:
        raise UsageError.of("E023", option="--link-mode", reason=f"`{text}` is none of {', '.join(LINK_MODES)}")
    return None


def either(wanted: bool, unwanted: bool, yes: str, no: str) -> bool | None:
    """What two options say together; None where neither is given. UsageError E002 for both."""
    if wanted and unwanted:
        raise UsageError.of("E002", option=no, reason=f"it contradicts `{yes}`")
    return True if wanted else False if unwanted else None


def registry_location(text: str) -> str:
    """An alias or a URL as it is; a directory absolute."""
    is_path = text.startswith((".", "~", "/", "\\")) or os.sep in text or "/" in text
    return str(at(text)) if is_path and "://" not in text else text


def now() -> str:
    """The time, RFC 3339 in UTC."""
    from skillctl.edges import clock

    return clock.now()


def standard_input() -> bytes:
    """All that comes in on standard input; nothing where there is none."""
    import sys

    if sys.stdin is None:
        return b""
    buffer = getattr(sys.stdin, "buffer", None)
    return buffer.read() if buffer is not None else sys.stdin.read().encode()
