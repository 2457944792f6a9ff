"""Keyrings for tests: one in memory, and none."""

from __future__ import annotations

from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring
from keyring.errors import PasswordDeleteError


class Drawer(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


def no_keyring() -> KeyringBackend:
    """What a system without a keyring has."""
    return Keyring()  # type: ignore[no-untyped-call]
