"""Git repositories as places that packs come from, with the real git program and git's own server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from skillctl.core.errors import RegistryError
from skillctl.core.limits import Limits
from skillctl.core.wording import worded
from skillctl.edges.git import GitCache, Refs
from skillctl.edges.git import cache as git_cache
from skillctl.edges.git.program import git_environment, masked
from tests.support.repositories import ENVIRONMENT, Host, Repository, plainly_serving, serving

FILES = {
    "README.md": b"read\r\nme\n",
    "skills/a/SKILL.md": b"---\nname: a\n---\n",
    "skills/a/run.sh": b"#!/bin/sh\n",
    "skills/b/SKILL.md": b"---\nname: b\n---\n",
    "docs/big.bin": bytes(range(256)) * 40,
}
NOBODY = "0" * 39 + "1"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    found = Repository(tmp_path / "host" / "repo")
    found.commit(FILES)
    return found


@pytest.fixture
def host(repository: Repository) -> Iterator[Host]:
    with serving(repository.root.parent) as running:
        yield running


@pytest.fixture
def url(host: Host) -> str:
    return f"{host.url}/repo/.git"


@pytest.fixture
def cache(tmp_path: Path) -> GitCache:
    return opened(tmp_path)


def opened(
    room: Path, *, offline: bool = False, seconds: float = 60, limits: Limits | None = None, **environment: str
) -> GitCache:
    return GitCache(
        room / "cache",
        offline=offline,
        seconds=seconds,
        limits=limits or Limits(),
        environment={**ENVIRONMENT, **environment},
    )


def refusal(error: pytest.ExceptionInfo[RegistryError]) -> str:
    """The code; every refusal has its words, on one line, with nothing secret."""
    for problem in error.value.problems:
        words = worded(problem)
        assert "\n" not in words.title
        assert "s3cret" not in words.title + words.detail + words.hint
    return error.value.code


def head(repository: Repository) -> str:
    return repository.git("rev-parse", "HEAD")


# What a text means


def test_the_default_branch_is_meant_without_a_text(repository: Repository, cache: GitCache) -> None:
    assert cache.commit_of(repository.url) == cache.commit_of(repository.url, "HEAD") == head(repository)


def test_branches_tags_and_commits_are_found(repository: Repository, cache: GitCache) -> None:
    first = head(repository)
    repository.git("branch", "feature/x")
    repository.git("tag", "v1.0.0")
    repository.git("tag", "-a", "-m", "with words", "v1.1.0")
    second = repository.commit({"new.md": b"new"}, message="two")
    for ref in ("feature/x", "v1.0.0", "v1.1.0", "refs/tags/v1.1.0", "refs/heads/feature/x", first, first.upper()):
        assert cache.commit_of(repository.url, ref) == first
    assert cache.commit_of(repository.url, "main") == second
    assert cache.tags(repository.url) == {"v1.0.0": first, "v1.1.0": first}


def test_a_tag_is_meant_before_a_branch_of_the_same_name(repository: Repository, cache: GitCache) -> None:
    tagged = head(repository)
    repository.git("tag", "both")
    repository.commit({"new.md": b"new"})
    repository.git("branch", "both")
    assert cache.commit_of(repository.url, "both") == tagged


def test_a_short_commit_is_found_anywhere_in_the_history(repository: Repository, cache: GitCache) -> None:
    first = head(repository)
    second = repository.commit({"new.md": b"new"}, message="two")
    assert cache.commit_of(repository.url, second[:7]) == second
    assert cache.commit_of(repository.url, first[:7]) == first
    assert cache.commit_of(repository.url, first[:10].upper()) == first


def test_a_short_commit_that_could_be_two_is_refused(repository: Repository, cache: GitCache) -> None:
    one, other = ("abcd" + digit * 36 for digit in "12")
    cache._refs[repository.url] = Refs(head=one, tags={"v1": other})
    assert cache.commit_of(repository.url, "abcd1") == one
    with pytest.raises(RegistryError) as caught:
        cache.commit_of(repository.url, "abcd")
    assert refusal(caught) == "E277"


def test_an_unknown_name_is_refused_with_the_nearest(repository: Repository, cache: GitCache) -> None:
    repository.git("tag", "v1.0.0")
    with pytest.raises(RegistryError) as caught:
        cache.commit_of(repository.url, "v1.0.1")
    assert refusal(caught) == "E268"
    assert caught.value.problems[0].evidence["near"] == ["v1.0.0"]


@pytest.mark.parametrize("ref", ["deadbee", "gone", "refs/heads/gone", "HEAD~1"])
def test_what_nothing_has_is_refused(repository: Repository, cache: GitCache, ref: str) -> None:
    with pytest.raises(RegistryError) as caught:
        cache.commit_of(repository.url, ref)
    assert refusal(caught) == "E268"


def test_a_repository_without_commits_is_refused(tmp_path: Path, cache: GitCache) -> None:
    empty = Repository(tmp_path / "empty")
    with pytest.raises(RegistryError) as caught:
        cache.commit_of(empty.url)
    assert refusal(caught) == "E268"


# What is read


def test_files_are_read_as_they_are_in_the_commit(repository: Repository, cache: GitCache) -> None:
    attributes = b"* text=auto eol=crlf\n*.md ident\nskills export-ignore\n"
    commit = repository.commit({".gitattributes": attributes, "ident.md": b"$Id$\n"})
    expected = FILES | {".gitattributes": attributes, "ident.md": b"$Id$\n"}
    assert cache.files(repository.url, commit) == expected


def test_files_of_a_folder_have_the_paths_of_the_folder(repository: Repository, cache: GitCache) -> None:
    found = cache.files(repository.url, head(repository), "skills/a")
    assert found == {"SKILL.md": FILES["skills/a/SKILL.md"], "run.sh": FILES["skills/a/run.sh"]}
    assert cache.files(repository.url, head(repository), ".") == FILES


def test_only_what_is_wanted_is_read(repository: Repository, cache: GitCache) -> None:
    asked: list[Collection[str]] = []

    def wanted(paths: Collection[str]) -> Collection[str]:
        asked.append(paths)
        return [path for path in paths if path.endswith("SKILL.md")]

    found = cache.files(repository.url, head(repository), "skills", wanted=wanted)
    assert found.keys() == {"a/SKILL.md", "b/SKILL.md"}
    assert asked == [["a/SKILL.md", "a/run.sh", "b/SKILL.md"]]


def test_a_folder_that_is_not_there_is_refused_with_the_nearest(repository: Repository, cache: GitCache) -> None:
    with pytest.raises(RegistryError) as caught:
        cache.files(repository.url, head(repository), "skill")
    assert refusal(caught) == "E273"
    assert "skills" in str(caught.value.problems[0].evidence["near"])


def test_a_bare_repository_on_this_machine_is_read(repository: Repository, cache: GitCache, tmp_path: Path) -> None:
    repository.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    for name in ("bare.git", "bare"):
        assert cache.files(f"file://{tmp_path}/{name}", head(repository)) == FILES


def test_an_old_commit_is_read_as_it_was(repository: Repository, cache: GitCache) -> None:
    first = head(repository)
    repository.commit({"README.md": None, "new.md": b"new"})
    assert cache.files(repository.url, first) == FILES


# Links and repositories inside


def test_links_inside_become_copies(repository: Repository, cache: GitCache) -> None:
    commit = repository.commit(
        {
            "shared/notes.md": b"notes",
            "shared/deep/x.md": b"x",
            "skills/a/notes.md": "../../shared/notes.md",
            "skills/a/shared": "../../shared",
            "skills/a/again.md": "shared/deep/x.md",
            "skills/c": "./b",
        }
    )
    found = cache.files(repository.url, commit, "skills")
    assert found["a/notes.md"] == b"notes"
    assert found["a/shared/notes.md"] == b"notes"
    assert found["a/shared/deep/x.md"] == b"x"
    assert found["a/again.md"] == b"x"
    assert found["c/SKILL.md"] == FILES["skills/b/SKILL.md"]


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        ("/etc/passwd", "absolute"),
        ("C:\\Windows", "absolute"),
        ("../../../outside", "outside"),
        ("../../../host/repo/README.md", "outside"),
        ("nothing.md", "nowhere"),
        ("evil.md", "loop"),
        ("..", "loop"),
        ("../..", "loop"),
        (".", "loop"),
        ("x" * 200 + "/..", "loop"),
        ("a/../../../../x", "outside"),
    ],
)
def test_links_that_lead_elsewhere_are_refused(repository: Repository, cache: GitCache, target: str, rule: str) -> None:
    commit = repository.commit({"skills/a/evil.md": target})
    with pytest.raises(RegistryError) as caught:
        cache.files(repository.url, commit)
    assert refusal(caught) == "E272"
    assert caught.value.problems[0].evidence["rule"] == rule


def test_links_that_nobody_wants_are_no_obstacle(repository: Repository, cache: GitCache) -> None:
    commit = repository.commit({"docs/evil": "/etc/passwd"})
    assert cache.files(repository.url, commit, "skills/a").keys() == {"SKILL.md", "run.sh"}


def test_links_that_multiply_are_refused(
    repository: Repository, cache: GitCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_cache, "MOST_FILES", 500)
    bomb: dict[str, bytes | str | None] = {"bomb/0/x": b"x"}
    for number in range(1, 20):
        bomb |= {f"bomb/{number}/{side}": f"../{number - 1}" for side in "abcd"}
    with pytest.raises(RegistryError) as caught:
        cache.files(repository.url, repository.commit(bomb), "bomb")
    assert refusal(caught) == "E272"


def test_a_repository_inside_is_told_and_not_fetched(repository: Repository, cache: GitCache) -> None:
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{NOBODY},skills/sub")
    repository.git("commit", "-q", "-m", "sub")
    assert cache.files(repository.url, head(repository)) == FILES
    assert [each.code for each in cache.problems()] == ["W201"]


# Over http


def test_a_commit_is_fetched_once(url: str, host: Host, repository: Repository, tmp_path: Path) -> None:
    cache = opened(tmp_path)
    assert cache.files(url, cache.commit_of(url)) == FILES
    asked = len(host.requests)
    assert cache.files(url, head(repository)) == FILES
    assert opened(tmp_path).files(url, head(repository), "skills/a").keys() == {"SKILL.md", "run.sh"}
    assert len(host.requests) == asked


@pytest.mark.parametrize("filters", ["true", "false"])
def test_of_a_folder_only_its_files_are_fetched_where_the_server_can(
    url: str, repository: Repository, cache: GitCache, tmp_path: Path, filters: str
) -> None:
    repository.git("config", "uploadpack.allowFilter", filters)
    repository.commit({"docs/noise.bin": os.urandom(300_000)})
    found = cache.files(url, head(repository), "skills")
    assert found["a/SKILL.md"] == FILES["skills/a/SKILL.md"]
    fetched = sum(each.stat().st_size for each in (tmp_path / "cache").rglob("*.pack"))
    assert (fetched < 100_000) == (filters == "true")
    assert cache.files(url, head(repository), "skills/b") == {"SKILL.md": FILES["skills/b/SKILL.md"]}


def test_a_link_out_of_the_folder_brings_what_it_points_to(url: str, repository: Repository, cache: GitCache) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    commit = repository.commit({"skills/a/more.md": "../../README.md"})
    assert cache.files(url, commit, "skills/a")["more.md"] == FILES["README.md"]


def test_a_folder_is_read_offline_once_it_was_fetched(url: str, repository: Repository, tmp_path: Path) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    found = opened(tmp_path).files(url, head(repository), "skills/a")
    assert opened(tmp_path, offline=True).files(url, head(repository), "skills/a") == found


def test_another_folder_is_not_there_offline(url: str, repository: Repository, tmp_path: Path) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    opened(tmp_path).files(url, head(repository), "skills/a")
    before = sorted((tmp_path / "cache").rglob("*.pack"))
    with pytest.raises(RegistryError) as caught:
        opened(tmp_path, offline=True).files(url, head(repository), "docs")
    assert refusal(caught) == "E271"
    assert sorted((tmp_path / "cache").rglob("*.pack")) == before


@pytest.mark.parametrize("folder", ["", "skills"])
def test_plain_files_on_a_web_server_are_a_repository_too(
    repository: Repository, cache: GitCache, tmp_path: Path, folder: str
) -> None:
    plain = tmp_path / "plain.git"
    repository.git("clone", "-q", "--bare", ".", str(plain))
    subprocess.run(["git", "update-server-info"], cwd=plain, env=ENVIRONMENT, check=True)
    with plainly_serving(tmp_path) as address:
        url = f"{address}/plain.git"
        found = cache.files(url, cache.commit_of(url, "main"), folder)
    prefix = f"{folder}/" if folder else ""
    assert found == {path.removeprefix(prefix): data for path, data in FILES.items() if path.startswith(prefix)}


@pytest.mark.parametrize("folder", ["", "skills"])
def test_a_server_that_gives_nothing_by_hash_is_asked_by_name(
    url: str, host: Host, repository: Repository, cache: GitCache, folder: str
) -> None:
    host.speaks_old = True
    first = head(repository)
    repository.commit({"new.md": b"new"})
    repository.git("tag", "-a", "-m", "x", "v1")
    assert "new.md" in cache.files(url, head(repository))
    expected = {path.removeprefix("skills/"): data for path, data in FILES.items() if path.startswith("skills/")}
    assert cache.files(url, first, folder) == (expected if folder else FILES)


def test_a_commit_that_is_gone_is_refused(url: str, repository: Repository, cache: GitCache) -> None:
    with pytest.raises(RegistryError) as caught:
        cache.files(url, NOBODY)
    assert refusal(caught) == "E269"


def test_a_commit_without_a_name_is_refused_by_an_old_server(url: str, host: Host, cache: GitCache) -> None:
    host.speaks_old = True
    with pytest.raises(RegistryError) as caught:
        cache.files(url, NOBODY)
    assert refusal(caught) == "E269"


def test_a_commit_of_a_branch_that_was_deleted_is_still_fetched(
    url: str, repository: Repository, cache: GitCache
) -> None:
    repository.git("checkout", "-q", "-b", "gone")
    commit = repository.commit({"gone.md": b"gone"})
    repository.git("checkout", "-q", "main")
    repository.git("branch", "-q", "-D", "gone")
    assert cache.files(url, commit)["gone.md"] == b"gone"


def test_two_commits_of_one_repository_share_a_cache(url: str, repository: Repository, cache: GitCache) -> None:
    first = head(repository)
    assert cache.files(url, first) == FILES
    second = repository.commit({"new.md": b"new"})
    assert cache.files(url, second) == FILES | {"new.md": b"new"}
    assert cache.files(url, first) == FILES


# Credentials


def test_the_credentials_of_a_helper_are_used(url: str, host: Host, repository: Repository, tmp_path: Path) -> None:
    host.credentials = "user:s3cret"
    settings = tmp_path / "gitconfig"
    settings.write_text('[credential]\n\thelper = "!f() { echo username=user; echo password=s3cret; }; f"\n')
    cache = opened(tmp_path, GIT_CONFIG_GLOBAL=str(settings))
    assert cache.files(url, cache.commit_of(url)) == FILES
    kept = [path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert not any(b"s3cret" in data for data in kept)


def test_without_credentials_nobody_is_asked(url: str, host: Host, cache: GitCache) -> None:
    host.credentials = "user:s3cret"
    with pytest.raises(RegistryError) as caught:
        cache.commit_of(url)
    assert refusal(caught) == "E267"


def test_a_password_in_the_address_is_never_shown(url: str, host: Host, tmp_path: Path) -> None:
    host.credentials = "user:other"
    address = url.replace("://", "://user:s3cret@")
    for work in (lambda: opened(tmp_path).commit_of(address), lambda: opened(tmp_path).files(address, NOBODY)):
        with pytest.raises(RegistryError) as caught:
            work()
        assert refusal(caught) == "E267"
    kept = [path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert not any(b"s3cret" in data for data in kept)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:pw@h/x", "https://***@h/x"),
        ("https://token@h/x", "https://***@h/x"),
        ("ssh://git@h/x", "ssh://git@h/x"),
        ("ssh://git:pw@h/x", "ssh://git:***@h/x"),
        ("fatal: 'https://a:b@h/x/' and http://c@d", "fatal: 'https://***@h/x/' and http://***@d"),
        ("https://h/x@y", "https://h/x@y"),
    ],
)
def test_secrets_of_addresses_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


# What goes wrong


def test_a_repository_that_is_not_there_is_refused(host: Host, cache: GitCache, tmp_path: Path) -> None:
    for address in (f"{host.url}/nothing", f"file://{tmp_path}/nothing"):
        with pytest.raises(RegistryError) as caught:
            cache.commit_of(address)
        assert refusal(caught) == "E266"


def test_a_repository_of_somebody_else_is_left_to_gits_own_judgement(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(RegistryError) as caught:
        opened(tmp_path, GIT_TEST_ASSUME_DIFFERENT_OWNER="1").commit_of(repository.url)
    assert refusal(caught) == "E278"


def test_a_host_that_does_not_answer_is_told(cache: GitCache) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        with pytest.raises(RegistryError) as caught:
            cache.commit_of(f"http://127.0.0.1:{port}/x")
    assert refusal(caught) == "E276"


def test_a_host_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(RegistryError) as caught:
            opened(tmp_path, seconds=0.5).commit_of(address)
    assert refusal(caught) == "E270"


def test_without_git_the_program_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(RegistryError) as caught:
        opened(tmp_path, PATH=str(tmp_path)).commit_of("https://example.com/x")
    assert refusal(caught) == "E265"


def test_offline_only_the_cache_is_asked(url: str, host: Host, repository: Repository, tmp_path: Path) -> None:
    repository.git("tag", "v1")
    commit = head(repository)
    with pytest.raises(RegistryError) as caught:
        opened(tmp_path, offline=True).commit_of(url, "v1")
    assert refusal(caught) == "E271"
    with pytest.raises(RegistryError) as caught:
        opened(tmp_path, offline=True).files(url, commit)
    assert refusal(caught) == "E271"
    cache = opened(tmp_path)
    cache.files(url, cache.commit_of(url, "v1"))
    asked = len(host.requests)
    offline = opened(tmp_path, offline=True)
    assert offline.files(url, offline.commit_of(url, "v1")) == FILES
    assert offline.commit_of(url, commit[:7]) == commit
    assert len(host.requests) == asked


def test_a_repository_on_this_machine_needs_no_network(repository: Repository, tmp_path: Path) -> None:
    offline = opened(tmp_path, offline=True)
    assert offline.files(repository.url, offline.commit_of(repository.url)) == FILES


@pytest.mark.parametrize(
    "address",
    [
        "ext::sh -c true",
        "fd::3",
        "--upload-pack=true",
        "git@example.com:a/b",
        "/tmp/x",
        "file://host/x",
        "https://-oProxyCommand=x/y",
        "ssh://-oProxyCommand=x/y",
        "https://h/x\n",
        "ftp://h/x",
        "",
    ],
)
def test_addresses_that_could_run_something_are_not_passed_on(cache: GitCache, address: str) -> None:
    for work in (lambda: cache.commit_of(address), lambda: cache.files(address, NOBODY)):
        with pytest.raises(RegistryError) as caught:
            work()
        assert refusal(caught) == "E279"


def test_rewritten_addresses_run_nothing(tmp_path: Path) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text(
        f'[protocol "ext"]\n\tallow = always\n[url "ext::touch {tmp_path}/ran %S"]\n\tinsteadOf = https://evil.example/\n'
    )
    cache = opened(tmp_path, GIT_CONFIG_GLOBAL=str(settings), GIT_ALLOW_PROTOCOL="ext:https")
    with pytest.raises(RegistryError):
        cache.commit_of("https://evil.example/x")
    assert not (tmp_path / "ran").exists()


def test_settings_of_a_repository_on_this_machine_run_nothing(
    repository: Repository, cache: GitCache, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    for key in (
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "uploadpack.packObjectsHook",
        "core.alternateRefsCommand",
    ):
        repository.git("config", key, f"touch {ran}; false")
    assert cache.files(repository.url, cache.commit_of(repository.url)) == FILES
    assert not ran.exists()


def test_the_environment_leads_git_nowhere_else(repository: Repository, tmp_path: Path) -> None:
    cache = opened(tmp_path, GIT_DIR="/nowhere", GIT_OBJECT_DIRECTORY="/nowhere", GIT_TRACE="1", GIT_NAMESPACE="x")
    assert cache.files(repository.url, cache.commit_of(repository.url)) == FILES
    assert (
        git_environment({"HOME": "/h", "GIT_SSL_CAINFO": "x"}).items() >= {"HOME": "/h", "GIT_SSL_CAINFO": "x"}.items()
    )


@pytest.mark.parametrize(("limits", "code"), [(Limits(file_bytes=1000), "E205"), (Limits(), "E204")])
def test_limits_hold_before_bytes_are_read(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: Limits, code: str
) -> None:
    monkeypatch.setattr(git_cache, "MOST_BYTES", 5000)
    with pytest.raises(RegistryError) as caught:
        opened(tmp_path, limits=limits).files(repository.url, head(repository))
    assert refusal(caught) == code


# The cache


def packs(room: Path) -> list[Path]:
    return sorted((room / "cache").rglob("*.pack"))


@pytest.mark.parametrize("lock", ["shallow.lock", "config.lock", "refs/skillctl/x.lock"])
def test_what_a_killed_git_leaves_is_no_obstacle(url: str, repository: Repository, tmp_path: Path, lock: str) -> None:
    opened(tmp_path).files(url, head(repository))
    (whole,) = (tmp_path / "cache").glob("*/whole-*")
    (whole / lock).write_bytes(b"")
    second = repository.commit({"new.md": b"new"})
    assert "new.md" in opened(tmp_path).files(url, second)


def test_what_a_killed_fetch_leaves_is_no_obstacle(url: str, repository: Repository, tmp_path: Path) -> None:
    cache = opened(tmp_path)
    cache.commit_of(url)
    (folder,) = (tmp_path / "cache").iterdir()
    for name in ("new-whole-1", "old-2", "whole-3"):
        (folder / name / "objects").mkdir(parents=True)
    assert cache.files(url, head(repository)) == FILES
    assert [path.name.partition("-")[0] for path in sorted(folder.iterdir())] == ["lock", "refs", "whole"]


def test_a_damaged_cache_is_made_anew(url: str, repository: Repository, tmp_path: Path) -> None:
    opened(tmp_path).files(url, head(repository))
    for path in (tmp_path / "cache").rglob("objects/*/*"):
        path.chmod(0o644)
        path.write_bytes(b"damaged")
    assert opened(tmp_path).files(url, head(repository)) == FILES


def test_commands_at_once_share_one_fetch(url: str, host: Host, repository: Repository, tmp_path: Path) -> None:
    found: list[dict[str, bytes]] = []
    commit = head(repository)

    def work() -> None:
        found.append(opened(tmp_path).files(url, commit))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [FILES] * 4
    assert sum(each.startswith("POST") for each in host.requests) == 1


def test_a_command_that_is_killed_while_it_fetches_leaves_a_sound_cache(
    url: str, host: Host, repository: Repository, tmp_path: Path
) -> None:
    """Its git may live on for a moment, and writes into what the next command works on."""
    commit = head(repository)
    work = (
        "import sys, pathlib; from skillctl.edges.git import GitCache; "
        "GitCache(pathlib.Path(sys.argv[1])).files(sys.argv[2], sys.argv[3])"
    )
    child: list[subprocess.Popen[bytes]] = []

    def kill(command: str) -> None:
        if command == "POST" and child[0].poll() is None:
            child[0].send_signal(signal.SIGKILL)

    host.heard = kill
    environment = {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    child.append(subprocess.Popen([sys.executable, "-c", work, str(tmp_path / "cache"), url, commit], env=environment))
    assert child[0].wait(60) == -signal.SIGKILL
    for _ in range(2):
        assert opened(tmp_path).files(url, commit) == FILES
    second = repository.commit({"new.md": b"new"})
    assert "new.md" in opened(tmp_path).files(url, second)
