"""Templates in the texts of a JSON value: what a pack's plan is filled in with."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from skillctl.core.json_value import JsonValue, item_path, key_path
from skillctl.scaffold.render import rendered, sandbox


def rendered_texts(value: JsonValue, values: Mapping[str, str], *, file: str, path: str = "$") -> JsonValue:
    """The value with each string in it rendered as a template; keys, numbers and the value's shape stay as they are.

    The filter `quote` makes a value one word for a shell. InstallError E423 and E424 with the file and the path of the
    string.
    """
    environment = sandbox()
    environment.filters["quote"] = shlex.quote

    def within(part: JsonValue, path: str) -> JsonValue:
        match part:
            case str():
                return rendered(environment, part, values, file=f"{file} ({path})") if "{" in part else part
            case Mapping():
                return {key: within(member, key_path(path, key)) for key, member in part.items()}
            case list():
                return [within(item, item_path(path, number)) for number, item in enumerate(part)]
            case _:
                return part

    return within(value, path)
