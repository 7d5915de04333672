"""The oversell race: hundreds of guests whose holds expire, who confirm late, cancel, and wait. Every place is
accounted for afterwards."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.e2e import accounts
from tests.e2e.guests import availability, publish
from tests.e2e.program import running
from tests.e2e.race import Guest, race
from tests.e2e.shape import Shape

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(180)]

GUESTS, CAPACITY = 400, 120
"""Some 700 places are wanted: enough that the hall fills, empties by what expires and is cancelled, and fills again."""

FERRETDB_GUESTS, FERRETDB_CAPACITY = 60, 20
"""FerretDB commits a few batches in a second, and two processes that race for one inventory make it fewer."""

SHORT_OFFERS = ("--offer", "2", "--min-offer", "1")
"""So that some lapse, and go to the next, while the race lasts."""
MAX_PASSES = 3


async def run_and_account(https: Sequence[httpx.AsyncClient], event_id: str, guests: int, capacity: int) -> None:
    """The race, and then the accounts, as each process shows them."""
    there = await race(https, event_id, guests, seed=1)
    for http in https:
        told, numbers = await accounts.settled(http, event_id)
        assert numbers["capacity"] == capacity
        accounts.require_sums(told, numbers)
        accounts.require_whole_histories(told)
        most = accounts.require_never_oversold(told, capacity)
        offers = accounts.require_order_of_arrival(told, MAX_PASSES)
        require_answers_true(there, told)
        assert most == capacity, "the race was none: it was never sold out"
        assert offers, "the race was none: nobody was offered anything"
    require_variety(there, told)


def require_answers_true(guests: Sequence[Guest], told: Sequence[accounts.Account]) -> None:
    """Whatever a guest was told stands in the history, and what ended by its choice ended so; no booking is there that
    nobody was told of."""
    by_id = {account.id: account for account in told}
    for guest in guests:
        for answer in guest.told:
            change = by_id[answer.booking_id].shown["history"][answer.version - 1]
            assert (change["version"], change["state"]) == (answer.version, answer.state)
            assert by_id[answer.booking_id].shown["late"] >= answer.is_late
        if guest.told and guest.told[-1].state in accounts.GONE_BY_CHOICE:
            last = guest.told[-1]
            assert (by_id[last.booking_id].state, by_id[last.booking_id].shown["version"]) == (last.state, last.version)
    assert by_id.keys() == {answer.booking_id for guest in guests for answer in guest.told}
    assert len(by_id) == len(told)


def require_variety(guests: Sequence[Guest], told: Sequence[accounts.Account]) -> None:
    """Everything that the race is about has happened; who comes late may find room or not."""
    seen = Counter(step.state for account in told for step in account.steps)
    seen["late"] = sum(guest.has_come_late for guest in guests)
    seen["refused"] = sum(len(guest.refused) for guest in guests)
    for what in ("held", "confirmed", "expired", "cancelled", "waiting", "offered", "late", "refused"):
        assert seen[what], (what, seen)


@pytest.mark.sqlite
async def test_one_process_sells_each_place_once(tmp_path: Path) -> None:
    async with running("up", *SHORT_OFFERS, folder=tmp_path) as program:
        event_id = await publish(program.http, "Race", CAPACITY)
        await availability(program.http, event_id)
        await run_and_account([program.http], event_id, GUESTS, CAPACITY)


@asynccontextmanager
async def two_for(shape: Shape, capacity: int) -> AsyncIterator[tuple[list[httpx.AsyncClient], str]]:
    """Two processes that book, and an event that both have heard of."""
    async with (
        shape.both(*SHORT_OFFERS) as (events, bookings),
        running("bookings", *shape.bookings, *SHORT_OFFERS, folder=shape.folder) as other,
    ):
        event_id = await publish(events.http, "Race", capacity)
        for program in (bookings, other):
            await availability(program.http, event_id)
        yield [bookings.http, other.http], event_id


@pytest.mark.rabbitmq
@pytest.mark.postgresql
async def test_two_processes_on_postgresql_sell_each_place_once(
    postgresql_url: str, other_postgresql_url: str, rabbitmq_url: str, tmp_path: Path
) -> None:
    shape = Shape(postgresql_url, other_postgresql_url, rabbitmq_url, tmp_path)
    async with two_for(shape, CAPACITY) as (https, event_id):
        await run_and_account(https, event_id, GUESTS, CAPACITY)


@pytest.mark.rabbitmq
@pytest.mark.mongodb
async def test_two_processes_on_ferretdb_sell_each_place_once(
    mongodb_url: str, other_mongodb_url: str, rabbitmq_url: str, tmp_path: Path
) -> None:
    shape = Shape(mongodb_url, other_mongodb_url, rabbitmq_url, tmp_path)
    async with two_for(shape, FERRETDB_CAPACITY) as (https, event_id):
        await run_and_account(https, event_id, FERRETDB_GUESTS, FERRETDB_CAPACITY)
