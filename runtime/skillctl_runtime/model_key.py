"""The key of the language model: four places, asked in this order.

1. `cloud_agent/apikey.txt` in the working directory
2. the variable OPENAI_API_KEY
3. the system's keyring; no backend counts as no key
4. `openai_api_key` in the configuration directory: ours, then the older toolkit's
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from skillctl.core.errors import ExecutionError
from skillctl.core.settings import Directories
from skillctl.edges.config import older_config_path
from skillctl.edges.disk.files import read_bytes
from skillctl.edges.secrets import forget_secret, keep_secret, read_secret

IN_DIRECTORY = "cloud_agent/apikey.txt"
VARIABLE = "OPENAI_API_KEY"
KEPT_AS = "openai_api_key"

_KEY_BYTES = 16 * 1024


def find_key(cwd: Path, environ: Mapping[str, str], directories: Directories) -> str:
    """The key. ExecutionError E545 if it is in none of the four places."""
    key = (
        _in_file(cwd / IN_DIRECTORY)
        or environ.get(VARIABLE, "").strip()
        or read_secret(KEPT_AS)
        or _in_file(Path(directories.config) / KEPT_AS)
        or _in_file(older_config_path(environ, directories).parent / KEPT_AS)
    )
    if not key:
        raise ExecutionError.of("E545")
    return key


def keep_key(key: str) -> None:
    """Put the key into the keyring. ExecutionError E549 if there is none."""
    keep_secret(
        KEPT_AS,
        key,
        instead="use the variable OPENAI_API_KEY, or the file `openai_api_key` in skillctl's configuration directory",
    )


def is_key_kept() -> bool:
    """Whether the keyring has the key."""
    return bool(read_secret(KEPT_AS))


def forget_key() -> bool:
    """Take the key out of the keyring; whether it was there."""
    return forget_secret(KEPT_AS)


def _in_file(path: Path) -> str:
    data = read_bytes(path, max_bytes=_KEY_BYTES)
    return "" if data is None else data.decode(errors="replace").strip()
