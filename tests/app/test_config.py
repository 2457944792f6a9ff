"""`skillctl config`: what counts and why, and changing one thing without touching another."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from skillctl.app.config import (
    LIMIT_ROWS,
    config_get,
    config_limits,
    config_list,
    config_path,
    config_set,
    config_unset,
    load_settings,
)
from skillctl.core.config_file import SETTINGS
from skillctl.core.errors import InstallError, SkillctlError, UsageError
from skillctl.core.json_value import JsonValue
from skillctl.core.limits import LIMITS, Limits
from tests.checkout import IN_CHECKOUT, ROOT


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    directories = {
        f"SKILLCTL_{kind}_DIR": str(tmp_path / kind.lower()) for kind in ("CONFIG", "DATA", "CACHE", "STATE")
    }
    return {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), **directories}


def own(environ: dict[str, str]) -> Path:
    return Path(environ["SKILLCTL_CONFIG_DIR"]) / "config.json"


def write(path: Path, value: JsonValue) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def test_without_a_file_every_setting_has_its_default(environ: dict[str, str]) -> None:
    listed = config_list(environ)
    assert [each.key for each in listed.settings] == [each.key for each in SETTINGS]
    assert [each.value for each in listed.settings] == [each.default for each in SETTINGS]
    assert {each.origin for each in listed.settings} == {"default"}
    assert listed.problems == ()


def test_a_value_comes_from_environment_file_or_default(environ: dict[str, str]) -> None:
    write(own(environ), {"install": {"link_mode": "copy"}, "llm": {"model": "m"}})
    assert config_get(environ, "install.link_mode").setting.origin == str(own(environ))
    assert config_get(environ, "llm.max_retries").setting.origin == "default"
    environ["SKILLCTL_LINK_MODE"] = "hardlink"
    found = config_get(environ, "install.link_mode").setting
    assert (found.value, found.origin) == ("hardlink", "SKILLCTL_LINK_MODE")


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("llm.model", "gpt-5", "gpt-5"),
        ("llm.model", "true", "true"),
        ("llm.base_url", "", ""),
        ("llm.temperature", "0.5", 0.5),
        ("llm.temperature", "1", 1.0),
        ("llm.max_retries", " 7 ", 7),
        ("llm.cache_enabled", "No", False),
        ("llm.cache_enabled", "1", True),
        ("agents", "claude-code, codex", ["claude-code", "codex"]),
        ("agents", '["codex"]', ["codex"]),
        ("agents", "*", ["*"]),
        ("agents", "", []),
        ("plugins.disabled", "a,b", ["a", "b"]),
        ("install.link_mode", "hardlink", "hardlink"),
        ("registries", '[{"name": "acme", "location": "/r"}]', [{"name": "acme", "location": "/r"}]),
    ],
)
def test_what_is_set_is_what_is_got(environ: dict[str, str], key: str, text: str, value: JsonValue) -> None:
    assert config_set(environ, key, text).value == value
    assert config_get(environ, key).setting.value == value
    load_settings(environ)


@pytest.mark.parametrize(
    ("key", "text", "code"),
    [
        ("llm.modle", "x", "E440"),
        ("nothing", "x", "E440"),
        ("llm", "x", "E440"),
        ("llm.model", "", "E441"),
        ("llm.temperature", "hot", "E441"),
        ("llm.temperature", "3", "E441"),
        ("llm.temperature", "nan", "E441"),
        ("llm.max_retries", "1.5", "E441"),
        ("llm.cache_enabled", "maybe", "E441"),
        ("install.link_mode", "symlink", "E441"),
        ("agents", "claude", "E430"),
        ("agents", "[1]", "E441"),
        ("agents", "[", "E153"),
        ("registries", "acme", "E153"),
        ("registries", '{"name": "acme"}', "E146"),
    ],
)
def test_what_does_not_fit_is_wrong_usage_and_changes_nothing(
    environ: dict[str, str], key: str, text: str, code: str
) -> None:
    with pytest.raises(UsageError) as caught:
        config_set(environ, key, text)
    assert caught.value.code == code
    assert not own(environ).exists()


def test_everything_else_in_the_file_stays(environ: dict[str, str]) -> None:
    write(own(environ), {"$schema": "https://s", "agents": ["codex"], "llm": {"model": "m"}})
    changed = config_set(environ, "llm.max_retries", "5")
    assert (changed.before, changed.value) == (3, 5)
    assert json.loads(own(environ).read_bytes()) == {
        "$schema": "https://s",
        "agents": ["codex"],
        "llm": {"model": "m", "max_retries": 5},
    }


def test_unsetting_brings_the_default_back(environ: dict[str, str]) -> None:
    config_set(environ, "llm.model", "m")
    assert config_unset(environ, "llm.model").before == "m"
    assert json.loads(own(environ).read_bytes()) == {"format": "1.0"}
    assert config_get(environ, "llm.model").setting.origin == "default"


def test_nothing_is_written_where_nothing_changes(environ: dict[str, str]) -> None:
    config_unset(environ, "llm.model")
    config_set(environ, "llm.model", "m", dry_run=True)
    assert not own(environ).parent.exists()


def test_a_file_that_is_a_link_stays_one(environ: dict[str, str], tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles/config.json"
    write(kept, {})
    own(environ).parent.mkdir()
    own(environ).symlink_to(kept)
    config_set(environ, "llm.model", "m")
    assert own(environ).is_symlink()
    assert json.loads(kept.read_bytes()) == {"llm": {"model": "m"}}


def older(environ: dict[str, str]) -> Path:
    return Path(environ["HOME"]) / ".config/orchestrator-toolkit/config.json"


def test_the_older_file_is_read_and_said_so(environ: dict[str, str]) -> None:
    write(older(environ), {"llm": {"model": "gpt-5"}})
    listed = config_list(environ)
    model = listed.settings[0]
    assert (model.value, model.origin) == ("gpt-5", str(older(environ)))
    assert [each.code for each in listed.problems] == ["N440"]
    assert listed.ok


def test_the_first_change_takes_over_what_the_older_file_says(environ: dict[str, str]) -> None:
    before: JsonValue = {"llm": {"model": "gpt-5", "max_retries": 2}, "security": {"prefer_keyring": True}}
    write(older(environ), before)
    changed = config_set(environ, "llm.max_retries", "5")
    assert [each.code for each in changed.problems] == ["N443"]
    assert json.loads(own(environ).read_bytes()) == {"format": "1.0", "llm": {"model": "gpt-5", "max_retries": 5}}
    assert json.loads(older(environ).read_bytes()) == before
    assert config_list(environ).problems == ()


def test_a_broken_file_is_told_with_every_line(environ: dict[str, str]) -> None:
    own(environ).parent.mkdir()
    own(environ).write_text('{\n  "llm": {"model": 1},\n  "agents": "x"\n}\n')
    with pytest.raises(InstallError) as caught:
        load_settings(environ)
    places = [each.place for each in caught.value.problems]
    assert [(place.line, place.column) for place in places if place] == [(2, 20), (3, 13)]


def test_the_path_is_told_even_of_a_broken_file(environ: dict[str, str]) -> None:
    write(own(environ), {"lllm": 1})
    found = config_path(environ)
    assert found.file == found.read == str(own(environ))
    assert [(each.code, each.severity) for each in found.problems] == [("E440", "warning")]
    assert found.ok
    assert found.directories.cache == environ["SKILLCTL_CACHE_DIR"]


def test_the_path_is_told_of_no_file(environ: dict[str, str]) -> None:
    found = config_path(environ)
    assert (found.file, found.read) == (str(own(environ)), "")


def test_a_broken_file_is_never_rewritten(environ: dict[str, str]) -> None:
    own(environ).parent.mkdir()
    own(environ).write_text('{"format": "2.0", "new": 1}')
    with pytest.raises(SkillctlError) as caught:
        config_set(environ, "llm.model", "m")
    assert caught.value.code == "E148"
    assert own(environ).read_text() == '{"format": "2.0", "new": 1}'


def test_every_limit_is_shown_with_its_unit() -> None:
    rows = {row.name: row for row in config_limits().limits}
    assert set(rows) == {each.name for each in fields(Limits)} == set(LIMIT_ROWS)
    assert rows["archive_bytes"].value == LIMITS.archive_bytes
    assert all(row.unit and row.about for row in rows.values())


@pytest.mark.skipif(not IN_CHECKOUT, reason="reads the source tree")
def test_the_reference_page_has_every_setting_as_it_is() -> None:
    page = (ROOT / "docs/reference/configuration.md").read_text()
    for each in SETTINGS:
        row = f"| `{each.key}` | {each.takes} | `{json.dumps(each.default)}` | {each.about} |"
        assert row in page, row
    for name, (unit, about) in LIMIT_ROWS.items():
        row = f"| `{name}` | {getattr(LIMITS, name):,} {unit} | {about} |"
        assert row in page, row
    shown = set(re.findall(r"`(SKILLCTL_[A-Z_]+)`", page))
    source = "".join((ROOT / each).read_text() for each in ("skillctl/edges/config.py", "skillctl/cli/door.py"))
    assert shown == set(re.findall(r"SKILLCTL_[A-Z_]+", source)) - {"SKILLCTL_", "SKILLCTL_REGISTRY_"}
