"""The system's keyring, where secrets of the user are kept; a system without one has none of them."""

from __future__ import annotations

from contextlib import suppress

from skillctl.core.errors import ExecutionError

SERVICE = "skillctl"


def read_secret(name: str) -> str:
    """The secret of that name; empty if there is none, or no keyring, or it is locked."""
    import keyring
    from keyring.errors import KeyringError

    # backends pass on whatever their system library raises
    with suppress(KeyringError, RuntimeError, OSError, ImportError):
        return keyring.get_password(SERVICE, name) or ""
    return ""


def keep_secret(name: str, value: str, *, instead: str) -> None:
    """Keep the secret. ExecutionError E549, with what serves instead, if this system has no keyring or it refuses."""
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(SERVICE, name, value)
    except (KeyringError, RuntimeError, OSError, ImportError) as error:
        # the first sentence: the others advertise packages
        reason = str(error).partition("\n")[0].partition(". ")[0].rstrip(".") or "it gives no reason"
        raise ExecutionError.of("E549", reason=reason, instead=instead) from error


def forget_secret(name: str) -> bool:
    """Remove the secret; whether there was one."""
    import keyring
    from keyring.errors import KeyringError

    with suppress(KeyringError, RuntimeError, OSError, ImportError):
        keyring.delete_password(SERVICE, name)
        return True
    return False
