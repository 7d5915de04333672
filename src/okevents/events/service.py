"""The Events Service: everything that can be asked of it, whoever asks."""

from collections.abc import AsyncIterator, Sequence

from msgspec.structs import replace

from okevents.contracts.availability import Availability
from okevents.contracts.reading import read
from okevents.errors import BadInput, EventNotFound, FieldFault, Unprocessable
from okevents.events.draft import EventDraft
from okevents.events.entry import Entry
from okevents.events.importer import Importer, Taken
from okevents.events.listing import EventList, Page
from okevents.events.messages import announcement
from okevents.events.ports import (
    ChangeCommitted,
    EventChange,
    EventFilter,
    EventsDatabase,
    StoredEvent,
)
from okevents.events.write import (
    Action,
    Cancel,
    Create,
    Patch,
    Reinstate,
    Replace,
    Write,
    Written,
)
from okevents.events.writer import EventWriter
from okevents.kernel import validation
from okevents.kernel.bodies import Cancellation, Empty
from okevents.kernel.caller import Caller
from okevents.kernel.clock import Clock
from okevents.kernel.crashing import crash_point
from okevents.kernel.group_commit import MAX_WAIT, BatchStatistics, GroupCommit, Pending
from okevents.kernel.idempotency import KeysInProgress
from okevents.kernel.ids import EventId, Nonces, is_object_id
from okevents.messaging.envelope import Message
from okevents.messaging.ports import Outgoing
from okevents.observability import correlation

ANNOUNCE_CHUNK = 100


class EventService:
    """Bodies are JSON as docs/api.md describes it. Every method raises StoreUnavailable, and writes Overloaded."""

    def __init__(
        self,
        database: EventsDatabase,
        outgoing: Outgoing,
        clock: Clock,
        nonces: Nonces,
        *,
        max_wait: float = MAX_WAIT,
    ) -> None:
        self._database = database
        self._store = database.events
        self._outgoing = outgoing
        self._clock = clock
        self._nonces = nonces
        self._writer = EventWriter(database.events, database.answers, outgoing, clock, max_wait)
        self._importer = Importer(database.events, self._writer, clock, nonces)
        self._list = EventList(database.events, clock)
        self._heard: GroupCommit[Availability, None] = GroupCommit(self._record)
        self._keys = KeysInProgress()

    @property
    def statistics(self) -> BatchStatistics:
        """Of the batches that its changes are committed in."""
        return self._writer.statistics

    async def find(self, event_id: EventId) -> StoredEvent:
        """Raises EventNotFound."""
        stored = await self._store.find(event_id)
        if stored is None:
            raise EventNotFound(f"there is no event {event_id}")
        return stored

    async def find_by_name(self, name: str) -> StoredEvent:
        """The next upcoming event of exactly that name, else the latest past one. Raises EventNotFound."""
        stored = await self._store.find_by_name(name, self._clock.now())
        if stored is None:
            raise EventNotFound(f"there is no event named {name!r}")
        return stored

    async def page(self, wanted: EventFilter, cursor: str | None, limit: int) -> Page:
        """Raises BadCursor."""
        return await self._list.page(wanted, cursor, limit)

    def stream(self, wanted: EventFilter) -> AsyncIterator[Sequence[StoredEvent]]:
        """All events that match, in chunks."""
        return self._list.stream(wanted)

    async def create(self, body: bytes, caller: Caller) -> Written:
        """Raises BadInput, KeyReused, KeyInFlight."""
        return await self._write(Create(validation.decode(body, EventDraft)), None, body, caller)

    async def replace(self, event_id: EventId, body: bytes, caller: Caller) -> Written:
        """Raises BadInput, EventNotFound, PreconditionFailed, KeyReused, KeyInFlight."""
        return await self._write(Replace(validation.decode(body, EventDraft)), event_id, body, caller)

    async def patch(self, event_id: EventId, body: bytes, caller: Caller) -> Written:
        """Raises BadInput, EventNotFound, PreconditionFailed, KeyReused, KeyInFlight."""
        patch = validation.parse(body)
        if not isinstance(patch, dict):
            raise BadInput([FieldFault("", "a merge patch of an event is an object")])
        return await self._write(Patch(patch), event_id, body, caller)

    async def cancel(self, event_id: EventId, body: bytes, caller: Caller) -> Written:
        """Raises BadInput, EventNotFound, IllegalTransition, PreconditionFailed, KeyReused, KeyInFlight."""
        draft = validation.decode(body or b"{}", Cancellation)
        return await self._write(Cancel(draft.reason), event_id, body, caller)

    async def reinstate(self, event_id: EventId, body: bytes, caller: Caller) -> Written:
        """Raises BadInput, EventNotFound, IllegalTransition, PreconditionFailed, KeyReused, KeyInFlight."""
        validation.decode(body or b"{}", Empty)
        return await self._write(Reinstate(), event_id, body, caller)

    async def take(self, entries: Sequence[Entry], caller: Caller, *, is_dry_run: bool) -> Sequence[Taken]:
        """Makes and changes events as imported entries say, those of one event in their order; tells of each what
        became of it. What can't be done at the moment is tried for a while, then told as Unavailable."""
        return await self._importer.take(entries, caller, is_dry_run=is_dry_run)

    async def hear_availability(self, message: Message) -> None:
        """Takes what `availability.changed` says, if it is newer than what is known. Raises Unprocessable."""
        heard = read(message, Availability)
        if not is_object_id(heard.event_id):
            raise Unprocessable(f"event_id is {heard.event_id!r}; 24 hexadecimal digits are expected")
        await self._heard.submit(heard, is_patient=True)

    async def announce_unannounced(self) -> int:
        """Publishes events that another program stored and nobody announced; returns how many."""
        count = 0
        while events := await self._store.unannounced(ANNOUNCE_CHUNK):
            changes = [
                EventChange(
                    nonce=self._nonces(),
                    event=event,
                    expected_version=0,
                    messages=(announcement(event, self._clock.now()),),
                )
                for event in events
            ]
            outcomes = await self._store.commit(changes)
            committed = [
                change
                for change, outcome in zip(changes, outcomes, strict=True)
                if isinstance(outcome, ChangeCommitted)
            ]
            self._outgoing.hand_over([message for change in committed for message in change.messages])
            count += len(committed)
            if not committed:  # another replica is announcing them
                break
        return count

    async def replay(self, event_ids: Sequence[EventId] | None, at_least: int = 0) -> int:
        """Tells the present state of those events, or of all, once more; returns how many. Raises EventNotFound.

        Versions below `at_least` are counted up to it first: whoever knows a newer version, because this database was
        restored from an older copy, wouldn't listen.
        """
        if event_ids is not None:
            found = [await self.find(event_id) for event_id in event_ids]
            await self._tell_again(found, at_least)
            return len(found)
        count = 0
        async for chunk in self._list.stream(EventFilter()):
            await self._tell_again(chunk, at_least)
            count += len(chunk)
        return count

    async def close(self) -> None:
        """Finishes the writes that were accepted, and takes no more."""
        await self._writer.close()
        await self._heard.close()

    async def _record(self, batch: list[Pending[Availability, None]]) -> None:
        crash_point("events.apply.before")
        await self._store.record_availability([pending.request for pending in batch])
        crash_point("events.apply.after")
        for pending in batch:
            pending.answer(None)

    async def _tell_again(self, stored: Sequence[StoredEvent], at_least: int) -> None:
        while behind := [each.event for each in stored if each.event.version < at_least]:
            counted = [replace(event, version=event.version + 1) for event in behind]
            await self._store.commit(
                [
                    EventChange(nonce=self._nonces(), event=event, expected_version=event.version - 1)
                    for event in counted
                ]
            )
            stored = [await self.find(each.event.id) for each in stored]
        now = self._clock.now()
        await self._database.outbox.add([announcement(each.event, now) for each in stored])

    async def _write(self, action: Action, event_id: EventId | None, body: bytes, caller: Caller) -> Written:
        nonce = self._nonces()
        claim = caller.claim(body, nonce)
        with self._keys.hold(claim):
            return await self._writer.submit(
                Write(
                    action=action,
                    event_id=event_id,
                    caller=caller,
                    nonce=nonce,
                    claim=claim,
                    traceparent=correlation.traceparent(),
                )
            )
