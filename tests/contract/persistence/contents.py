"""What a database of each service holds, of all kinds there are, and how it is looked for in a copy."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from okevents.access.model import ApiToken, Scope, TokenId
from okevents.bookings.facts import Lookup
from okevents.bookings.model import BookingState, Inventory
from okevents.bookings.ports import BookingFilter, BookingsDatabase, PartCommitted, PartConflict
from okevents.events.model import Event
from okevents.events.ports import ChangeCommitted, ChangeConflict, EventsDatabase
from okevents.messaging.database import ServiceDatabase
from okevents.messaging.envelope import Message
from okevents.webhooks.model import Attempt, DeliveryState, Known, Webhook, WebhookStatus
from okevents.webhooks.ports import Conflict, Settlement, Stored, Wanted, WebhookChange, WebhookDatabase
from tests.builders import (
    NOW,
    a_booking,
    a_claim,
    a_dead_letter,
    a_delivery,
    a_full_event,
    a_kept_answer,
    a_next_event,
    a_part,
    a_webhook,
    an_availability,
    an_event,
    an_event_change,
    an_inventory,
)


def _change(webhook: Webhook, expected_version: int) -> WebhookChange:
    return WebhookChange(webhook=webhook, expected_version=expected_version)


class Common:
    """What either service's database holds besides; what is looked for in the copy."""

    def __init__(self) -> None:
        self.claims = [a_claim() for _ in range(3)]
        self.answers = [a_kept_answer(claim, body=claim.key.encode()) for claim in self.claims]
        self.messages: list[Message] = []
        self.letters = [a_dead_letter() for _ in range(3)]
        self.tokens = [
            ApiToken(
                id=TokenId(f"{number}" * 12),
                digest=f"{number}" * 64,
                name=f"token {number}",
                scopes=(Scope.EVENTS_WRITE, Scope.CHECK_IN),
                created=NOW + timedelta(microseconds=number),
            )
            for number in range(3)
        ]

    async def fill(self, database: ServiceDatabase) -> None:
        for letter in self.letters:
            await database.dead_letters.park(letter)
        await database.dead_letters.mark_for_replay(self.letters[1].queue, self.letters[1].id)
        for token in self.tokens:
            await database.tokens.add(token)
        await database.tokens.revoke(self.tokens[0].id, NOW + timedelta(seconds=1, microseconds=123457))
        await database.tokens.touch({self.tokens[1].id: NOW + timedelta(seconds=2, microseconds=1)})
        self.tokens = list(await database.tokens.list())

    async def require(self, database: ServiceDatabase) -> None:
        queue = self.letters[0].queue
        assert sorted(await database.dead_letters.list(queue, 10), key=str) == sorted(self.letters, key=str)
        assert await database.dead_letters.due(queue) == [self.letters[1]]
        assert list(await database.tokens.list()) == self.tokens
        assert await database.answers.claim(self.claims) == dict(
            zip((claim.key for claim in self.claims), self.answers, strict=True)
        )
        told = await database.outbox.claim(1000, 60.0)
        assert sorted(told, key=lambda message: message.id) == sorted(self.messages, key=lambda message: message.id)
        assert await database.outbox.backlog() == len(self.messages)


class Programme(Common):
    """Events in several versions, with availability of some."""

    def __init__(self) -> None:
        super().__init__()
        self.events = [a_full_event(), an_event(), an_event()]
        self.availability = an_availability(self.events[0], version=7)
        self.webhooks = [a_webhook(), a_webhook()]
        self.deliveries = [a_delivery(webhook_id=self.webhooks[0].id) for _ in range(3)]
        self.known: list[Known] = []
        self.key = b""

    async def fill(self, database: ServiceDatabase) -> None:
        events: Any = database
        for event, answer in zip(self.events, self.answers, strict=True):
            await self._commit(events, event, answer)
        for _ in range(2):
            self.events[1] = a_next_event(self.events[1])
            await self._commit(events, self.events[1], None)
        await events.events.record_availability([replace(self.availability, version=3), self.availability])
        await self._fill_webhooks(events.webhooks)
        await super().fill(database)

    async def _fill_webhooks(self, database: WebhookDatabase) -> None:
        """One in its second version with a delivery that failed, one that waits and one that is new; one deleted."""
        for webhook in self.webhooks:
            assert await database.webhooks.commit(_change(webhook, 0)) == Stored()
        later: tuple[dict[str, Any], ...] = ({"description": "changed"}, {"status": WebhookStatus.DELETED})
        for number, changes in enumerate(later):
            self.webhooks[number] = replace(self.webhooks[number], version=2, **changes)
            assert await database.webhooks.commit(_change(self.webhooks[number], 1)) == Stored()
        await database.queue.add(self.deliveries[:2])
        failed, waits = await database.queue.claim(self.webhooks[0].id, 10, 60.0)
        attempts = (Attempt(at=NOW, took=0.25, status=500, answer="no"), Attempt(at=NOW, took=1.5, error="no route"))
        await database.queue.settle(
            Settlement(claimed=failed, state=DeliveryState.FAILED, attempts=attempts, reason="in vain")
        )
        await database.queue.settle(
            Settlement(claimed=waits, state=DeliveryState.PENDING, attempts=attempts[:1], again_in=3600.0)
        )
        await database.queue.add(self.deliveries[2:])
        self.known = list(await database.log.scan(Wanted(webhook_id=self.webhooks[0].id), None, 10))
        self.key = await database.keys.get_or_create("webhooks")

    async def _require_webhooks(self, database: WebhookDatabase) -> None:
        assert [await database.webhooks.find(webhook.id) for webhook in self.webhooks] == self.webhooks
        assert await database.webhooks.list() == self.webhooks[:1]
        wanted = Wanted(webhook_id=self.webhooks[0].id)
        assert list(await database.log.scan(wanted, None, 10)) == self.known
        assert [each.delivery for each in await database.queue.claim(wanted.webhook_id, 10, 60.0)] == [
            self.deliveries[2]
        ]
        assert await database.keys.get_or_create("webhooks") == self.key
        next_one = replace(self.webhooks[0], version=3)
        assert await database.webhooks.commit(_change(next_one, 1)) == Conflict()
        assert await database.webhooks.commit(_change(next_one, 2)) == Stored()

    async def _commit(self, database: EventsDatabase, event: Event, answer: Any) -> None:
        change = an_event_change(event, answer=answer)
        assert await database.events.commit([change]) == [ChangeCommitted()]
        self.messages += change.messages

    async def require_events(self, database: EventsDatabase) -> None:
        found = [await database.events.find(event.id) for event in self.events]
        assert [each and each.event for each in found] == self.events
        assert [each and each.availability for each in found] == [self.availability, None, None]
        await self._require_webhooks(database.webhooks)
        await self.require(database)
        late = an_event_change(a_next_event(replace(self.events[1], version=1)))
        assert await database.events.commit([late]) == [ChangeConflict()]
        further = an_event_change(a_next_event(self.events[1]))
        assert await database.events.commit([further]) == [ChangeCommitted()]
        await database.events.record_availability([replace(self.availability, version=6)])
        assert (await database.events.find(self.events[0].id)) == found[0]


class Box(Common):
    """Two inventories, one of them in its third version, with bookings in several states."""

    def __init__(self) -> None:
        super().__init__()
        due = an_inventory(version=3, due_at=NOW - timedelta(days=3650), next_number=9)
        self.inventories: list[Inventory] = [due, an_inventory()]
        held = a_booking(due, state=BookingState.HELD, expires_at=NOW - timedelta(days=3650))
        waiting = a_booking(due, state=BookingState.WAITING)
        changed = a_booking(due, version=3, state=BookingState.CANCELLED)
        self.bookings = [held, waiting, changed, a_booking(self.inventories[1])]
        self.keys: Mapping[str, bytes] = {}

    async def fill(self, database: ServiceDatabase) -> None:
        bookings: Any = database
        due, other = self.inventories
        held, waiting, changed, confirmed = self.bookings
        parts = [
            a_part(replace(due, version=1, due_at=None), replace(changed, version=1), answers=(self.answers[0],)),
            a_part(other, confirmed, answers=tuple(self.answers[1:])),
        ]
        later = [a_part(replace(due, version=2), replace(changed, version=2)), a_part(due, changed, held, waiting)]
        for some in (parts, later[:1], later[1:]):
            for outcome in await bookings.bookings.commit(some):
                assert isinstance(outcome, PartCommitted)
        slots: dict[str, Message] = {
            message.outbox_key: message for part in (*parts, *later) for message in part.messages
        }
        self.messages = list(slots.values())
        for name in ("secrets", "tickets-2", "tickets-1"):
            await bookings.keyring.get_or_create(name)
        self.keys = await bookings.keyring.list("")
        await super().fill(database)

    async def require_bookings(self, database: BookingsDatabase) -> None:
        due, other = self.inventories
        loaded = await database.bookings.load([due.event_id, other.event_id])
        assert loaded.inventories == {each.event_id: each for each in self.inventories}
        assert await database.bookings.due(10) == [due.event_id]
        for booking in self.bookings:
            assert await database.reports.find(booking.id) == booking
        assert len(await database.reports.scan(BookingFilter(), None, 10)) == len(self.bookings)
        lookup = Lookup(
            event_id=due.event_id, ended_by=NOW, waiting_after=0, guests=frozenset({self.bookings[0].guest.key})
        )
        (facts,) = await database.bookings.read([lookup])
        assert set(facts.bookings) == {booking.id for booking in self.bookings[:2]}
        assert [booking.id for booking in facts.waiting] == [self.bookings[1].id]
        assert await database.keyring.list("") == self.keys
        await self.require(database)
        (outcome,) = await database.bookings.commit([a_part(replace(due, version=3), expected_version=2)])
        assert outcome == PartConflict()
        changed = replace(self.bookings[2], version=4)
        (outcome,) = await database.bookings.commit([a_part(replace(due, version=4, due_at=None), changed)])
        assert isinstance(outcome, PartCommitted)
        assert await database.reports.find(changed.id) == changed
