"""Synthetic packs for benchmarks: the same arguments give the same bytes on every machine.

Each pack has one skill of five files and a context file, about 25 KB of text that compresses like prose does. Pack
number i depends on up to three packs of a lower number, so that every set can be installed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

_VOCABULARY = (
    "raster vector layer table field index query buffer overlay slope aspect contour network route facility demand "
    "survey parcel zone permit sample sensor series trend model score weight class label check report review publish "
    "the a of in to for with and or when after before never always only each every one two first last between under"
)
_WORDS = _VOCABULARY.split()
REFERENCE_BYTES = 4_500
SKILL_BYTES = 5_000
SCRIPT_BYTES = 1_500


class _Numbers:
    """A small generator of its own, so that no version of Python changes the bytes (xorshift, 64 bits)."""

    def __init__(self, seed: int) -> None:
        self._state = (seed * 0x9E3779B97F4A7C15 + 1) & 0xFFFFFFFFFFFFFFFF

    def below(self, bound: int) -> int:
        state = self._state
        state ^= state << 13 & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 7
        state ^= state << 17 & 0xFFFFFFFFFFFFFFFF
        self._state = state
        return state % bound


def pack_name(number: int) -> str:
    """The name of the pack of that number."""
    return f"bench-pack-{number:05d}"


def skill_name(number: int) -> str:
    """The name of the one skill of that pack."""
    return f"bench-skill-{number:05d}"


def dependencies(number: int) -> list[int]:
    """The numbers of the packs that it needs, all of them lower."""
    numbers = _Numbers(number + 1_000_003)
    return sorted({numbers.below(number) for _ in range(numbers.below(4))}) if number else []


def pack_files(number: int) -> Iterator[tuple[str, str]]:
    """Path and text of every file of the pack."""
    numbers = _Numbers(number)
    skill = skill_name(number)
    manifest = {
        "name": pack_name(number),
        "version": f"1.{number % 10}.{number % 7}",
        "description": f"A synthetic pack for benchmarks, number {number}",
        "license": "MIT",
        "dependencies": {pack_name(each): "^1.0.0" for each in dependencies(number)},
        "capabilities": ["benchmark"],
        "skills": [f"skills/{skill}"],
        "context_files": ["CONTEXT.md"],
    }
    yield "skill.json", json.dumps(manifest, indent=2) + "\n"
    yield "CONTEXT.md", _prose(numbers, f"Context of {skill}", REFERENCE_BYTES)
    description = f"Scores and checks. Use it when a benchmark asks for number {number}."
    front = f'---\nname: {skill}\ndescription: "{description}"\n---\n\n'
    yield f"skills/{skill}/SKILL.md", front + _prose(numbers, skill, SKILL_BYTES)
    for each in (1, 2, 3):
        yield f"skills/{skill}/references/part-{each}.md", _prose(numbers, f"Part {each}", REFERENCE_BYTES)
    yield f"skills/{skill}/scripts/run.py", _script(numbers)


def write_packs(root: Path, count: int) -> None:
    """The packs 0 to count - 1, each in its own directory below the root."""
    for number in range(count):
        for path, text in pack_files(number):
            file = root / pack_name(number) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")


def _prose(numbers: _Numbers, title: str, size: int) -> str:
    lines = [f"# {title}\n"]
    length = len(lines[0])
    while length < size:
        words = [_WORDS[numbers.below(len(_WORDS))] for _ in range(8 + numbers.below(9))]
        line = f"\n{' '.join(words).capitalize()}.\n"
        lines.append(line)
        length += len(line)
    return "".join(lines)


def _script(numbers: _Numbers) -> str:
    lines = ["#!/usr/bin/env python3\n"]
    while sum(map(len, lines)) < SCRIPT_BYTES:
        lines.append(f"print({numbers.below(10**6)} * {numbers.below(10**6)})\n")
    return "".join(lines)
