"""Shell scripts: nothing to install, nothing to build, a script to start."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skillctl_runtime.plan import StackName
from skillctl_runtime.procfile import NAME as PROCFILE
from skillctl_runtime.procfile import procfile_line
from skillctl_runtime.stack import Evidence, Files, Need, Repaired, Site, Start, Work, strongest
from skillctl_runtime.stacks.compiled import with_ending

ENTRIES = ("start.sh", "main.sh", "app.sh", "entrypoint.sh", "run.sh")
HOW = "install it with the system's packages, or write the script for `sh`"

_SHEBANG = re.compile(r"\A#!\s*(?:/usr/bin/env\s+(?:-S\s+)?)?(?:\S*/)?([\w.+-]+)")


class ShellStack:
    """The stack of shell scripts."""

    name: StackName = "shell"
    verbs: tuple[str, ...] = ("sh", "bash", "zsh", "dash", "ksh")

    def evidence(self, files: Files) -> Evidence | None:
        """A Procfile and start.sh are entries; any other script counts by its ending."""
        scripts = with_ending(files, ".sh", ".bash")
        entries = tuple(name for name in (PROCFILE, *ENTRIES) if files.data(name) is not None)
        return strongest(self.name, files, entries=entries, count=len(scripts), are="end in .sh")

    def repaired(self, site: Site) -> Repaired:
        """Nothing: line ends are mended for every stack."""
        return Repaired(plan=site.plan)

    def needs(self, site: Site) -> Sequence[Need]:
        """The shell that the script is written for."""
        script = _script(site.files)
        if not script or site.plan.run:
            return ()
        shell = _shell(site.files, script)
        return (Need(any_of=(shell,), why=f"{script} is written for it", how=HOW),)

    def work(self, site: Site) -> Work:
        """The Procfile's command, else the script."""
        yield from ()
        line = procfile_line(site.files.text(PROCFILE) or "")
        if line:
            return Start(line=line, because=(PROCFILE,))
        script = _script(site.files)
        if not script:
            return None
        return Start(argv=(_shell(site.files, script), script), because=(script,))

    def complaint(self, output: str) -> str:
        """The last lines: a shell has nothing better."""
        return "\n".join(output.strip().splitlines()[-20:])

    def missing_module(self, output: str) -> str:
        """Nothing."""
        del output
        return ""


def _script(files: Files) -> str:
    """The script to start: by its name, else the only one there is, at the top first."""
    named = next((name for name in ENTRIES if files.data(name) is not None), "")
    scripts = with_ending(files, ".sh", ".bash")
    top = [path for path in scripts if "/" not in path]
    return named or (top[0] if len(top) == 1 else scripts[0] if len(scripts) == 1 else "")


def _shell(files: Files, script: str) -> str:
    """What its first line names; bash for `.bash`, sh else."""
    found = _SHEBANG.match(files.text(script) or "")
    return found[1] if found else "bash" if script.endswith(".bash") else "sh"


STACK = ShellStack()
