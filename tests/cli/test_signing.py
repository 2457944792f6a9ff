"""Signed registries and signed releases, from the command line."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.cli.conftest import Bench
from tests.support.packs import pack, write_pack


def key_file(path: Path, number: int) -> str:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(number, number + 32)))
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(path)


@pytest.fixture
def published(skillctl: Bench, tmp_path: Path) -> Bench:
    ada, eve = key_file(tmp_path / "ada.pem", 0), key_file(tmp_path / "eve.pem", 1)
    for version, options in (("1.0.0", ("--key", ada)), ("1.1.0", ("--key", eve)), ("1.2.0", ())):
        where = write_pack(tmp_path, version, pack("maps", version))
        ran = skillctl("publish", str(where), "--no-test", *options)
        assert ran.status == 0, ran
    return skillctl


@pytest.mark.parametrize(
    ("wanted", "code"),
    [("maps@==1.0.0", ""), ("maps@==1.1.0", "W706"), ("maps@==1.2.0", "W707")],
    ids=["first", "new", "none"],
)
def test_another_author_is_told_at_an_install(published: Bench, wanted: str, code: str) -> None:
    told = published("install", wanted, "--agent", "claude-code").err
    assert (code in told) if code else "W70" not in told


@pytest.mark.parametrize(("version", "code"), [("1.1.0", "W706"), ("1.2.0", "W707")])
def test_another_author_is_told_where_no_installed_file_changes(
    skillctl: Bench, tmp_path: Path, version: str, code: str
) -> None:
    keys = {
        "1.0.0": ("--key", key_file(tmp_path / "ada.pem", 0)),
        "1.1.0": ("--key", key_file(tmp_path / "eve.pem", 1)),
    }
    for each in ("1.0.0", version):
        where = write_pack(tmp_path, each, pack("maps", each, text="the same"))
        assert skillctl("publish", str(where), "--no-test", *keys.get(each, ())).status == 0
    assert skillctl("install", "maps@==1.0.0", "--agent", "claude-code").status == 0
    ran = skillctl("install", f"maps@=={version}", "--agent", "claude-code")
    assert ran.status == 0
    assert code in ran.err


def test_a_policy_may_demand_a_signature(published: Bench) -> None:
    (published.project / "policy.yaml").write_text("packs: {signed: true}\n")
    published("init")
    file = published.project / "skillctl.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "policy": "policy.yaml"}))
    assert published("install", "maps@==1.0.0", "--agent", "claude-code").status == 0
    refused = published("install", "maps@==1.2.0", "--agent", "claude-code")
    assert refused.status == 1
    assert "packs.signed" in refused.err


@pytest.fixture
def signed(skillctl: Bench, tmp_path: Path) -> Bench:
    """A signed registry with `maps`, known as `acme`."""
    made = json.loads(skillctl("registry", "init", str(tmp_path / "signed"), "--signed", "--json").out)["result"]
    where = write_pack(tmp_path, "maps", pack("maps"))
    assert skillctl("publish", str(where), "--no-test", "--registry", str(tmp_path / "signed")).status == 0
    assert skillctl("registry", "add", "acme", str(tmp_path / "signed"), "--trust", made["root_sha256"]).status == 0
    return skillctl


def test_a_signed_registry_is_installed_from(signed: Bench) -> None:
    ran = signed("install", "maps", "--agent", "claude-code")
    assert ran.status == 0
    assert (signed.project / ".claude/skills/maps/SKILL.md").exists()


def test_what_somebody_changed_in_a_signed_registry_is_refused(signed: Bench, tmp_path: Path) -> None:
    for path in (tmp_path / "signed" / "index").rglob("*.maps"):
        path.write_bytes(path.read_bytes().replace(b'"v":1', b'"v": 1'))
    ran = signed("install", "maps", "--agent", "claude-code")
    assert ran.status == 1
    assert "E706" in ran.err
    assert not (signed.project / ".claude").exists()
    checked = signed("registry", "verify", "acme")
    assert checked.status == 1
    assert "E706" in checked.err


def test_a_signed_registry_of_an_unknown_root_is_refused(signed: Bench, tmp_path: Path) -> None:
    assert signed("registry", "remove", "acme").status == 0
    ran = signed("install", "maps", "--registry", str(tmp_path / "signed"), "--agent", "claude-code")
    assert ran.status == 1
    assert "E709" in ran.err


def test_publishing_without_the_keys_writes_nothing(signed: Bench, tmp_path: Path) -> None:
    before = sorted((tmp_path / "signed").rglob("*"))
    where = write_pack(tmp_path, "other", pack("other"))
    ran = signed("publish", str(where), "--no-test", "--registry", "acme", "--keys", str(tmp_path / "no-keys"))
    assert ran.status == 1
    assert "E711" in ran.err
    assert sorted((tmp_path / "signed").rglob("*")) == before


def test_keys_under_a_passphrase_need_it(skillctl: Bench, tmp_path: Path) -> None:
    secret = {"SKILLCTL_KEY_PASSPHRASE": "correct horse"}
    registry = str(tmp_path / "signed")
    assert skillctl("registry", "init", registry, "--signed", environment=secret).status == 0
    assert skillctl("registry", "refresh", registry, environment=secret).status == 0
    assert "E712" in skillctl("registry", "refresh", registry).err
    assert "E712" in skillctl("registry", "refresh", registry, environment={"SKILLCTL_KEY_PASSPHRASE": "wrong"}).err


def test_keys_may_lie_in_the_keyring(skillctl: Bench, tmp_path: Path) -> None:
    registry, keys = str(tmp_path / "signed"), tmp_path / "keys"
    assert skillctl("registry", "init", registry, "--signed", "--keyring", "--keys", str(keys)).status == 0
    assert [each.name for each in keys.iterdir()] == ["signing.json"]
    assert skillctl("registry", "rotate-key", "timestamp", registry, "--keys", str(keys), "--keyring").status == 0
    assert skillctl("registry", "refresh", registry, "--keys", str(keys)).status == 0
    assert skillctl("registry", "verify", registry, "--keys", str(keys)).status == 0


def test_key_files_are_for_their_owner_alone(skillctl: Bench, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    skillctl("registry", "init", str(tmp_path / "signed"), "--signed", "--keys", str(keys))
    assert {stat.S_IMODE(each.stat().st_mode) for each in keys.iterdir()} == {0o600}


@pytest.mark.parametrize("options", [("--threshold", "2"), ("--root-keys", "0"), ("--expires", "root=x")])
def test_wishes_that_make_no_sense_are_refused(skillctl: Bench, tmp_path: Path, options: tuple[str, str]) -> None:
    ran = skillctl("registry", "init", str(tmp_path / "signed"), "--signed", *options)
    assert (ran.status, "E023" in ran.err) == (2, True)
    assert not (tmp_path / "signed").exists()


def test_a_lost_index_file_is_made_again(skillctl: Bench, tmp_path: Path) -> None:
    registry = tmp_path / "plain"
    where = write_pack(tmp_path, "maps", pack("maps"))
    assert skillctl("publish", str(where), "--no-test", "--registry", str(registry)).status == 0
    (registry / "index/ma/maps").write_bytes(b"nonsense\n")
    assert skillctl("registry", "verify", str(registry)).status == 1
    ran = skillctl("registry", "index", "--rebuild", str(registry))
    assert (ran.status, "W704" in ran.err) == (0, True)
    assert skillctl("registry", "verify", str(registry)).status == 0


def test_info_tells_whose_signature_a_release_has(published: Bench) -> None:
    first, other, none = (
        json.loads(published("info", f"maps@{version}", "--json").out)["result"]["authors"]
        for version in ("1.0.0", "1.1.0", "1.2.0")
    )
    assert first != other
    assert none == []
    assert first[0] in published("info", "maps@1.0.0").out


KEPT_INSIDE = ["signed", "signed/blobs/k", "link", "link/index/keys"]


@pytest.mark.parametrize("keys", KEPT_INSIDE)
def test_keys_are_not_kept_among_the_files_that_everybody_gets(skillctl: Bench, tmp_path: Path, keys: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "signed")
    ran = skillctl("registry", "init", str(tmp_path / "signed"), "--signed", "--keys", str(tmp_path / keys))
    assert (ran.status, "E023" in ran.err) == (2, True)
    assert not (tmp_path / "signed").exists()


@pytest.mark.parametrize("keys", KEPT_INSIDE)
def test_a_server_keeps_no_keys_among_the_files_it_serves(skillctl: Bench, tmp_path: Path, keys: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "signed")
    storage = str(tmp_path / "signed")
    ran = skillctl("registry", "serve", "--check", "--storage", storage, "--keys", str(tmp_path / keys))
    assert (ran.status, "E023" in ran.err) == (2, True)
    assert not (tmp_path / "signed").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("publish", "other", "--no-test", "--registry", "acme"),
        ("yank", "maps", "1.0.0", "--registry", "acme"),
        ("registry", "refresh", "acme"),
        ("registry", "rotate-key", "timestamp", "acme"),
        ("registry", "index", "--rebuild", "acme"),
    ],
)
def test_keys_in_the_registry_are_told_to_whoever_signs_with_them(
    signed: Bench, tmp_path: Path, words: tuple[str, ...]
) -> None:
    write_pack(signed.project, "other", pack("other"))
    ran = signed(*words, "--keys", str(tmp_path / "signed" / "metadata" / "keys"))
    assert (ran.status, "E023" in ran.err) == (2, True)


@pytest.mark.parametrize(
    "options",
    [("--root-keys", "3"), ("--threshold", "2"), ("--expires", "timestamp=1"), ("--keys", "k"), ("--keyring",)],
)
def test_how_a_registry_is_signed_is_not_said_of_an_unsigned_one(
    skillctl: Bench, tmp_path: Path, options: tuple[str, ...]
) -> None:
    ran = skillctl("registry", "init", str(tmp_path / "plain"), *options)
    assert (ran.status, "E022" in ran.err, options[0] in ran.err) == (2, True, True)
    assert not (tmp_path / "plain").exists()


def test_a_registry_is_not_mirrored_onto_itself(signed: Bench, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "signed")
    for directory in ("signed", "link"):
        ran = signed("registry", "mirror", "acme", str(tmp_path / directory))
        assert (ran.status, "E023" in ran.err) == (2, True)


def test_a_key_file_that_is_empty_is_not_said_to_be_missing(skillctl: Bench, tmp_path: Path) -> None:
    where = write_pack(tmp_path, "maps", pack("maps"))
    (tmp_path / "key.pem").touch()
    ran = skillctl("publish", str(where), "--no-test", "--sign", "--key", str(tmp_path / "key.pem"))
    assert (ran.status, "E712" in ran.err, "it is empty" in ran.err) == (1, True, True)


def test_the_list_says_of_each_own_registry_whether_it_is_signed(signed: Bench) -> None:
    lines = signed("registry", "list").out.splitlines()
    assert [line.split()[-1] for line in lines[:2]] == ["signed", "unsigned"]
    assert lines[1].startswith("local")


def test_nothing_is_tidied_that_is_yet_to_be_written(signed: Bench) -> None:
    ran = signed("registry", "gc", "acme", "--older-than", "-1")
    assert (ran.status, "E023" in ran.err) == (2, True)


def test_a_signature_that_comes_to_nothing_since_the_release_stands_is_told(skillctl: Bench, tmp_path: Path) -> None:
    where = str(write_pack(tmp_path, "maps", pack("maps")))
    ada, eve = key_file(tmp_path / "ada.pem", 0), key_file(tmp_path / "eve.pem", 1)
    assert "W710" not in skillctl("publish", where, "--no-test").err
    for options in (("--sign",), ("--key", ada), ("--key", ada, "--dry-run")):
        ran = skillctl("publish", where, "--no-test", *options)
        assert (ran.status, "W710" in ran.err, "nobody has signed it" in ran.err) == (0, True, True)
    other = str(write_pack(tmp_path, "other", pack("other")))
    for key, told in ((ada, False), (ada, False), (eve, True)):
        assert ("W710" in skillctl("publish", other, "--no-test", "--key", key).err) is told
