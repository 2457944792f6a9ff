"""The web as the use cases see it: one transport with the user's tokens, and all that reading a registry needs."""

from __future__ import annotations

from collections.abc import Callable

from skillctl.app.credentials import Credentials
from skillctl.core.settings import Settings
from skillctl.edges import clock
from skillctl.edges.http import Http
from skillctl_registry.opening import World


def open_http(settings: Settings) -> Http:
    """The web for one command; no connection is made before something is asked."""
    return Http(token=Credentials(settings).token, insecure=_insecure(settings))


def open_bare_http(settings: Settings) -> Http:
    """The web without the user's tokens, for OCI registries, which are shown something else."""
    return Http(insecure=_insecure(settings))


def _insecure(settings: Settings) -> Callable[[str], bool]:
    """Whether an origin may be asked without encryption."""
    allowed = frozenset(settings.insecure)
    return lambda origin: "*" in allowed or origin in allowed


def open_world(settings: Settings) -> World:
    """What reading a registry needs of this machine."""
    return World(
        http=open_http(settings),
        cache=settings.directories.cache,
        state=settings.directories.state,
        now=clock.now,
        environment=dict(settings.environment),
        offline=settings.offline,
    )
