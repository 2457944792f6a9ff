"""What a Poetry project depends on, in pip's words: for an index that Poetry can't read.

Poetry asks PyPI for JSON. A mirror that stands in for it and knows only the older HTML pages is read by pip and uv but
not by Poetry, whose own answer to that (a source in pyproject.toml) is nothing that a plan can know. So where Poetry
says that it got no JSON, the versions of its lock, or else its requirements, are installed by the other tools.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from skillctl_runtime.stack import Files
from skillctl_runtime.stacks.python_manifests import Manifests, read_toml, strings, table, text

# what Poetry has kept of an index it says in the second form
_UNREADABLE = re.compile(
    r"JSONDecodeError|Expecting value: line 1 column 1|^Package \S+ \([^)\n]+\) not found", re.MULTILINE
)
_ELSEWHERE = frozenset({"git", "path", "url", "file"})


def cannot_read_index(output: str) -> bool:
    """Did Poetry fail because the index doesn't answer in JSON?"""
    return _UNREADABLE.search(output) is not None


def in_words_of_pip(files: Files, manifests: Manifests) -> tuple[str, ...]:
    """The locked versions, else the requirements; empty where something comes from elsewhere than an index."""
    locked = tuple(_locked(read_toml(files, "poetry.lock")))
    if locked:
        return locked
    dependencies = table(manifests.tool("poetry"), "dependencies")
    own = tuple(_requirements(dependencies))
    return () if "" in own else (*manifests.project_dependencies, *own)


def ranges(said: str) -> str:
    """Poetry's way to say a range in the words of PEP 440."""
    alternatives = [part for part in said.split("||") if part.strip()]
    parts = (_range(part.strip()) for part in (alternatives or [""])[0].split(","))
    return ",".join(part for part in parts if part)


def _locked(lock: Mapping[str, object]) -> Iterator[str]:
    packages = lock.get("package")
    for each in packages if isinstance(packages, list) else ():
        groups = strings(table(each).get("groups"))
        if not table(each).get("optional") and (not groups or "main" in groups):
            markers = table(each).get("markers")
            marker = f" ; {markers}" if isinstance(markers, str) else ""
            yield f"{text(table(each).get('name'))}=={text(table(each).get('version'))}{marker}"


def _requirements(dependencies: Mapping[str, object]) -> Iterator[str]:
    """Each requirement; an empty one stands for something that no index has."""
    for name, given in dependencies.items():
        if name == "python":
            continue
        if isinstance(given, Mapping):
            if _ELSEWHERE & given.keys():
                yield ""
            elif not given.get("optional"):
                extras = strings(given.get("extras"))
                marker = text(given.get("markers"))
                listed = f"[{','.join(extras)}]" if extras else ""
                yield f"{name}{listed}{ranges(text(given.get('version')))}" + (f" ; {marker}" if marker else "")
        else:
            yield name + ranges(text(given))


def _range(part: str) -> str:
    found = re.fullmatch(r"(\^|~|[<>=!~]=?|)\s*v?(\d+(?:\.\d+)*)((?:\.\*)?.*)", part)
    if found is None:
        return ""
    sign, numbers, rest = found[1], [int(each) for each in found[2].split(".")], found[3]
    if sign == "^":
        fixed = next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)
        return f">={found[2]}{rest},<{_raised(numbers, fixed)}"
    if sign == "~":
        return f">={found[2]}{rest},<{_raised(numbers, min(1, len(numbers) - 1))}"
    return f"{sign or '=='}{found[2]}{rest}"


def _raised(numbers: list[int], index: int) -> str:
    return ".".join(map(str, [*numbers[:index], numbers[index] + 1]))
