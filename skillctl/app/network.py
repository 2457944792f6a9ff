"""The web as the use cases see it: one transport with the user's tokens, and all that reading a registry needs."""

from __future__ import annotations

from skillctl.app.credentials import Credentials
from skillctl.core.settings import Settings
from skillctl.edges import clock
from skillctl.edges.http import Http
from skillctl_registry.opening import World


def open_http(settings: Settings) -> Http:
    """The web for one command; no connection is made before something is asked."""
    credentials = Credentials(settings)
    allowed = frozenset(settings.insecure)
    return Http(token=credentials.token, insecure=lambda origin: "*" in allowed or origin in allowed)


def open_world(settings: Settings) -> World:
    """What reading a registry needs of this machine."""
    return World(
        http=open_http(settings),
        cache=settings.directories.cache,
        state=settings.directories.state,
        now=clock.now,
        offline=settings.offline,
    )
