"""A registry that a server stands before, as publishing, yanking, owners and tokens use it.

What is written goes to `<address>/api/v1/...`, with the token of the address's origin. Whether a server is there is
said by config.json; a registry that is only files is refused before anything is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from skillctl.app.meant_registry import registry_meant
from skillctl.app.network import open_http
from skillctl.core.diagnostics import Problem
from skillctl.core.errors import RegistryError
from skillctl.core.settings import Settings
from skillctl.core.value import replace
from skillctl.core.web import Request, Response, check_address, is_web, joined
from skillctl_registry.config import CONFIG, config_from_bytes

if TYPE_CHECKING:
    from skillctl.core.release import AuthorSignature
    from skillctl_registry.endpoints.owners import Owners
    from skillctl_registry.endpoints.releases import Taken
    from skillctl_registry.endpoints.tokens import NewToken, TokenFacts, TokenWish

_Answer = TypeVar("_Answer")


def served_registry(settings: Settings, cwd: Path, wanted: str) -> ServedRegistry:
    """The server of the registry of that alias or address. Errors as `registry_meant` and `ServedRegistry`."""
    label, location = registry_meant(settings, cwd, wanted)
    return ServedRegistry(settings, location, label=label)


class ServedRegistry:
    """The server at one address."""

    def __init__(self, settings: Settings, location: str, *, label: str) -> None:
        """`label` is what the registry is called here: its alias, or its address.

        RegistryError E298 if it is only read from, E731 if it is no address at all, E290 and E297 for a bad one."""
        if not is_web(location):
            raise RegistryError.of("E731", location=location)
        self.location = check_address(location, insecure=settings.may_be_open(location))
        self.label = label
        self._http = open_http(settings)
        limits = settings.limits
        if settings.offline:
            raise RegistryError.of("E747", location=location)
        read = self._http.read(joined(location, CONFIG), max_bytes=limits.manifest_bytes)
        if not config_from_bytes(read.body, file=joined(location, CONFIG), limits=limits).api:
            raise RegistryError.of("E298", location=location)

    def publish(self, archive: bytes, signatures: tuple[AuthorSignature, ...], *, dry_run: bool) -> Taken:
        """Send a release."""
        from skillctl_registry.endpoints.releases import publish_request, taken_response

        request = publish_request(self.location, archive, signatures, dry_run=dry_run)
        return self._asked(request, taken_response, dry_run=dry_run)

    def yank(self, name: str, version: str, reason: str | None, *, dry_run: bool) -> Taken:
        """Take a release out of the choice, or put it back."""
        from skillctl_registry.endpoints.releases import taken_response, yank_request

        request = yank_request(self.location, name, version, reason, dry_run=dry_run)
        return self._asked(request, taken_response, dry_run=dry_run)

    def delete(self, name: str, version: str, *, dry_run: bool) -> Taken:
        """Take a release out for good."""
        from skillctl_registry.endpoints.releases import delete_request, taken_response

        request = delete_request(self.location, name, version, dry_run=dry_run)
        return self._asked(request, taken_response, dry_run=dry_run)

    def owners(self, name: str) -> Owners:
        """Who owns a pack or a scope."""
        from skillctl_registry.endpoints.owners import owners_request, owners_response

        return self._asked(owners_request(self.location, name), owners_response)

    def add_owner(self, name: str, user: str, *, dry_run: bool) -> Owners:
        """One owner more."""
        from skillctl_registry.endpoints.owners import add_owner_request, owners_response

        request = add_owner_request(self.location, name, user, dry_run=dry_run)
        return self._asked(request, owners_response, dry_run=dry_run)

    def remove_owner(self, name: str, user: str, *, dry_run: bool) -> Owners:
        """One owner less."""
        from skillctl_registry.endpoints.owners import owners_response, remove_owner_request

        request = remove_owner_request(self.location, name, user, dry_run=dry_run)
        return self._asked(request, owners_response, dry_run=dry_run)

    def tokens(self, user: str) -> tuple[TokenFacts, ...]:
        """The tokens of a user, one's own by default."""
        from skillctl_registry.endpoints.tokens import tokens_request, tokens_response

        return self._asked(tokens_request(self.location, user), tokens_response)

    def every_token(self) -> tuple[TokenFacts, ...]:
        """The tokens of all users, by their ids."""
        from skillctl_registry.endpoints.tokens import PAGE, all_tokens_request, tokens_response

        found: list[TokenFacts] = []
        while True:
            last = found[-1].id if found else ""
            page = self._asked(all_tokens_request(self.location, last), tokens_response)
            found += page
            if len(page) < PAGE or page[-1].id <= last:  # a server that begins again would never end
                return tuple(found)

    def create_token(self, wish: TokenWish, *, dry_run: bool) -> NewToken:
        """A new token."""
        from skillctl_registry.endpoints.tokens import create_token_request, token_response

        request = create_token_request(self.location, wish, dry_run=dry_run)
        return self._asked(request, token_response, dry_run=dry_run)

    def revoke_token(self, token_id: str, *, dry_run: bool) -> tuple[TokenFacts, ...]:
        """The end of a token."""
        from skillctl_registry.endpoints.tokens import revoke_token_request, tokens_response

        request = revoke_token_request(self.location, token_id, dry_run=dry_run)
        return self._asked(request, tokens_response, dry_run=dry_run)

    def _asked(self, request: Request, read: Callable[[Response], _Answer], *, dry_run: bool = False) -> _Answer:
        try:
            if dry_run:
                self._check_rehearses(request)
            return read(self._http.send(request))
        except RegistryError as error:
            raise as_called_here(error, self.label) from error

    def _check_rehearses(self, request: Request) -> None:
        """The server only checks what the request asks for. RegistryError E786 for an older one, which would do it."""
        from skillctl_registry.endpoints.document import document_request, knows_dry_run

        if not knows_dry_run(self._http.send(document_request(self.location)), self.location, request):
            raise RegistryError.of("E786", registry=self.label)


def as_called_here(error: RegistryError, label: str) -> RegistryError:
    """The same error with the registry's name: its server does not know what it is called here."""
    return RegistryError(*(_as_called_here(each, label) for each in error.problems))


def _as_called_here(each: Problem, label: str) -> Problem:
    return replace(each, evidence={**each.evidence, "registry": label}) if "registry" in each.evidence else each
