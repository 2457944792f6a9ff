"""Opening the places outside a registry that its archives may lie in, as the user's settings say."""

from __future__ import annotations

from pathlib import Path

from skillctl.core.errors import UsageError
from skillctl.core.settings import Settings
from skillctl_registry.blobs import Blobs, OpenBlobs


def checked_place(text: str) -> str:
    """What `--blobs` says, if archives can lie there. UsageError E023 if not."""
    if text:
        from skillctl_registry.oci import is_repository

        if not is_repository(text):
            reason = f"`{text}` is no repository of an OCI registry such as `oci://ghcr.io/acme/packs`"
            raise UsageError.of("E023", option="--blobs", reason=reason)
    return text


def reading_elsewhere(settings: Settings) -> OpenBlobs:
    """For who installs, and for a server's pages: what was fetched once is taken from the user's cache."""

    def opened(place: str) -> Blobs:
        return _oci(settings, place, cached=True)

    return opened


def writing_elsewhere(settings: Settings, *, dry_run: bool = False) -> OpenBlobs:
    """For who keeps the registry: what is asked for comes from there, so that what is missing is noticed."""

    def opened(place: str) -> Blobs:
        blobs = _oci(settings, place, cached=False)
        if not dry_run:
            return blobs
        from skillctl.app.rehearsal import RehearsalBlobs

        return RehearsalBlobs(blobs)

    return opened


def _oci(settings: Settings, place: str, *, cached: bool) -> Blobs:
    # most registries have their archives beside the index: nothing of this is imported before it is needed
    from skillctl.app.network import open_bare_http
    from skillctl_registry.blobs.oci import OciBlobs
    from skillctl_registry.cache import AnswerCache, cache_directory
    from skillctl_registry.oci_logins import OciLogins

    return OciBlobs(
        open_bare_http(settings),
        place,
        login=OciLogins(dict(settings.environment), Path(settings.directories.home)),
        cache=AnswerCache(cache_directory(settings.directories.cache, place)) if cached else None,
        offline=settings.offline,
        limits=settings.limits,
    )
