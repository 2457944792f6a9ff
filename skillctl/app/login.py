"""Keys and tokens that the user gives skillctl to keep."""

from __future__ import annotations

from skillctl.app.outcome import Outcome
from skillctl.core.json_value import JsonObject
from skillctl.core.value import dataclass
from skillctl_runtime.model_key import keep_key


@dataclass(frozen=True, kw_only=True, slots=True)
class LoginOutcome(Outcome):
    """A key that is kept now."""

    what: str
    dry_run: bool

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {"kept": self.what, "dry_run": self.dry_run}


def login_to_model(key: str, *, dry_run: bool) -> LoginOutcome:
    """Keep the key of the language model. ExecutionError E549 if this system has no keyring."""
    if not dry_run:
        keep_key(key)
    return LoginOutcome(what="llm", dry_run=dry_run)
