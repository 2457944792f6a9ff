"""The store: whole trees by digest. What is damaged is found, what is missing is made again, what is in use stays."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillctl.core.digests import entry_line, file_entry, tree_digest
from skillctl.core.errors import InstallError, ManifestError
from skillctl.core.limits import Limits
from skillctl.core.stored import StoredPack, StoredSkill, stored_from_json, stored_to_json
from skillctl.edges.disk.locks import locked
from skillctl.edges.disk.trees import move, move_to_free
from skillctl.formats.json_text import dump_json, load_json
from skillctl.store import store as store_module
from skillctl.store.store import Store
from tests.support.machine import Machine
from tests.support.packs import pack

FILES = {"skill.json": b"{}", "skills/map/SKILL.md": b"# Map\n", "skills/map/run": b"#!/bin/sh\n"}


def stored(files: Mapping[str, bytes] = FILES) -> StoredPack:
    entries = [file_entry(path, data) for path, data in sorted(files.items())]
    return StoredPack(
        name="maps",
        version="1.0.0",
        tree=tree_digest(entries),
        lines=tuple(entry_line(entry) for entry in entries),
        skills={
            "map": StoredSkill(
                description="Maps",
                tokens=3,
                files={
                    each.path.removeprefix("skills/map/"): entry_line(each) for each in entries if "map" in each.path
                },
            )
        },
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def files_of(store: Store, pack: StoredPack) -> dict[str, bytes]:
    root = Path(store.tree(pack.tree))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def names(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.iterdir())


class TestAdding:
    def test_what_was_added_is_there_with_its_record(self, store: Store) -> None:
        store.add(stored(), FILES)
        assert files_of(store, stored()) == FILES
        assert store.record(stored().tree) == stored()
        assert list(store.digests()) == [stored().tree]
        assert store.size() > sum(map(len, FILES.values()))
        assert names(store.root / "new") == []

    def test_a_store_that_was_never_used_has_nothing(self, store: Store) -> None:
        assert store.record(stored().tree) is None
        assert list(store.digests()) == []
        assert store.size() == 0

    def test_a_tree_that_is_whole_is_not_moved_from_under_its_readers(self, store: Store) -> None:
        store.add(stored(), FILES)
        before = Path(store.tree(stored().tree)).stat().st_ino
        store.add(stored(), FILES)
        assert Path(store.tree(stored().tree)).stat().st_ino == before

    @pytest.mark.parametrize("damage", ["edited", "missing", "more", "a file", "a link"])
    def test_a_damaged_tree_is_replaced(self, damage: str, store: Store, tmp_path: Path) -> None:
        store.add(stored(), FILES)
        tree = Path(store.tree(stored().tree))
        if damage == "edited":
            (tree / "skill.json").write_bytes(b"[]")
        elif damage == "missing":
            (tree / "skill.json").unlink()
        elif damage == "more":
            (tree / "extra").touch()
        else:
            shutil.move(tree, tmp_path / "away")
            tree.touch() if damage == "a file" else tree.symlink_to(tmp_path / "away")
        store.add(stored(), FILES)
        assert files_of(store, stored()) == FILES
        assert not tree.is_symlink()
        assert names(store.root / "new") == []

    @pytest.mark.parametrize("damaged", [False, True])
    def test_many_that_add_the_same_tree_at_once_all_have_it(self, damaged: bool, store: Store) -> None:
        if damaged:
            store.add(stored(), FILES)
            (Path(store.tree(stored().tree)) / "skill.json").write_bytes(b"[]")
        together = Barrier(6)

        def add_and_read(_: int) -> dict[str, bytes]:
            together.wait()
            store.add(stored(), FILES)
            return files_of(store, stored())

        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(add_and_read, range(6))) == [FILES] * 6
        assert names(store.root / "new") == []

    def test_one_that_was_slower_leaves_the_other_ones_tree(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between the look and the move somebody else put the tree in place."""
        other = Store(store.root)

        def late(source: Any, target: Any) -> bool:
            monkeypatch.setattr(store_module, "move_to_free", move_to_free)
            other.add(stored(), FILES)
            return move_to_free(source, target)

        monkeypatch.setattr(store_module, "move_to_free", late)
        store.add(stored(), FILES)
        assert files_of(store, stored()) == FILES
        assert names(store.root / "new") == []

    def test_one_that_mends_leaves_the_tree_that_somebody_else_added_meanwhile(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between the damaged tree's going aside and the whole one's coming, somebody else put theirs in place."""
        store.add(stored(), FILES)
        (Path(store.tree(stored().tree)) / "skill.json").write_bytes(b"[]")
        other = Store(store.root)

        def aside(source: Any, target: Any) -> None:
            move(source, target)
            other.add(stored(), FILES)

        monkeypatch.setattr(store_module, "move", aside)
        store.add(stored(), FILES)
        assert files_of(store, stored()) == FILES
        assert names(store.root / "new") == []

    def test_a_failure_leaves_no_tree_and_no_rubbish(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: Any) -> None:
            raise InstallError.of("E450", path="x", reason="full")

        monkeypatch.setattr(store_module, "move_to_free", full)
        with pytest.raises(InstallError):
            store.add(stored(), FILES)
        assert store.record(stored().tree) is None
        assert names(store.root / "new") == []


class TestRecords:
    @pytest.mark.parametrize(
        "damage",
        [
            {"format": "9.0"},
            {"tree": "tree1:" + "0" * 64},
            {"files": []},
            {"files": ["x"]},
            {"skills": {"map": {"description": "Maps", "tokens": 3, "files": {"SKILL.md": "nowhere"}}}},
            {"skills": []},
            {"requires": []},
        ],
    )
    def test_one_that_is_damaged_is_none_and_is_made_again(self, damage: dict[str, Any], store: Store) -> None:
        store.add(stored(), FILES)
        path = next((store.root / "records").iterdir())
        path.write_text(json.dumps({**json.loads(path.read_text()), **damage}))
        assert store.record(stored().tree) is None
        store.add(stored(), FILES)
        assert store.record(stored().tree) == stored()

    @pytest.mark.parametrize("data", [b"", b"{", b"null", b"\xff\xfe", b"[" * 100])
    def test_one_that_is_no_json_is_none(self, data: bytes, store: Store) -> None:
        store.add(stored(), FILES)
        next((store.root / "records").iterdir()).write_bytes(data)
        assert store.record(stored().tree) is None

    def test_one_without_its_tree_is_none(self, store: Store) -> None:
        store.add(stored(), FILES)
        shutil.rmtree(store.tree(stored().tree))
        assert store.record(stored().tree) is None

    def test_one_under_another_trees_name_is_none(self, store: Store) -> None:
        other = stored({**FILES, "more": b""})
        store.add(stored(), FILES)
        store.add(other, {**FILES, "more": b""})
        one, two = (store.root / "records" / f"{each.tree.removeprefix('tree1:')}.json" for each in (stored(), other))
        two.write_bytes(one.read_bytes())
        assert store.record(other.tree) is None

    TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)

    @given(
        st.dictionaries(st.from_regex(r"[a-z]{1,4}( [a-z]{1,3})?", fullmatch=True), st.binary(max_size=5), min_size=1),
        TEXTS,
        st.dictionaries(TEXTS, st.lists(TEXTS, max_size=2).map(tuple), max_size=2),
        st.integers(0, 10**6),
    )
    def test_what_is_written_is_read(
        self, files: dict[str, bytes], text: str, requires: dict[str, tuple[str, ...]], tokens: int
    ) -> None:
        entries = [file_entry(path, data) for path, data in sorted(files.items())]
        skill = StoredSkill(description=text, tokens=tokens, files={entry.path: entry_line(entry) for entry in entries})
        value = StoredPack(
            name=text,
            version=text,
            tree=tree_digest(entries),
            lines=tuple(entry_line(entry) for entry in entries),
            skills={text: skill},
            requires=requires,
        )
        data = dump_json(stored_to_json(value))
        read = stored_from_json(load_json(data, file="x", max_bytes=1 << 20, max_depth=8), file="x")
        assert read == value
        assert read.skills[text].files == {entry.path: entry_line(entry) for entry in entries}

    def test_one_that_names_files_its_tree_lacks_is_refused(self) -> None:
        value = {**stored_to_json(stored()), "files": []}
        with pytest.raises(ManifestError):
            stored_from_json(value, file="x")


class TestPruning:
    def test_only_what_is_to_be_kept_stays(self, store: Store) -> None:
        other = stored({**FILES, "more": b""})
        store.add(stored(), FILES)
        store.add(other, {**FILES, "more": b""})
        (store.root / "records" / ".x.json.0123abcd.tmp").touch()
        (store.root / "new" / "abandoned").mkdir()
        with store.alone(timeout=0, purpose="prune"):
            assert store.prune(frozenset({other.tree})) == [stored().tree]
        assert list(store.digests()) == [other.tree]
        assert store.record(stored().tree) is None
        assert store.record(other.tree) == other
        assert names(store.root / "records") == [f"{other.tree.removeprefix('tree1:')}.json"]
        assert not (store.root / "new").exists()

    def test_nothing_is_pruned_while_somebody_uses_the_store(self, store: Store) -> None:
        with (
            store.in_use(timeout=0, purpose="install"),
            store.in_use(timeout=0, purpose="another"),
            pytest.raises(InstallError) as caught,
            store.alone(timeout=0, purpose="prune"),
        ):
            pytest.fail("it was pruned")
        assert caught.value.code == "E453"

    def test_nobody_uses_the_store_while_it_is_pruned(self, store: Store) -> None:
        with (
            store.alone(timeout=0, purpose="prune"),
            pytest.raises(InstallError),
            store.in_use(timeout=0, purpose="install"),
        ):
            pytest.fail("it was used")

    def test_two_that_mend_wait_for_each_other(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        store.add(stored(), FILES)
        (Path(store.tree(stored().tree)) / "extra").touch()
        monkeypatch.setattr(store_module, "_MENDING_SECONDS", 0.0)
        with locked(store.root / "mending", timeout=0, purpose="mending"), pytest.raises(InstallError) as caught:
            store.add(stored(), FILES)
        assert caught.value.code == "E453"


class TestOfAMachine:
    @pytest.fixture
    def machine(self, tmp_path: Path) -> Machine:
        return Machine(tmp_path / "machine")

    def test_pruning_keeps_what_every_scope_can_come_back_to(self, machine: Machine) -> None:
        machine.publish(*(pack("maps", each) for each in ("1.0.0", "2.0.0", "3.0.0")))
        first = machine.project
        machine.install("maps@==1.0.0", agents=("claude-code",))
        machine.install("maps@==2.0.0")
        machine.project = machine.home / "other"
        machine.project.mkdir()
        machine.install("maps@==3.0.0", agents=("claude-code",))
        machine.install("maps", user=True, agents=("claude-code",))
        machine.prune()
        assert machine.cache_now().trees == 3
        shutil.rmtree(machine.project)
        machine.remove("maps", user=True)
        machine.prune()
        assert machine.cache_now().trees == 3  # the user's scope can still come back
        shutil.rmtree(machine.state / "user")
        machine.prune()
        assert machine.cache_now().trees == 2
        shutil.rmtree(first)
        machine.prune()
        assert machine.cache_now().trees == 0

    def test_a_damaged_tree_is_found_before_anything_is_placed_and_fetched_anew(self, machine: Machine) -> None:
        machine.publish(pack("maps"))
        machine.install("maps", agents=("claude-code",))
        shutil.rmtree(machine.project / ".claude")
        for path in (machine.cache / "store" / "trees").rglob("SKILL.md"):
            path.write_text("evil")
        machine.sync()
        assert machine.skill("maps").read_text().endswith("maps 1.0.0\n")

    def test_a_damaged_record_is_made_again_without_a_word(self, machine: Machine) -> None:
        machine.publish(pack("maps"))
        machine.install("maps", agents=("claude-code",))
        shutil.rmtree(machine.project / ".claude")
        for path in (machine.cache / "store" / "records").iterdir():
            path.write_text("{}")
        machine.sync()
        assert machine.skill("maps").read_text().endswith("maps 1.0.0\n")


def test_the_files_of_a_tree_are_what_lies_there_and_no_more_than_is_allowed(store: Store) -> None:
    kept = stored()
    store.add(kept, FILES)
    assert store.files(kept.tree, Limits()) == FILES
    with pytest.raises(InstallError) as caught:
        store.files(kept.tree, Limits(tree_files=2))
    assert caught.value.code == "E456"
