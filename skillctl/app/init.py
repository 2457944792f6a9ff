"""`init`: begin a project."""

from __future__ import annotations

from pathlib import Path

from skillctl.agents.table import agent
from skillctl.app.outcome import Outcome
from skillctl.app.scopes import project_text, the_project_scope, the_user_scope
from skillctl.core.errors import InstallError
from skillctl.core.json_value import JsonObject
from skillctl.core.project import ProjectFile
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.disk.files import write_new


@dataclass(frozen=True, kw_only=True, slots=True)
class InitRequest:
    """What `init` is asked for."""

    cwd: Path
    agents: tuple[str, ...] = ()
    user: bool = False
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class InitOutcome(Outcome):
    """The project file that was made."""

    file: str
    dry_run: bool

    def to_json(self) -> JsonObject:
        """The outcome in an envelope."""
        return {"file": self.file, "dry_run": self.dry_run}


def init(settings: Settings, request: InitRequest) -> InitOutcome:
    """Make skillctl.json. InstallError E414 if there is one already."""
    for name in request.agents:
        if name != "*":
            agent(name)
    scope = the_user_scope(settings) if request.user else the_project_scope(settings, request.cwd)
    text = project_text(ProjectFile(agents=request.agents))
    there = scope.project_file.exists() if request.dry_run else not write_new(scope.project_file, text.encode())
    if there:
        raise InstallError.of("E414", file=str(scope.project_file))
    return InitOutcome(file=str(scope.project_file), dry_run=request.dry_run)
