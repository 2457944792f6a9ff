"""A server whose registry keeps its archives in an OCI registry: it pushes them, and readers fetch them there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from skillctl.core.limits import LIMITS
from skillctl.edges import clock
from skillctl.edges.http import Http
from skillctl_registry.backends.web import WebBackend
from skillctl_registry.cache import AnswerCache
from skillctl_registry.endpoints.releases import delete_request, taken_response
from skillctl_registry.index import blob_path
from skillctl_registry.oci import OciRepository, parse_reference
from skillctl_registry.sources.registry import RegistrySource
from skillctl_registry.trust.reader import RootPin
from skillctl_registry.verified import VerifiedBackend
from tests.support.docker_registry import DockerRegistry, docker, logged_in, user
from tests.support.serving import serving

__all__ = ["docker"]


@pytest.mark.slow
def test_a_server_pushes_archives_and_its_readers_fetch_them_where_config_says(
    tmp_path: Path, docker: DockerRegistry
) -> None:
    docker.log_in(tmp_path / "docker")
    place = docker.reference("of-a-server")
    repository = OciRepository(Http(), parse_reference(f"{place}/harbour"), login=user)
    environment = {"DOCKER_CONFIG": str(tmp_path / "docker")}
    with serving(tmp_path / "room", "--blobs", place, environment=environment) as served:
        release = served.publish("harbour").release
        assert served.publish("harbour").already
        assert served.get(blob_path(release.archive)).status == 404
        assert repository.manifest("1.0.0") is not None
        cache = AnswerCache(tmp_path / "cache")
        web = WebBackend(served.url, name="served", http=served.http(""), cache=cache, now=clock.now)
        view = VerifiedBackend(web, pin=RootPin(served.root), now=clock.now())
        source = RegistrySource(view, label="served", elsewhere=logged_in)
        assert source.fetch(release).digest == release.tree
        skills = json.loads(served.get(".well-known/agent-skills/index.json").body)["skills"]
        assert served.get(f".well-known/agent-skills/{skills[0]['url']}").status == 200
        gone = taken_response(served.http().send(delete_request(served.url, "harbour", "1.0.0")))
        assert gone.problems == ()
        assert repository.manifest("1.0.0") is None
        assert repository.blob(release.archive, max_bytes=LIMITS.archive_bytes) is None
    elsewhere = serving(tmp_path / "room", "--blobs", "oci://ghcr.io/acme/packs", environment=environment)
    with pytest.raises(AssertionError, match="E767"), elsewhere:
        pass
    with serving(tmp_path / "room", environment=environment) as again:
        assert again.publish("lantern").problems == ()
    config = tmp_path / "room" / "files" / "config.json"
    before = config.read_bytes()
    config.unlink()
    made_again(tmp_path / "room", environment)
    assert config.read_bytes() == before


def made_again(room: Path, environment: Mapping[str, str]) -> None:
    """The index made again of the database, by the command for it."""
    words = [
        "--rebuild",
        "--db",
        f"sqlite:///{room / 'registry.db'}",
        "--keys",
        str(room / "keys"),
        str(room / "files"),
    ]
    own = {"PATH": os.environ["PATH"], "HOME": str(room), "SKILLCTL_DATA_DIR": str(room), **environment}
    subprocess.run([sys.executable, "-m", "skillctl", "registry", "index", *words], env=own, check=True)
