"""A policy as the text of a file: the commented one that `policy init` begins with, or one made of a value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from skillctl.core.json_value import JsonObject, JsonValue

TEMPLATE = """\
# Your policy for skillctl: what plans, packs and commands may do on this account.
#
# Deny beats ask, ask beats allow. The system's and a project's policy count as well, and the strictest answer wins.
# The rules that come with skillctl count too (`skillctl policy explain` shows them); an allow rule here lifts one for
# what it speaks of. A rule is a text, or a map with `id`, `reason` and more. Take away the `#` of what you want.

version: 1

# files:                            # globs: * and ? in a name, ** for directories, {a,b}, ~ for your home
#   deny:
#     - {glob: "~/Documents/taxes", reason: they are nobody's business}
#   ask:
#     - "**/package.json"
#   allow:
#     - "~/sandbox/**/.env"         # lifts a shipped rule

# commands:                         # each command of a line is judged by itself, whatever stands before it
#   deny:
#     - git push --force
#     - {program: [terraform, tofu], reason: only the pipeline applies plans}
#   ask:
#     - {program: rm, options: ["-r"]}

# network:
#   commands: registries            # the most that commands of plans may reach: none, loopback, registries, all
#   deny:
#     - pastebin.com                # with its subdomains

# isolation:
#   required: true                  # commands of plans run isolated or not at all

# packs:
#   minimum_age_days: 3
#   licences: [MIT, "Apache-2.0", "BSD-*"]
#   deny:
#     - "@somebody/*"

# hooks:                            # code of packs and projects that may run once it is trusted
#   otherwise: ask
"""


def policy_text(policy: JsonObject, *, head: str) -> str:
    """The policy as YAML, behind a comment."""
    lines = [f"# {line}".rstrip() for line in head.splitlines()]
    return "\n".join([*lines, "", *_lines(policy, "")]) + "\n"


def _lines(value: JsonObject, indent: str) -> Iterator[str]:
    for key, each in value.items():
        if isinstance(each, Mapping):
            yield f"{indent}{key}:"
            yield from _lines(each, f"{indent}  ")
        elif isinstance(each, list) and any(isinstance(item, Mapping) for item in each):
            yield f"{indent}{key}:"
            for item in each:
                yield f"{indent}  - {_flow(item)}"
        else:
            yield f"{indent}{key}: {_flow(each)}"


def _flow(value: JsonValue) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)
