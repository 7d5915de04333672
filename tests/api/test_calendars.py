"""Calendars over HTTP, as programs that subscribe to them ask for them."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from okevents.errors import BookingNotFound
from okevents.events import listing
from okevents.kernel.ids import BookingId
from tests.api.bodies import a_booking, an_event
from tests.api.serving import serving, serving_parts
from tests.api.test_bookings import an_event_with
from tests.calendars import lines_of, read

SUMMER = "2031-07-01T20:00:00+02:00"


async def created(http: httpx.AsyncClient, **changes: object) -> str:
    answer = await http.post("/events", json=an_event(**changes))
    assert answer.status_code == 201, answer.text
    event_id: str = answer.json()["id"]
    return event_id


async def test_an_event_is_at_its_place_and_time(http: httpx.AsyncClient) -> None:
    location = {"name": "Palau Nou", "address": "Carrer del Mar 4, Barcelona", "country": "ES"}
    event_id = await created(
        http, name="Organ; night", startdate=SUMMER, timezone="Europe/Madrid", location=location, description="a\nb"
    )
    answer = await http.get(f"/events/id/{event_id}.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "DTSTART;TZID=Europe/Madrid:20310701T200000" in lines_of(answer.content)
    (found,) = read(answer.content)
    assert (found.uid, found.sequence, found.status) == (f"event-{event_id}@okevents", 0, "CONFIRMED")
    assert (found.summary, found.description) == ("Organ; night", "a\nb")
    assert found.location == "Palau Nou, Carrer del Mar 4, Barcelona, ES"
    assert found.starts_at == datetime(2031, 7, 1, 18, tzinfo=UTC)
    assert found.ends_at - found.starts_at == timedelta(minutes=120)
    assert found.url == str(http.base_url.join(f"/whats-on/{event_id}"))
    assert "<bdi>Organ; night</bdi>" in (await http.get(found.url)).text


async def test_an_event_without_a_zone_is_in_utc(http: httpx.AsyncClient) -> None:
    answer = await http.get(f"/events/id/{await created(http, startdate=SUMMER)}.ics")
    assert "DTSTART:20310701T180000Z" in lines_of(answer.content)


async def test_a_moved_and_a_cancelled_event_keep_their_uid_and_grow_their_sequence(http: httpx.AsyncClient) -> None:
    event_id = await created(http)
    path = f"/events/id/{event_id}.ics"
    seen = [await http.get(path)]
    assert (await http.patch(f"/events/id/{event_id}", json={"startdate": SUMMER, "enddate": None})).status_code == 200
    seen.append(await http.get(path))
    assert (await http.post(f"/events/id/{event_id}/cancel", json={"reason": "ill"})).status_code == 200
    seen.append(await http.get(path))
    of_all = await http.get("/events.ics")
    for entries in ([read(each.content)[0] for each in seen], [read(seen[0].content)[0], *read(of_all.content)]):
        assert {each.uid for each in entries} == {f"event-{event_id}@okevents"}
        assert entries[-1].status == "CANCELLED"
        assert entries[-1].description == "Cancelled: ill"
        assert entries[-1].starts_at == datetime(2031, 7, 1, 18, tzinfo=UTC)
    entries = [read(each.content)[0] for each in seen]
    assert [each.sequence for each in entries] == [0, 1, 2]
    assert entries == sorted(entries, key=lambda each: each.changed_at)
    assert len({each.headers["etag"] for each in seen}) == 3


async def test_the_calendar_has_the_events_that_the_filters_find(http: httpx.AsyncClient) -> None:
    await created(http, name="one", startdate=SUMMER, tags=["opera"])
    await created(http, name="two")
    await created(http, name="past", startdate=0)
    assert {each.summary for each in read((await http.get("/events.ics")).content)} == {"one", "two", "past"}
    for query, names in {"q=opera": ["one"], "to=2000-01-01T00:00:00Z": ["past"], "q=nothing": []}.items():
        answer = await http.get(f"/events.ics?{query}")
        assert [each.summary for each in read(answer.content)] == names
    answer = await http.get("/events.ics?q=a%20%26%C3%A9")
    lines = lines_of(answer.content)
    assert f"SOURCE;VALUE=URI:{http.base_url}/events.ics?q=a+%26%C3%A9" in lines
    assert {"REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"} <= set(lines)


@pytest.mark.parametrize(
    "query", ["available=0", "status=gone", "colour=red", "limit=1", "cursor=x", "q=a&q=b", "from=x"]
)
async def test_bad_filters_are_named(http: httpx.AsyncClient, query: str) -> None:
    answer = await http.get(f"/events.ics?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert [each["pointer"] for each in answer.json()["errors"]] == [query.partition("=")[0]]


async def test_who_has_the_calendar_is_told_so_until_anything_changes(http: httpx.AsyncClient) -> None:
    event_id, tags = await created(http), [""]
    query = "/events.ics?country=FR"

    async def is_new() -> bool:
        answer = await http.get(query)
        tag = answer.headers["etag"]
        assert tag.startswith('W/"')
        assert answer.headers["cache-control"] == "public, max-age=300"
        again = await http.get(query, headers={"if-none-match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == "public, max-age=300"
        tags.append(tag)
        return tags[-2] != tag

    assert [await is_new(), await is_new()] == [True, False]
    await http.patch(f"/events/id/{event_id}", json={"description": "new"})
    assert await is_new()
    other = await created(http, name="other")
    assert await is_new()
    await http.patch(f"/events/id/{other}", json={"location": {"country": "ES"}})  # it isn't found any more
    assert await is_new()
    await http.post(f"/events/id/{event_id}/cancel")
    assert [await is_new(), await is_new()] == [True, False]


async def test_when_it_was_changed_is_told(http: httpx.AsyncClient) -> None:
    event = (await http.post("/events", json=an_event())).json()
    for path in ("/events.ics", f"/events/id/{event['id']}.ics"):
        headers = (await http.get(path)).headers
        changed_at = parsedate_to_datetime(headers["last-modified"])
        assert changed_at == datetime.fromisoformat(event["updated"]).replace(microsecond=0)
    assert "last-modified" not in (await http.get("/events.ics?q=nothing")).headers


async def test_who_has_the_event_is_told_so(http: httpx.AsyncClient) -> None:
    path = f"/events/id/{await created(http)}.ics"
    first = await http.get(path)
    assert first.headers["cache-control"] == "public, no-cache"
    again = await http.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await http.head(path)).headers["etag"] == first.headers["etag"]


async def test_a_long_calendar_is_sent_in_pieces(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        await created(http, name=f"event {number}", timezone="Europe/Madrid", startdate=1_924_977_600_000 + number)
    whole = await http.get("/events.ics")
    assert int(whole.headers["content-length"]) == len(whole.content)
    monkeypatch.setattr(listing, "STREAM_CHUNK", 2)
    answer = await http.get("/events.ics")
    assert "content-length" not in answer.headers
    assert (answer.content, answer.headers["etag"]) == (whole.content, whole.headers["etag"])
    assert [each.summary for each in read(answer.content)] == [f"event {number}" for number in range(7)]
    assert (await http.get("/events.ics", headers={"if-none-match": whole.headers["etag"]})).status_code == 304
    assert (await http.head("/events.ics")).content == b""


async def test_what_looked_like_a_calendar_before_is_what_it_was(http: httpx.AsyncClient) -> None:
    event_id = await created(http, name="summer.ics")
    assert (await http.get("/events/name/summer.ics")).json()["id"] == event_id
    assert (await http.get(f"/events/id/{event_id}")).json()["id"] == event_id
    assert (await http.get("/events/id/x.ics")).status_code == 400
    assert (await http.get(f"/events/id/{'0' * 24}.ics")).status_code == 404


async def test_a_booking_is_its_guests_alone(tmp_path: Path) -> None:
    token = "a" * 32
    async with serving(tmp_path) as http:
        event_id = await an_event_with(http, 5)
        made, other = [(await http.post("/bookings", json=a_booking(event_id))).json() for _ in range(2)]
    async with serving(tmp_path, access="required") as http:
        path = f"/bookings/{made['id']}/calendar.ics"
        assert (await http.get(path)).status_code == 401
        assert (await http.get(f"{path}?secret={made['secret']}")).status_code == 401
        for shown, status in ((token, 404), (other["secret"], 404), (made["secret"], 200)):
            answer = await http.get(path, headers={"authorization": f"Bearer {shown}"})
            assert answer.status_code == status
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        (found,) = read(answer.content)
        assert (found.uid, found.status) == (f"booking-{made['id']}@okevents", "CONFIRMED")
        assert (found.visibility, found.location) == ("PRIVATE", "lobby")
        for secret in (made["secret"], "ada@example.org", "Ada"):
            assert secret not in answer.text
        # Events are everybody's.
        assert (await http.get("/events.ics")).status_code == 200
        assert (await http.get(f"/events/id/{event_id}.ics")).status_code == 200


async def test_a_booking_follows_its_event_and_its_own_end(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 5)
    booking = (await http.post("/bookings", json=a_booking(event_id))).json()
    path = f"/bookings/{booking['id']}/calendar.ics"
    (first,) = read((await http.get(path)).content)
    await http.patch(f"/events/id/{event_id}", json={"startdate": SUMMER, "enddate": None, "timezone": "Europe/Madrid"})
    async with asyncio.timeout(10):
        while (moved := read((await http.get(path)).content)[0]).starts_at == first.starts_at:
            await asyncio.sleep(0.02)
    assert (moved.starts_at, moved.zone) == (datetime(2031, 7, 1, 18, tzinfo=UTC), "Europe/Madrid")
    await http.post(f"/bookings/{booking['id']}/cancel", json={"reason": "ill"})
    (off,) = read((await http.get(path)).content)
    assert [each.status for each in (first, moved, off)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert first.sequence < moved.sequence < off.sequence
    assert first.uid == moved.uid == off.uid


async def test_the_documents_examples_are_calendars(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/schema/openapi.json")).json()["paths"]
    for path in ("/events.ics", "/events/id/{id}.ics", "/bookings/{id}/calendar.ics"):
        example = paths[path]["get"]["responses"]["200"]["content"]["text/calendar"]["example"]
        (found,) = read(example.encode())
        assert (found.summary, found.starts_at.hour) == ("Night of the Organ", 18)


async def test_who_passes_a_booking_on_while_asking_for_it_is_told_nothing_any_more(tmp_path: Path) -> None:
    """The secret was right at the gate, and isn't when the booking is read."""
    async with serving_parts(tmp_path) as (parts, http):
        booking = (await http.post("/bookings", json=a_booking(await an_event_with(http, 5)))).json()
        guest = {"guest": {"name": "Grace", "email": "grace@example.org"}}
        assert (await http.patch(f"/bookings/{booking['id']}", json=guest)).status_code == 200
        assert parts.bookings is not None
        door, booking_id = parts.bookings.door, BookingId(booking["id"])
        assert (await door.entry(booking_id, "http://x", 2)).summary == "best"
        with pytest.raises(BookingNotFound):
            await door.entry(booking_id, "http://x", 1)
