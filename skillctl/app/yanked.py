"""What is put in place by the lock alone, and was yanked since: asked while the disk is at work."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from skillctl.core.diagnostics import Problem, problem
from skillctl.edges.workers import begin

if TYPE_CHECKING:
    from skillctl.core.lockfile import Lock
    from skillctl_registry.order import Registries

_WORTH_SHARING = 100  # packs; some 20 ms of looking them up, against 5 for another process


def ask_whether_yanked(
    lock: Lock, names: Collection[str], registries: Callable[[], Registries]
) -> Callable[[], tuple[Problem, ...]]:
    """Begin to ask the registries of those packs; what is given back has their warnings, and waits for them."""

    def asked() -> list[tuple[str, str, str]]:
        from skillctl.app.registries import yanked_packs

        return yanked_packs(lock, names, registries)

    answer = begin(asked) if len(names) >= _WORTH_SHARING else None

    def warnings() -> tuple[Problem, ...]:
        found = answer() if answer is not None else None
        if found is None:
            found = asked() if names else []
        return tuple(problem("W301", name=name, version=version, reason=reason) for name, version, reason in found)

    return warnings
