"""What a server does that nobody asks for, in a thread of its own, and what its log is told of that."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Sequence
from itertools import count
from typing import Self

from skillctl.core.diagnostics import Problem
from skillctl.core.errors import SkillctlError
from skillctl.core.wording import worded
from skillctl_registry.server.service import Service

_EVERY = 5.0  # seconds between rounds
_REMEMBER = 60.0  # seconds between looks at what others have signed
_FRESH = 3600.0  # seconds between looks at what expires
_DAY = 86400.0  # seconds until the log is told once more of what is still wrong
_logger = logging.getLogger("uvicorn.error")  # which the server writes to stderr


class Background:
    """What a server does unasked: signs what was left, remembers what others have signed, keeps signatures fresh, and
    writes counts down. What goes wrong is told to the log, since nobody waits for an answer.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        signer = service.signer
        self._counting = _Work("writing down what was counted", _silent(service.write_counts), _EVERY)
        self._works = (
            _Work("signing what waits", _silent(signer.sign_waiting), _EVERY),
            self._counting,
            _Work("remembering what is signed", _silent(signer.remember), _REMEMBER),
            _Work("renewing signatures", signer.keep_fresh, _FRESH),
        )
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="skillctl background", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._counting.do(sys.maxsize)
        self._service.database.close()

    def _run(self) -> None:
        for number in count():
            self._round(number)
            if self._over.wait(_EVERY):
                return

    def _round(self, number: int) -> None:
        """Do what is due. What fails keeps nothing else from being done, and the next round does it."""
        for work in self._works:
            if work.is_due(number):
                work.do(number)


class _Work:
    """One thing that is done again and again, and what the log was told of it."""

    def __init__(self, name: str, work: Callable[[], Sequence[Problem]], every: float) -> None:
        """`work` gives what is wrong though it was done; `every` is in seconds."""
        self._name = name
        self._work = work
        self._every = every
        self._due = 0
        """The round in which it is to be done again."""
        self._told = ""
        self._told_in = 0

    def is_due(self, number: int) -> bool:
        """Whether it is to be done in that round."""
        return self._due <= number

    def do(self, number: int) -> None:
        """Do it. No error comes of it: one that nobody has thought of would end all else that is done unasked."""
        try:
            problems = self._work()
        except SkillctlError as error:
            self._tell(_in_words(error.problems), number)
        except Exception as error:  # noqa: BLE001  the log has it with its traceback
            self._tell(type(error).__name__, number, error)
        else:
            self._due = number + int(self._every / _EVERY)
            self._tell(_in_words(problems), number)

    def _tell(self, what: str, number: int, error: Exception | None = None) -> None:
        """Tell the log what is wrong, empty for nothing: when it is another thing than before, and once a day."""
        if what == self._told and (not what or number - self._told_in < _DAY / _EVERY):
            return
        level = logging.ERROR if what else logging.WARNING
        _logger.log(level, "%s: %s", self._name, what or "it goes well again", exc_info=error)
        self._told, self._told_in = what, number


def _silent(work: Callable[[], object]) -> Callable[[], Sequence[Problem]]:
    """The work, of which there is nothing to tell when it is done."""

    def done() -> Sequence[Problem]:
        work()
        return ()

    return done


def _in_words(problems: Sequence[Problem]) -> str:
    return "; ".join(f"{each.code} {worded(each).title}" for each in problems)
