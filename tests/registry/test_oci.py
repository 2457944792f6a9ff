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
from skillctl.core.web import Secret
from skillctl.edges.http import Http
from skillctl_registry.oci import (
    ARTIFACT,
    Login,
    OciBlobs,
    OciRepository,
    Reference,
    pack_manifest,
    parse_reference,
    read_release,
)
from skillctl_registry.oci_logins import OciLogins
from tests.support.docker_registry import PASSWORD, USER, DockerRegistry, docker

ARCHIVE = b"an archive, as far as a registry knows"
NUMBERS = itertools.count()

__all__ = ["docker"]


@pytest.fixture
def base(docker: DockerRegistry) -> str:
    """A place of the test's own."""
    return docker.reference(f"acme/packs-{next(NUMBERS)}")


def alice(_: str) -> Login:
    return Login(USER, Secret(PASSWORD))


def release(name: str = "tools", version: str = "1.2.0", archive: bytes = ARCHIVE) -> Release:
    return Release(name=name, version=parse_version(version), tree="tree1:" + "0" * 64, archive=sha256_digest(archive))


class TestBlobs:
    @pytest.mark.parametrize("name", ["tools", "@acme/tools"])
    def test_what_is_put_is_there_under_its_version_and_by_its_digest(self, base: str, name: str) -> None:
        blobs = OciBlobs(Http(), base, login=alice)
        assert blobs.get(release(name)) is None
        blobs.put(release(name), ARCHIVE)
        assert blobs.get(release(name)) == ARCHIVE
        reference = parse_reference(f"{base}/{name.removeprefix('@')}:1.2.0")
        assert read_release(Http(), reference, login=alice, limits=LIMITS) == ARCHIVE

    def test_a_release_says_what_it_is_and_has_the_archive_as_its_layer(self, base: str) -> None:
        OciBlobs(Http(), base, login=alice).put(release(), ARCHIVE)
        found = OciRepository(Http(), parse_reference(f"{base}/tools"), login=alice).manifest("1.2.0")
        assert found is not None
        manifest = json.loads(found[0])
        assert manifest["artifactType"] == ARTIFACT
        assert [layer["digest"] for layer in manifest["layers"]] == [sha256_digest(ARCHIVE)]

    def test_putting_a_release_again_changes_nothing(self, base: str) -> None:
        blobs = OciBlobs(Http(), base, login=alice)
        blobs.put(release(), ARCHIVE)
        blobs.put(release(), ARCHIVE)
        assert blobs.get(release()) == ARCHIVE

    def test_a_version_that_is_taken_by_another_archive_is_left_alone(self, base: str) -> None:
        blobs = OciBlobs(Http(), base, login=alice)
        blobs.put(release(), ARCHIVE)
        other = b"another archive"
        with pytest.raises(RegistryError) as caught:
            blobs.put(release(archive=other), other)
        assert caught.value.code == "E760"
        assert blobs.get(release()) == ARCHIVE

    def test_a_release_is_also_named_by_the_digest_of_its_manifest(self, base: str) -> None:
        OciBlobs(Http(), base, login=alice).put(release(), ARCHIVE)
        digest = sha256_digest(pack_manifest(release(), ARCHIVE))
        reference = parse_reference(f"{base}/tools@{digest}")
        assert read_release(Http(), reference, login=alice, limits=LIMITS) == ARCHIVE

    def test_an_archive_above_the_limit_is_not_read(self, base: str) -> None:
        OciBlobs(Http(), base, login=alice).put(release(), ARCHIVE)
        few = replace(LIMITS, archive_bytes=4)
        with pytest.raises(RegistryError) as caught:
            OciBlobs(Http(), base, login=alice, limits=few).get(release())
        assert caught.value.code == "E284"

    def test_a_damaged_blob_is_not_taken_for_what_was_asked(self, base: str, docker: DockerRegistry) -> None:
        data = f"to be damaged {next(NUMBERS)}".encode()
        OciBlobs(Http(), base, login=alice).put(release(archive=data), data)
        digest = sha256_digest(data).partition(":")[2]
        kept = docker.root / f"data/docker/registry/v2/blobs/sha256/{digest[:2]}/{digest}/data"
        kept.write_bytes(data.replace(b"damaged", b"DAMAGED"))
        with pytest.raises(RegistryError) as caught:
            OciBlobs(Http(), base, login=alice).get(release(archive=data))
        assert caught.value.code == "E758"


class TestNothingThere:
    @pytest.mark.parametrize("tag", ["9.9.9", ""])
    def test_a_tag_that_is_not_there_is_said(self, base: str, tag: str) -> None:
        reference = replace(parse_reference(f"{base}/tools"), tag=tag)
        with pytest.raises(RegistryError) as caught:
            read_release(Http(), reference, login=alice, limits=LIMITS)
        assert caught.value.code == "E761"

    def test_an_image_that_is_no_pack_is_said(self, base: str) -> None:
        repository = OciRepository(Http(), parse_reference(f"{base}/image"), login=alice)
        config = repository.put_blob(b"{}")
        image = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2},
            "layers": [],
        }
        repository.put_manifest(json.dumps(image).encode(), "latest")
        with pytest.raises(RegistryError) as caught:
            read_release(Http(), parse_reference(f"{base}/image"), login=alice, limits=LIMITS)
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

    def test_the_login_is_that_of_docker_for_the_host(self, docker: DockerRegistry, tmp_path: Path) -> None:
        docker.log_in(tmp_path / "docker")
        logins = OciLogins({"DOCKER_CONFIG": str(tmp_path / "docker")}, tmp_path)
        assert logins(f"http://{docker.host}") == alice("")
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
