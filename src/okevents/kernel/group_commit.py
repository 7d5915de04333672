"""Group commit: requests that arrive while a commit is in flight form the next batch.

Nobody waits for a timer: an idle writer takes a request at once, alone; a busy one takes what has gathered meanwhile.
So the cost of a commit (a lock, a trip, an fsync) is shared by just as many as would otherwise have queued for it.

More than can be committed is refused early, while there is nothing to undo: at once, where the batches that wait would
take too long at the pace of the last ones; and when its time is over, where the pace has fallen since. A queue that is
bounded by its length alone is minutes long when the database is slow, and then everybody gives up before their turn
(Nichols and Jacobson, Controlling Queue Delay, 2012: what counts is the time that is spent in a queue).
"""

import asyncio
import math
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from okevents.errors import Overloaded
from okevents.kernel.durations import Durations
from okevents.observability import correlation, tracing

MAX_WAIT = 5.0
"""Seconds that a request may wait for its batch to begin."""

SHED_EVERY = 0.05
"""Seconds between two looks for those that have waited too long, at the least: each look goes through all."""

LEAST_SPREAD = 2
"""Whole seconds over which those who are refused come back, at the least: over one they would all come at once."""

PACE_WEIGHT = 0.25
"""How much the last batch counts in what a batch is expected to take."""

Request = TypeVar("Request")
Answer = TypeVar("Answer")


class Pending(Generic[Request, Answer]):
    """A request and the promise of its answer. Whoever flushes the batch settles it, once. One without `due_at` waits
    for as long as it takes. `batch_size` is told where spans are recorded."""

    __slots__ = ("_answer", "batch_size", "due_at", "request", "submitted_at")

    def __init__(
        self,
        request: Request,
        answer: asyncio.Future[Answer],
        submitted_at: float = 0.0,
        due_at: float = math.inf,
    ) -> None:
        self.request = request
        self._answer = answer
        self.submitted_at = submitted_at
        self.due_at = due_at
        self.batch_size = 0

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
    together; `sizes` counts batches by the power of two that their size doesn't exceed; `took` is how long it took from
    a batch's beginning until all of it was settled; `queued` is how many wait, `refused` how many were refused because
    too much waits."""

    def __init__(self) -> None:
        self.batches = 0
        self.requests = 0
        self.waited = 0.0
        self.queued = 0
        self.refused = 0
        self.sizes: Counter[int] = Counter()
        self.took = Durations()

    def begin(self, size: int, waited: float) -> None:
        """A batch of that size begins."""
        self.batches += 1
        self.requests += size
        self.waited += waited
        self.sizes[1 << (size - 1).bit_length()] += 1


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


Flush = Callable[[list[Pending[Request, Answer]]], Awaitable[None]]


class GroupCommit(Generic[Request, Answer]):
    """One writer: batches are flushed one after the other, each in order of arrival.

    `flush` must settle every pending request; one that it leaves open, or all when it raises, is failed here, so that
    nobody waits for ever. A caller that goes away (is cancelled) doesn't take its request out of a batch in flight:
    the effect may be there although nobody waits for the answer.

    A request whose batch hasn't begun after `max_wait` seconds is refused, and so is one that would have to wait for
    longer.
    """

    def __init__(
        self,
        flush: Flush[Request, Answer],
        *,
        max_batch: int = 256,
        max_queue: int = 10_000,
        max_wait: float = MAX_WAIT,
        monotonic: Callable[[], float] = _loop_time,
    ) -> None:
        self._flush = flush
        self._max_batch = max_batch
        self._max_queue = max_queue
        self._max_wait = max_wait
        self._pace = 0.0  # seconds that a batch takes
        self._begun_at: float | None = None  # the batch in flight
        self._shedding: asyncio.TimerHandle | None = None
        self._queue: deque[Pending[Request, Answer]] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._is_closing = False
        self._monotonic = monotonic
        self.statistics = BatchStatistics()

    async def submit(self, request: Request, *, is_patient: bool = False) -> Answer:
        """The request's answer, or the error it was refused with. `is_patient`: it waits however long that takes.

        Raises Overloaded when too many are waiting, or for too long, or when the writer is closing; nothing was done
        then.
        """
        if self._is_closing:
            raise Overloaded("the service is shutting down")
        now = self._monotonic()
        if len(self._queue) >= self._max_queue:
            self.statistics.refused += 1
            raise Overloaded(f"{self._max_queue} writes are waiting already")
        if len(self._queue) >= self._max_batch and not is_patient:
            self._require_in_time(now)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        pending = Pending(request, answer, now, math.inf if is_patient else now + self._max_wait)
        self._queue.append(pending)
        self.statistics.queued = len(self._queue)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write(), name="group-commit", context=correlation.apart())
        if self._shedding is None:
            self._look_after(self._max_wait)
        if not tracing.is_on():
            return await answer
        with tracing.span("group commit") as span:
            try:
                return await answer
            finally:
                span.note("okevents.batch.size", pending.batch_size)

    async def close(self) -> None:
        """Takes no more requests, and returns when all that were taken are settled."""
        self._is_closing = True
        while self._writer is not None:
            await asyncio.wait([self._writer])
        if self._shedding is not None:
            self._shedding.cancel()

    def _require_in_time(self, now: float) -> None:
        """Raises Overloaded if the whole batches that wait would take too long. The one in flight doesn't count, so
        that a batch may always wait: however bad the pace was, the next one shows how it is."""
        in_flight = 0.0 if self._begun_at is None else now - self._begun_at
        expected = len(self._queue) // self._max_batch * max(self._pace, in_flight)
        if expected > self._max_wait:
            self.statistics.refused += 1
            raise self._too_long()

    def _too_long(self) -> Overloaded:
        """After `max_wait` nobody waits any more of those who do now, however long the batch in flight takes."""
        said = "so many writes are waiting that this one would wait too long"
        return Overloaded(said, retry_within=max(LEAST_SPREAD, math.ceil(self._max_wait)))

    def _shed(self) -> None:
        """Refuses those that have waited too long, although a batch may be in flight that doesn't come to its end."""
        self._shedding = None
        now = self._monotonic()
        late = [pending for pending in self._queue if pending.due_at <= now]
        if late:
            self._queue = deque(pending for pending in self._queue if pending.due_at > now)
            self.statistics.queued = len(self._queue)
            self.statistics.refused += len(late)
            for pending in late:
                pending.fail(self._too_long())
        due_at = min((pending.due_at for pending in self._queue), default=math.inf)
        if due_at < math.inf:
            self._look_after(max(due_at - now, SHED_EVERY))

    def _look_after(self, seconds: float) -> None:
        self._shedding = asyncio.get_running_loop().call_later(seconds, self._shed, context=correlation.apart())

    async def _write(self) -> None:
        try:
            while self._queue:
                size = min(len(self._queue), self._max_batch)
                batch = [self._queue.popleft() for _ in range(size)]
                self.statistics.queued = len(self._queue)
                now = self._begun_at = self._monotonic()
                if tracing.is_on():
                    for pending in batch:
                        pending.batch_size = size
                self.statistics.begin(size, sum(now - pending.submitted_at for pending in batch))
                await self._settle(batch)
                took = self._monotonic() - now
                self.statistics.took.note(took)
                self._pace += PACE_WEIGHT * (took - self._pace)
        finally:
            self._writer = self._begun_at = None

    async def _settle(self, batch: list[Pending[Request, Answer]]) -> None:
        try:
            await self._flush(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, every caller hears of it
            for pending in batch:
                pending.fail(error)
        else:
            for pending in batch:
                pending.fail(AssertionError("the batch was flushed without settling this request"))
