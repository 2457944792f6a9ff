"""Faults that a server or the way to it can have: each an answer, and the codes that it must be told by."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from skillctl.edges.http import Patience
from tests.support.server import Answer, Asked, bomb, page

HASTE = Patience(connect=0.25, idle=0.15, total=1.0, rate=4096, grace=0.1, attempts=3, pause=0.002, longest_pause=0.05)
"""Gives up at once, where something is slow."""
CALM = Patience(attempts=3, pause=0.002, longest_pause=0.05)
"""Waits for a busy machine, but not between two attempts."""

_HEAD = b"HTTP/1.1 200 OK\r\n"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What a server does wrong."""

    answer: Answer
    codes: tuple[str, ...]
    """One of these; the empty one: that there was nothing wrong for this request."""
    special: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Where a kind of request sees it otherwise."""

    is_slow: bool = False
    """Whether it shows in time alone; on a busy machine a drop may come so late that it counts as silence
    (E282), and a silence last until all of the time is over (E283)."""

    @property
    def patience(self) -> Patience:
        """As short as it can be where time is what the fault is about, and else long enough for a busy machine."""
        return HASTE if self.is_slow else CALM

    def codes_for(self, kind: str) -> tuple[str, ...]:
        return self.special.get(kind, self.codes)


def _says(status: int, body: bytes = b"no", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked: asked.say(status, body, headers=named)


def _sends(*parts: bytes, pause: float = 0.0, times: int = 1) -> Answer:
    def answer(asked: Asked) -> None:
        with suppress(OSError):
            for _ in range(times):
                for part in parts:
                    asked.send(part)
                    if pause:
                        time.sleep(pause)
        asked.hang_up()

    return answer


def _silent(asked: Asked) -> None:
    with suppress(OSError):
        asked.connection.recv(1)


def _silent_in_the_middle(asked: Asked) -> None:
    asked.send(_HEAD + b"content-length: 100\r\n\r\nhalf")
    _silent(asked)


def _resets_in_the_middle(asked: Asked) -> None:
    asked.send(_HEAD + b"content-length: 100\r\n\r\nhalf")
    asked.reset()


_NO_BODY = {"a look": ("",)}
"""Who only looks never sees the body."""
_TOLD = {"a change": ("E295",)}
"""Who asked for a change is told what the server says of it, since it was not done."""
_TYPED = {"a read of bytes with a digest": ("",), **_NO_BODY}
"""Nor does it matter to who compares digests how the body is called."""

FAULTS: Mapping[str, Fault] = {
    "500": Fault(answer=_says(500), codes=("E286",)),
    "502": Fault(answer=_says(502), codes=("E286",)),
    "503 and back at once": Fault(answer=_says(503, retry_after="0"), codes=("E286",)),
    "503 and back in an hour": Fault(answer=_says(503, retry_after="3600"), codes=("E286",)),
    "429 until a date": Fault(
        answer=_says(429, retry_after="Fri, 31 Dec 2100 23:59:59 GMT"), codes=("E286",), special=_TOLD
    ),
    "429 and nonsense": Fault(answer=_says(429, retry_after="soon"), codes=("E286",), special=_TOLD),
    "501": Fault(answer=_says(501), codes=("E286",)),
    "404": Fault(answer=_says(404), codes=("E291",)),
    "410": Fault(answer=_says(410), codes=("E291",)),
    "401": Fault(answer=_says(401), codes=("E287",)),
    "403": Fault(answer=_says(403), codes=("E287",)),
    "204 where there should be data": Fault(answer=_says(204, b""), codes=("E295",)),
    "418": Fault(answer=_says(418), codes=("E295",)),
    "206 unasked": Fault(answer=_says(206), codes=("E295",)),
    "a redirection to nowhere": Fault(answer=_says(302), codes=("E295",)),
    "reset": Fault(answer=lambda asked: asked.reset(), codes=("E285",)),
    "hung up": Fault(answer=lambda asked: asked.hang_up(), codes=("E285",)),
    "cut off": Fault(answer=_sends(_HEAD + b"content-length: 100\r\n\r\nhalf"), codes=("E285",), special=_NO_BODY),
    "cut off in chunks": Fault(
        answer=_sends(_HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nhal"), codes=("E285",), special=_NO_BODY
    ),
    "a chunk that is none": Fault(
        answer=_sends(_HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\nhalf\r\n"), codes=("E294",), special=_NO_BODY
    ),
    "reset in the middle": Fault(answer=_resets_in_the_middle, codes=("E285",), special={"a look": ("", "E285")}),
    "silence": Fault(answer=_silent, codes=("E282", "E283"), is_slow=True),
    "silence in the middle": Fault(
        answer=_silent_in_the_middle, codes=("E282", "E283"), special=_NO_BODY, is_slow=True
    ),
    "a header drop by drop": Fault(
        answer=_sends(b"x-drop: 1\r\n", pause=0.05, times=60),
        codes=("E282", "E283", "E285", "E294"),
        is_slow=True,
    ),
    "headers without end": Fault(
        answer=_sends(_HEAD, *[b"x-more: %d\r\n" % number for number in range(8)], pause=0.1),
        codes=("E282", "E283", "E285", "E294"),
        is_slow=True,
    ),
    "a body drop by drop": Fault(
        answer=_sends(_HEAD + b"content-length: 100\r\n\r\n", *[b"."] * 60, pause=0.04),
        codes=("E282", "E283"),
        special=_NO_BODY,
        is_slow=True,
    ),
    "a body without end": Fault(
        answer=_sends(_HEAD + b"\r\n", *[b"x" * 60_000] * 40),
        codes=("E294",),
        special={"a read of bytes with a digest": ("E284",), **_NO_BODY},
    ),
    "chunks without end": Fault(
        answer=_sends(_HEAD + b"transfer-encoding: chunked\r\n\r\n", *[b"ea60\r\n" + b"x" * 60_000 + b"\r\n"] * 40),
        codes=("E284",),
        special=_NO_BODY,
    ),
    "a length beyond measure": Fault(
        answer=_sends(_HEAD + b"content-length: 99999999999\r\n\r\n"), codes=("E284",), special=_NO_BODY
    ),
    "a length that is none": Fault(answer=_sends(_HEAD + b"content-length: many\r\n\r\n"), codes=("E294",)),
    "two lengths": Fault(answer=_sends(_HEAD + b"content-length: 1\r\ncontent-length: 2\r\n\r\nab"), codes=("E294",)),
    "a header beyond measure": Fault(
        answer=_sends(_HEAD + b"x-long: " + b"x" * 300_000 + b"\r\n\r\n"), codes=("E294", "E285")
    ),
    "no HTTP at all": Fault(answer=_sends(b"220 mail.example ESMTP\r\n\r\n"), codes=("E294",)),
    "a redirection in a circle": Fault(answer=_says(302, location="/again"), codes=("E288",)),
    "a redirection to a file": Fault(answer=_says(302, location="file:///etc/passwd"), codes=("E288",)),
    "a redirection to http elsewhere": Fault(answer=_says(302, location="http://other.example/"), codes=("E288",)),
    "a redirection to no address": Fault(answer=_says(302, location="https://[/"), codes=("E288",)),
    "a bomb": Fault(
        answer=lambda asked: asked.say(200, bomb(), headers={"content-encoding": "gzip"}),
        codes=("E284",),
        special=_TYPED | {"a read of bytes with a digest": ("",)},
    ),
    "packed in an unknown way": Fault(answer=_says(200, b"xx", content_encoding="br"), codes=("E296",), special=_TYPED),
    "packed and damaged": Fault(answer=_says(200, b"xx", content_encoding="gzip"), codes=("E296",), special=_TYPED),
    "a page to sign in": Fault(
        answer=lambda asked: asked.say(200, page(), headers={"content-type": "text/html"}),
        codes=("E289",),
        special=_NO_BODY,
    ),
    "a status to sign in": Fault(answer=lambda asked: asked.say(511, page()), codes=("E289",)),
}
