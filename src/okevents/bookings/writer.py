"""The one writer of bookings in a process: compare-and-commit, in batches.

Requests that arrive during a commit are the next batch. Each event's are decided by `allocate` on the inventory as it
is known here, and committed if nobody changed it meanwhile; else it is read again and decided anew. After a second
conflict the decision is made under the database's lock, so that no process loses for ever.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import assert_never

from msgspec.structs import replace

from okevents.bookings import identity
from okevents.bookings.decided import Decided, decide
from okevents.bookings.inventories import KnownInventories
from okevents.bookings.job import Answer, Job, Wanted
from okevents.bookings.model import Booking
from okevents.bookings.ports import (
    BookingStore,
    Part,
    PartCommitted,
    PartConflict,
    PartKeysTaken,
    PartOutcome,
    Snapshot,
)
from okevents.bookings.requests import Book, Cancel
from okevents.errors import Overloaded
from okevents.kernel.clock import Clock
from okevents.kernel.group_commit import GroupCommit, Pending
from okevents.kernel.idempotency import IdempotencyStore, InFlight, KeptAnswer
from okevents.kernel.ids import BookingId, EventId, Nonce, Nonces
from okevents.messaging.ports import Outgoing

TRIES_WITHOUT_LOCK = 2
TRIES_WITH_LOCK = 8

Facts = Mapping[BookingId, Booking]


class BookingWriter:
    """Everything that changes an inventory or a booking goes through here."""

    def __init__(
        self, store: BookingStore, answers: IdempotencyStore, outgoing: Outgoing, clock: Clock, nonces: Nonces
    ) -> None:
        self._store = store
        self._answers = answers
        self._outgoing = outgoing
        self._nonces = nonces
        self._known = KnownInventories(clock)
        self._batches: GroupCommit[Wanted, Answer] = GroupCommit(self._flush)

    async def submit(self, wanted: Wanted) -> Answer:
        """Raises what the request is refused with, StoreUnavailable or Overloaded."""
        return await self._batches.submit(wanted)

    async def close(self) -> None:
        await self._batches.close()

    async def _flush(self, batch: list[Pending[Wanted, Answer]]) -> None:
        jobs = await self._claim(batch)
        while jobs:
            now, later = _one_of_each_key(jobs)
            await self._commit(now)
            await self._answers.release([job.claim.key for job in now if job.claim is not None and job.is_refused])
            jobs = await self._claim([job.pending for job in later])

    async def _claim(self, batch: Sequence[Pending[Wanted, Answer]]) -> list[Job]:
        """What is left to do when those are answered whose key has an answer already."""
        claims = {claim.key: claim for pending in batch if (claim := pending.request.claim) is not None}
        results = await self._answers.claim(list(claims.values())) if claims else {}
        jobs: list[Job] = []
        for pending in batch:
            request, claim = pending.request.request, pending.request.claim
            job = Job(pending, request)
            if claim is not None:
                result = results[claim.key]
                if isinstance(result, KeptAnswer | InFlight):
                    job.settle_taken(result)
                    continue
                if result.nonce != claim.nonce:
                    if isinstance(request, Book):
                        job.request = replace(request, booking_id=identity.booking_id(result.nonce))
                    if await self._is_answered(job):
                        continue
            jobs.append(job)
        return jobs

    async def _is_answered(self, job: Job) -> bool:
        """Whether the interrupted try that held the key got as far as its commit, and so has an answer.

        Loading completes such a commit on a backend where that takes several steps.
        """
        claim = job.claim
        assert claim is not None  # noqa: S101 - only a claim leads to another nonce
        await self._store.load([job.event_id], [])
        taken = (await self._answers.claim([claim]))[claim.key]
        if isinstance(taken, KeptAnswer):
            job.settle_taken(taken)
        return isinstance(taken, KeptAnswer)

    async def _commit(self, jobs: Sequence[Job]) -> None:
        try:
            waiting = _by_event(jobs)
            for _ in range(TRIES_WITHOUT_LOCK):
                waiting = await self._try(waiting)
            for event_id, unlucky in waiting.items():
                await self._commit_locked(event_id, unlucky)
        except BaseException:
            # Whether anything was stored isn't known, so neither is what the inventories are.
            for job in jobs:
                self._known.forget(job.event_id)
            raise

    async def _try(self, waiting: Mapping[EventId, Sequence[Job]]) -> dict[EventId, list[Job]]:
        """Decides and commits; returns what lost a race, to be decided anew."""
        if not waiting:
            return {}
        facts = await self._read(waiting, [event_id for event_id in waiting if self._known.find(event_id) is None])
        decided = {event_id: self._decide(event_id, facts, jobs) for event_id, jobs in waiting.items()}
        stale = [
            event_id for event_id, each in decided.items() if each.has_refusals and not self._known.is_fresh(event_id)
        ]
        if stale:
            facts = {**facts, **await self._read({event_id: waiting[event_id] for event_id in stale}, stale)}
            decided |= {event_id: self._decide(event_id, facts, waiting[event_id]) for event_id in stale}
        for each in decided.values():
            if each.part is None:
                each.settle()
        return await self._store_parts([each for each in decided.values() if each.part is not None])

    async def _read(self, waiting: Mapping[EventId, Sequence[Job]], event_ids: Sequence[EventId]) -> Facts:
        """The bookings that the requests name; and those inventories, which are remembered."""
        booking_ids = _named_bookings(chain.from_iterable(waiting.values()))
        if not event_ids and not booking_ids:
            return {}
        snapshot = await self._store.load(event_ids, booking_ids)
        self._known.observe(snapshot.now)
        for inventory in snapshot.inventories.values():
            self._known.remember(inventory)
        return snapshot.bookings

    def _decide(self, event_id: EventId, facts: Facts, jobs: Sequence[Job]) -> Decided:
        return decide(self._known.find(event_id), facts, jobs, self._known.now(), self._nonces())

    async def _store_parts(self, decided: Sequence[Decided]) -> dict[EventId, list[Job]]:
        parts = [each.part for each in decided if each.part is not None]
        if not parts:
            return {}
        outcomes = await self._store.commit(parts)
        again: dict[EventId, list[Job]] = {}
        for each, part, outcome in zip(decided, parts, outcomes, strict=True):
            if left := self._settle(each, part, outcome):
                again[part.inventory.event_id] = left
        return again

    def _settle(self, decided: Decided, part: Part, outcome: PartOutcome) -> list[Job]:
        """Answers what can be answered; returns what is to be decided anew."""
        match outcome:
            case PartCommitted(now):
                self._known.observe(now)
                self._known.remember(part.inventory)
                self._outgoing.hand_over(part.messages)
                decided.settle()
                return []
            case PartConflict():
                self._known.forget(part.inventory.event_id)
                return list(decided.jobs)
            case PartKeysTaken(taken_by):
                for job in decided.jobs:
                    if job.claim is not None and job.claim.key in taken_by:
                        job.settle_taken(taken_by[job.claim.key])
                return [job for job in decided.jobs if not job.pending.is_settled]
            case _:
                assert_never(outcome)

    async def _commit_locked(self, event_id: EventId, jobs: list[Job]) -> None:
        """Decides and commits while the database keeps the others out."""
        for attempt in range(TRIES_WITH_LOCK):
            nonce, decided = self._nonces(), Decided(jobs, [], None)

            def decide_on(snapshot: Snapshot, jobs: list[Job] = jobs, nonce: Nonce = nonce) -> Part | None:
                nonlocal decided
                inventory = snapshot.inventories.get(event_id)
                decided = decide(inventory, snapshot.bookings, jobs, snapshot.now, nonce)
                return decided.part

            outcome = await self._store.commit_locked(event_id, _named_bookings(jobs), decide_on)
            if outcome is None or decided.part is None:
                decided.settle()
                return
            jobs = self._settle(decided, decided.part, outcome)
            if not jobs:
                return
            await asyncio.sleep(0.005 * attempt)
        for job in jobs:
            job.pending.fail(Overloaded(f"the event {event_id} is being booked by too many at once"))


def _by_event(jobs: Iterable[Job]) -> dict[EventId, list[Job]]:
    grouped: dict[EventId, list[Job]] = {}
    for job in jobs:
        grouped.setdefault(job.event_id, []).append(job)
    return grouped


def _named_bookings(jobs: Iterable[Job]) -> list[BookingId]:
    """The bookings that must be read: those to be changed, and those that an interrupted try may have made."""
    return [
        job.request.booking_id
        for job in jobs
        if isinstance(job.request, Cancel)
        or (isinstance(job.request, Book) and job.request is not job.pending.request.request)
    ]


def _one_of_each_key(jobs: Sequence[Job]) -> tuple[list[Job], list[Job]]:
    """The first job of each key, and the others: a repeat is answered when the first is committed."""
    seen: set[str] = set()
    first: list[Job] = []
    later: list[Job] = []
    for job in jobs:
        if job.claim is not None and job.claim.key in seen:
            later.append(job)
            continue
        if job.claim is not None:
            seen.add(job.claim.key)
        first.append(job)
    return first, later
