"""The system's keyring, where secrets of the user are kept; a system without one has none of them."""

from __future__ import annotations

from contextlib import suppress

from skillctl.core.errors import ExecutionError

SERVICE = "skillctl"

_UNKNOWN = (RuntimeError, OSError, ImportError, ValueError, AttributeError)
"""Backends pass on whatever their system library raises, and one that a variable names badly is not there at all."""


def read_secret(name: str) -> str:
    """The secret of that name; empty if there is none, or no keyring, or it is locked."""
    import keyring
    from keyring.errors import KeyringError

    with suppress(KeyringError, *_UNKNOWN):
        return keyring.get_password(SERVICE, name) or ""
    return ""


def keep_secret(name: str, value: str, *, instead: str) -> None:
    """Keep the secret. ExecutionError E549, with what serves instead, if this system has no keyring or it refuses.

    It is read back, since there are keyrings that take everything and keep nothing.
    """
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(SERVICE, name, value)
        kept = keyring.get_password(SERVICE, name)
    except (KeyringError, *_UNKNOWN) as error:
        # the first sentence: the others advertise packages
        reason = str(error).partition("\n")[0].partition(". ")[0].rstrip(".") or "it gives no reason"
        raise ExecutionError.of("E549", reason=reason, instead=instead) from error
    if kept != value:
        reason = "what was given to it is not there when it is read back"
        raise ExecutionError.of("E549", reason=reason, instead=instead)


def forget_secret(name: str) -> bool:
    """Remove the secret; whether there was one."""
    import keyring
    from keyring.errors import KeyringError

    with suppress(KeyringError, *_UNKNOWN):
        keyring.delete_password(SERVICE, name)
        return True
    return False
