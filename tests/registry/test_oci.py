"""Archives of packs in an OCI registry: pushed to and read from the real docker-registry, with user and password."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from skillctl.core.digests import sha256_digest
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS, MIB
from skillctl.core.release import Release
from skillctl.core.value import replace
from skillctl.core.versions import parse_version
from skillctl.core.web import Request, Response, Secret, origin_of
from skillctl.edges.http import Http
from skillctl_registry.blobs.oci import OciBlobs
from skillctl_registry.cache import AnswerCache
from skillctl_registry.oci import (
    ARTIFACT,
    Login,
    OciRepository,
    Reference,
    pack_manifest,
    parse_reference,
    read_archive,
    read_release,
)
from skillctl_registry.oci_logins import OciLogins
from tests.support.docker_registry import USER, DockerRegistry, docker, user
from tests.support.server import Asked, serving

ARCHIVE = b"an archive, as far as a registry knows"
NUMBERS = itertools.count()

__all__ = ["docker"]


@pytest.fixture
def base(docker: DockerRegistry) -> str:
    """A place of the test's own."""
    return docker.reference(f"acme/packs-{next(NUMBERS)}")


def release(name: str = "tools", version: str = "1.2.0", archive: bytes = ARCHIVE) -> Release:
    return Release(
        name=name,
        version=parse_version(version),
        tree="tree1:" + "0" * 64,
        archive=sha256_digest(archive),
        size=len(archive),
    )


class TestBlobs:
    @pytest.mark.parametrize("name", ["tools", "@acme/tools"])
    def test_what_is_put_is_there_by_its_digest_and_settled_under_its_version(self, base: str, name: str) -> None:
        blobs = OciBlobs(Http(), base, login=user)
        assert blobs.get(release(name)) is None
        blobs.put(release(name), ARCHIVE)
        assert blobs.get(release(name)) == ARCHIVE
        assert blobs.settle(release(name)) == ()
        reference = parse_reference(f"{base}/{name.removeprefix('@')}:1.2.0")
        assert read_release(Http(), reference, login=user, limits=LIMITS) == ARCHIVE

    def test_what_is_put_has_a_manifest_and_no_tag_before_it_is_settled(self, base: str) -> None:
        OciBlobs(Http(), base, login=user).put(release(), ARCHIVE)
        repository = OciRepository(Http(), parse_reference(f"{base}/tools"), login=user)
        assert repository.manifest("1.2.0") is None
        found = repository.manifest(sha256_digest(pack_manifest(release())))
        assert found is not None
        manifest = json.loads(found[0])
        assert manifest["artifactType"] == ARTIFACT
        assert [layer["digest"] for layer in manifest["layers"]] == [sha256_digest(ARCHIVE)]

    def test_putting_and_settling_a_release_again_changes_nothing(self, base: str) -> None:
        blobs = OciBlobs(Http(), base, login=user)
        for _ in range(2):
            blobs.put(release(), ARCHIVE)
            assert blobs.settle(release()) == ()
        assert blobs.get(release()) == ARCHIVE

    @pytest.mark.parametrize("manifest", [None, b"{}", b"[]"], ids=["another release", "no layers", "no manifest"])
    def test_a_tag_that_is_something_else_is_left_alone_and_told(
        self, base: str, manifest: bytes | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        blobs = OciBlobs(Http(), base, login=user)
        other = release(archive=b"another archive")
        blobs.put(other, b"another archive")
        blobs.settle(other)
        if manifest is not None:
            monkeypatch.setattr(OciRepository, "manifest", lambda *_: (manifest, sha256_digest(manifest)))
        blobs.put(release(), ARCHIVE)
        assert [each.code for each in blobs.settle(release())] == ["W760"]
        monkeypatch.undo()
        reference = parse_reference(f"{base}/tools:1.2.0")
        assert read_release(Http(), reference, login=user, limits=LIMITS) == b"another archive"
        assert blobs.get(release()) == ARCHIVE

    def test_a_tag_that_can_not_be_put_is_a_warning(self, base: str) -> None:
        blobs = OciBlobs(Http(), base, login=lambda _: None)
        assert [(each.code, each.severity) for each in blobs.settle(release())] == [
            ("W761", "warning"),
            ("E757", "warning"),
        ]

    def test_a_release_is_also_named_by_the_digest_of_its_manifest(self, base: str) -> None:
        OciBlobs(Http(), base, login=user).put(release(), ARCHIVE)
        digest = sha256_digest(pack_manifest(release()))
        reference = parse_reference(f"{base}/tools@{digest}")
        assert read_release(Http(), reference, login=user, limits=LIMITS) == ARCHIVE

    def test_an_archive_above_the_limit_is_not_read(self, base: str) -> None:
        OciBlobs(Http(), base, login=user).put(release(), ARCHIVE)
        few = replace(LIMITS, archive_bytes=4)
        with pytest.raises(RegistryError) as caught:
            OciBlobs(Http(), base, login=user, limits=few).get(release())
        assert caught.value.code == "E284"

    def test_a_damaged_blob_is_not_taken_for_what_was_asked(self, base: str, docker: DockerRegistry) -> None:
        data = f"to be damaged {next(NUMBERS)}".encode()
        OciBlobs(Http(), base, login=user).put(release(archive=data), data)
        docker.file_of(sha256_digest(data)).write_bytes(data.replace(b"damaged", b"DAMAGED"))
        with pytest.raises(RegistryError) as caught:
            read_archive(Http(), parse_reference(f"{base}/tools"), sha256_digest(data), login=user, limits=LIMITS)
        assert caught.value.code == "E758"

    def test_a_manifest_is_put_again_while_the_registry_trips_over_another_push_of_its_blobs(self) -> None:
        unknown = json.dumps({"errors": [{"code": "MANIFEST_BLOB_UNKNOWN", "message": "blob unknown"}]}).encode()
        answers = [(400, unknown), (400, unknown), (201, b"")]

        def answer(asked: Asked) -> None:
            if asked.method == "HEAD":
                asked.say(200)
            else:
                asked.say(*answers.pop(0))

        with serving(answer) as server:
            OciBlobs(Http(), server.url.replace("http", "oci") + "/packs", login=user).put(release(), ARCHIVE)
        assert answers == []

    def test_what_is_not_the_archive_is_not_kept(self, base: str, docker: DockerRegistry, tmp_path: Path) -> None:
        data = f"not to be kept {next(NUMBERS)}".encode()
        cache = AnswerCache(tmp_path)
        blobs = OciBlobs(Http(), base, login=user, cache=cache)
        blobs.put(release(archive=data), data)
        docker.file_of(sha256_digest(data)).write_bytes(b"x")
        assert blobs.get(release(archive=data)) != data
        assert not cache.has_blob(sha256_digest(data).partition(":")[2])

    def test_who_asks_is_said_once_for_all_repositories_of_a_host(
        self, base: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        blobs = OciBlobs(Http(), base, login=user)
        blobs.put(release(), ARCHIVE)
        blobs.put(release("maps"), ARCHIVE)
        asked: list[str] = []
        send = Http.send

        def counted(self: Http, request: Request) -> Response:
            asked.append(request.url)
            return send(self, request)

        monkeypatch.setattr(Http, "send", counted)
        assert blobs.get(release()) == blobs.get(release("maps")) == ARCHIVE
        assert len(asked) == 2


class TestNothingThere:
    @pytest.mark.parametrize("tag", ["9.9.9", ""])
    def test_a_tag_that_is_not_there_is_said(self, base: str, tag: str) -> None:
        reference = replace(parse_reference(f"{base}/tools"), tag=tag)
        with pytest.raises(RegistryError) as caught:
            read_release(Http(), reference, login=user, limits=LIMITS)
        assert caught.value.code == "E761"

    def test_an_image_that_is_no_pack_is_said(self, base: str) -> None:
        repository = OciRepository(Http(), parse_reference(f"{base}/image"), login=user)
        config = repository.put_blob(b"{}")
        image = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2},
            "layers": [],
        }
        repository.put_manifest(json.dumps(image).encode(), "latest")
        with pytest.raises(RegistryError) as caught:
            read_release(Http(), parse_reference(f"{base}/image"), login=user, limits=LIMITS)
        assert caught.value.problems[0].evidence["reason"] == "there is an image, and no pack in it"


class TestWhoAsks:
    @pytest.mark.parametrize("login", [None, Login(USER, Secret("wrong"))])
    def test_who_may_not_is_told_and_no_password_is_shown(self, base: str, login: Login | None) -> None:
        blobs = OciBlobs(Http(), base, login=lambda _: login)
        asked: list[Callable[[], object]] = [lambda: blobs.get(release()), lambda: blobs.put(release(), ARCHIVE)]
        for ask in asked:
            with pytest.raises(RegistryError) as caught:
                ask()
            assert caught.value.code == "E757"
            assert "wrong" not in str(caught.value)

    def test_a_token_that_has_run_out_is_exchanged_for_a_new_one_and_by_one_repository_for_itself(self) -> None:
        given: list[str] = []
        used: list[str] = []

        def answer(asked: Asked) -> None:
            shown = {name.lower(): value for name, value in asked.headers.items()}.get("authorization", "")
            if asked.path.startswith("/token"):
                assert shown.startswith("Basic ")
                given.append(asked.path)
                asked.say(200, json.dumps({"token": f"token-{len(given)}"}).encode())
            elif shown == f"Bearer token-{len(given)}" and used.count(shown) < 2:
                used.append(shown)
                asked.say(200, ARCHIVE)
            else:
                realm = f'Bearer realm="http://{shown_host(asked)}/token",service="packs"'
                asked.say(401, headers={"www-authenticate": realm})

        with serving(answer) as server:
            blobs = OciBlobs(Http(), server.url.replace("http", "oci") + "/packs", login=user)
            for _ in range(5):
                assert blobs.get(release()) == ARCHIVE
        assert used == [f"Bearer token-{number}" for number in (1, 1, 2, 2, 3)]
        assert all("scope=repository%3Apacks%2Ftools%3Apull" in path for path in given)

    def test_a_registry_elsewhere_does_not_lead_to_this_machine_to_exchange_a_password(self) -> None:
        asked: list[str] = []

        class There(Http):
            def send(self, request: Request) -> Response:
                asked.append(request.url)
                realm = 'Bearer realm="http://127.0.0.1:8080/token"'
                return Response(status=401, url=request.url, headers={"www-authenticate": realm})

        with pytest.raises(RegistryError) as caught:
            OciBlobs(There(), "oci://packs.example/acme", login=user).get(release())
        assert caught.value.code == "E757"
        assert [origin_of(url) for url in asked] == ["https://packs.example"]

    def test_an_archive_and_a_login_are_not_sent_to_the_other_host_that_an_upload_is_led_to(self) -> None:
        strayed: list[str] = []

        def elsewhere(asked: Asked) -> None:
            strayed.append(asked.path)
            asked.say(201)

        def answer(asked: Asked) -> None:
            led = {"location": f"{other.url}/v2/packs/tools/blobs/uploads/1"}
            asked.say(404) if asked.method == "HEAD" else asked.say(202, headers=led)

        with serving(elsewhere) as other, serving(answer) as server, pytest.raises(RegistryError) as caught:
            OciBlobs(Http(), server.url.replace("http", "oci") + "/packs", login=user).put(release(), ARCHIVE)
        assert caught.value.code == "E759"
        assert strayed == []

    def test_the_login_is_that_of_docker_for_the_host(self, docker: DockerRegistry, tmp_path: Path) -> None:
        docker.log_in(tmp_path / "docker")
        logins = OciLogins({"DOCKER_CONFIG": str(tmp_path / "docker")}, tmp_path)
        assert logins(f"http://{docker.host}") == user("")
        assert logins("https://elsewhere.example") is None

    def test_the_users_own_file_is_read_where_no_variable_says_another(self, tmp_path: Path) -> None:
        (tmp_path / ".docker").mkdir()
        auths = {"auths": {"https://index.docker.io/v1/": {"auth": "YWxpY2U6cHc="}, "broken": {"auth": "%"}, "x": 1}}
        (tmp_path / ".docker/config.json").write_text(json.dumps(auths), encoding="utf-8")
        assert OciLogins({}, tmp_path)("https://index.docker.io") == Login("alice", Secret("pw"))

    @pytest.mark.parametrize("text", ["", "[]", '{"auths": []}', '{"auths": {"h": {"auth": "bm9jb2xvbg=="}}}'])
    def test_a_file_that_says_nothing_is_no_login(self, text: str, tmp_path: Path) -> None:
        (tmp_path / "auth.json").write_text(text, encoding="utf-8")
        assert OciLogins({"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")}, tmp_path)("https://h") is None

    def test_a_file_that_can_not_be_read_is_no_login(self, tmp_path: Path) -> None:
        (tmp_path / "directory").mkdir()
        (tmp_path / "large").write_bytes(b" " * (MIB + 1))
        for name in ("directory", "large"):
            assert OciLogins({"REGISTRY_AUTH_FILE": str(tmp_path / name)}, tmp_path)("https://h") is None


def shown_host(asked: Asked) -> str:
    """The host as who asked has named it."""
    return next(value for name, value in asked.headers.items() if name.lower() == "host")


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("oci://ghcr.io/acme/tools", Reference(host="ghcr.io", repository="acme/tools")),
        ("oci://h:5000/a:1.2.0-rc.1", Reference(host="h:5000", repository="a", tag="1.2.0-rc.1")),
        (
            "oci://h/a:x@sha256:" + "a" * 64,
            Reference(host="h", repository="a", tag="x", digest="sha256:" + "a" * 64),
        ),
    ],
)
def test_a_reference_reads_and_writes_itself(text: str, reference: Reference) -> None:
    assert parse_reference(text) == reference
    assert str(reference) == text


@pytest.mark.parametrize(
    "text",
    ["oci://h", "oci://h/A", "oci://h/../x", "oci://u:p@h/x", "oci://h/x:", "oci://h/x@sha256:1", "oci://h/x?y", "h/x"],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(RegistryError) as caught:
        parse_reference(text)
    assert caught.value.code == "E756"
