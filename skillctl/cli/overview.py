"""The help of the program and of its groups, from the table alone."""

from __future__ import annotations

from skillctl.cli.table import ALIASES, ENTRIES, GROUPS, SECTIONS, Group, members

_HEAD = """\
Usage: skillctl [OPTIONS] COMMAND [ARGS]...

  Package manager for AI-agent skill packs.
"""

_TAIL = """\
Options:
  -V, --version  Show the version and exit.
  -h, --help     Show this message and exit. `skillctl COMMAND --help` tells more.

Every command takes --json: one envelope on standard output, for programs.
"""


def program_help() -> str:
    """What `skillctl --help` shows."""
    sections = "\n".join(_section(title, _rows(title)) for title in SECTIONS)
    return f"{_HEAD}\n{sections}\n{_TAIL}"


def group_help(group: Group) -> str:
    """What `skillctl config --help` shows."""
    rows = [(entry.name.partition(" ")[2], entry.about) for entry in members(group.name)]
    usage = f"Usage: skillctl {group.name} COMMAND [ARGS]...\n\n  {group.about}.\n"
    return f"{usage}\n{_section('Commands', rows)}\nOptions:\n  -h, --help  Show this message and exit.\n"


def _rows(section: str) -> list[tuple[str, str]]:
    """The commands and groups of a section, in the order of the table, with their other names."""
    rows = [(entry.name, entry.about) for entry in ENTRIES if entry.section == section and " " not in entry.name]
    rows += [(group.name, group.about) for group in GROUPS if group.section == section]
    return [(", ".join([name, *_short_names(name)]), about) for name, about in rows]


def _short_names(name: str) -> list[str]:
    return [alias for alias, words in ALIASES.items() if words == (name,) and "-" not in alias]


def _section(title: str, rows: list[tuple[str, str]]) -> str:
    width = max(len(name) for name, _ in rows)
    lines = [f"  {name:<{width}}  {about}" for name, about in rows]
    return "\n".join([f"{title}:", *lines, ""])
