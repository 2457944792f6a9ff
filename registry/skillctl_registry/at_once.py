"""Waiting for many answers of the network at once, where each alone is mostly waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

JOBS = 16
"""Files that are fetched at a time."""

_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


@contextmanager
def at_once(
    work: Callable[[_Item], _Done], items: Collection[_Item], *, ahead: int = 16 * JOBS
) -> Iterator[Iterator[_Done]]:
    """For a block, what the work gives for each, in their order, as it comes.

    Not more than `ahead` of them are begun before the first of these is taken: so much is held. What has not begun when
    the work raises, or when the block ends, however it ends, is never begun; what has is waited for.
    """
    with closing(_done(work, items, ahead)) as done:  # an error keeps whoever was at work alive: nobody else ends it
        yield done


def _done(work: Callable[[_Item], _Done], items: Collection[_Item], ahead: int) -> Generator[_Done, None, None]:
    if not items:
        return
    from concurrent.futures import ThreadPoolExecutor  # every command that opens registries loads what asks for this

    begun: deque[Future[_Done]] = deque()
    with ThreadPoolExecutor(min(JOBS, len(items))) as pool:
        try:
            for item in items:
                if len(begun) == ahead:
                    yield begun.popleft().result()
                begun.append(pool.submit(work, item))
            while begun:
                yield begun.popleft().result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
