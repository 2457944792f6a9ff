"""The audit log: written before and after, chained, and every change of it found."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillctl.core.effects import Ending, Install, Phase, Run, Write, guarded
from skillctl.core.errors import InstallError, PluginError
from skillctl_plugins.audit import log as log_module
from skillctl_plugins.audit.checkpoint import public_key, verified
from skillctl_plugins.audit.guard import AuditGuard
from skillctl_plugins.audit.log import AuditLog
from skillctl_plugins.audit.merkle import grown, root_of, subtrees_of
from skillctl_plugins.audit.record import canonical, leaf_hash, parse_record
from skillctl_plugins.audit.redact import HIDDEN, redacted, redacted_words
from skillctl_plugins.audit.verify import read_records, verify_log

MUTATIONS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "mutations.json").read_text(encoding="utf-8"))
NOW = "2026-01-01T00:00:00Z"


def phase(number: int) -> Phase:
    write = Write(path=f"/project/file{number}", sha256="ab", size=3)
    run = Run(argv=("make", "all"), cwd="/project", environment=("CI",))
    return Phase(id=f"p{number}", name="command", project="/project", effects=(write, run), run="r1")


def log_in(room: Path) -> AuditLog:
    return AuditLog(folder=room / "audit", copy=room / "data/audit-tip")


def written(room: Path, size: int) -> AuditLog:
    """A log with that many records: phases that begin and end, the last of an odd number open."""
    log = log_in(room)
    guard = AuditGuard(log=log, clock=lambda: NOW)
    for number in range((size + 1) // 2):
        guard.before(phase(number))
        if 2 * number + 1 < size:
            guard.after(phase(number), Ending(ok=True, detail="0"))
    return log


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], AuditLog]:
    """Logs of some sizes, each made once."""
    made: dict[int, AuditLog] = {}

    def original(size: int) -> AuditLog:
        if size not in made:
            made[size] = written(tmp_path_factory.mktemp(f"log{size}"), size)
        return made[size]

    return original


class Hand:
    """Somebody who changes a log."""

    def __init__(self, log: AuditLog) -> None:
        self.log = log
        self.files = {
            "log": log.file,
            "tip": log.folder / "tip.json",
            "copy": log.copy,
            "checkpoint": log.folder / "checkpoint",
            "key": log.folder / "key",
            "breaks": log.folder / "breaks",
        }

    def does(self, op: dict[str, Any]) -> None:
        getattr(self, f"_{op['op']}")(op)

    @property
    def lines(self) -> list[bytes]:
        return self.log.file.read_bytes().splitlines(keepends=True)

    @lines.setter
    def lines(self, lines: list[bytes]) -> None:
        self.log.file.write_bytes(b"".join(lines))

    def _change(self, at: int, change: Callable[[dict[str, Any]], None]) -> None:
        lines = self.lines
        value = json.loads(lines[at])
        change(value)
        lines[at] = canonical(value) + b"\n"
        self.lines = lines

    def _set(self, op: dict[str, Any]) -> None:
        self._change(op["at"], lambda value: value.update({op["key"]: op["value"]}))

    def _unset(self, op: dict[str, Any]) -> None:
        self._change(op["at"], lambda value: value.pop(op["key"]))

    def _effect(self, op: dict[str, Any]) -> None:
        self._change(op["at"], lambda value: value["effects"][0].update({op["key"]: op["value"]}))

    def _rehash(self, op: dict[str, Any]) -> None:
        def change(value: dict[str, Any]) -> None:
            value.pop("hash")
            value["hash"] = leaf_hash(canonical(value))

        self._change(op["at"], change)

    def _rechain(self, _: dict[str, Any]) -> None:
        last, lines = "0" * 64, []
        for number, line in enumerate(self.lines):
            value = {**json.loads(line), "seq": number, "prev": last}
            value.pop("hash")
            last = leaf_hash(canonical(value))
            lines.append(canonical({**value, "hash": last}) + b"\n")
        self.lines = lines

    def _replace(self, op: dict[str, Any]) -> None:
        lines = self.lines
        lines[op["at"]] = lines[op["at"]].replace(op["old"].encode(), op["new"].encode(), 1)
        self.lines = lines

    def _line(self, op: dict[str, Any]) -> None:
        lines = self.lines
        lines[op["at"]] = op["text"].encode() + b"\n"
        self.lines = lines

    def _insert(self, op: dict[str, Any]) -> None:
        lines = self.lines
        lines.insert(op["at"], op["text"].encode() + b"\n")
        self.lines = lines

    def _flip(self, op: dict[str, Any]) -> None:
        lines = self.lines
        line = bytearray(lines[op["at"]])
        line[len(line) // 2] ^= 1
        lines[op["at"]] = bytes(line)
        self.lines = lines

    def _delete(self, op: dict[str, Any]) -> None:
        lines = self.lines
        del lines[op["at"]]
        self.lines = lines

    def _swap(self, op: dict[str, Any]) -> None:
        lines = self.lines
        lines[op["a"]], lines[op["b"]] = lines[op["b"]], lines[op["a"]]
        self.lines = lines

    def _reverse(self, _: dict[str, Any]) -> None:
        self.lines = self.lines[::-1]

    def _double(self, op: dict[str, Any]) -> None:
        lines = self.lines
        lines.insert(op["at"], lines[op["at"]])
        self.lines = lines

    def _copy(self, op: dict[str, Any]) -> None:
        lines = self.lines
        lines.insert(op["b"], lines[op["a"]])
        self.lines = lines

    def _forge(self, _: dict[str, Any]) -> None:
        self.lines = [*self.lines, self.lines[0]]

    def _cut(self, op: dict[str, Any]) -> None:
        self.lines = self.lines[: -op["count"]]

    def _empty(self, _: dict[str, Any]) -> None:
        self.lines = []

    def _tear(self, op: dict[str, Any]) -> None:
        *lines, last = self.lines
        self.lines = [*lines, last[: op["keep"]] if "keep" in op else last[: -op["bytes"]]]

    def _join(self, op: dict[str, Any]) -> None:
        lines = self.lines
        lines[op["at"]] = lines[op["at"]].rstrip(b"\n")
        self.lines = lines

    def _remove(self, op: dict[str, Any]) -> None:
        self.files[op["file"]].unlink()

    def _write(self, op: dict[str, Any]) -> None:
        self.files[op["file"]].write_text(op["text"], encoding="utf-8")

    def _sub(self, op: dict[str, Any]) -> None:
        path = self.files[op["file"]]
        path.write_text(path.read_text(encoding="utf-8").replace(op["old"], op["new"], 1), encoding="utf-8")

    def _retip(self, _: dict[str, Any]) -> None:
        lines = self.lines
        hashes = [json.loads(line)["hash"] for line in lines]
        tip = json.loads(self.files["tip"].read_text())
        tip.update(size=len(lines), length=sum(map(len, lines)), last=hashes[-1], subtrees=subtrees_of(hashes))
        self.files["tip"].write_text(json.dumps(tip))

    def _recopy(self, _: dict[str, Any]) -> None:
        from skillctl_plugins.audit.log import read_tip

        tip = read_tip(self.log.folder)
        assert tip is not None
        note = self.files["checkpoint"].read_bytes() if self.files["checkpoint"].exists() else b""
        self.log.copy.write_bytes(tip.checkpoint.text().encode() + b"\n" + note)

    def _append(self, _: dict[str, Any]) -> None:
        AuditGuard(log=self.log, clock=lambda: NOW).before(phase(1000))

    def _crash(self, op: dict[str, Any]) -> None:
        """Half a record at the end, as a kill leaves it."""
        with self.log.file.open("ab") as file:
            file.write(self.lines[0][: op["bytes"]])

    def _forget(self, _: dict[str, Any]) -> None:
        """The record was written, and nothing after it: what a kill leaves there."""
        tip, copy = json.loads(self.files["tip"].read_text()), self.files["copy"].read_bytes()
        self._append({})
        tip["coming"] = json.loads(self.lines[-1])["hash"]
        self.files["tip"].write_text(json.dumps(tip))
        self.files["copy"].write_bytes(copy)

    def _announce(self, _: dict[str, Any]) -> None:
        """The record was announced, and not written."""
        tip = {**json.loads(self.files["tip"].read_text()), "coming": "ab" * 32}
        self.files["tip"].write_text(json.dumps(tip))
        (self.log.folder / ".tip.json.0a0b.tmp").write_text("half made")


@pytest.mark.parametrize("case", MUTATIONS, ids=lambda case: str(case["rule"]))
def test_every_change_of_a_log_is_judged_right(
    case: dict[str, Any], originals: Callable[[int], AuditLog], tmp_path: Path
) -> None:
    import shutil

    original = originals(case["size"])
    log = log_in(tmp_path)
    shutil.copytree(original.folder, log.folder)
    log.copy.parent.mkdir()
    shutil.copy(original.copy, log.copy)
    hand = Hand(log)
    for op in case["ops"]:
        hand.does(op)
    verdict = verify_log(log)
    if case["says"] is None:
        assert verdict.findings == ()
    else:
        assert verdict.findings
        assert any(case["says"] in each.what for each in verdict.findings), verdict.findings


def test_there_are_at_least_120_changes_and_no_two_alike() -> None:
    assert len({case["rule"] for case in MUTATIONS}) == len(MUTATIONS) >= 120


def test_the_first_bad_record_is_named(tmp_path: Path) -> None:
    log = written(tmp_path, 9)
    Hand(log).does({"op": "set", "at": 4, "key": "detail", "value": "x"})
    assert verify_log(log).findings[0].line == 5


def test_a_record_is_there_before_the_first_effect_and_one_after_it(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    guard = AuditGuard(log=log, clock=lambda: NOW)
    with guarded([guard], phase(1)):
        (record,) = read_records(log.file)
        assert (record.kind, record.phase, record.run) == ("begin", "p1", "r1")
        assert record.effects[0] == {"effect": "write", "path": "/project/file1", "sha256": "ab", "size": 3}
        assert verify_log(log).open_phases == ("p1",)
    assert [each.kind for each in read_records(log.file)] == ["begin", "end"]
    assert verify_log(log).open_phases == ()


def test_a_phase_that_fails_ends_with_the_reason(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    with pytest.raises(PluginError), guarded([AuditGuard(log=log, clock=lambda: NOW)], phase(1)):
        raise PluginError.of("E602", reason="no")
    *_, end = read_records(log.file)
    assert (end.ok, end.detail) == (False, "E602 no")


def test_without_a_log_nothing_is_done(tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("in the way")
    with (
        pytest.raises(PluginError, match="E630"),
        guarded([AuditGuard(log=log_in(tmp_path), clock=lambda: NOW)], phase(1)),
    ):
        raise AssertionError("it was done")


@pytest.mark.parametrize("name", ["write_atomic", "append_bytes", "sync_file"])
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_a_phase_whose_record_meets_an_error_leaves_a_log_that_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: int
) -> None:
    log = written(tmp_path, 2)
    before = len(list(read_records(log.file)))
    real, calls = getattr(log_module, name), iter(range(1, 100))

    def full(*arguments: object, **more: object) -> None:
        if next(calls) == number:
            raise InstallError.of("E450", path="a file", reason="full")
        real(*arguments, **more)

    monkeypatch.setattr(log_module, name, full)
    with contextlib.suppress(PluginError), guarded([AuditGuard(log=log, clock=lambda: NOW)], phase(9)):
        pass
    monkeypatch.undo()
    kinds = [each.kind for each in read_records(log.file)][before:]
    assert kinds in ([], ["begin"], ["begin", "end"])
    assert verify_log(log).ok
    with guarded([AuditGuard(log=log, clock=lambda: NOW)], phase(10)):
        pass
    assert verify_log(log).ok


def test_commands_that_add_at_once_and_one_that_verifies_do_not_disturb_each_other(tmp_path: Path) -> None:
    log = written(tmp_path, 2)

    def add(worker: int) -> None:
        for number in range(8):
            with guarded([AuditGuard(log=log, clock=lambda: NOW)], phase(100 * worker + number)):
                pass

    workers = [threading.Thread(target=add, args=(worker,)) for worker in (1, 2, 3)]
    for each in workers:
        each.start()
    while any(each.is_alive() for each in workers):
        assert verify_log(log).findings == ()
    verdict = verify_log(log)
    assert (verdict.records, verdict.findings, verdict.open_phases) == (50, (), ())


def test_a_key_that_is_none_is_said_and_not_a_crash(tmp_path: Path) -> None:
    log = written(tmp_path, 3)
    (log.folder / "key").write_text("no key")
    with pytest.raises(PluginError, match=r"E630.*key is damaged"):
        log.sign(now=NOW)


def test_the_checkpoint_is_signed_every_64_records_and_convinces_who_holds_the_key(tmp_path: Path) -> None:
    log = written(tmp_path, 65)
    checkpoint = verified((log.folder / "checkpoint").read_bytes(), log.folder)
    hashes = [each.hash for each in read_records(log.file)]
    assert (checkpoint.size, checkpoint.root) == (64, root_of(subtrees_of(hashes[:64])))
    name, key_id, _ = public_key(log.folder).split("+", 2)
    assert (name, len(key_id)) == ("skillctl-audit", 8)
    assert (log.folder / "key").stat().st_mode & 0o777 == 0o600


def test_install_effects_are_kept_whole(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    install = Install(pack="gis", version="1.0.0", tree="tree1:aa", source="https://me:pw@host/x?token=t1", hooks=True)
    AuditGuard(log=log, clock=lambda: NOW).before(Phase(id="p", name="install", project="", effects=(install,)))
    (record,) = read_records(log.file)
    assert record.effects[0]["source"] == f"https://{HIDDEN}@host/x?token={HIDDEN}"
    assert record.effects[0]["hooks"] is True


def _root(leaves: list[str]) -> str:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").hexdigest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = bytes.fromhex(_root(leaves[:split])), bytes.fromhex(_root(leaves[split:]))
    return hashlib.sha256(b"\x01" + left + right).hexdigest()


@given(st.integers(0, 70))
def test_the_root_is_that_of_the_rfc(count: int) -> None:
    leaves = [leaf_hash(str(number).encode()) for number in range(count)]
    assert root_of(subtrees_of(leaves)) == _root(leaves)
    if leaves:
        assert root_of(grown(subtrees_of(leaves[:-1]), count - 1, leaves[-1])) == _root(leaves)


@settings(max_examples=60)
@given(st.text(max_size=30), st.integers(0, 1 << 60), st.booleans())
def test_what_is_written_is_read_and_canonical(text: str, number: int, ok: bool) -> None:
    from skillctl_plugins.audit.record import begin_of, end_of

    effect = Write(path=text, size=number)
    begun = Phase(id=text, name="plan", project=text, effects=(effect,))
    for record in (
        begin_of(begun, seq=number, prev="0" * 64, time=NOW),
        end_of(begun, Ending(ok=ok, detail=text), seq=number, prev="0" * 64, time=NOW),
    ):
        read, found = parse_record(record.line())
        assert found == record.hash == read.hash


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("curl -H 'Authorization: Bearer abcdefgh12345'", "abcdefgh12345"),
        ("mysql --password=hunter2", "hunter2"),
        ("login --api-key s3cr3t-value", "s3cr3t-value"),
        ("TOKEN=abc123 make", "abc123"),
        ("curl -u me:pw123 host", "pw123"),
        ("git clone https://me:p@w123@host/x", "w123"),
        ("curl https://host/x?X-Amz-Signature=abcdef", "abcdef"),
        ("git clone https://me:pw123@host/x", "me:pw123"),
        ("use sk-abcdefghijkl", "sk-abcdefghijkl"),
        ("ghp_0123456789abcdef0123", "ghp_0123456789abcdef0123"),
        ("AKIAABCDEFGHIJKLMNOP", "AKIAABCDEFGHIJKLMNOP"),
    ],
)
def test_secrets_are_hidden_before_anything_is_hashed(text: str, hidden: str) -> None:
    assert hidden not in redacted(text)
    assert HIDDEN in redacted(text)


@pytest.mark.parametrize("text", ["make all", "python -m tokenizer input.txt", "echo passport", "git@host:x.git"])
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


def test_a_secret_in_the_next_word_is_hidden() -> None:
    assert redacted_words(("login", "--password", "hunter2", "x")) == ("login", "--password", HIDDEN, "x")
    assert redacted_words(("curl", "-u", "me:pw123", "x")) == ("curl", "-u", HIDDEN, "x")
    assert redacted_words(("tar", "-u", "file")) == ("tar", "-u", "file")
