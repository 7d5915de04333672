"""Sees every commit at its instant, and says which of them break a promise."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import msgspec

from okevents.bookings.difference import differences
from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import Part
from okevents.contracts.availability import Availability
from okevents.contracts.booking import BookingStateTold
from okevents.events.messages import announcement, state
from okevents.events.model import Event
from okevents.events.ports import EventChange
from okevents.kernel.ids import BookingId, EventId
from okevents.messaging.envelope import Message
from tests.simulation.history import History
from tests.unit.bookings.invariants import assert_counters_add_up

SLACK = timedelta(milliseconds=50)
"""So far may a process's idea of the database's time be ahead, by a clock that runs a little too fast."""


class Witness:
    """`effects` counts the traces of each tag; `steps` are the states of bookings, `events` those of events."""

    def __init__(self, history: History) -> None:
        self.effects: Counter[str] = Counter()
        self.events: dict[EventId, list[Event]] = {}
        self.bookings: dict[BookingId, Booking] = {}
        self.inventories: dict[EventId, Inventory] = {}
        self.steps: dict[tuple[BookingId, int], BookingStateTold] = {}
        self.told: dict[str, Message] = {}
        self.published: Counter[str] = Counter()
        self._history = history

    def saw_change(self, before: Event | None, change: EventChange) -> None:
        """See `storage.data.Witness`."""
        event = change.event
        self._history.say("events db", f"event {event.id} version {event.version} {event.status}")
        if event.version != (before.version if before else 0) + 1:
            self._accuse("I4", f"event {event.id} went from {before and before.version} to version {event.version}")
        self.events.setdefault(event.id, []).append(event)
        expected = announcement(event, event.updated_at)
        if [(each.id, each.body) for each in change.messages] != [(expected.id, expected.body)]:
            self._accuse("I3", f"event {event.id} version {event.version} is committed without its message")
        self._tell(change.messages)
        if before is None:
            self.effects[event.name] += 1
        elif event.description != before.description:
            self.effects[event.description] += 1
        elif event.status == "cancelled" != before.status:
            self.effects[event.reason or ""] += 1

    def saw_part(self, before: Inventory | None, part: Part, now: datetime) -> None:
        """See `storage.data.Witness`."""
        inventory = part.inventory
        changed = " ".join(f"{each.id}={each.state}.{each.version}" for each in part.bookings)
        self._history.say("bookings db", f"inventory {inventory.event_id} version {inventory.version} {changed}")
        if inventory.version != (before.version if before else 0) + 1:
            self._accuse("I4", f"{inventory.event_id} went from {before and before.version} to {inventory.version}")
        if inventory.as_of > now + SLACK:
            self._accuse("I6", f"{inventory.event_id} is as of {inventory.as_of}; the database's time is {now}")
        self._check_learned(before, inventory)
        steps = {step.id: step for step in part.messages}
        for booking in part.bookings:
            self._check_booking(booking, steps)
        if inventory.halls is not None and f"availability:{inventory.event_id}:{inventory.version}" not in steps:
            self._accuse("I3", f"the numbers of {inventory.event_id} version {inventory.version} aren't told")
        self._tell(part.messages)
        self.inventories[inventory.event_id] = inventory
        self._check_room(before, inventory)

    def saw_availability(self, before: Availability | None, after: Availability) -> None:
        """See `storage.data.Witness`."""
        self._history.say("events db", f"availability {after.event_id} version {after.version}")
        if before is not None and after.version <= before.version:
            self._accuse("I4", f"availability of {after.event_id} went from {before.version} to {after.version}")
        told = self.told.get(f"availability:{after.event_id}:{after.version}")
        if told is None or told.body != msgspec.json.encode(after):
            self._accuse("I3", f"numbers of {after.event_id} version {after.version} were heard that nobody told")

    def saw_published(self, message: Message) -> None:
        """The broker has taken it."""
        self._history.say("broker", f"took {message.id}")
        self.published[message.id] += 1
        told = self.told.get(message.id)
        if told is None or (told.name, told.body) != (message.name, message.body):
            self._accuse("I3", f"{message.id} was published as nobody committed it")

    def _check_learned(self, before: Inventory | None, inventory: Inventory) -> None:
        """What it knows of its event is what that was in the version it says, and is never older than before."""
        event_id, version = inventory.event_id, inventory.event_version
        known = self.events.get(event_id, [])
        if not 1 <= version <= len(known):
            self._accuse("I3", f"the inventory {event_id} knows version {version} of an event that isn't in it")
            return
        if before is not None and version < before.event_version:
            self._accuse("I4", f"what is known of {event_id} went back from {before.event_version} to {version}")
        for said in differences(inventory, state(known[version - 1])):
            self._accuse("I3", f"the inventory {event_id} as of version {version} {said}")

    def _check_booking(self, booking: Booking, steps: dict[Any, Message]) -> None:
        """It got each version, one after the other, and each was told."""
        before = self.bookings.get(booking.id)
        first = before.version if before else 0
        if [change.version for change in booking.history] != list(range(1, booking.version + 1)):
            self._accuse("I4", f"booking {booking.id} lacks a version of its history")
        if booking.version <= first:
            self._accuse("I4", f"booking {booking.id} went from version {first} to {booking.version}")
        if before is not None and booking.history[:first] != before.history:
            self._accuse("I4", f"booking {booking.id} has another history than before")
        reference = before.payment_reference if before else None
        for version in range(first + 1, booking.version + 1):
            message = steps.get(f"booking:{booking.id}:{version}")
            if message is None:
                self._accuse("I3", f"booking {booking.id} version {version} is committed without its message")
                continue
            told = self.steps[booking.id, version] = msgspec.json.decode(message.body, type=BookingStateTold)
            if told.reason is not None:
                self.effects[told.reason] += 1
            if told.payment_reference != reference:
                self.effects[told.payment_reference or ""] += 1
                reference = told.payment_reference
        admitted = {each.ticket for each in before.admissions} if before else set()
        self.effects.update(each.where or "" for each in booking.admissions if each.ticket not in admitted)
        self.bookings[booking.id] = booking

    def _check_room(self, before: Inventory | None, inventory: Inventory) -> None:
        """Nobody was let into a hall beyond its capacity; that of any version that was heard of in between counts."""
        own = [booking for booking in self.bookings.values() if booking.event_id == inventory.event_id]
        try:
            assert_counters_add_up(inventory, own)
        except AssertionError as error:
            self._accuse("I1", f"the counters of {inventory.event_id} don't add up: {str(error) or error!r}")
        was = {hall.id: hall for hall in (before.halls if before else None) or ()}
        heard = self.events.get(inventory.event_id, [])
        between = heard[max(0, (before.event_version if before else 1) - 1) : inventory.event_version]
        for hall in inventory.halls or ():
            capacities = [each.capacity for event in between for each in event.location.halls if each.id == hall.id]
            room = max([hall.capacity, *capacities, was[hall.id].taken if hall.id in was else 0])
            if hall.taken > room:
                self._accuse("I1", f"{hall.taken} places of {hall.name!r} are taken, and there are {room}")

    def _tell(self, messages: tuple[Message, ...]) -> None:
        self.told.update({message.id: message for message in messages})

    def _accuse(self, promise: str, what: str) -> None:
        self._history.accuse(promise, what)
