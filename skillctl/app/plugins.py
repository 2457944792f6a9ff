"""The plugins of a command, and what a person does with them: look, choose, make, trust."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from skillctl.app.config import config_set
from skillctl.app.guarding import new_phase_id
from skillctl.app.outcome import Outcome
from skillctl.app.packs import InstalledTree, installed_trees
from skillctl.app.scopes import find_project
from skillctl.core.diagnostics import Problem
from skillctl.core.effects import Phase, Trust, guarded
from skillctl.core.errors import InstallError, PluginError, SkillctlError
from skillctl.core.file_names import LOCK_FILE
from skillctl.core.json_value import JsonObject
from skillctl.core.names import near_names, normalised_name
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges import clock
from skillctl.edges.disk.files import read_bytes
from skillctl.edges.disk.look import kind_at, real_path
from skillctl.edges.disk.trees import write_tree
from skillctl_plugins.discovery import PackHooks, Places, file_subject, pack_subject
from skillctl_plugins.guards import guard_notes, standard_guards
from skillctl_plugins.manager import PluginManager
from skillctl_plugins.patchwork.program import as_plugin
from skillctl_plugins.plugin import Plugin, check_guards
from skillctl_plugins.trust import give_trust, take_trust, trusted_now


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginsOutcome(Outcome):
    """Every plugin that was found."""

    plugins: tuple[Plugin, ...]

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {"plugins": [each.to_json() for each in self.plugins]}


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenOutcome(Outcome):
    """A plugin that is loaded from now on, or no more."""

    name: str
    enabled: bool
    file: str
    """The configuration that says so."""
    dry_run: bool

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {"plugin": self.name, "enabled": self.enabled, "file": self.file, "dry_run": self.dry_run}


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeOutcome(Outcome):
    """A plugin that was made."""

    directory: str
    files: tuple[str, ...]
    dry_run: bool

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {"directory": self.directory, "files": list(self.files), "dry_run": self.dry_run}


@dataclass(frozen=True, kw_only=True, slots=True)
class TrustOutcome(Outcome):
    """What may run from now on, or no more."""

    subject: str
    digest: str
    trusted: bool
    changed: bool
    dry_run: bool
    contents: str = ""
    """The text of what was trusted, for whoever wants to read it."""

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {
            "subject": self.subject,
            "digest": self.digest,
            "trusted": self.trusted,
            "changed": self.changed,
            "dry_run": self.dry_run,
        }


def the_plugins(settings: Settings, cwd: Path) -> PluginManager:
    """A manager with all that may run in this directory, hooks of trusted packs included. The caller closes it.

    PluginError E606 if one that guards something is broken.
    """
    manager = PluginManager()
    try:
        check_guards(manager.discover(_places(settings, cwd, every_pack=False)))
    except BaseException:
        manager.close()
        raise
    return manager


def list_plugins(settings: Settings, cwd: Path) -> PluginsOutcome:
    """Every plugin, those included that may not run or are broken."""
    with PluginManager() as manager:
        found = manager.discover(_places(settings, cwd, every_pack=True))
    return PluginsOutcome(plugins=(*found, as_plugin(settings)))


def plugin_info(settings: Settings, cwd: Path, name: str) -> PluginsOutcome:
    """The plugin of that name. PluginError E603 if there is none."""
    every = list_plugins(settings, cwd).plugins
    found = tuple(each for each in every if each.name == name)
    if not found:
        raise PluginError.of("E603", plugin=name, near=near_names(name, [each.name for each in every]) or ("none",))
    return PluginsOutcome(plugins=found)


def choose_plugin(
    settings: Settings, environ: Mapping[str, str], name: str, *, enabled: bool, dry_run: bool
) -> ChosenOutcome:
    """Write into the user's configuration that the plugin is loaded, or not."""
    chosen = settings.plugins
    off = [each for each in chosen.disabled if each != name] + ([] if enabled else [name])
    on = [each for each in chosen.enabled if each != name] + ([name] if enabled else [])
    made = config_set(environ, "plugins.disabled", ",".join(off), dry_run=dry_run)
    config_set(environ, "plugins.enabled", ",".join(on), dry_run=dry_run)
    return ChosenOutcome(name=name, enabled=enabled, file=made.file, dry_run=dry_run)


def new_plugin(directory: Path, name: str, *, dry_run: bool) -> MadeOutcome:
    """Make a directory with a plugin that works and a test of it. InstallError E420 if it is there already."""
    plain = normalised_name(name).replace("-", "_")
    root = directory / plain
    if kind_at(str(root)) != "nothing":
        raise InstallError.of("E420", path=str(root))
    files = {f"{plain}.py": _PLUGIN.format(name=plain), f"test_{plain}.py": _TEST.format(name=plain)}
    if not dry_run:
        write_tree(root, {path: text.encode() for path, text in files.items()})
    return MadeOutcome(directory=str(root), files=tuple(files), dry_run=dry_run)


def trust(settings: Settings, cwd: Path, what: str, *, now: str, dry_run: bool) -> TrustOutcome:
    """Let the hooks of an installed pack, or a plugin file of a project, run with the bytes that they have now.

    PluginError E604 if there are none.
    """
    subject, digest, contents = _subject(settings, cwd, what)
    state = Path(settings.directories.state)
    before = trusted_now(state).get(subject)
    changed = before is None or before.digest != digest
    notes: list[Problem] = []
    if changed and not dry_run:
        with _guarded_trust(settings, cwd, Trust(subject=subject, digest=digest, given=True)) as notes:
            give_trust(state, subject, digest, now=now)
    return TrustOutcome(
        subject=subject,
        digest=digest,
        trusted=True,
        changed=changed,
        dry_run=dry_run,
        contents=contents,
        problems=tuple(notes),
    )


def untrust(settings: Settings, cwd: Path, what: str, *, dry_run: bool) -> TrustOutcome:
    """Let it run no more; what is gone meanwhile can be named as well. PluginError E605 if it was never trusted."""
    state = Path(settings.directories.state)
    known = trusted_now(state)
    path = file_subject(real_path(cwd / what))
    subject = next((each for each in (pack_subject(what), path, what) if each in known), None)
    if subject is None:
        raise PluginError.of("E605", what=what)
    digest = known[subject].digest
    notes: list[Problem] = []
    if not dry_run:
        with _guarded_trust(settings, cwd, Trust(subject=subject, digest=digest, given=False)) as notes:
            take_trust(state, subject)
    return TrustOutcome(
        subject=subject, digest=digest, trusted=False, changed=True, dry_run=dry_run, problems=tuple(notes)
    )


@contextmanager
def _guarded_trust(settings: Settings, cwd: Path, effect: Trust) -> Iterator[list[Problem]]:
    """Run the body between the questions to all guards and the word to them. PluginError for a no.

    What has to be said of guards stands in the list when the block is over.
    """
    root = find_project(cwd, home=Path(settings.directories.home))
    phase = Phase(id=new_phase_id(), name="trust", project=str(root or ""), effects=(effect,))
    notes: list[Problem] = []
    with guarded(standard_guards(settings, clock=clock.now), phase) as unrecorded:
        yield notes
    notes += (*unrecorded, *guard_notes(settings))


def _subject(settings: Settings, cwd: Path, what: str) -> tuple[str, str, str]:
    """What trust is about, the digest of what would run, and its text."""
    path = real_path(cwd / what)
    if (what.endswith(".py") or path.name == LOCK_FILE) and kind_at(str(path)) == "other":
        data = read_bytes(path, max_bytes=settings.limits.file_bytes) or b""
        return file_subject(path), f"sha256:{hashlib.sha256(data).hexdigest()}", data.decode(errors="replace")
    for tree in installed_trees(settings, cwd):
        if tree.name == what and (hooks := _hooks_of(tree)) is not None:
            return pack_subject(tree.name), tree.digest, hooks.code.decode(errors="replace")
    raise PluginError.of("E604", what=what)


def _places(settings: Settings, cwd: Path, *, every_pack: bool) -> Places:
    state = Path(settings.directories.state)
    return Places(
        config=Path(settings.directories.config),
        state=state,
        project=real_path(cwd),
        settings=settings.plugins,
        environ={**dict(settings.environment), "HOME": settings.directories.home},
        packs=tuple(_pack_hooks(settings, cwd, None if every_pack else frozenset(trusted_now(state)))),
    )


def _pack_hooks(settings: Settings, cwd: Path, among: frozenset[str] | None) -> Iterator[PackHooks]:
    """The hooks of installed packs; of those subjects alone, if they are given. A tree is hashed before it counts."""
    if among is not None and not any(subject.startswith(pack_subject("")) for subject in among):
        return
    seen = set[str]()
    for tree in installed_trees(settings, cwd):
        if tree.name in seen or (among is not None and pack_subject(tree.name) not in among):
            continue
        seen.add(tree.name)
        with suppress(SkillctlError):  # a pack whose files can't be read has no hooks that may run
            hooks = _hooks_of(tree)
            if hooks is not None:
                yield hooks


def _hooks_of(tree: InstalledTree) -> PackHooks | None:
    module = tree.manifest().hooks_module
    if not module or not tree.is_whole():
        return None
    code = tree.file(module)
    if code is None:
        return None
    return PackHooks(pack=tree.name, version=tree.version, tree=tree.digest, path=tree.root / module, code=code)


_PLUGIN = '''\
"""{name}: a plugin of skillctl. Put this file into `plugins/` of skillctl's configuration directory."""

from __future__ import annotations

PLUGIN_NAME = "{name}"
PLUGIN_DESCRIPTION = "Tells how many files a plan has"
PLUGIN_VERSION = "0.1.0"


def pre_execute(plan, **kwargs):
    """Return a changed plan, or None to leave it; raise to stop it, with the reason as text."""
    print(f"{{plan.get('name', 'a plan')}} has {{len(plan['files'])}} files")


def register(manager):
    """Say which function hears of which event."""
    manager.add_hook("pre_execute", pre_execute)
'''

_TEST = '''\
"""Run with `pytest` where skillctl is installed."""

from __future__ import annotations

from pathlib import Path

from skillctl_plugins import PluginManager
from skillctl_plugins.loading import load_file


def test_it_says_how_many_files_a_plan_has(capsys):
    with PluginManager() as manager:
        loaded = load_file(manager, Path(__file__).with_name("{name}.py"), source="user")
        assert loaded.plugin.problem == ""
        manager.add_plugin(loaded.plugin, loaded.hooks)
        plan = {{"name": "demo", "files": [{{"filename": "a", "code": ""}}]}}
        assert manager.chain("pre_execute", "plan", plan, accept=lambda value: value).value == plan
    assert "demo has 1 files" in capsys.readouterr().err
'''
