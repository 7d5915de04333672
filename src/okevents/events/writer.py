"""The one writer of events in a process: decides and commits in batches, and answers when the commit is durable."""

from collections.abc import Sequence
from typing import assert_never

from msgspec.structs import replace

from okevents.errors import OkeventsError, Overloaded
from okevents.events import identity, write
from okevents.events.messages import announcement
from okevents.events.model import Event
from okevents.events.ports import (
    ChangeCommitted,
    ChangeConflict,
    ChangeKeyTaken,
    ChangeOutcome,
    EventChange,
    EventStore,
    StoredEvent,
)
from okevents.events.representation import encoded
from okevents.events.write import Create, Outcome, Write, Written
from okevents.kernel.clock import Clock
from okevents.kernel.crashing import crash_point
from okevents.kernel.group_commit import MAX_WAIT, BatchStatistics, GroupCommit, Pending
from okevents.kernel.idempotency import (
    Claim,
    Granted,
    IdempotencyStore,
    InFlight,
    KeptAnswer,
    released_on_failure,
    settle_taken,
)
from okevents.kernel.ids import EventId, Nonce
from okevents.messaging.ports import Outgoing

MAX_TRIES = 20


class _Job:
    """A write on its way: its nonce (an interrupted earlier try's, where the key has one), and how often it lost."""

    __slots__ = ("event_id", "nonce", "pending", "tries")

    def __init__(self, pending: Pending[Write, Written], nonce: Nonce) -> None:
        self.pending = pending
        self.nonce = nonce
        self.event_id: EventId = pending.request.event_id or identity.event_id(nonce)
        self.tries = 0

    @property
    def write(self) -> Write:
        return self.pending.request


class EventWriter:
    """Writes of the same event in one batch are decided one after the other, all others together."""

    def __init__(
        self,
        store: EventStore,
        answers: IdempotencyStore,
        outgoing: Outgoing,
        clock: Clock,
        max_wait: float = MAX_WAIT,
    ) -> None:
        self._store = store
        self._answers = answers
        self._outgoing = outgoing
        self._clock = clock
        self._batches: GroupCommit[Write, Written] = GroupCommit(self._flush, max_wait=max_wait)

    async def submit(self, request: Write, *, is_patient: bool = False) -> Written:
        """Raises what the write is refused with, StoreUnavailable or Overloaded. `is_patient`: it waits however long
        its batch does."""
        return await self._batches.submit(request, is_patient=is_patient)

    @property
    def statistics(self) -> BatchStatistics:
        """Of its batches."""
        return self._batches.statistics

    async def close(self) -> None:
        await self._batches.close()

    async def _flush(self, batch: list[Pending[Write, Written]]) -> None:
        with released_on_failure(self._answers, [pending.request.claim for pending in batch]):
            await self._settle_all(batch)

    async def _settle_all(self, batch: Sequence[Pending[Write, Written]]) -> None:
        waiting = await self._claim(batch)
        while waiting:
            one_each, later = _first_of_each(waiting)
            waiting = [*await self._commit(one_each), *later]

    async def _claim(self, batch: Sequence[Pending[Write, Written]]) -> list[_Job]:
        """What is left to do when those are answered whose key has an answer already."""
        claims = [pending.request.claim for pending in batch if pending.request.claim is not None]
        results = await self._answers.claim(claims) if claims else {}
        jobs: list[_Job] = []
        for pending in batch:
            claim = pending.request.claim
            match results[claim.key] if claim else Granted(pending.request.nonce):
                case Granted(nonce):
                    job = _Job(pending, nonce)
                    if nonce == pending.request.nonce or not await self._is_answered(job):
                        jobs.append(job)
                case KeptAnswer() | InFlight() as taken:
                    _answer_taken(pending, taken)
        return jobs

    async def _is_answered(self, job: _Job) -> bool:
        """Whether the interrupted try that held the key got as far as its commit, and so has an answer.

        Reading the event completes such a commit on a backend where that takes several steps.
        """
        claim = job.write.claim
        if claim is None:
            return False
        await self._store.find(job.event_id)
        taken = (await self._answers.claim([claim]))[claim.key]
        if isinstance(taken, KeptAnswer):
            _answer_taken(job.pending, taken)
        return isinstance(taken, KeptAnswer)

    async def _commit(self, jobs: Sequence[_Job]) -> list[_Job]:
        """Decides and commits writes of different events; returns those that lost a race, to be tried again."""
        decided: list[tuple[_Job, EventChange]] = []
        for job in jobs:
            try:
                change = await self._decide(job)
            except OkeventsError as error:
                job.pending.fail(error)
                change = None
            if change is not None:
                decided.append((job, change))
            elif job.write.claim is not None:  # nothing is committed, so nothing is kept
                await self._answers.release([job.write.claim.key])
        if not decided:
            return []
        crash_point("events.commit.before")
        outcomes = await self._store.commit([change for _, change in decided])
        crash_point("events.commit.after")
        self._outgoing.hand_over(
            [
                message
                for (_, change), outcome in zip(decided, outcomes, strict=True)
                if isinstance(outcome, ChangeCommitted)
                for message in change.messages
            ]
        )
        lost = [
            job for (job, change), outcome in zip(decided, outcomes, strict=True) if not _settle(job, change, outcome)
        ]
        given_up = [job.write.claim.key for job in lost if job.pending.is_settled and job.write.claim]
        await self._answers.release(given_up)
        return [job for job in lost if not job.pending.is_settled]

    async def _decide(self, job: _Job) -> EventChange | None:
        """The change to commit; None if there is nothing to change, and the job is answered."""
        present = await self._present(job)
        event = write.decide(job.write, job.event_id, present, self._clock.now())
        if event is present:
            if job.write.claim is None:
                job.pending.answer(_written(event, "unchanged"))
                return None
            # A version of its own: whoever asks for it again gets that answer, whatever has changed meanwhile.
            event = replace(event, version=event.version + 1)
        body = encoded(StoredEvent(event, None))
        return EventChange(
            nonce=job.nonce,
            event=event,
            expected_version=present.version if present else 0,
            messages=(announcement(event, event.updated_at, job.write.traceparent),),
            answer=_kept(job.write.claim, event, body),
        )

    async def _present(self, job: _Job) -> Event | None:
        """The event as it is, or was a moment ago: the commit finds out. A fresh nonce can't have led to any event yet,
        which saves a read for each new one."""
        if job.write.seen is not None and job.tries == 0:
            return job.write.seen.event
        is_new = isinstance(job.write.action, Create) and job.nonce == job.write.nonce and job.tries == 0
        stored = None if is_new else await self._store.find(job.event_id)
        return stored.event if stored else None


def _first_of_each(jobs: Sequence[_Job]) -> tuple[list[_Job], list[_Job]]:
    """The first job of each event and key, in order; and the others."""
    seen: set[str] = set()
    first: list[_Job] = []
    later: list[_Job] = []
    for job in jobs:
        claim = job.write.claim
        names = {job.event_id, claim.key} if claim else {job.event_id}
        (first if seen.isdisjoint(names) else later).append(job)
        seen |= names
    return first, later


def _settle(job: _Job, change: EventChange, outcome: ChangeOutcome) -> bool:
    """Answers the job; False if it lost to another process: it is tried again, unless that was too often."""
    match outcome:
        case ChangeCommitted():
            job.pending.answer(_written(change.event, "updated" if change.expected_version else "created"))
        case ChangeKeyTaken(taken):
            _answer_taken(job.pending, taken)
        case ChangeConflict():
            job.tries += 1
            if job.tries >= MAX_TRIES:
                job.pending.fail(Overloaded(f"the event {job.event_id} is being changed by too many at once"))
            return False
        case _:
            assert_never(outcome)
    return True


def _answer_taken(pending: Pending[Write, Written], taken: KeptAnswer | InFlight) -> None:
    settle_taken(pending, pending.request.claim, taken, _replayed)


def _replayed(kept: KeptAnswer) -> Written:
    return Written(event_id=EventId(kept.subject), version=kept.version, body=kept.body, is_replay=True)


def _written(event: Event, outcome: Outcome) -> Written:
    body = encoded(StoredEvent(event, None))
    return Written(event_id=event.id, version=event.version, body=body, outcome=outcome)


def _kept(claim: Claim | None, event: Event, body: bytes) -> KeptAnswer | None:
    if claim is None:
        return None
    return KeptAnswer(
        key=claim.key,
        fingerprint=claim.fingerprint,
        subject=event.id,
        version=event.version,
        body=body,
    )
