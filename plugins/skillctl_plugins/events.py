"""Every event that a plugin can hook into: what it is told, and what its answer means.

This table is the documentation: the reference page is made from it, and `fire` refuses arguments that it doesn't name.

An event before something (`pre_…`) is closed: a callback that raises or overstays blocks what was going to happen. An
event after something (`post_…`) undoes nothing: a failure is reported. Any other name is a custom event, between
plugins: it takes what is given to it, and a failure is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from skillctl.core.value import dataclass

Kind = Literal["pre", "post", "ask", "custom"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One point in the life of a plan or a pack."""

    name: str
    kind: Kind
    about: str
    """When it comes."""
    arguments: Mapping[str, str]
    """Name -> what it holds. All are JSON values."""
    answer: str = ""
    """What a callback may return, and what that does; empty: nothing is done with it."""


_PLAN = "the plan, as JSON: `name`, `files`, `run` and what else it has"
_PROJECT = "the project's directory, absolute"
_PACKS = "a list of `{name, version, tree, source}`"

EVENTS: Mapping[str, Event] = {
    event.name: event
    for event in (
        Event(
            name="pre_execute",
            kind="pre",
            about="before anything of a plan is written",
            arguments={"plan": _PLAN},
            answer="a changed plan, which is checked again and goes on to the next plugin; nothing leaves it as it is",
        ),
        Event(
            name="post_execute",
            kind="post",
            about="after a plan was written and built, whether that went well or not",
            arguments={"plan": _PLAN, "result": "`project_dir`, `stack`, `run_cmd`, `ok`, steps and repairs"},
        ),
        Event(
            name="detect_stack",
            kind="ask",
            about="before the stack of a project is found out",
            arguments={"files": "a list of `{filename, code}`"},
            answer="the name of a stack; the first that comes is taken",
        ),
        Event(
            name="pre_build",
            kind="pre",
            about="after a stack's dependencies were installed, before it is built",
            arguments={"stack": "its name", "project_dir": _PROJECT, "plan": _PLAN},
            answer='extra steps as lists of words (`[["make", "assets"]]`), run before the stack\'s own build',
        ),
        Event(
            name="post_build",
            kind="post",
            about="after a stack was built",
            arguments={"stack": "its name", "project_dir": _PROJECT, "result": "`ok`, the steps and what was built"},
        ),
        Event(
            name="pre_run",
            kind="pre",
            about="before a project's program is started",
            arguments={"project_dir": _PROJECT},
            answer="an object of environment variables for the program",
        ),
        Event(
            name="post_run",
            kind="post",
            about="after a project's program has ended",
            arguments={
                "project_dir": _PROJECT,
                "returncode": "its exit status; negative where a signal ended it",
                "rc": "the same, by its classic name",
            },
        ),
        Event(
            name="pre_install",
            kind="pre",
            about="before packs are placed, when all are fetched and checked",
            arguments={"project_dir": "the project's directory; empty for the user's own skills", "packs": _PACKS},
        ),
        Event(
            name="post_install",
            kind="post",
            about="after packs were placed",
            arguments={"project_dir": "the project's directory; empty for the user's own skills", "packs": _PACKS},
        ),
        Event(
            name="pre_remove",
            kind="pre",
            about="before packs are removed",
            arguments={"project_dir": "the project's directory; empty for the user's own skills", "packs": _PACKS},
        ),
        Event(
            name="pre_publish",
            kind="pre",
            about="before a release is put into a registry",
            arguments={"pack": "its name", "version": "its version", "tree": "its tree digest", "registry": "where"},
        ),
        Event(
            name="post_publish",
            kind="post",
            about="after a release was put into a registry",
            arguments={"pack": "its name", "version": "its version", "tree": "its tree digest", "registry": "where"},
        ),
        Event(
            name="post_sync",
            kind="post",
            about="after the agents' directories were made equal to the lock",
            arguments={"project_dir": "the project's directory; empty for the user's own skills", "packs": _PACKS},
        ),
    )
}


def event_named(name: str) -> Event:
    """The event of that name; a custom one where the table has none."""
    return EVENTS.get(name) or Event(name=name, kind="custom", about="", arguments={})


def plain_name(name: str) -> str:
    """The event's name without the `on_` that the classic form may put before it."""
    plain = name.removeprefix("on_")
    return plain if plain in EVENTS else name
