"""The door's pages: what is said, which events are offered, and what the browser keeps."""

from datetime import UTC, datetime, timedelta

import pytest

from okevents.bookings.listing import InventoryPage
from okevents.bookings.model import Inventory
from okevents.errors import (
    AlreadyAdmitted,
    BadInput,
    CheckInNotOpen,
    FieldFault,
    NotAdmitted,
    OkeventsError,
    StoreUnavailable,
    TicketKeyUnusable,
)
from okevents.pages.door import worker
from okevents.pages.door.answers import KINDS, of_error
from okevents.pages.door.doors import KNOWN_FOR, MOST, OPEN_AFTER, SOON, DoorFinder
from okevents.pages.door.worker import Worker
from tests.builders import an_inventory

NOW = datetime(2031, 5, 9, 18, tzinfo=UTC)


def every_kind_of(error: type[OkeventsError]) -> list[type[OkeventsError]]:
    return [error, *(each for kind in error.__subclasses__() for each in every_kind_of(kind))]


@pytest.mark.parametrize("error", [*every_kind_of(NotAdmitted)[1:], *every_kind_of(TicketKeyUnusable)])
def test_every_reason_to_be_kept_out_has_an_answer_and_one_alone(error: type[OkeventsError]) -> None:
    assert len([kind for kind in KINDS if error.slug in kind.slugs.split()]) == 1
    made = error("why", "kid") if issubclass(error, TicketKeyUnusable) else error("why")
    shown = of_error(made)
    assert shown is not None
    assert error.slug in shown.kind.slugs.split()


def test_what_goes_with_an_answer() -> None:
    shown = of_error(AlreadyAdmitted("why", at=NOW, where="North door", ticket=2))
    assert shown is not None
    assert (shown.kind.name, shown.at, shown.where, shown.ticket) == ("already", NOW, "North door", 2)
    shown = of_error(CheckInNotOpen("why", opens=NOW))
    assert shown is not None
    assert (shown.kind.name, shown.at) == ("not-open", NOW)
    assert of_error(BadInput([FieldFault("/token", "is no ticket")])) is not None
    assert of_error(StoreUnavailable("away")) is None


class Reading:
    """Inventories, some at a time. `asked`: how often they were asked for."""

    def __init__(self, inventories: list[Inventory], at_once: int) -> None:
        self._inventories = inventories
        self._at_once = at_once
        self.asked = 0

    async def inventories(self, cursor: str | None, limit: int) -> InventoryPage:
        assert limit >= self._at_once
        self.asked += 1
        first = int(cursor or 0)
        following = first + self._at_once
        page = self._inventories[first:following]
        return InventoryPage(page, str(following) if following < len(self._inventories) else None)


def finder(*inventories: Inventory, at_once: int = 2) -> tuple[DoorFinder, Reading]:
    reading = Reading(list(inventories), at_once)
    return DoorFinder(reading), reading  # type: ignore[arg-type]


def from_to(starts: timedelta, ends: timedelta, **changes: object) -> Inventory:
    return an_inventory(starts_at=NOW + starts, ends_at=NOW + ends, **changes)


HOUR = timedelta(hours=1)


async def test_those_that_are_on_or_begin_soon_and_those_after_them() -> None:
    on, soon = from_to(-HOUR, HOUR), from_to(SOON - HOUR, SOON)
    just_over, long_over = from_to(-9 * HOUR, HOUR - OPEN_AFTER), from_to(-9 * HOUR, -OPEN_AFTER)
    later, cancelled = from_to(SOON + HOUR, SOON + 2 * HOUR), from_to(HOUR, 2 * HOUR, status="cancelled")
    found, _ = finder(later, long_over, soon, cancelled, on, just_over)
    doors = await found.find(NOW)
    assert [list(each) for each in doors] == [[just_over, on, soon], [later]]


async def test_of_many_the_nearest_are_told() -> None:
    events = [from_to(each * HOUR, (each + 1) * HOUR) for each in reversed(range(MOST + 5))]
    found, _ = finder(*events, at_once=7)
    doors = await found.find(NOW)
    assert [*doors.soon, *doors.later] == events[::-1][:MOST]


async def test_all_are_looked_through_once_in_a_while() -> None:
    found, reading = finder(from_to(HOUR, 2 * HOUR))
    for _ in range(3):
        await found.find(NOW)
    assert reading.asked == 1
    await found.find(NOW + KNOWN_FOR)
    assert reading.asked == 2
    await found.find(NOW - HOUR)  # a clock that went back
    assert reading.asked == 3


def test_the_worker_is_another_when_anything_of_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Worker({"/door/shell/en": b"<p>Door"})
    assert first.version == Worker({"/door/shell/en": b"<p>Door"}).version
    assert first.version != Worker({"/door/shell/en": b"<p>Door!"}).version
    assert first.version != Worker({"/door/shell/es": b"<p>Door"}).version
    monkeypatch.setattr(worker, "ASSETS", worker.ASSETS[1:])
    assert first.version != Worker({"/door/shell/en": b"<p>Door"}).version
