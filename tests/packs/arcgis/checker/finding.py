"""What a check says: where, and a sentence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Finding:
    """One thing that is wrong in one place."""

    file: str
    line: int
    kind: str
    """The sort of fault in one word, for tests and for counting."""
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence} [{self.kind}]"
