"""Two processes' writers on one database: none says what has been true for it alone, and a key has one answer."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from msgspec.structs import replace

from okevents.bookings.model import BookingState, Ending, Inventory
from okevents.bookings.ports import (
    BookingFilter,
    BookingsDatabase,
    BookingStore,
    Decide,
    Loaded,
    Part,
    PartOutcome,
    Plan,
)
from okevents.bookings.service import Booked, BookingService
from okevents.contracts.event import BookingTerms
from okevents.errors import BookingNotFound, GuestLimitReached, IllegalTransition, KeyInFlight, KeyReused
from okevents.kernel.caller import Caller
from okevents.kernel.clock import SystemClock
from okevents.kernel.ids import BookingId, EventId, random_nonce
from okevents.messaging.envelope import Message
from tests.builders import a_booking, a_part, an_inventory

CALLER = Caller(method="POST", path="/bookings")
KEYED = replace(CALLER, key="once")

Meanwhile = Callable[[], Awaitable[None]]


class NoRelay:
    """Whatever is handed over stays in the outbox."""

    def hand_over(self, _: Sequence[Message]) -> None:
        return None


class LateStore:
    """A store that is reached late: what is to happen `before` a call happens first, each thing once."""

    def __init__(self, store: BookingStore) -> None:
        self._store = store
        self.before: dict[str, list[Meanwhile]] = {}

    async def load(self, event_ids: Sequence[EventId]) -> Loaded:
        await self._let_happen("load")
        return await self._store.load(event_ids)

    async def commit(self, parts: Sequence[Part]) -> Sequence[PartOutcome]:
        await self._let_happen("commit")
        return await self._store.commit(parts)

    async def commit_locked(self, event_id: EventId, plan: Plan, decide: Decide) -> PartOutcome | None:
        await self._let_happen("commit_locked")
        return await self._store.commit_locked(event_id, plan, decide)

    async def _let_happen(self, name: str) -> None:
        if waiting := self.before.get(name):
            await waiting.pop(0)()

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


class LateDatabase:
    def __init__(self, database: BookingsDatabase) -> None:
        self._database = database
        self.bookings = LateStore(database.bookings)

    def __getattr__(self, name: str) -> object:
        return getattr(self._database, name)


@asynccontextmanager
async def service(database: BookingsDatabase | LateDatabase) -> AsyncIterator[BookingService]:
    """That of one process."""
    one = BookingService(database, NoRelay(), SystemClock(), random_nonce, lambda name, event: None)  # type: ignore[arg-type]
    try:
        yield one
    finally:
        await one.close()


@pytest.fixture
async def here(bookings_database: BookingsDatabase) -> AsyncIterator[BookingService]:
    async with service(bookings_database) as one:
        yield one


@pytest.fixture
async def elsewhere(bookings_database: BookingsDatabase) -> AsyncIterator[BookingService]:
    async with service(bookings_database) as one:
        yield one


@pytest.fixture
async def event_id(bookings_database: BookingsDatabase) -> EventId:
    """An event that both have heard of."""
    inventory = an_inventory()
    await bookings_database.bookings.commit([a_part(inventory)])
    return inventory.event_id


async def an_inventory_of_now(database: BookingsDatabase, **changes: object) -> Inventory:
    """Of an event that is announced now, by the database's time."""
    now = (await database.bookings.load([])).now
    return an_inventory(as_of=now, starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=2), **changes)


async def book(service: BookingService, event_id: EventId, **asked: object) -> BookingId:
    wanted = {"event_id": event_id, "hall": "lobby", "places": 1, "guest": {"name": "Ada", "email": "ada@example.org"}}
    return (await service.book(json.dumps({**wanted, **asked}).encode(), CALLER)).booking_id


async def rename(service: BookingService, booking_id: BookingId, name: str, caller: Caller = CALLER) -> Booked:
    return await service.amend(booking_id, json.dumps({"guest": {"name": name}}).encode(), caller)


async def test_that_a_request_changes_nothing_is_said_of_the_newest_state_alone(
    here: BookingService, elsewhere: BookingService, event_id: EventId
) -> None:
    held, cancelled = await book(here, event_id), await book(here, event_id)
    await rename(elsewhere, held, "Bob")
    assert json.loads((await rename(here, held, "Ada")).body)["guest"]["name"] == "Ada"
    assert (await here.reading.find(held)).booking.guest.name == "Ada"
    await elsewhere.cancel(cancelled, b"", CALLER)
    with pytest.raises(IllegalTransition):
        await here.extend(cancelled, b'{"hold":1}', CALLER)


async def test_the_answer_that_nothing_was_to_change_is_kept_for_the_key(
    here: BookingService, elsewhere: BookingService, event_id: EventId
) -> None:
    booking_id = await book(here, event_id)
    first = await rename(here, booking_id, "Ada", KEYED)
    assert (first.version, first.is_replay) == (1, False)
    await rename(here, booking_id, "Bob")
    await elsewhere.cancel(booking_id, b"", CALLER)
    for one in (here, elsewhere):
        again = await rename(one, booking_id, "Ada", KEYED)
        assert again == replace(first, is_replay=True)
    assert (await here.reading.find(booking_id)).booking.guest.name == "Bob"


@pytest.mark.parametrize("is_locked", [False, True], ids=["at once", "under the lock"])
async def test_a_repeat_that_finds_what_the_first_try_did_gets_its_answer(
    bookings_database: BookingsDatabase, elsewhere: BookingService, event_id: EventId, is_locked: bool
) -> None:
    """The first try is committed when the repeat has asked for its key, and hasn't read the state yet."""
    late = LateDatabase(bookings_database)
    booking_id = await book(elsewhere, event_id)
    first: list[Booked] = []

    async def first_try() -> None:
        with suppress(KeyInFlight):  # Where keys are claimed it finds the claim of the repeat.
            first.append(await elsewhere.cancel(booking_id, b"", KEYED))

    async def another_change() -> None:
        await book(elsewhere, event_id)

    if is_locked:
        late.bookings.before = {"commit": [another_change, another_change], "commit_locked": [first_try]}
    else:
        late.bookings.before = {"load": [first_try]}
    async with service(late) as here:
        repeat = await here.cancel(booking_id, b"", KEYED)
    assert not any(late.bookings.before.values())
    assert repeat.is_replay == bool(first)
    assert [replace(answer, is_replay=True) for answer in first] in ([], [repeat])


async def test_whose_a_booking_is_counts_when_it_is_confirmed_late_not_whose_it_was_when_it_was_last_seen_here(
    bookings_database: BookingsDatabase, here: BookingService, elsewhere: BookingService
) -> None:
    inventory = await an_inventory_of_now(bookings_database, terms=BookingTerms(max_places_per_guest=2))
    await bookings_database.bookings.commit([a_part(inventory)])
    bob = {"name": "Bob", "email": "bob@example.org"}
    held = await book(here, inventory.event_id, hold=1)
    await elsewhere.amend(held, json.dumps({"guest": bob}).encode(), CALLER)
    while (await here.reading.find(held)).booking.state is BookingState.HELD:
        await asyncio.sleep(0.1)
    await book(elsewhere, inventory.event_id, guest=bob, places=2, hold=0)
    with pytest.raises(GuestLimitReached):
        await here.confirm(held, b"", CALLER)


async def pass_on(service: BookingService, booking_id: BookingId, caller: Caller) -> Booked:
    guest = {"name": "Bob", "email": "bob@example.org"}
    return await service.amend(booking_id, json.dumps({"guest": guest}).encode(), caller)


async def test_who_passes_a_booking_on_while_its_cancellation_is_under_way_loses_it_nothing(
    bookings_database: BookingsDatabase, elsewhere: BookingService, event_id: EventId
) -> None:
    """The first guest was let in by the secret of then, which is another's when the cancellation is to be committed."""
    booking_id = await book(elsewhere, event_id)
    first = replace(CALLER, secret_issue=1)
    late = LateDatabase(bookings_database)

    async def transfer() -> None:
        await pass_on(elsewhere, booking_id, first)

    late.bookings.before = {"commit": [transfer]}
    async with service(late) as here:
        with pytest.raises(BookingNotFound):
            await here.cancel(booking_id, b"", first)
        with pytest.raises(BookingNotFound):
            await here.reading.find(booking_id, 1)
        assert (await here.reading.find(booking_id, 2)).booking.state is BookingState.HELD
        await here.cancel(booking_id, b"", replace(CALLER, secret_issue=2))


async def test_a_transfer_is_answered_again_to_who_made_it_alone(
    here: BookingService, elsewhere: BookingService, event_id: EventId
) -> None:
    booking_id = await book(here, event_id)
    first = replace(KEYED, secret_issue=1)
    done = await pass_on(here, booking_id, first)
    for one in (here, elsewhere):
        assert await pass_on(one, booking_id, first) == replace(done, is_replay=True)
        with pytest.raises(BookingNotFound):
            await pass_on(one, booking_id, replace(first, key="another"))
        with pytest.raises(KeyReused):
            await rename(one, booking_id, "Eve", first)
    # The same key and body mean another request where another secret is shown.
    assert not (await pass_on(here, booking_id, replace(KEYED, secret_issue=2))).is_replay


async def test_lists_show_what_time_has_changed_before_anybody_writes_it_down(
    bookings_database: BookingsDatabase, here: BookingService
) -> None:
    store, inventory = bookings_database.bookings, await an_inventory_of_now(bookings_database)
    now = inventory.as_of
    over, (hall,) = now - timedelta(seconds=1), inventory.halls or ()
    ended = a_booking(inventory, state=BookingState.HELD, expires_at=over)
    running = a_booking(inventory, state=BookingState.HELD, expires_at=now + timedelta(hours=1))
    ending = Ending(at=over, bookings=1, held={hall.id: 1})
    halls = (replace(hall, taken=1, held=1),)
    await store.commit([a_part(replace(inventory, halls=halls, endings=(ending,), due_at=over), ended, running)])

    async def states(**wanted: object) -> list[BookingState]:
        filtered = BookingFilter(event_id=inventory.event_id, **wanted)  # type: ignore[arg-type]
        page = await here.reading.page(filtered, None, None, 10)
        streamed = [booking async for chunk in await here.reading.stream(filtered, None) for booking in chunk]
        assert list(page.bookings) == streamed
        return [booking.state for booking in streamed]

    assert await states() == [BookingState.EXPIRED, BookingState.HELD]
    assert await states(state=BookingState.HELD) == [BookingState.HELD]
    (listed,) = (await here.reading.inventories(None, 10)).inventories
    assert listed.halls == (await here.reading.availability(inventory.event_id)).halls == (hall,)
