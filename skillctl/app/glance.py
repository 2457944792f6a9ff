"""The quick way to see that there is nothing to do, so that nobody hesitates to run the command again.

The newest generation says what the scope's files said, for which agents it was made, by which program, and how every
file was left. If all of that is still so, the disk is as the lock says: no tree is opened, no lock taken (whoever is at
work leaves a state that is pending, or files that differ), and no value made of a text, but of a project that may name
agents which were not named then.
"""

from __future__ import annotations

from skillctl.agents.table import agent
from skillctl.app.audience import around_scope, chosen_agents, own_directories
from skillctl.app.scopes import ScopeFiles
from skillctl.core.about import __version__
from skillctl.core.settings import Settings
from skillctl.edges.disk.files import link_text
from skillctl.edges.disk.look import kind_at, stamp_at
from skillctl.install.generation import Generation, Linked, Placed, installed_stamp
from skillctl.install.scope import Scope
from skillctl.install.state import has_leftovers, read_state


def left_as_it_is(scope: Scope, settings: Settings) -> Generation | None:
    """The generation in place, if everything is as the last command left it; else None."""
    files = ScopeFiles(scope, settings.limits)
    state = read_state(scope)
    current = state.current
    if state.pending is not None or not current.number or current.skillctl != __version__ or has_leftovers(scope):
        return None
    if (files.project_text, files.lock_text) != (current.project, current.lock):
        return None
    if _may_have("budget", current.project):
        return None  # what is in place may be beyond it, and that is to be told each time
    if current.agents != _agents_now(scope, current, files, settings):
        return None
    places = ((f"{scope.directory(each)}", skills) for each, skills in current.targets.items())
    untouched = all(
        _stands(placed, f"{directory}/{skill}") for directory, skills in places for skill, placed in skills.items()
    )
    return current if untouched else None


def may_have_moved(lock: str | None) -> bool:
    """Whether the text of a lock names directories: what lies in them may be something else by now."""
    return '"path": "' in (lock or "")


def _stands(placed: Placed, path: str) -> bool:
    """Whether what was put in place is still there, by size and time of every file."""
    if isinstance(placed, Linked):
        return link_text(path) == placed.text
    if kind_at(path) != "directory":
        return False
    return all(stamp_at(f"{path}/{name}") == installed_stamp(file) for name, file in placed.files.items())


def _agents_now(scope: Scope, current: Generation, files: ScopeFiles, settings: Settings) -> dict[str, str]:
    """The agents that a command would work for now. Those that the project names are the ones it named then."""
    around = around_scope(scope, settings)
    if current.agents_named:
        return own_directories(scope, [agent(each) for each in current.agents], around)
    named = files.project.agents if _may_have("agents", current.project) else ()  # of nearly all no value is made
    return own_directories(scope, chosen_agents(named, settings, around), around)


def _may_have(member: str, text: str | None) -> bool:
    """Whether a project file may have that member, which can also be written with escapes."""
    return text is not None and (f'"{member}"' in text or "\\u" in text)
