"""Writes the reference pages that come from the code: commands, codes and events of plugins. `make docs`.

python -m tests.docs.generate            write them
python -m tests.docs.generate --check    status 1 if one is not current
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from skillctl.cli.leaf import leaf
from skillctl.cli.table import ALIASES, ENTRIES, GROUPS, SECTIONS, Entry
from skillctl.core.wording import wordings
from skillctl.core.wording.entry import Wording
from skillctl.formats.agent_rules import is_asked_for
from skillctl.formats.fixes import is_mended
from skillctl.formats.silence import why_never
from skillctl_plugins.events import EVENTS

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"

_AREAS = {
    "0": "Usage",
    "1": "Manifests, skills and text formats",
    "2": "Registries and archives",
    "3": "Resolution",
    "4": "Install and state",
    "5": "Runtime",
    "6": "Plugins",
    "7": "Trust in registries, and what serves them",
}
_KINDS = {"E": "error", "W": "warning", "N": "note"}


def pages() -> dict[str, str]:
    """File name -> text of every generated page."""
    return {
        "commands.md": "\n".join(_commands()),
        "errors.md": "\n".join(_codes()),
        "server-api.md": "\n".join(_endpoints()),
        "plugin-events.md": "\n".join(_events()),
        "validation-rules.md": "\n".join(_rules()),
    }


def _endpoints() -> Iterator[str]:
    from skillctl_registry.server.routes import ROUTES

    yield "# The API of a served registry"
    yield ""
    yield "What `skillctl registry serve` answers below its address, beside the registry's files. The same is given as"
    yield "an OpenAPI document under `api/v1/openapi.json`. A token goes along as `Authorization: Bearer skl_…`. Every"
    yield "refusal is"
    yield '`{"problems": [{"code", "title", "hint", "evidence"}]}`, with [codes](errors.md) of this program.'
    yield ""
    for route in ROUTES:
        yield f"## {route.method} {route.path}"
        yield ""
        yield route.about
        yield ""
        needs = {"": "nobody in particular", "token": "any token"}.get(route.needs, f"a token for `{route.needs}`")
        yield f"- asks for {needs}"
        if route.takes == "archive":
            yield "- takes an archive, `application/gzip`; signatures of authors in the header `skillctl-signatures`"
        if route.takes == "json":
            members = ", ".join(f"`{each}`" + ("" if each in route.required else " (optional)") for each in route.body)
            yield f"- takes `application/json` with {members}"
        for each in route.parameters:
            yield f"- parameter `{each.name}`{'' if each.required else ' (optional)'}: {each.about}"
        yield f"- gives {', '.join(f'`{each}`' for each in route.gives)}"
        yield ""
    yield "`GET health` says whether the database answers, `GET metrics` counts requests and batches for Prometheus,"
    yield "and says in how many seconds the first signature expires."


def stale() -> list[str]:
    """The pages that are not what the code says now."""
    return [name for name, text in pages().items() if _text(REFERENCE / name) != text]


def main(arguments: list[str]) -> int:
    """The exit status."""
    if arguments == ["--check"]:
        old = stale()
        for name in old:
            print(f"docs/reference/{name} is not current: run `make docs`", file=sys.stderr)
        return 1 if old else 0
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
    return 0


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _commands() -> Iterator[str]:
    yield "<!-- made from the code by `make docs` -->"
    yield "# Commands\n"
    yield "Every command takes `--json`, `--quiet` and `--help`. Under `--json` standard output holds one envelope"
    yield "(`skillctl/formats/schemas/envelope.schema.json`) and nothing else. [Exit status](exit-status.md) is 0 for"
    yield "done, 1 for failed or problems found, 2 for a wrong call; the [codes](errors.md) of problems are stable.\n"
    for section in SECTIONS:
        yield f"## {section}\n"
        for entry in ENTRIES:
            if entry.section == section:
                yield from _command(entry)
    yield "## Other names\n"
    yield "| word | stands for |"
    yield "| --- | --- |"
    for alias, words in ALIASES.items():
        yield f"| `{alias}` | `{' '.join(words)}` |"
    yield ""


def _command(entry: Entry) -> Iterator[str]:
    command: Any = leaf(entry)
    context: Any = command.make_context(f"skillctl {entry.name}", [], resilient_parsing=True)
    yield f"### skillctl {entry.name}\n"
    group = next((each for each in GROUPS if entry.name.startswith(f"{each.name} ")), None)
    if group is not None:
        yield f"{group.about}: {entry.about[0].lower()}{entry.about[1:]}.\n"
    yield f"```text\n{context.get_usage().removeprefix('Usage: ')}\n```\n"
    yield f"{_paragraphs(command.help)}\n"
    rows = [record for each in command.params if (record := each.get_help_record(context)) is not None]
    shared = ("--json", "-q, --quiet")
    kept = [(name, about) for name, about in rows if name not in shared]
    if kept:
        yield "| argument or option | meaning |"
        yield "| --- | --- |"
        for name, about in kept:
            yield f"| `{_cell(name)}` | {_cell(about)} |"
        yield ""


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _codes() -> Iterator[str]:
    yield "<!-- made from the code by `make docs` -->"
    yield "# Codes\n"
    yield "Every problem has a code that stays. The letter tells how bad it is (E error, W warning, N note), the first"
    yield "digit the area. Words in braces are filled in with the facts.\n"
    area = ""
    for code, words in wordings().items():
        if code[1] != area:
            area = code[1]
            yield f"## {_AREAS[area]}\n"
        yield from _code(code, words)


def _code(code: str, words: Wording) -> Iterator[str]:
    yield f"### {code}\n"
    yield f"{_KINDS[code[0]].capitalize()}: {words.title}\n"
    if words.hint and words.hint != "{advice}":
        yield f"Hint: {words.hint}\n"
    yield f"{words.about}\n"


def _rules() -> Iterator[str]:
    yield "<!-- made from the code by `make docs` -->"
    yield "# Rules of validation\n"
    yield "What `skillctl validate` looks for, by code; each leads to what it means and why the rule exists. Plans are"
    yield "held to the rules of the runtime besides (E501 and following). How to silence one:"
    yield "[publish with confidence](../how-to/publish-with-confidence.md#silence-a-rule).\n"
    yield "| rule | found | `--fix` | can be silenced | looked for |"
    yield "| --- | --- | --- | --- | --- |"
    known = wordings()
    for code, words in known.items():
        if code[1] == "1" and not code.startswith("E19"):
            mended = ("mends it in a skill" if code == "E101" else "mends it") if is_mended(code) else ""
            silenced = "in one file" if code == "E122" else "" if why_never(code, known.keys()) else "yes"
            when = "with `--agent`" if is_asked_for(code) else "always"
            yield f"| [{code}](errors.md#{code.lower()}) | {_cell(words.title)} | {mended} | {silenced} | {when} |"
    yield ""


def _events() -> Iterator[str]:
    yield "<!-- made from the code by `make docs` -->"
    yield "# Events that plugins hook into\n"
    yield "A callback is added with `manager.add_hook(event, callback, priority=100)` and called with keyword"
    yield "arguments; it may take only those that it needs, or `**kwargs`. Arguments and answers are JSON values. Any"
    yield "other name is a custom event, between plugins.\n"
    yield "How to write one: [write a plugin](../how-to/write-a-plugin.md).\n"
    for event in EVENTS.values():
        yield f"## {event.name}\n"
        yield f"Comes {event.about}. {_EVENT_KINDS[event.kind]}\n"
        yield "| argument | holds |"
        yield "|---|---|"
        yield from (f"| `{name}` | {_cell(about)} |" for name, about in event.arguments.items())
        yield ""
        if event.answer:
            yield f"A callback may return {event.answer}.\n"


_EVENT_KINDS = {
    "pre": "A callback that raises, or takes longer than 30 seconds, blocks it.",
    "post": "A failure is reported and undoes nothing.",
    "ask": "A failure is reported, and the others are asked.",
    "custom": "",
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
