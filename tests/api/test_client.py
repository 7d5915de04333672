"""The client, with the services that it is made for."""

import asyncio
import csv
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from okevents.access import tokens
from okevents.access.model import Scope
from okevents.client import (
    AvailabilityShown,
    BookingDraft,
    BookingMade,
    BookingPatch,
    Client,
    EventDraft,
    EventShown,
    GuestDraft,
    GuestPatch,
    HallDraft,
    LineDraft,
    LocationDraft,
    TermsDraft,
    from_milliseconds,
)
from okevents.client.errors import (
    AlreadyAdmitted,
    BadInput,
    BookingNotFound,
    EventNotFound,
    Failed,
    Forbidden,
    IllegalTransition,
    KeyReused,
    PreconditionFailed,
    SoldOut,
    Unauthenticated,
)
from tests.api.serving import serving, serving_parts
from tests.scripted import answers, scripted, writes

STARTS_AT = datetime(2031, 5, 9, 18, tzinfo=UTC)
ADA = GuestDraft(name="Ada Example", email="ada@example.org")


@pytest.fixture
async def client(http: httpx.AsyncClient) -> AsyncIterator[Client]:
    async with Client(str(http.base_url)) as client:
        yield client


def a_draft(name: str = "Organ night", capacity: int = 10, country: str = "ES") -> EventDraft:
    halls = [HallDraft(name="Great hall", capacity=capacity), HallDraft(name="Salon", capacity=2)]
    location = LocationDraft(name="Palau Nou", country=country, halls=halls)
    return EventDraft(name=name, startdate=STARTS_AT, duration=150, location=location)


def a_booking(event_id: str, places: int = 2, hold: int = 0) -> BookingDraft:
    return BookingDraft(event_id=event_id, hall="Great hall", places=places, guest=ADA, hold=hold)


async def published(client: Client, name: str = "Organ night") -> EventShown:
    """An event that the Booking Service has heard of."""
    event = await client.events.create(a_draft(name))
    async with asyncio.timeout(20):
        while True:
            try:
                await client.availability.get(event.id)
            except EventNotFound:
                await asyncio.sleep(0.02)
            else:
                return event


async def test_an_event_is_created_found_changed_cancelled_and_reinstated(client: Client) -> None:
    event = await client.events.create(a_draft(), key="once")
    assert await client.events.create(a_draft(), key="once") == event
    with pytest.raises(KeyReused):
        await client.events.create(a_draft("Another"), key="once")
    assert from_milliseconds(event.startdate) == STARTS_AT
    assert (await client.events.get(event.id)).created == event.created
    draft = a_draft()
    draft.booking = TermsDraft(max_places=4)
    assert (await client.events.replace(event.id, draft, if_version=1)).booking.max_places == 4
    changed = await client.events.patch(event.id, {"description": "With an introduction.", "booking": None})
    assert (changed.description, changed.booking.max_places, changed.version) == ("With an introduction.", None, 3)
    with pytest.raises(PreconditionFailed):
        await client.events.patch(event.id, {"duration": 1}, if_version=2)
    assert (await client.events.cancel(event.id, "ill")).reason == "ill"
    with pytest.raises(IllegalTransition) as raised:
        await client.events.cancel(event.id)
    assert raised.value.state == "cancelled"
    assert (await client.events.reinstate(event.id)).status == "scheduled"
    with pytest.raises(BadInput) as refused:
        await client.events.create({"name": "", "location": {"name": "x", "halls": [{"name": "y"}]}})
    assert {fault.pointer for fault in refused.value.faults} == {"/name", "/startdate", "/location/halls/0/capacity"}
    with pytest.raises(EventNotFound):
        await client.events.get("a" * 24)


@pytest.mark.parametrize("name", ["Organ night", "a/b", "..", "50% off? #1 & more", "Fête d'été\u2028\u00a0", "."])
async def test_an_event_is_found_by_any_name(name: str, client: Client) -> None:
    event = await client.events.create(a_draft(name))
    assert (await client.events.find(name)).id == event.id
    assert [each.name async for each in client.events.stream(text=name)] == [name]


async def test_events_are_listed_in_pages_streamed_and_exported(client: Client) -> None:
    made = [await client.events.create(a_draft(f"night {number}", country="FR")) for number in range(7)]
    await client.events.create(a_draft())
    listing = client.events.list(country="FR", page_size=3)
    assert [len(page) async for page in listing.pages()] == [3, 3, 1]
    listed = [event.id async for event in listing]
    assert sorted(listed) == sorted(event.id for event in made)
    assert [event.id async for event in client.events.stream(country="FR")] == listed
    exported = b"".join([chunk async for chunk in client.events.export(country="FR")])
    assert exported.count(b"\n") == 7
    assert [event.name async for event in client.events.list(starts_from=STARTS_AT, status="scheduled", country="ES")]
    assert [event async for event in client.events.list(starts_before=STARTS_AT)] == []
    with pytest.raises(BadInput):
        [event async for event in client.events.list(page_size=100_000)]


async def test_a_booking_lives_its_life(client: Client) -> None:
    event = await published(client)
    held = await client.bookings.create(a_booking(event.id, hold=60), key="once")
    assert isinstance(held, BookingMade)
    assert await client.bookings.create(a_booking(event.id, hold=60), key="once") == held
    assert held.secret not in repr(held)
    extended = await client.bookings.extend(held.id, 600)
    assert extended.expires_at is not None
    assert held.expires_at is not None
    assert extended.expires_at > held.expires_at
    confirmed = await client.bookings.confirm(held.id, "INV-1", if_version=extended.version)
    assert (confirmed.state, confirmed.payment_reference) == ("confirmed", "INV-1")
    amended = await client.bookings.amend(held.id, BookingPatch(guest=GuestPatch(name="Ada E.")))
    assert (amended.guest.name, amended.secret) == ("Ada E.", None)
    passed_on = await client.bookings.amend(held.id, {"guest": {"name": "Grace", "email": "grace@example.org"}})
    assert passed_on.secret not in (None, held.secret)
    assert passed_on.secret is not None
    assert passed_on.secret not in repr(passed_on)
    tickets = [ticket async for ticket in client.bookings.tickets(held.id)]
    assert [ticket.number for ticket in tickets] == [1, 2]
    admitted = await client.door.check_in(tickets[0].token, where="North door")
    assert [each.where for each in admitted.admitted] == ["North door"]
    with pytest.raises(AlreadyAdmitted) as raised:
        await client.door.check_in(tickets[0].token)
    assert (raised.value.where, raised.value.ticket) == ("North door", 1)
    assert (await client.door.undo(tickets[0].token)).booking.admissions == ()
    assert len((await client.bookings.check_in(held.id, 2)).booking.admissions) == 2
    assert len((await client.door.undo_of(held.id, 2)).booking.admissions) == 0
    assert (await client.bookings.get(held.id)).history[0].state == "held"
    assert (await client.bookings.erase(held.id)).guest.name == ""
    assert (await client.bookings.cancel(held.id, "ill")).state == "cancelled"
    with pytest.raises(BookingNotFound):
        await client.bookings.get("a" * 24)


async def test_sold_out_says_what_is_left_and_who_waits_is_offered_it(client: Client) -> None:
    event = await published(client)
    first = await client.bookings.create(a_booking(event.id, 9))
    with pytest.raises(SoldOut) as raised:
        await client.bookings.create(a_booking(event.id, 2))
    assert (raised.value.free, raised.value.hall) == (1, "Great hall")
    draft = BookingDraft(event_id=event.id, lines=[LineDraft(hall="Great hall", places=2)], guest=ADA, waitlist=True)
    waiting = (await client.bookings.get((await client.bookings.create(draft)).id)).waiting
    assert waiting
    assert waiting.position == 1
    await client.bookings.cancel(first.id)
    async with asyncio.timeout(20):
        while not (offered := [each async for each in client.bookings.list(event=event.id, state="offered")]):
            await asyncio.sleep(0.05)
    assert (await client.bookings.decline(offered[0].id)).state == "cancelled"


async def test_bookings_are_listed_in_pages_streamed_and_exported(client: Client) -> None:
    event = await published(client)
    for _ in range(5):
        await client.bookings.create(a_booking(event.id, 1))
    listing = client.bookings.list(event=event.id, hall="Great hall", email="ADA@example.org", page_size=2)
    assert [len(page) async for page in listing.pages()] == [2, 2, 1]
    listed = [booking.id async for booking in listing]
    assert [booking.id async for booking in client.bookings.stream(event=event.id)] == listed
    assert b"".join([chunk async for chunk in client.bookings.export(event=event.id)]).count(b"\n") == 5
    rows = b"".join([chunk async for chunk in client.bookings.export("csv", state="confirmed")]).decode().splitlines()
    assert [row["booking_id"] for row in csv.DictReader(rows)] == listed


async def test_availability_is_followed(client: Client) -> None:
    event = await published(client)
    async with aclosing(client.availability.follow(event.id)) as states, asyncio.timeout(20):
        assert _taken(await anext(states)) == 0
        await client.bookings.create(a_booking(event.id, 3))
        while _taken(await anext(states)) != 3:
            pass
    assert [each.event_id async for each in client.availability.list()] == [event.id]
    with pytest.raises(EventNotFound):
        await anext(client.availability.follow("a" * 24))


async def test_how_an_event_has_filled(client: Client) -> None:
    event = await published(client)
    nothing = await client.availability.occupancy(event.id)
    assert (nothing.event_id, nothing.capacity, nothing.steps) == (event.id, 12, [])
    await client.bookings.create(a_booking(event.id, 3))
    await client.bookings.create(a_booking(event.id, 2, hold=600))
    steps = (await client.availability.occupancy(event.id, steps=7)).steps
    assert (steps[-1].booked, steps[-1].held) == (3, 2)
    with pytest.raises(BadInput) as refused:
        await client.availability.occupancy(event.id, steps=0)
    assert "steps" in refused.value.detail
    with pytest.raises(EventNotFound):
        await client.availability.occupancy("a" * 24)


async def test_a_stream_that_breaks_off_is_gone_on_with_and_never_goes_back(client: Client) -> None:
    event = await published(client)
    await client.bookings.create(a_booking(event.id, 1))
    now = (await client.availability.get(event.id)).version

    def states(*versions: int) -> bytes:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        told = b"".join(_event(event, version) for version in versions)
        body = b"retry: 1\n\n:\n\n" + told
        return head + b"%x\r\n%b\r\n" % (len(body), body)

    steps = (
        writes(states(now, now + 1)),
        writes(states(now, now + 1, now + 2) + b"0\r\n\r\n"),
        writes(states(now + 3)),
    )
    async with scripted(*steps) as server, Client(server.url) as other:
        async with aclosing(other.availability.follow(event.id)) as followed, asyncio.timeout(20):
            assert [(await anext(followed)).version for _ in range(4)] == [now, now + 1, now + 2, now + 3]
        assert [asked.headers.get("last-event-id") for asked in server.asked] == [None, str(now + 1), str(now + 2)]
    refused = answers(503, {}, retry_after="60")
    async with scripted(writes(states(now)), refused) as server, Client(server.url) as other:
        followed = other.availability.follow(event.id)
        await anext(followed)
        with pytest.raises(Failed):
            await anext(followed)


async def test_who_may_do_what_is_told(tmp_path: Path) -> None:
    async with serving_parts(tmp_path, access="required") as (parts, http):
        secret = tokens.new_token()
        token = tokens.describe(secret, "website", [Scope.EVENTS_WRITE], datetime.now(UTC), None)
        for database in parts.databases.values():
            await database.tokens.add(token)
        url = str(http.base_url)
        async with Client(url, token=secret) as organiser, Client(url) as guest:
            event = await published(organiser)
            with pytest.raises(Unauthenticated):
                await guest.events.cancel(event.id)
            with pytest.raises(Forbidden) as raised:
                [booking async for booking in organiser.bookings.list()]
            assert raised.value.scope == "bookings:read"
            made = await guest.bookings.create(a_booking(event.id))
            assert (await guest.bookings.get(made.id, secret=made.secret)).id == made.id
            assert (await organiser.bookings.cancel(made.id, secret=made.secret)).state == "cancelled"


async def test_the_services_may_have_addresses_of_their_own(tmp_path: Path) -> None:
    async with serving(tmp_path) as http, scripted(answers(200, [])) as other:
        async with Client(events_url=str(http.base_url), bookings_url=other.url) as client:
            assert (await client.events.create(a_draft())).name == "Organ night"
            assert [booking async for booking in client.bookings.list()] == []
        assert [asked.line for asked in other.asked] == ["GET /bookings HTTP/1.1"]


def _taken(shown: AvailabilityShown) -> int:
    assert shown.total is not None
    return shown.total.taken


def _event(event: EventShown, version: int) -> bytes:
    data = (
        f'{{"event_id": "{event.id}", "name": "x", "status": "scheduled", "start_time": "2031-05-09T18:00:00Z", '
        f'"end_time": "2031-05-09T18:00:00Z", "version": {version}, "event_version": 1, "halls": null, "total": null}}'
    )
    return f"id: {version}\nevent: availability\ndata: {data}\n\n".encode()
