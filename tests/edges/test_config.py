"""Environment and files to settings: who wins, what is read, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from skillctl.core.errors import InstallError, UsageError
from skillctl.core.json_value import JsonValue
from skillctl.core.settings import Settings
from skillctl.edges.config import directories_of, read_config, read_settings
from skillctl.formats.json_text import load_json

posix = pytest.mark.skipif(os.name != "posix", reason="needs XDG directories")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home that the process itself believes in, as platformdirs asks the process."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def environment(home: Path, **variables: str) -> dict[str, str]:
    return {"HOME": str(home), "USERPROFILE": str(home), "SKILLCTL_CONFIG_DIR": str(home / "config"), **variables}


def settings_of(home: Path, **variables: str) -> Settings:
    return read_settings(environment(home, **variables), load_json)


def write(path: Path, value: JsonValue) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def test_without_a_word_from_anybody_the_defaults_hold(home: Path) -> None:
    settings = settings_of(home)
    assert (settings.agents, settings.registries, settings.registry) == ((), (), "")
    assert (settings.link_mode, settings.offline, settings.environment) == ("auto", False, ())


@pytest.mark.skipif(sys.platform != "linux", reason="the directories of Linux")
def test_the_directories_are_those_of_the_system(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "ca"))
    directories = directories_of(os.environ)
    assert directories.home == str(home)
    assert directories.config == str(home / ".config/skillctl")
    assert directories.data == str(home / ".local/share/skillctl")
    assert directories.cache == str(home / "ca/skillctl")
    assert directories.state == str(home / ".local/state/skillctl")
    assert not any(home.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="the directories of Linux")
@pytest.mark.parametrize("xdg", [None, "", "relative", "~/x", "/abs/place", "/abs/with end/"])
@pytest.mark.parametrize("home", ["/home/ann", "/home/ann/", "/", "", "relative"])
def test_the_directories_of_linux_are_those_that_platformdirs_knows(
    monkeypatch: pytest.MonkeyPatch, xdg: str | None, home: str
) -> None:
    import platformdirs

    monkeypatch.setenv("HOME", home)
    for name in ("CONFIG", "DATA", "CACHE", "STATE"):
        if xdg is not None:
            monkeypatch.setenv(f"XDG_{name}_HOME", xdg)
    known, found = platformdirs.PlatformDirs("skillctl", appauthor=False), directories_of(os.environ)
    assert (found.config, found.data) == (known.user_config_dir, known.user_data_dir)
    assert (found.cache, found.state) == (known.user_cache_dir, known.user_state_dir)


def test_a_variable_moves_each_directory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    variables = {"SKILLCTL_DATA_DIR": "data", "SKILLCTL_CACHE_DIR": "~/cache", "SKILLCTL_STATE_DIR": str(home / "s")}
    directories = directories_of(environment(home, **variables))
    assert directories.config == str(home / "config")
    assert directories.data == str(home / "data")
    assert directories.cache == str(home / "cache")
    assert directories.state == str(home / "s")


@posix
def test_a_command_pays_only_for_what_is_there(home: Path) -> None:
    code = (
        "import os, sys\n"
        "from skillctl.edges.config import read_settings\n"
        "from skillctl.formats.json_text import load_json\n"
        "read_settings(os.environ, load_json)\n"
        "print(*(name in sys.modules for name in ('platformdirs', 'skillctl.core.config_file')))"
    )
    given = {f"SKILLCTL_{kind}_DIR": str(home / kind) for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
    printed = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **given}, capture_output=True, text=True, check=True
    )
    assert printed.stdout.split() == ["False", "False"]


def test_the_configuration_is_read(home: Path) -> None:
    write(home / "config/config.json", {"agents": ["codex"], "install": {"link_mode": "copy"}})
    assert settings_of(home).agents == ("codex",)
    assert settings_of(home).link_mode == "copy"


def test_the_environment_wins_over_the_configuration(home: Path) -> None:
    write(home / "config/config.json", {"install": {"link_mode": "copy"}})
    settings = settings_of(home, SKILLCTL_LINK_MODE="hardlink", SKILLCTL_REGISTRY="acme", SKILLCTL_OFFLINE="1")
    assert (settings.link_mode, settings.registry, settings.offline) == ("hardlink", "acme", True)


@posix
def test_a_registry_of_the_environment_is_an_alias_a_url_or_an_absolute_directory(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    written = {"acme": "acme", "@acme/r": "@acme/r", "https://a.b/r": "https://a.b/r", "./r": str(home / "r")}
    written |= {"r/s": str(home / "r/s"), "~/r": str(home / "r"), "/r": "/r"}
    assert {text: settings_of(home, SKILLCTL_REGISTRY=text).registry for text in written} == written


@pytest.mark.parametrize("value", ["", "0", "false", "No", "off"])
def test_a_variable_that_says_no_is_no(home: Path, value: str) -> None:
    assert settings_of(home, SKILLCTL_OFFLINE=value).offline is False


@pytest.mark.parametrize(("variable", "value"), [("SKILLCTL_OFFLINE", "maybe"), ("SKILLCTL_LINK_MODE", "symlink")])
def test_a_senseless_variable_is_refused(home: Path, variable: str, value: str) -> None:
    with pytest.raises(InstallError) as caught:
        settings_of(home, **{variable: value})
    assert caught.value.code == "E442"
    assert caught.value.problems[0].evidence["variable"] == variable


@pytest.mark.parametrize("token", ["secret\nSKILLCTL_X=2", "two secrets", "secret\u00e9", "secret" * 1000])
def test_what_is_no_token_is_refused_by_the_name_of_its_variable_alone(home: Path, token: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings_of(home, SKILLCTL_TOKEN_ACME=token, SKILLCTL_REGISTRY_ACME="https://packs.acme.example")
    assert caught.value.code == "E037"
    assert "SKILLCTL_TOKEN_ACME" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_only_what_rules_read_of_the_environment_becomes_part_of_the_settings(home: Path) -> None:
    settings = settings_of(home, OPENAI_API_KEY="secret", CLAUDE_CONFIG_DIR="/cl", PATH="/bin", CODEX_HOME="")
    assert settings.environment == (("CLAUDE_CONFIG_DIR", "/cl"), ("PATH", "/bin"))
    assert "secret" not in repr(settings)


@posix
def test_a_relative_registry_counts_from_the_file(home: Path) -> None:
    entries = [
        {"name": "one", "location": "../shared"},
        {"name": "two", "location": "~/mine"},
        {"name": "three", "location": "/srv/r"},
        {"name": "four", "location": "https://packs.example.org/r"},
    ]
    write(home / "config/config.json", {"registries": entries})
    assert [entry.location for entry in settings_of(home).registries] == [
        str(home / "shared"),
        str(home / "mine"),
        "/srv/r",
        "https://packs.example.org/r",
    ]


def older(home: Path) -> Path:
    return home / ".config/orchestrator-toolkit/config.json"


def test_the_older_file_is_read_where_there_is_no_other(home: Path) -> None:
    write(older(home), {"llm": {"model": "gpt-5"}, "security": {"prefer_keyring": True}, "unheard": 1})
    variables = environment(home)
    source = read_config(variables, directories_of(variables), load_json)
    assert source.is_older
    assert source.content.config.llm.model == "gpt-5"
    assert [note.code for note in source.content.notes] == ["N440", "N442", "N441"]


def test_the_older_file_is_not_read_beside_one_of_our_own(home: Path) -> None:
    write(older(home), {"llm": {"model": "gpt-5"}})
    write(home / "config/config.json", {})
    variables = environment(home)
    source = read_config(variables, directories_of(variables), load_json)
    assert not source.is_older
    assert source.content.config.llm.model != "gpt-5"
    assert source.content.notes == ()


def test_a_configuration_that_is_no_json_is_an_error_with_its_place(home: Path) -> None:
    (home / "config").mkdir()
    (home / "config/config.json").write_text('{"llm": {,}}')
    with pytest.raises(Exception) as caught:  # noqa: PT011  the class is the JSON reader's matter
        settings_of(home)
    place = caught.value.problems[0].place  # type: ignore[attr-defined]
    assert (place.line, place.column) == (1, 10)
    assert place.file == str(home / "config/config.json")


def test_each_file_is_read_once(home: Path) -> None:
    write(home / "config/config.json", {"agents": ["codex"]})
    read: list[str] = []

    def load(data: bytes, *, file: str, max_bytes: int, max_depth: int) -> JsonValue:
        read.append(file)
        return load_json(data, file=file, max_bytes=max_bytes, max_depth=max_depth)

    read_settings(environment(home), load)
    assert read == [str(home / "config/config.json")]
