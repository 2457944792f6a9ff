"""The guard that writes the audit log: before a phase what it will do, and after it how it went."""

from __future__ import annotations

from collections.abc import Callable

from skillctl.core.effects import Ending, Phase
from skillctl.core.errors import PluginError
from skillctl.core.value import dataclass, field
from skillctl_plugins.audit.log import AuditLog
from skillctl_plugins.audit.record import begin_of, end_of


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditGuard:
    """Writes a record before the first effect of a phase; if it can't be written, the phase does not begin."""

    log: AuditLog
    clock: Callable[[], str]
    """The time, RFC 3339."""
    unsure: set[str] = field(default_factory=set)
    """Phases whose first record met an error: it is in the log, or it is not."""

    @property
    def name(self) -> str:
        """How messages call it."""
        return "audit"

    def before(self, phase: Phase) -> None:
        """Write and sync the record of the beginning. PluginError E630 if that fails."""
        now = self.clock()
        try:
            self.log.append(lambda seq, prev: begin_of(phase, seq=seq, prev=prev, time=now), now=now, durable=True)
        except PluginError:
            self.unsure.add(phase.id)
            raise

    def after(self, phase: Phase, ending: Ending) -> None:
        """Write the record of the end, if there is one of the beginning. PluginError E630 if that fails."""
        if phase.id in self.unsure and not self.log.has_begun(phase.id):
            return  # the end of what never began would look like a record taken out
        now = self.clock()
        self.log.append(lambda seq, prev: end_of(phase, ending, seq=seq, prev=prev, time=now), now=now, durable=False)
