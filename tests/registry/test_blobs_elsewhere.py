"""A registry whose archives lie in an OCI registry: the index decides, the digest names, the tag is for people.

The real docker-registry has the archives. The index lies in a directory, signed or not, or in an object store.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from skillctl.core.errors import ManifestError, RegistryError
from skillctl.core.fields import Fields, check_format
from skillctl.core.limits import LIMITS
from skillctl.edges.http import Http
from skillctl.formats.json_text import load_json
from skillctl_registry.backends import Backend
from skillctl_registry.backends.directory import DirectoryBackend
from skillctl_registry.backends.forwarding import Forwarding
from skillctl_registry.blobs import nowhere
from skillctl_registry.blobs.beside import blobs_of
from skillctl_registry.blobs.oci import OciBlobs
from skillctl_registry.cache import AnswerCache
from skillctl_registry.config import CONFIG, RegistryConfig, config_to_bytes
from skillctl_registry.mirroring import mirror
from skillctl_registry.oci import pack_manifest
from skillctl_registry.oci_logins import OciLogins
from skillctl_registry.publish import Written
from skillctl_registry.signing.rebuilding import rebuild
from skillctl_registry.signing.tidying import tidy
from skillctl_registry.sources.registry import RegistrySource
from skillctl_registry.verified import VerifiedBackend
from tests.edges.faults_of_the_web import CALM
from tests.registry.elsewhere import Dying, Overtaken, Registry, die
from tests.registry.making import NOW
from tests.registry.trust.killed import Killed
from tests.support.docker_registry import DockerRegistry, docker, logged_in, running_docker_registry, user
from tests.support.object_store import S3, s3
from tests.support.server import Asked, serving

__all__ = ["docker", "s3"]

TALL = 4e9  # seconds since 1970: after every grace time


@pytest.fixture(params=["unsigned", "signed", "object store"])
def registry(
    request: pytest.FixtureRequest, tmp_path: Path, docker: DockerRegistry, monkeypatch: pytest.MonkeyPatch
) -> Registry:
    bucket: S3 | None = None
    if request.param == "object store":
        bucket = request.getfixturevalue("s3")
        assert bucket is not None
        for name, value in bucket.environment.items():
            monkeypatch.setenv(name, value)
    return Registry(request.param, tmp_path, docker, bucket)


@pytest.fixture(params=["unsigned", "signed"])
def in_directory(request: pytest.FixtureRequest, tmp_path: Path, docker: DockerRegistry) -> Registry:
    return Registry(request.param, tmp_path, docker)


@pytest.fixture
def plain(tmp_path: Path, docker: DockerRegistry) -> Registry:
    return Registry("unsigned", tmp_path, docker)


class TestPublishing:
    def test_the_archive_goes_to_the_oci_registry_and_none_lies_beside_the_index(self, registry: Registry) -> None:
        written = registry.publish("maps")
        assert written.problems == ()
        assert registry.fetched(written.release) == registry.files("maps")
        assert list(registry.raw.list("blobs/")) == []
        assert registry.tagged("maps") == written.release.archive
        assert registry.checked().problems == ()

    def test_the_same_again_is_no_publish_and_other_files_are_told_apart(self, registry: Registry) -> None:
        first = registry.publish("maps")
        again = registry.publish("maps")
        assert (again.already, again.release, again.problems) == (True, first.release, ())
        with pytest.raises(RegistryError) as caught:
            registry.publish("maps", more__md="more")
        assert caught.value.code == "E226"
        assert caught.value.problems[0].evidence["changes"] == ["new more.md"]
        assert registry.tagged("maps") == first.release.archive

    def test_of_two_who_publish_a_version_the_index_decides_and_the_tag_is_the_winners(
        self, in_directory: Registry
    ) -> None:
        won: list[Written] = []
        overtaken = Overtaken(in_directory.backend, lambda: won.append(in_directory.publish("maps", winner__md="w")))
        with pytest.raises(RegistryError) as caught:
            in_directory.publish("maps", backend=overtaken, loser__md="l")
        assert caught.value.code == "E226"
        assert in_directory.tagged("maps") == won[0].release.archive
        assert "winner.md" in in_directory.fetched(won[0].release)
        assert in_directory.checked().problems == ()

    def test_of_many_at_once_one_wins_and_has_the_tag(self, plain: Registry) -> None:
        def attempt(number: int) -> str:
            try:
                return plain.publish("maps", by__md=str(number)).release.archive
            except RegistryError as error:
                return error.code

        with ThreadPoolExecutor(6) as pool:
            answers = sorted(pool.map(attempt, range(6)))
        assert answers[:5] == ["E226"] * 5
        (release,) = plain.source().releases("maps") or ()
        assert answers[5] == release.archive == plain.tagged("maps")
        assert plain.fetched(release)

    def test_a_tag_that_somebody_overwrites_changes_nothing_for_who_installs(self, registry: Registry) -> None:
        release = registry.publish("maps").release
        other = registry.publish("maps", "2.0.0").release
        registry.repository("maps").put_manifest(pack_manifest(other), "1.0.0")
        assert registry.tagged("maps") == other.archive
        assert registry.fetched(release) == registry.files("maps")
        assert [each.code for each in registry.publish("maps").problems] == ["W760"]
        assert [each.code for each in registry.checked().problems] == ["W760"]

    @pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
    @pytest.mark.parametrize("step", ["put", "commit", "settle"])
    def test_a_kill_at_any_step_leaves_a_registry_that_verifies_and_the_publish_is_repeated(
        self, in_directory: Registry, step: str, after: bool
    ) -> None:
        in_directory.publish("maps", "0.9.0")
        at_commit = Overtaken(in_directory.backend, die, after=after) if step == "commit" else None
        with pytest.raises(Killed):
            in_directory.publish(
                "maps", backend=at_commit, elsewhere=lambda place: Dying(logged_in(place), step, after=after)
            )
        told = [each.code for each in in_directory.checked().problems]
        assert told == (["W762"] if (step, after) in {("commit", True), ("settle", False)} else [])
        committed = (step, after) in {("commit", True), ("settle", False), ("settle", True)}
        assert len(in_directory.source().releases("maps") or ()) == 1 + committed
        assert bool(in_directory.tagged("maps")) == ((step, after) == ("settle", True))
        written = in_directory.publish("maps")
        assert written.already == committed
        assert in_directory.tagged("maps") == written.release.archive
        assert in_directory.fetched(written.release) == in_directory.files("maps")
        assert in_directory.checked().problems == ()

    def test_who_was_killed_before_the_commit_may_publish_other_files_as_that_version(self, plain: Registry) -> None:
        with pytest.raises(Killed):
            plain.publish("maps", elsewhere=lambda place: Dying(logged_in(place), "put", after=True))
        written = plain.publish("maps", better__md="better")
        assert plain.tagged("maps") == written.release.archive

    def test_nothing_is_published_where_the_archive_could_not_go(self, registry: Registry) -> None:
        with pytest.raises(RegistryError) as caught:
            registry.publish("maps", elsewhere=lambda place: OciBlobs(Http(), place, login=lambda _: None))
        assert caught.value.code == "E757"
        assert registry.source().releases("maps") is None


class TestKeeping:
    def test_an_archive_that_is_gone_or_damaged_is_found_and_a_publish_puts_back_what_is_gone(
        self, registry: Registry
    ) -> None:
        gone, damaged = registry.publish("maps").release, registry.publish("routes").release
        registry.docker.file_of(gone.archive).unlink()
        registry.docker.file_of(damaged.archive).write_bytes(b"x")

        def told() -> list[object]:
            return [each.evidence["trouble"] for each in registry.checked().problems if each.code == "E779"]

        assert told() == ["is missing", "is not what was published"]
        assert registry.publish("maps").already
        assert told() == ["is not what was published"]

    def test_tidying_takes_away_nothing_that_is_elsewhere(self, in_directory: Registry) -> None:
        release = in_directory.publish("maps").release
        with pytest.raises(Killed):
            in_directory.publish("maps", "2.0.0", elsewhere=lambda place: Dying(logged_in(place), "put", after=True))
        backend = in_directory.raw
        assert isinstance(backend, DirectoryBackend)
        tidy(backend, signed=in_directory.signed is not None, now=TALL)
        assert in_directory.fetched(release) == in_directory.files("maps")
        assert in_directory.checked().problems == ()

    def test_catalog_and_tags_are_made_again(self, in_directory: Registry) -> None:
        in_directory.publish("maps")
        backend = in_directory.raw
        assert isinstance(backend, DirectoryBackend)
        shutil.rmtree(backend.root / "catalog")
        with pytest.raises(Killed):
            in_directory.publish(
                "maps", "2.0.0", elsewhere=lambda place: Dying(logged_in(place), "settle", after=False)
            )
        assert not in_directory.tagged("maps", "2.0.0")
        signed = in_directory.signed is not None
        done = rebuild(in_directory.backend, signed=signed, now=NOW, elsewhere=logged_in)
        assert (done.packs, done.problems) == (1, ())
        assert [each.description for each in in_directory.source().catalog()] == ["About maps."]
        assert in_directory.tagged("maps", "2.0.0")


class TestMirroring:
    @pytest.mark.parametrize("names", [(), ("maps",)], ids=["all", "some"])
    def test_a_mirror_has_the_archives_beside_its_index_and_needs_nothing_else(
        self, registry: Registry, tmp_path: Path, names: tuple[str, ...]
    ) -> None:
        releases = [registry.publish(name).release for name in ("maps", "routes")]
        first, second = DirectoryBackend(tmp_path / "mirror"), DirectoryBackend(tmp_path / "of the mirror")
        for source, target in ((registry.raw, first), (first, second)):
            done = mirror(source, target, verified=self.verified(registry), names=names, elsewhere=logged_in)
            assert (done.id, done.copied) == ("test-registry", len(names) or 2)
            assert (target.root / "config.json").read_bytes() == registry.raw.get(
                CONFIG, max_bytes=LIMITS.manifest_bytes
            )
            there = RegistrySource(registry.view(target), label="mirror")
            assert registry.fetched(releases[0], there) == registry.files("maps")
            assert registry.checked(target, elsewhere=nowhere).problems == ()
            assert len(list(target.list("blobs/"))) == (len(names) or 2)
        again = mirror(registry.raw, first, verified=self.verified(registry), names=names, elsewhere=logged_in)
        assert again.copied == 0

    def test_an_archive_that_is_not_what_the_index_says_is_not_copied(self, plain: Registry, tmp_path: Path) -> None:
        release = plain.publish("maps").release
        plain.docker.file_of(release.archive).write_bytes(b"something else")
        with pytest.raises(RegistryError) as caught:
            mirror(plain.raw, DirectoryBackend(tmp_path / "mirror"), elsewhere=logged_in)
        assert caught.value.code == "E764"

    @staticmethod
    def verified(registry: Registry) -> Callable[[Backend], VerifiedBackend] | None:
        signed = registry.signed
        if signed is None:
            return None
        return lambda backend: VerifiedBackend(backend, pin=signed.pin, now=NOW)


class TestReading:
    def test_what_was_fetched_once_is_there_without_a_network(self, registry: Registry, tmp_path: Path) -> None:
        maps, routes = registry.publish("maps").release, registry.publish("routes").release

        def elsewhere(place: str, *, offline: bool = False) -> OciBlobs:
            cache = AnswerCache(tmp_path / "cache")
            return OciBlobs(Http(patience=CALM), place, login=user, cache=cache, offline=offline)

        assert registry.fetched(maps, registry.source(elsewhere)) == registry.files("maps")
        offline = registry.source(lambda place: elsewhere(place, offline=True))
        assert registry.fetched(maps, offline) == registry.files("maps")
        with pytest.raises(RegistryError) as caught:
            offline.fetch(routes)
        assert caught.value.code == "E292"
        (tmp_path / "cache" / "blobs" / maps.archive.partition(":")[2]).write_bytes(b"damaged")
        assert registry.fetched(maps, again := registry.source(elsewhere)) == registry.files("maps")
        assert [each.code for each in again.problems()] == ["W241"]

    def test_many_archives_are_fetched_before_they_are_asked_for(self, plain: Registry, tmp_path: Path) -> None:
        releases = [plain.publish(name).release for name in ("maps", "routes", "harbour")]
        cache = AnswerCache(tmp_path / "cache")
        source = plain.source(lambda place: OciBlobs(Http(), place, login=user, cache=cache))
        source.prefetch_files(releases)
        assert all(cache.has_blob(each.archive.partition(":")[2]) for each in releases)

    def test_a_reader_who_knows_nothing_of_it_refuses_the_registry_and_says_why(self, plain: Registry) -> None:
        data = plain.raw.get(CONFIG, max_bytes=LIMITS.manifest_bytes)
        assert data is not None
        with pytest.raises(ManifestError) as caught:
            check_format(
                Fields(load_json(data, file=CONFIG, max_bytes=1000, max_depth=9), file=CONFIG), kind="registry"
            )
        assert caught.value.code == "E148"

    def test_a_place_that_is_out_of_reach_is_told_by_its_host(self, plain: Registry, unused: str) -> None:
        release = plain.publish("maps").release
        source = plain.source(lambda _: OciBlobs(Http(patience=CALM), f"oci://{unused}/packs", login=user))
        with pytest.raises(RegistryError) as caught:
            source.fetch(release)
        assert caught.value.code == "E280"
        assert unused in str(caught.value)
        source.prefetch_files([release])

    def test_an_upload_that_is_sent_to_another_host_is_not_followed(self, plain: Registry) -> None:
        def answer(asked: Asked) -> None:
            if asked.method == "POST":
                asked.say(202, headers={"location": "https://elsewhere.example/upload"})
            else:
                asked.say(404)

        with serving(answer) as server:
            place = f"oci://{server.url.partition('://')[2]}/packs"
            with pytest.raises(RegistryError) as caught:
                plain.publish("maps", elsewhere=lambda _: OciBlobs(Http(), place, login=user))
        assert caught.value.code == "E759"
        assert plain.source().releases("maps") is None


class TestForgedPlaces:
    def test_the_place_of_a_signed_registry_is_signed(self, tmp_path: Path, docker: DockerRegistry) -> None:
        registry = Registry("signed", tmp_path, docker)
        release = registry.publish("maps").release
        forged = RegistryConfig(id="test-registry", signed=True, blobs="oci://thief.example/packs")
        (registry.raw.root / CONFIG).write_bytes(config_to_bytes(forged))  # type: ignore[attr-defined]
        with pytest.raises(RegistryError) as caught:
            registry.source().fetch(release)
        assert caught.value.code == "E706"

    def test_a_forged_place_is_shown_no_login_of_another_host_and_its_bytes_are_not_taken(
        self, plain: Registry, docker: DockerRegistry, tmp_path: Path
    ) -> None:
        release = plain.publish("maps").release
        docker.log_in(tmp_path / "docker")
        logins = OciLogins({"DOCKER_CONFIG": str(tmp_path / "docker")}, tmp_path)
        asked: list[Mapping[str, str]] = []
        challenges = ['Basic realm="x"', f'Bearer realm="http://{docker.host}/token",service="x"']

        def thief(request: Asked) -> None:
            asked.append(request.headers)
            if challenges:
                request.say(401, headers={"www-authenticate": challenges.pop()})
            else:
                request.say(200, b"what a thief would like to be installed")

        with serving(thief) as server:
            host = server.url.partition("://")[2]
            forge(plain, f"oci://{host}/packs")
            source = plain.source(lambda place: OciBlobs(Http(patience=CALM), place, login=logins))
            codes = []
            for _ in range(3):
                with pytest.raises(RegistryError) as caught:
                    source.fetch(release)
                codes.append(caught.value.code)
        assert codes == ["E757", "E757", "E231"]
        assert asked
        assert not any("authorization" in {name.lower() for name in headers} for headers in asked)

    def test_a_registry_elsewhere_may_not_lead_to_this_machine(self, plain: Registry) -> None:
        class There(Forwarding):
            label = "https://packs.acme.example"

        with pytest.raises(RegistryError) as caught:
            blobs_of(There(plain.raw), logged_in)
        assert caught.value.code == "E765"

    def test_what_mirror_json_says_can_hide_archives_and_no_more(self, plain: Registry) -> None:
        release = plain.publish("maps").release
        plain.raw.put_if_absent("mirror.json", json.dumps({"format": "1.0", "blobs_here": True}).encode())
        with pytest.raises(RegistryError) as caught:
            plain.source().fetch(release)
        assert caught.value.code == "E239"


def config_of(registry: Registry) -> bytes:
    """The text of its config.json."""
    return registry.raw.get(CONFIG, max_bytes=LIMITS.manifest_bytes) or b""


def forge(registry: Registry, place: str) -> None:
    """Have config.json name another place."""
    after = config_to_bytes(RegistryConfig(id="test-registry", blobs=place))
    assert registry.raw.compare_and_set(CONFIG, config_of(registry), after)


@pytest.fixture
def unused() -> str:
    """A host that nothing listens at."""
    from skillctl.edges.ports import free_port

    return f"127.0.0.1:{free_port()}"


@pytest.mark.parametrize("deletes", [True, False], ids=["that removes", "that removes nothing"])
def test_a_deleted_release_goes_where_the_oci_registry_lets_it_and_takes_no_other_along(
    docker: DockerRegistry, tmp_path: Path, deletes: bool
) -> None:
    with running_docker_registry(tmp_path / "docker", deletes=deletes) as running:
        registry = Registry("unsigned", tmp_path, running)
        gone, stays = (registry.publish("harbour", version).release for version in ("1.0.0", "1.1.0"))
        told = logged_in(registry.place).remove(gone)
        assert [each.code for each in told] == ([] if deletes else ["W763", "E759"])
        assert all(each.severity == "warning" for each in told)
        if not deletes:
            assert "UNSUPPORTED" in str(told[1].evidence["reason"])
        assert registry.tagged("harbour", "1.0.0") == ("" if deletes else gone.archive)
        assert registry.tagged("harbour", "1.1.0") == stays.archive
        assert registry.fetched(stays)
        assert logged_in(registry.place).remove(gone) == told  # once more is no error
