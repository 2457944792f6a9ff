"""Taking up what a killed command left behind, before the next one begins."""

from __future__ import annotations

from skillctl.core.settings import Settings
from skillctl.edges.disk.trees import remove_tree
from skillctl.install.apply import Texts, put_back, write_texts
from skillctl.install.scope import Scope
from skillctl.install.state import State, read_text, stages, text_digest


def take_up(scope: Scope, state: State, settings: Settings) -> None:
    """What was committed becomes the scope's, what was only made ready goes. Only while the scope's lock is held.

    A file that somebody edited since stays theirs. The targets follow when the command settles the scope: it plans
    with both generations as what may be in place.
    """
    places = stages(scope)
    pending = state.pending
    if pending is not None:
        put_back(scope, places, state.recorded)
    for stage in places - {scope.own_stage}:
        remove_tree(stage)
    remove_tree(scope.own_stage)  # last, since it holds the list of the others
    if pending is None:
        return
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
