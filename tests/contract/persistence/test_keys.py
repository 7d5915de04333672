"""Processes that are asked for the same thing under the same key, at once or one after the other: it is done once."""

import asyncio
from datetime import timedelta

import pytest

from okevents.bookings.ports import BookingsDatabase
from okevents.errors import KeyInFlight, StoreUnavailable
from okevents.events.ports import EventsDatabase
from okevents.events.service import EventService
from okevents.kernel.caller import Caller
from okevents.kernel.clock import SystemClock
from okevents.kernel.idempotency import LEASE, Claim, ClaimResult, Granted, InFlight, KeptAnswer
from okevents.kernel.ids import random_nonce
from tests.builders import a_booking, a_claim, a_kept_answer, a_part, an_event, an_event_change, an_inventory
from tests.contract.persistence.backends import Backend, opened
from tests.contract.persistence.conftest import Pass
from tests.contract.persistence.services import Nobody, Service, failing_process, process, sleepy_process

SECOND = timedelta(seconds=1)

AT_ONCE = 5.0
"""Seconds: far less than a lease."""

COMMITS, MANY = 5, 100
"""Commits, and bookings in each: enough to take a while to write."""


@pytest.fixture(params=["events", "bookings"])
def kind(request: pytest.FixtureRequest) -> str:
    given: str = request.param
    return given


async def test_of_processes_that_are_asked_at_once_one_does_it(backend: Backend, url: str, kind: str) -> None:
    rounds = 5
    async with process(kind, backend, url) as one, process(kind, backend, url) as other:
        for number in range(rounds):
            asked = (each.ask(f"k{number}") for each in (one, other, one))
            answers = await asyncio.gather(*asked, return_exceptions=True)
            done = {answer for answer in answers if isinstance(answer, bytes)}
            assert len(done) == 1
            assert all(isinstance(answer, bytes | KeyInFlight) for answer in answers), answers
            assert {await one.ask(f"k{number}"), await other.ask(f"k{number}")} == done
        assert await one.effects() == await one.messages() == rounds


async def test_who_slept_since_it_was_granted_a_key_answers_as_the_one_who_was_quicker(
    backend: Backend, url: str, kind: str, let_pass: Pass
) -> None:
    async with sleepy_process(kind, backend, url) as (slow, answers), process(kind, backend, url) as quick:
        asked = asyncio.create_task(slow.ask())
        await answers.granted.wait()
        if backend.has_leased_claims:
            with pytest.raises(KeyInFlight):
                await quick.ask()
            let_pass(LEASE + SECOND)
        answer = await quick.ask()
        answers.woken.set()
        assert await asked == answer == await quick.ask()
        assert await quick.effects() == await quick.messages() == 1


@pytest.mark.parametrize("is_stored", [True, False], ids=["stored", "not stored"])
@pytest.mark.parametrize("is_same", [True, False], ids=["the same", "another"])
async def test_who_was_told_that_it_failed_may_ask_again_at_once(
    backend: Backend, url: str, kind: str, *, is_stored: bool, is_same: bool
) -> None:
    """This process or another, whether it was stored or not: no lease stands in the way."""
    async with (
        failing_process(kind, backend, url, is_stored=is_stored) as failing,
        process(kind, backend, url) as other,
    ):
        with pytest.raises(StoreUnavailable):
            await failing.ask()
        answer = await _answered(failing if is_same else other)
        assert answer == await failing.ask() == await other.ask()
        assert await other.effects() == await other.messages() == 1


async def _answered(service: Service) -> bytes:
    """Soon: the key is given back as soon as somebody is there who takes it."""
    async with asyncio.timeout(AT_ONCE):
        while True:
            try:
                return await service.ask()
            except KeyInFlight:
                await asyncio.sleep(0.05)


async def test_what_an_answer_is_about_is_there_as_soon_as_the_answer_is(
    bookings_database: BookingsDatabase, backend: Backend, url: str
) -> None:
    """A repeat that comes to another process meanwhile is answered with it."""
    async with opened(backend.open_bookings(url)) as other:
        for _ in range(COMMITS):
            claim, inventory = a_claim(), an_inventory()
            *others, booking = (a_booking(inventory) for _ in range(MANY))
            part = a_part(inventory, *others, booking, answers=(a_kept_answer(claim, subject=booking.id),), messages=())
            committing = asyncio.create_task(bookings_database.bookings.commit([part]))
            while not isinstance((await other.answers.claim([claim]))[claim.key], KeptAnswer):
                await asyncio.sleep(0)
            found = await other.reports.find(booking.id)
            await committing
            assert found is not None


async def test_a_change_of_nothing_keeps_its_answer_too(events_database: EventsDatabase) -> None:
    """Else its repeat would undo what others have done meanwhile."""
    event = an_event()
    await events_database.events.commit([an_event_change(event)])
    service = EventService(events_database, Nobody(), SystemClock(), random_nonce)
    path, patch = f"/events/id/{event.id}", b'{"name": "An evening of zarzuela"}'
    keyed = Caller(method="PATCH", path=path, key="k")
    first = await service.patch(event.id, patch, keyed)
    other = await service.patch(event.id, b'{"name": "Another"}', Caller(method="PATCH", path=path))
    again = await service.patch(event.id, patch, keyed)
    assert (again.body, again.is_replay) == (first.body, True)
    assert (await events_database.events.find(event.id)).event.version == other.version  # type: ignore[union-attr]
    await service.close()


async def test_a_change_of_nothing_without_a_key_is_none(events_database: EventsDatabase) -> None:
    event = an_event()
    await events_database.events.commit([an_event_change(event)])
    service = EventService(events_database, Nobody(), SystemClock(), random_nonce)
    caller = Caller(method="PATCH", path=f"/events/id/{event.id}")
    written = await service.patch(event.id, b'{"name": "An evening of zarzuela"}', caller)
    assert written.version == event.version
    await service.close()


async def test_a_key_that_is_claimed_is_nobody_elses_until_its_lease_ends_and_then_one_others(
    backend: Backend, either_database: EventsDatabase | BookingsDatabase, let_pass: Pass
) -> None:
    first, answers = a_claim(), either_database.answers

    async def claimed() -> ClaimResult:
        again = Claim(key=first.key, fingerprint=first.fingerprint, nonce=a_claim().nonce)
        return (await answers.claim([again]))[first.key]

    assert await answers.claim([first]) == {first.key: Granted(first.nonce)}
    if not backend.has_leased_claims:
        assert isinstance(await claimed(), Granted)
        return
    for _ in range(2):
        let_pass(LEASE - SECOND)
        assert await claimed() == InFlight()
        let_pass(2 * SECOND)
        taken_over = await asyncio.gather(*(claimed() for _ in range(4)))
        assert taken_over.count(Granted(first.nonce)) == 1
        assert taken_over.count(InFlight()) == 3
    await answers.release([first.key])
    assert await claimed() == Granted(first.nonce)
    assert await claimed() == InFlight()
