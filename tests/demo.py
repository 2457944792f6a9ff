"""The main job, once, before your eyes: a shipped pack lands in a new project, and an agent sees it. `make demo`.

Everything happens in a new temporary folder with a home of its own, so that nothing of the user's is touched.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.clients.show import told

_SKILLS = Path(".claude", "skills")


def main() -> int:
    """Status 0 if the pack was installed."""
    room = Path(tempfile.mkdtemp(prefix="skillctl-demo-"))
    project, home = room / "project", room / "home"
    project.mkdir()
    home.mkdir()
    print(f"A new project: {project}")
    for command in (["install", "arcgis", "--agent", "claude-code"], ["list"]):
        print(f"\n$ skillctl {' '.join(command)}", flush=True)
        status = subprocess.run(
            [sys.executable, "-m", "skillctl", *command], cwd=project, env=_environment(home), check=False
        ).returncode
        if status:
            return status
    print("\nWhat the agent finds on disk:\n")
    print("\n".join(_tree(project / _SKILLS, str(_SKILLS))))
    print(f"\n{told(project)}")
    print(f"\nLook around in {project}; delete {room} when done.")
    return 0


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "SKILLCTL_", "CLAUDE"))}
    return {**kept, "HOME": str(home), "USERPROFILE": str(home)}


def _tree(folder: Path, title: str, indent: str = "") -> list[str]:
    lines = [f"{indent}{title}/"]
    for entry in sorted(folder.iterdir(), key=lambda each: (each.is_dir(), each.name)):
        if entry.is_dir():
            lines += _tree(entry, entry.name, indent + "  ")
        else:
            lines.append(f"{indent}  {entry.name}  {entry.stat().st_size:,} bytes")
    return lines


if __name__ == "__main__":
    sys.exit(main())
