"""A registry behind https:// with a certificate of a company's own authority, and through a proxy: real encryption."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from skillctl.core.errors import SkillctlError
from skillctl.core.web import Secret
from skillctl.core.wording import worded
from skillctl.edges.http import Http
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.opening import World, open_source
from skillctl_registry.sources import Source
from tests.edges.faults_of_the_web import CALM
from tests.registry.making import NOW, publish_pack
from tests.support.nginx import NginxMissingError, running_nginx
from tests.support.server import Asked, files_of, serving, tunnel_to
from tests.support.tls import Authority

NAME = "packs.acme.example"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a registry."""
    root = tmp_path_factory.mktemp("encrypted") / "registry"
    publish_pack(DirectoryBackend(root), "arcgis")
    return root


@pytest.fixture(scope="module")
def nginx(authority: Authority, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The registry behind a real web server with a certificate."""
    room = tmp_path_factory.mktemp("nginx") / "room"
    try:
        with running_nginx(root, room, authority.certificate("127.0.0.1")) as url:
            yield url
    except NginxMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No proxy, and no authority but those of the system."""
    for name in (*PROXIES, *(each.lower() for each in PROXIES), "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def source(location: str, tmp_path: Path) -> Source:
    world = World(
        http=Http(patience=CALM), cache=str(tmp_path / "cache"), state=str(tmp_path / "state"), now=lambda: NOW
    )
    return open_source(location, label="acme", world=world)


def refusal(location: str, tmp_path: Path) -> tuple[str, str]:
    """The code, and what a person is told."""
    with pytest.raises(SkillctlError) as caught:
        source(location, tmp_path).releases("arcgis")
    said = worded(caught.value.problems[0])
    return caught.value.code, f"{said.title} {said.hint}"


def test_an_authority_that_the_environment_names_is_trusted(
    nginx: str, authority: Authority, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("SSL_CERT_FILE", str(authority.file))
    found = source(nginx, tmp_path)
    assert [found.fetch(each).digest == each.tree for each in found.releases("arcgis") or ()] == [True]


def test_an_authority_that_nobody_named_is_refused_with_what_to_do(nginx: str, tmp_path: Path) -> None:
    code, told = refusal(nginx, tmp_path)
    assert code == "E281"
    assert "SSL_CERT_FILE" in told
    assert "127.0.0.1" in told


def test_another_authority_of_the_same_name_is_refused(
    nginx: str, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("SSL_CERT_FILE", str(Authority(tmp_path / "other").file))
    assert refusal(nginx, tmp_path)[0] == "E281"


def test_a_certificate_for_another_host_is_refused(
    root: Path, authority: Authority, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("SSL_CERT_FILE", str(authority.file))
    with serving(files_of(root), encrypted=authority.certificate(NAME).context()) as server:
        code, told = refusal(server.url, tmp_path)
    assert code == "E281"
    assert "mismatch" in told or "not valid for" in told


def test_a_proxy_carries_what_is_encrypted_and_sees_the_name_alone(
    root: Path, authority: Authority, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("SSL_CERT_FILE", str(authority.file))
    with (
        serving(files_of(root), encrypted=authority.certificate(NAME).context()) as server,
        serving(tunnel_to(server.port)) as proxy,
    ):
        environment.setenv("HTTPS_PROXY", proxy.url)
        found = source(f"https://{NAME}/", tmp_path)
        assert [str(each.version) for each in found.releases("arcgis") or ()] == ["1.0.0"]
        assert {(each.method, each.path) for each in proxy.seen} == {("CONNECT", f"{NAME}:443")}
        assert "/index/ar/arcgis" in server.paths()


def test_a_proxy_in_between_that_opens_what_is_encrypted_is_not_believed(
    root: Path, authority: Authority, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("SSL_CERT_FILE", str(authority.file))
    forged = Authority(tmp_path / "forged").certificate(NAME)
    with (
        serving(files_of(root), encrypted=forged.context()) as server,
        serving(tunnel_to(server.port)) as proxy,
    ):
        environment.setenv("HTTPS_PROXY", proxy.url)
        assert refusal(f"https://{NAME}/", tmp_path)[0] == "E281"
        assert server.paths() == []


def test_a_token_does_not_follow_a_redirection_to_another_host(
    root: Path, authority: Authority, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("SSL_CERT_FILE", str(authority.file))
    context = authority.certificate("127.0.0.1").context()
    with serving(files_of(root), encrypted=context) as other:

        def sends_away(asked: Asked) -> None:
            asked.say(302, headers={"location": f"{other.url}{asked.path}"})

        with serving(sends_away, encrypted=context) as server:
            http = Http(token=lambda origin: Secret("skl_mine") if origin == server.url else None, patience=CALM)
            assert http.read(f"{server.url}/config.json", max_bytes=10_000).status == 200
            http.close()
            assert server.seen[0].headers["authorization"] == "Bearer skl_mine"
            assert "authorization" not in other.seen[0].headers


def test_what_is_encrypted_is_not_given_up_by_a_redirection(
    root: Path, authority: Authority, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("SSL_CERT_FILE", str(authority.file))
    with serving(files_of(root)) as plain:

        def sends_away(asked: Asked) -> None:
            asked.say(302, headers={"location": f"{plain.url}{asked.path}"})

        with serving(sends_away, encrypted=authority.certificate("127.0.0.1").context()) as server:
            assert refusal(server.url, tmp_path)[0] == "E288"
        assert plain.seen == []
