"""Takes imported entries: reads what is there, and has the writer make what differs, many at once."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from okevents.errors import OkeventsError, Unavailable
from okevents.events.entries import bounded
from okevents.events.entry import Entry, EntryDraft
from okevents.events.importing import Import, imported
from okevents.events.model import Event
from okevents.events.ports import EventStore
from okevents.events.write import Outcome, Seen, Write
from okevents.events.writer import EventWriter
from okevents.kernel.calendar import ReadEntry
from okevents.kernel.caller import Caller
from okevents.kernel.clock import Clock
from okevents.kernel.ids import EventId, Nonces
from okevents.messaging.backoff import Backoff
from okevents.observability import correlation

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds for which an entry that can't be taken at the moment is tried again: whoever sends waits meanwhile, and sends
no more."""


class Taken(Struct, frozen=True):
    """What became of an entry; the `error` if it was refused, or can't be taken at the moment (Unavailable)."""

    entry: Entry
    outcome: Outcome | None = None
    error: OkeventsError | None = None


class Importer:
    """Entries of the same event are taken one after the other."""

    def __init__(self, store: EventStore, writer: EventWriter, clock: Clock, nonces: Nonces) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._nonces = nonces
        self._backoff = Backoff(first=0.05, longest=2.0)

    async def take(self, entries: Sequence[Entry], caller: Caller, *, is_dry_run: bool) -> Sequence[Taken]:
        """An answer for each, in order. A dry run changes nothing."""
        try:
            known = await self._present(entries)
        except Unavailable as error:
            return [Taken(entry, error=entry.fault or error) for entry in entries]
        if is_dry_run:
            return [self._decided(entry, known) for entry in entries]
        return await asyncio.gather(*self._begun(entries, known, caller))

    async def _present(self, entries: Sequence[Entry]) -> dict[EventId, Event | None]:
        """The events of the entries as they are. Raises Unavailable."""
        wanted = list(dict.fromkeys(each.event_id for each in entries if each.event_id is not None))
        found = await asyncio.gather(*(self._patiently(partial(self._store.find, each)) for each in wanted))
        events = (None if stored is None else stored.event for stored in found)
        return dict(zip(wanted, events, strict=True))

    def _begun(
        self, entries: Sequence[Entry], known: dict[EventId, Event | None], caller: Caller
    ) -> Iterator[Awaitable[Taken]]:
        """What is to be done for each. Nothing is written for what is there already."""
        touched: set[EventId] = set()
        for entry in entries:
            event_id, said = entry.event_id, entry.said
            if event_id is None or said is None:
                yield _at_once(Taken(entry, error=entry.fault))
                continue
            present = known[event_id]
            if event_id in touched:
                yield self._written(entry, said, None, caller)
            elif present is None or (taken := self._decided(entry, known)).outcome == "updated":
                touched.add(event_id)
                yield self._written(entry, said, Seen(present), caller)
            else:
                yield _at_once(taken)

    def _decided(self, entry: Entry, known: dict[EventId, Event | None]) -> Taken:
        """What would become of it, and in `known` how it would leave the event."""
        event_id, said = entry.event_id, entry.said
        if event_id is None or said is None:
            return Taken(entry, error=entry.fault)
        present = known[event_id]
        try:
            event = known[event_id] = imported(said, event_id, present, self._clock.now())
        except OkeventsError as error:
            return Taken(entry, error=bounded(error))
        if event is present:
            return Taken(entry, outcome="unchanged")
        return Taken(entry, outcome="created" if present is None else "updated")

    async def _written(self, entry: Entry, said: EntryDraft | ReadEntry, seen: Seen | None, caller: Caller) -> Taken:
        write = Write(
            action=Import(said),
            event_id=entry.event_id,
            caller=caller,
            nonce=self._nonces(),
            seen=seen,
            traceparent=correlation.traceparent(),
        )
        # A try may have come to the database although nobody heard of it: what was seen before that is old.
        tries = itertools.chain([write], itertools.repeat(replace(write, seen=None)))
        try:
            written = await self._patiently(lambda: self._writer.submit(next(tries), is_patient=True))
        except OkeventsError as error:
            return Taken(entry, error=bounded(error))
        return Taken(entry, outcome=written.outcome)

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Tries it again while it can't be done at the moment. Raises Unavailable when patience ends."""
        ends_at = self._clock.monotonic() + PATIENCE
        for attempt in itertools.count(1):
            try:
                return await work()
            except Unavailable:
                wait = self._backoff.wait(attempt)
                if self._clock.monotonic() + wait >= ends_at:
                    raise
                await asyncio.sleep(wait)
        raise AssertionError


async def _at_once(taken: Taken) -> Taken:
    return taken
