"""Taking up what a killed command left behind, before the next one begins."""

from __future__ import annotations

from skillctl.core.diagnostics import Problem
from skillctl.core.settings import Settings
from skillctl.edges.disk.trees import remove_tree
from skillctl.install.apply import Texts, write_texts
from skillctl.install.aside import bring_back
from skillctl.install.scope import Scope
from skillctl.install.state import State, generation_numbers, read_text, stages, text_digest


def take_up(scope: Scope, state: State, settings: Settings) -> list[Problem]:
    """What was committed becomes the scope's, what was only made ready goes. Only while the scope's lock is held.

    A file that somebody edited since stays theirs. The targets follow when the command settles the scope: it plans
    with both generations as what may be in place. Gives back what could not go home and is in the backups now.
    """
    places = stages(scope)
    pending = state.pending
    newest = max([state.newest.number, *generation_numbers(scope)])
    told: list[Problem] = []
    if newest > state.current.number:  # also one that can't be read: it may have been whole when skills were moved
        told = bring_back(scope, sorted(places), state.recorded, newest)
    for stage in places - {scope.own_stage}:
        remove_tree(stage)
    remove_tree(scope.own_stage)  # last, since it holds the list of the others
    if pending is None:
        return told
    limit = settings.limits.project_bytes
    now_there = Texts(
        project=read_text(scope.project_file, max_bytes=limit),
        lock=read_text(scope.lock_file, max_bytes=limit),
        ignore=None,
    )
    project_replaced, lock_replaced = pending.replaced
    texts = Texts(
        project=pending.project if text_digest(now_there.project) == project_replaced else now_there.project,
        lock=pending.lock if text_digest(now_there.lock) == lock_replaced else now_there.lock,
        ignore=None,
    )
    write_texts(scope, texts, before=now_there)
    return told
