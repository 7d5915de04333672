"""A database of one event's bookings that can be reached without a loop, and a desk that takes requests to it.

The desk does what the writer does, step by step: it reads what `lookup` asks for and nothing else, decides, commits.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, cast

from msgspec.structs import replace

from okevents.bookings.decided import Decided, decide, lookup
from okevents.bookings.facts import ENDED_AT_ONCE, WAITING_AT_ONCE, Facts, Lookup
from okevents.bookings.job import Job, Wanted
from okevents.bookings.model import HOLDS, Booking, BookingState, Inventory
from okevents.bookings.ports import Part
from okevents.bookings.requests import Book, Request
from okevents.bookings.rules import Rules
from okevents.kernel.group_commit import Pending
from okevents.kernel.ids import BookingId, EventId, random_nonce


class World(Protocol):
    """Where inventories and bookings are kept. It promises what `BookingStore` does."""

    def load(self, event_id: EventId) -> Inventory | None: ...

    def read(self, wanted: Lookup) -> Facts: ...

    def commit(self, part: Part) -> bool:
        """False if the inventory isn't at the expected version."""
        ...

    def all_bookings(self, event_id: EventId) -> Sequence[Booking]:
        """In their newest version."""
        ...

    def fork(self) -> "World | None":
        """Another one with the same content; None if that can't be had."""
        ...


class MemoryWorld:
    """In dictionaries. It finds no more at once than it is told to, so that a test can meet the limits with a few."""

    def __init__(self, *, ended_at_once: int = ENDED_AT_ONCE, waiting_at_once: int = WAITING_AT_ONCE) -> None:
        self.inventories: dict[EventId, Inventory] = {}
        self.bookings: dict[BookingId, Booking] = {}
        self._ended_at_once = ended_at_once
        self._waiting_at_once = waiting_at_once

    def load(self, event_id: EventId) -> Inventory | None:
        return self.inventories.get(event_id)

    def read(self, wanted: Lookup) -> Facts:
        own = sorted(self.all_bookings(wanted.event_id), key=lambda each: each.number)
        found = [each for each in own if each.id in wanted.booking_ids]
        found += [each for each in own if each.is_live and each.guest.key in wanted.guests]
        if (by := wanted.ended_by) is not None:
            ended = [each for each in own if each.state in HOLDS and each.expires_at and each.expires_at <= by]
            found += sorted(ended, key=lambda each: each.expires_at or by)[: self._ended_at_once]
        if wanted.numbers is not None:
            found += [each for each in own if wanted.numbers[0] <= each.number < wanted.numbers[1]]
        waiting: list[Booking] = []
        if (after := wanted.waiting_after) is not None:
            waiting = [each for each in own if each.state is BookingState.WAITING and each.number > after]
        return Facts.of(found, waiting[: self._waiting_at_once])

    def commit(self, part: Part) -> bool:
        known = self.inventories.get(part.inventory.event_id)
        if (known.version if known else 0) != part.expected_version:
            return False
        self.inventories[part.inventory.event_id] = part.inventory
        self.bookings |= {booking.id: booking for booking in part.bookings}
        return True

    def all_bookings(self, event_id: EventId) -> Sequence[Booking]:
        return [booking for booking in self.bookings.values() if booking.event_id == event_id]

    def fork(self) -> "MemoryWorld":
        other = MemoryWorld(ended_at_once=self._ended_at_once, waiting_at_once=self._waiting_at_once)
        other.inventories, other.bookings = dict(self.inventories), dict(self.bookings)
        return other


def planned(
    world: World, event_id: EventId, requests: Sequence[Request], now: datetime, rules: Rules
) -> tuple[Inventory | None, Facts, Sequence[Job]]:
    """What the requests are to be decided on."""
    jobs = [job_of(request) for request in requests]
    inventory = world.load(event_id)
    wanted = lookup(event_id, inventory, jobs, now, rules)
    return inventory, Facts() if wanted.is_empty else world.read(wanted), jobs


def submit(world: World, event_id: EventId, requests: Sequence[Request], now: datetime, rules: Rules) -> Decided:
    """Has the requests decided as one batch, and committed."""
    inventory, facts, jobs = planned(world, event_id, requests, now, rules)
    decided = decide(inventory, facts, jobs, now, random_nonce(), rules)
    if decided.part is not None:
        assert world.commit(decided.part)
    return decided


def job_of(request: Request, *, is_repeat: bool = True) -> Job:
    """A request as the writer has it. `is_repeat`: its booking may be there already, from an interrupted try."""
    wanted = Wanted(request=request)
    same = replace(request) if is_repeat and isinstance(request, Book) else request
    return Job(Pending(wanted, cast(Any, None)), same)
