"""Arguments against a listed signature: what the real call would refuse raises here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.packs.arcgis.checker.calls import is_closed
from tests.packs.arcgis.checker.names import Named
from tests.packs.arcgis.standin.values import WrongCallError


def bind(found: Named, given: Sequence[object], named: Mapping[str, object]) -> dict[str, object]:
    """Parameter -> value; raises what the real call would, and for a literal that the parameter does not take."""
    parameters = found.parameters
    if parameters is None:
        return dict(named)
    bound: dict[str, object] = dict(zip(parameters, given, strict=False)) | dict(named)
    parameters = tuple(each for each in parameters if not each.startswith("*"))
    if is_closed(found):
        refuse_arguments(found, parameters, len(given), named)
    for name in found.required:
        if name not in bound:
            raise WrongCallError(f"`{found.name}` needs `{name}`")
    for name, value in bound.items():
        allowed = found.values.get(name)
        for each in value if isinstance(value, list | tuple) else (value,):
            if allowed and isinstance(each, str) and not takes(allowed, each):
                raise WrongCallError(f"`{name}` of `{found.name}` does not take {each!r}")
    return bound


def refuse_arguments(found: Named, parameters: Sequence[str], positional: int, named: Mapping[str, object]) -> None:
    if positional > len(parameters):
        raise WrongCallError(f"`{found.name}` takes {len(parameters)} arguments, not {positional}")
    for name in named:
        if name not in parameters:
            raise WrongCallError(f"`{found.name}` has no parameter `{name}`")
        if name in parameters[:positional]:
            raise WrongCallError(f"`{found.name}` gets `{name}` twice")


def takes(allowed: Sequence[str], literal: str) -> bool:
    """Whether a parameter takes a text; an empty one and `#` mean the default, and ours stands for any."""
    ours = ("", "#", "stand_in")
    return literal in ours or literal in allowed or all(part.strip() in allowed for part in literal.split(";"))
