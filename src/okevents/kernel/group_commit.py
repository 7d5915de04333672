"""Group commit: requests that arrive while a commit is in flight form the next batch.

Nobody waits for a timer: an idle writer takes a request at once, alone; a busy one takes what has gathered meanwhile.
So the cost of a commit (a lock, a trip, an fsync) is shared by just as many as would otherwise have queued for it.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from okevents.errors import Overloaded
from okevents.observability import correlation

Request = TypeVar("Request")
Answer = TypeVar("Answer")


class Pending(Generic[Request, Answer]):
    """A request and the promise of its answer. Whoever flushes the batch settles it, once."""

    __slots__ = ("_answer", "request", "submitted_at")

    def __init__(self, request: Request, answer: asyncio.Future[Answer], submitted_at: float = 0.0) -> None:
        self.request = request
        self._answer = answer
        self.submitted_at = submitted_at

    @property
    def is_settled(self) -> bool:
        return self._answer.done()

    def answer(self, answer: Answer) -> None:
        if not self._answer.done():
            self._answer.set_result(answer)

    def fail(self, error: BaseException) -> None:
        if not self._answer.done():
            self._answer.set_exception(error)


class BatchStatistics:
    """What a writer has done since its start. `waited` are seconds that requests spent before their batch began, all
    together; `sizes` counts batches by the power of two that their size doesn't exceed; `queued` is how many wait."""

    def __init__(self) -> None:
        self.batches = 0
        self.requests = 0
        self.waited = 0.0
        self.queued = 0
        self.sizes: Counter[int] = Counter()

    def begin(self, size: int, waited: float) -> None:
        """A batch of that size begins."""
        self.batches += 1
        self.requests += size
        self.waited += waited
        self.sizes[1 << (size - 1).bit_length()] += 1


Flush = Callable[[list[Pending[Request, Answer]]], Awaitable[None]]


class GroupCommit(Generic[Request, Answer]):
    """One writer: batches are flushed one after the other, each in order of arrival.

    `flush` must settle every pending request; one that it leaves open, or all when it raises, is failed here, so that
    nobody waits for ever. A caller that goes away (is cancelled) doesn't take its request out of a batch in flight:
    the effect may be there although nobody waits for the answer.
    """

    def __init__(
        self,
        flush: Flush[Request, Answer],
        *,
        max_batch: int = 256,
        max_queue: int = 10_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._flush = flush
        self._max_batch = max_batch
        self._max_queue = max_queue
        self._queue: deque[Pending[Request, Answer]] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._is_closing = False
        self._monotonic = monotonic
        self.statistics = BatchStatistics()

    async def submit(self, request: Request) -> Answer:
        """The request's answer, or the error it was refused with.

        Raises Overloaded when too many are waiting, or when the writer is closing; nothing was done then.
        """
        if self._is_closing:
            raise Overloaded("the service is shutting down")
        if len(self._queue) >= self._max_queue:
            raise Overloaded(f"{self._max_queue} writes are waiting already")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.append(Pending(request, answer, self._monotonic()))
        self.statistics.queued = len(self._queue)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write(), name="group-commit", context=correlation.apart())
        return await answer

    async def close(self) -> None:
        """Takes no more requests, and returns when all that were taken are settled."""
        self._is_closing = True
        while self._writer is not None:
            await asyncio.wait([self._writer])

    async def _write(self) -> None:
        try:
            while self._queue:
                size = min(len(self._queue), self._max_batch)
                batch = [self._queue.popleft() for _ in range(size)]
                self.statistics.queued = len(self._queue)
                now = self._monotonic()
                self.statistics.begin(size, sum(now - pending.submitted_at for pending in batch))
                await self._settle(batch)
        finally:
            self._writer = None

    async def _settle(self, batch: list[Pending[Request, Answer]]) -> None:
        try:
            await self._flush(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, every caller hears of it
            for pending in batch:
                pending.fail(error)
        else:
            for pending in batch:
                pending.fail(AssertionError("the batch was flushed without settling this request"))
