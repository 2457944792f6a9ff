"""The quick way to see that there is nothing to do, so that nobody hesitates to run the command again.

The newest generation says what the scope's files said, for which agents it was made, by which program, and how every
file was left. If all of that is still so, the disk is as the lock says: no value is made of a text, no tree opened.
"""

from __future__ import annotations

from skillctl.agents.table import agent
from skillctl.app.scopes import ScopeFiles
from skillctl.app.targets import around_scope, chosen_agents, own_directories
from skillctl.core.about import __version__
from skillctl.core.settings import Settings
from skillctl.edges.disk.files import link_text
from skillctl.edges.disk.look import kind_at, look_at_tree
from skillctl.install.plan import NOTHING, Seen, stands
from skillctl.install.scope import Scope
from skillctl.install.state import State


def shows_nothing_to_do(scope: Scope, state: State, files: ScopeFiles, settings: Settings) -> bool:
    """Whether everything is as the last command left it."""
    current = state.current
    if state.pending is not None or not current.number or current.skillctl != __version__:
        return False
    if (files.project_text, files.lock_text) != (current.project, current.lock):
        return False
    if current.agents != _agents_now(scope, state, files, settings):
        return False
    places = ((f"{scope.directory(each)}", skills) for each, skills in current.targets.items())
    return all(
        stands(placed, see(f"{directory}/{skill}")) for directory, skills in places for skill, placed in skills.items()
    )


def see(path: str) -> Seen:
    """What stands at a path."""
    kind = kind_at(path)
    if kind == "directory":
        return Seen(kind, files=look_at_tree(path) or {})
    if kind == "link":
        return Seen(kind, text=link_text(path) or "")
    return NOTHING if kind == "nothing" else Seen(kind)


def _agents_now(scope: Scope, state: State, files: ScopeFiles, settings: Settings) -> dict[str, str]:
    """The agents that a command would work for now. Those that the project names are the ones it named then."""
    around = around_scope(scope, settings)
    if state.current.agents_named:
        return own_directories(scope, [agent(each) for each in state.current.agents], around)
    return own_directories(scope, chosen_agents(files.project, settings, around), around)
