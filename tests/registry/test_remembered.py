"""What a client keeps of a signed registry, among others that keep the same."""

from __future__ import annotations

from pathlib import Path

from skillctl_registry.remembered import DirectoryMemory


def test_what_another_process_has_moved_forward_is_not_put_back(tmp_path: Path) -> None:
    memory = DirectoryMemory(tmp_path)
    memory.keep("timestamp.json", b"1", instead_of=None)
    memory.keep("timestamp.json", b"2", instead_of=b"1")
    memory.keep("timestamp.json", b"late", instead_of=b"1")
    assert memory.read("timestamp.json") == b"2"


def test_that_all_is_in_order_is_written_once_a_minute(tmp_path: Path) -> None:
    memory = DirectoryMemory(tmp_path)
    for now in ("2026-11-22T10:00:00Z", "2026-11-22T10:00:59Z"):
        memory.mark_checked(now)
    assert memory.checked() == "2026-11-22T10:00:00Z"
    memory.mark_checked("2026-11-22T10:01:00Z")
    assert memory.checked() == "2026-11-22T10:01:00Z"
