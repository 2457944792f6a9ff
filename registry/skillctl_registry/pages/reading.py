"""The files of a release as its page tells of them: its texts, its commands, what it asks for and what it costs.

A page has bounds. Texts beyond them are named and not shown; who wants them all installs the pack, or fetches it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from skillctl.archive.reader import Unpacked
from skillctl.core.digests import entry_of
from skillctl.core.errors import SkillctlError
from skillctl.core.json_value import JsonValue
from skillctl.core.limits import Limits
from skillctl.core.manifest import MANIFEST_FILE
from skillctl.core.pack_difference import PackDifference, pack_difference
from skillctl.core.release_difference import FileDifference, file_differences, manifest_changes
from skillctl.core.skill_file import SKILL_FILE, FrontValue, SkillFile
from skillctl.core.stored import StoredPack, costs_of
from skillctl.core.tokens import estimated_tokens
from skillctl.core.value import dataclass, replace
from skillctl.formats.front_matter import read_skill_file
from skillctl_registry.packs import read_manifest
from skillctl_registry.pages.markdown import MOST, to_html, without_title
from skillctl_registry.pages.values import Command, ReleaseLook
from skillctl_registry.records import stored_of

_TEXTS = 600_000
"""Characters of commands' texts that one page has."""
_LINES = 1_000
"""Of a file that is compared line by line: the time for that grows with the square."""
_SHOWN = 3_000
"""Lines of differences that one page has."""
_WIDE = 500
"""Characters of such a line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """How two releases differ."""

    difference: PackDifference
    manifest: tuple[tuple[str, str, str], ...]
    files: tuple[FileDifference, ...]
    left_out: int


def look_at(unpacked: Unpacked, *, called: str, limits: Limits) -> ReleaseLook:
    """What the files tell. ManifestError for what is no pack."""
    files = {each.path: each.data for each in unpacked.members}
    manifest = read_manifest(files.get(MANIFEST_FILE, b""), file=f"{called}: {MANIFEST_FILE}", limits=limits)
    stored = stored_of(unpacked, files, called=called, limits=limits, manifest=manifest)
    context = files.get("CONTEXT.md", b"")
    return ReleaseLook(
        manifest=manifest,
        readme=to_html(without_title(_text(files.get("README.md", b"")), manifest.name), level=3),
        context=to_html(without_title(_text(context), manifest.name), level=3),
        context_tokens=estimated_tokens(context),
        commands=tuple(_commands(stored, files)),
        asks=stored.asks.asks() if stored.asks is not None else (),
        hidden=stored.hidden,
        files=tuple((path, len(data)) for path, data in sorted(files.items())),
    )


def compare(before: Unpacked, after: Unpacked, *, name: str, limits: Limits) -> Compared:
    """How the releases differ. ManifestError for what is no pack."""
    files = [{each.path: each.data for each in one.members} for one in (before, after)]
    manifests = [read_manifest(each.get(MANIFEST_FILE, b""), file=MANIFEST_FILE, limits=limits) for each in files]
    old, new = (
        stored_of(unpacked, own, called=name, limits=limits, manifest=manifest)
        for unpacked, own, manifest in zip((before, after), files, manifests, strict=True)
    )
    difference = pack_difference(name, old, new)
    shown = tuple(_within_room(file_differences(*files, most_lines=_LINES)))
    changed = len(difference.new) + len(difference.changed) + len(difference.gone)
    return Compared(
        difference=difference,
        manifest=tuple((each.key, _said(each.before), _said(each.after)) for each in manifest_changes(*manifests)),
        files=shown,
        left_out=changed - len(shown),
    )


def _within_room(files: Iterator[FileDifference]) -> Iterator[FileDifference]:
    """As many as a page has room for; what follows is not even compared."""
    room = _SHOWN
    for each in files:
        room -= len(each.lines) + 1
        if room < 0:
            return
        yield replace(each, lines=tuple(line if len(line) <= _WIDE else f"{line[:_WIDE]}…" for line in each.lines))


def _commands(stored: StoredPack, files: Mapping[str, bytes]) -> Iterator[Command]:
    room = _TEXTS
    for cost in costs_of(stored):
        skill = stored.skills[cost.skill]
        text = _text(files[entry_of(skill.files[SKILL_FILE]).path])
        front, body = _parted(text)
        room -= len(body)
        yield Command(
            name=cost.skill,
            description=skill.description,
            fields=tuple(_fields(front)),
            html=to_html(body, level=4) if room >= 0 else "",
            cost=cost,
            files=len(skill.files) - 1,
            manual=skill.manual,
        )


def _parted(text: str) -> tuple[SkillFile | None, str]:
    """Front matter and body; of one that can't be read all is body."""
    try:
        found = read_skill_file(text.encode(), file=SKILL_FILE)
    except SkillctlError:
        return None, text
    return found, found.body


def _fields(front: SkillFile | None) -> Iterator[tuple[str, str]]:
    for key, value in front.front.items() if front is not None else ():
        if key not in ("name", "description") and (said := _flat(value)):
            yield key, said


def _flat(value: FrontValue) -> str:
    """A field in one line."""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return ", ".join(_flat(each) for each in value)
    return "; ".join(f"{key}: {_flat(each)}" for key, each in value.items())


def _text(data: bytes) -> str:
    return data[: MOST * 4].decode(errors="replace")


def _said(value: JsonValue) -> str:
    """A member of the manifest in one line."""
    import json

    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
