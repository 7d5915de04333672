"""The one writer of bookings in a process: compare-and-commit, in batches.

Requests that arrive during a commit are the next batch. Each event's are decided by `allocate` on the inventory as it
is known here, and committed if nobody changed it meanwhile; else it is read again and decided anew. After a second
conflict the decision is made under the database's lock, so that no process loses for ever.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from okevents.bookings import identity
from okevents.bookings.decided import Decided, decide, lookup
from okevents.bookings.facts import Facts, Lookup
from okevents.bookings.job import Answer, Job, Wanted
from okevents.bookings.known import Known
from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import BookingStore, Part, PartCommitted, PartConflict, PartKeysTaken, PartOutcome
from okevents.bookings.requests import Book
from okevents.bookings.rules import Rules
from okevents.bookings.statistics import BookingStatistics
from okevents.errors import Overloaded
from okevents.kernel.clock import Clock
from okevents.kernel.crashing import crash_point
from okevents.kernel.group_commit import MAX_WAIT, BatchStatistics, GroupCommit, Pending
from okevents.kernel.idempotency import IdempotencyStore, InFlight, KeptAnswer, released_on_failure
from okevents.kernel.ids import BookingId, EventId, Nonce, Nonces
from okevents.messaging.ports import Outgoing

TRIES_WITHOUT_LOCK = 2
TRIES_WITH_LOCK = 8

Committed = Callable[[Inventory], None]
"""Told of each inventory that this process has changed. Never blocks and never fails."""


class BookingWriter:
    """Everything that changes an inventory or a booking goes through here."""

    def __init__(
        self,
        store: BookingStore,
        answers: IdempotencyStore,
        outgoing: Outgoing,
        clock: Clock,
        nonces: Nonces,
        rules: Rules,
        committed: Committed,
        counted: BookingStatistics | None = None,
        max_wait: float = MAX_WAIT,
    ) -> None:
        self._store = store
        self._answers = answers
        self._outgoing = outgoing
        self._nonces = nonces
        self._rules = rules
        self._committed = committed
        self._counted = counted or BookingStatistics()
        self._known = Known(clock)
        self._batches: GroupCommit[Wanted, Answer] = GroupCommit(self._flush, max_wait=max_wait)

    async def submit(self, wanted: Wanted, *, is_patient: bool = False) -> Answer:
        """`is_patient`: however long it takes until its turn comes.

        Raises what the request is refused with, StoreUnavailable or Overloaded.
        """
        return await self._batches.submit(wanted, is_patient=is_patient)

    @property
    def statistics(self) -> BatchStatistics:
        """Of its batches."""
        return self._batches.statistics

    def find_booking(self, booking_id: BookingId) -> Booking | None:
        """The booking as this process knows it; it may have changed since."""
        return self._known.find_booking(booking_id)

    def find_fresh(self, event_id: EventId) -> Inventory | None:
        """The inventory, if it was the newest a moment ago: then it may be said that there is no room."""
        return self._known.find(event_id) if self._known.is_fresh(event_id) else None

    def now(self) -> datetime:
        """The database's time, as far as it is known."""
        return self._known.now()

    async def close(self) -> None:
        await self._batches.close()

    async def _flush(self, batch: list[Pending[Wanted, Answer]]) -> None:
        with released_on_failure(self._answers, [pending.request.claim for pending in batch]):
            await self._settle_all(batch)

    async def _settle_all(self, batch: Sequence[Pending[Wanted, Answer]]) -> None:
        jobs = await self._claim(batch)
        while jobs:
            now, later = _one_of_each_key(jobs)
            await self._commit(now)
            await self._answers.release([job.claim.key for job in now if job.claim is not None and job.is_refused])
            jobs = await self._claim([job.pending for job in later])

    async def _claim(self, batch: Sequence[Pending[Wanted, Answer]]) -> list[Job]:
        """What is left to do when those are answered whose key has an answer already."""
        claims = {claim.key: claim for pending in batch if (claim := pending.request.claim) is not None}
        crash_point("answers.claim.before")
        results = await self._answers.claim(list(claims.values())) if claims else {}
        crash_point("answers.claim.after")
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
        await self._store.load([job.event_id])
        taken = (await self._answers.claim([claim]))[claim.key]
        if isinstance(taken, KeptAnswer):
            job.settle_taken(taken)
        return isinstance(taken, KeptAnswer)

    async def _recognise(self, decided: Iterable[Decided]) -> None:
        """Answers those who are to be refused because of what they themselves have done: another process has answered
        under their key since it was claimed, but before the state that they are refused on was read."""
        refused = {job.claim.key: job for each in decided for job in each.refused if job.claim is not None}
        if not refused:
            return
        results = await self._answers.claim([job.claim for job in refused.values() if job.claim is not None])
        for key, job in refused.items():
            if isinstance(taken := results[key], KeptAnswer):
                job.settle_taken(taken)

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
        unknown = [event_id for event_id in waiting if self._known.find(event_id) is None]
        await self._load(unknown)
        decided = await self._decide(waiting)
        stale = {
            event_id: waiting[event_id]
            for event_id, each in decided.items()
            if event_id not in unknown and each.needs_newest(is_fresh=self._known.is_fresh(event_id))
        }
        if stale:
            await self._load(list(stale))
            decided |= await self._decide(stale)
        await self._recognise(decided.values())
        for each in decided.values():
            if each.part is None:
                each.settle()
        return await self._store_parts([each for each in decided.values() if each.part is not None])

    async def _load(self, event_ids: Sequence[EventId]) -> None:
        """Learns the newest state of those inventories."""
        if not event_ids:
            return
        loaded = await self._store.load(event_ids)
        self._known.observe(loaded.now)
        for inventory in loaded.inventories.values():
            self._known.loaded(inventory)

    async def _decide(self, waiting: Mapping[EventId, Sequence[Job]]) -> dict[EventId, Decided]:
        """On the inventories as they are known. The bookings are read after them, so that they aren't older."""
        now = self._known.now()
        wanted = {
            event_id: lookup(event_id, self._known.find(event_id), jobs, now, self._rules)
            for event_id, jobs in waiting.items()
        }
        facts = await self._facts(wanted)
        return {
            event_id: decide(self._known.find(event_id), facts[event_id], jobs, now, self._nonces(), self._rules)
            for event_id, jobs in waiting.items()
        }

    async def _facts(self, wanted: Mapping[EventId, Lookup]) -> dict[EventId, Facts]:
        """What the lookups find, here as far as it is known here."""
        known: dict[EventId, dict[BookingId, Booking]] = {}
        missing: list[Lookup] = []
        for event_id, each in wanted.items():
            own = {booking_id: self._known.find_booking(booking_id) for booking_id in each.booking_ids}
            known[event_id] = {booking_id: booking for booking_id, booking in own.items() if booking is not None}
            left = replace(each, booking_ids=each.booking_ids - known[event_id].keys())
            if not left.is_empty:
                missing.append(left)
        found = await self._store.read(missing) if missing else []
        read = {each.event_id: facts for each, facts in zip(missing, found, strict=True)}
        none = Facts()
        return {
            event_id: Facts({**known[event_id], **read.get(event_id, none).bookings}, read.get(event_id, none).waiting)
            for event_id in wanted
        }

    async def _store_parts(self, decided: Sequence[Decided]) -> dict[EventId, list[Job]]:
        parts = [each.part for each in decided if each.part is not None]
        if not parts:
            return {}
        crash_point("bookings.commit.before")
        outcomes = await self._store.commit(parts)
        crash_point("bookings.commit.after")
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
                self._known.committed(part.inventory, part.bookings)
                self._outgoing.hand_over(part.messages)
                self._counted.note(decided.steps)
                decided.settle()
                self._committed(part.inventory)
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

            def plan(inventory: Inventory | None, now: datetime, jobs: list[Job] = jobs) -> Lookup:
                return lookup(event_id, inventory, jobs, now, self._rules)

            def decide_on(
                inventory: Inventory | None, facts: Facts, now: datetime, jobs: list[Job] = jobs, nonce: Nonce = nonce
            ) -> Part | None:
                nonlocal decided
                decided = decide(inventory, facts, jobs, now, nonce, self._rules)
                return decided.part

            outcome = await self._store.commit_locked(event_id, plan, decide_on)
            await self._recognise([decided])
            if outcome is None or decided.part is None:
                decided.settle()
                return
            jobs = self._settle(decided, decided.part, outcome)
            if not jobs:
                return
            await asyncio.sleep(0.005 * attempt)
        for job in jobs:
            job.refuse(Overloaded(f"the event {event_id} is being booked by too many at once"))


def _by_event(jobs: Iterable[Job]) -> dict[EventId, list[Job]]:
    grouped: dict[EventId, list[Job]] = {}
    for job in jobs:
        grouped.setdefault(job.event_id, []).append(job)
    return grouped


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
