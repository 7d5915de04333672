"""The life of a booking over HTTP: each step, and what it is refused with."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.api.bodies import a_booking, with_halls
from tests.api.test_bookings import an_event_with


async def made(http: httpx.AsyncClient, event_id: str, **changes: Any) -> dict[str, Any]:
    """A booking of two places, as it was answered."""
    answer = await http.post("/bookings", json=a_booking(event_id, **changes))
    assert answer.status_code == 201, answer.text
    booking: dict[str, Any] = answer.json()
    return booking


async def step(http: httpx.AsyncClient, booking: dict[str, Any], name: str, **body: Any) -> httpx.Response:
    return await http.post(f"/bookings/{booking['id']}/{name}", json=body)


async def until_state(http: httpx.AsyncClient, booking: dict[str, Any], state: str) -> dict[str, Any]:
    """The booking, as soon as it is in that state."""
    async with asyncio.timeout(10):
        while True:
            found: dict[str, Any] = (await http.get(f"/bookings/{booking['id']}")).json()
            if found["state"] == state:
                return found
            await asyncio.sleep(0.02)


async def test_hold_extend_and_confirm(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 3)
    booking = await made(http, event_id, hold=60)
    assert (booking["state"], booking["version"]) == ("held", 1)
    assert (await http.get(f"/availability/{event_id}")).json()["halls"][0] | {"id": ""} == {
        "id": "",
        "name": "lobby",
        "capacity": 3,
        "taken": 2,
        "available": 1,
        "confirmed": 0,
        "held": 2,
        "offered": 0,
        "waiting": 0,
        "free": 1,
        "overbooked": 0,
        "admitted": 0,
    }
    extended = (await step(http, booking, "extend", hold=600)).json()
    assert extended["expires_at"] > booking["expires_at"]
    confirmed = (await step(http, booking, "confirm", payment_reference="INV 7")).json()
    assert (confirmed["state"], confirmed["expires_at"], confirmed["late"]) == ("confirmed", None, False)
    assert confirmed["payment_reference"] == "INV 7"
    assert [change["state"] for change in confirmed["history"]] == ["held", "held", "confirmed"]
    again = await step(http, booking, "confirm")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/illegal-transition")
    assert again.json()["state"] == "confirmed"


async def test_another_number_of_places(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 3)
    booking = await made(http, event_id)
    path = f"/bookings/{booking['id']}"
    tickets = [each["token"] for each in (await http.get(f"{path}/tickets")).json()]
    refused = await http.patch(path, json={"places": 4})
    assert (refused.status_code, refused.json()["type"], refused.json()["free"]) == (409, "/problems/sold-out", 1)
    bad = await http.patch(path, json={"places": 0})
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (400, "/places")
    for places in (3, 1):
        changed = (await http.patch(path, json={"places": places})).json()
        assert (changed["lines"][0]["places"], "secret" in changed) == (places, False)
        shown = (await http.get(f"/availability/{event_id}")).json()["halls"][0]
        assert (shown["taken"], shown["available"]) == (places, 3 - places)
        now = [each["token"] for each in (await http.get(f"{path}/tickets")).json()]
        assert (len(now), now[0]) == (places, tickets[0])
    gone = await http.post("/check-in", json={"token": tickets[1]})
    assert (gone.status_code, gone.json()["type"]) == (409, "/problems/no-such-ticket")


async def test_a_hold_ends_by_itself_and_is_confirmed_late_while_there_is_room(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 2)
    booking = await made(http, event_id, hold=1)
    expired = await until_state(http, booking, "expired")
    assert expired["history"][-1]["at"] == booking["expires_at"]
    late = await step(http, booking, "confirm")
    assert (late.status_code, late.json()["late"]) == (200, True)
    other = await made(http, await an_event_with(http, 2), hold=1)
    await until_state(http, other, "expired")
    await made(http, other["event_id"], places=1)
    refused = await step(http, other, "confirm")
    assert (refused.status_code, refused.json()["type"], refused.json()["free"]) == (409, "/problems/sold-out", 1)


async def test_a_booking_in_several_halls_takes_all_or_nothing(http: httpx.AsyncClient) -> None:
    halls = [{"name": "pit", "capacity": 5}, {"name": "balcony", "capacity": 1}]
    event_id = await an_event_with(http, 0, halls=halls)
    lines = [{"hall": "pit", "places": 2}, {"hall": "balcony", "places": 1}]
    booking = await made(http, event_id, hall=None, places=None, lines=lines)
    assert [(line["hall"], line["places"]) for line in booking["lines"]] == [("pit", 2), ("balcony", 1)]
    refused = await http.post("/bookings", json=a_booking(event_id, hall=None, places=None, lines=lines))
    assert (refused.status_code, refused.json()["hall"]) == (409, "balcony")
    assert [hall["taken"] for hall in (await http.get(f"/availability/{event_id}")).json()["halls"]] == [2, 1]
    unknown = [{"hall": "pit", "places": 1}, {"hall": "cellar", "places": 1}]
    answer = await http.post("/bookings", json=a_booking(event_id, hall=None, places=None, lines=unknown))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/lines/1/hall")


async def test_the_waiting_list_gets_what_comes_free_in_its_order(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 2)
    booking = await made(http, event_id)
    first = await made(http, event_id, waitlist=True)
    second = await made(http, event_id, places=1, waitlist=True)
    assert [first["state"], second["state"]] == ["waiting", "waiting"]
    shown = (await http.get(f"/bookings/{second['id']}")).json()
    assert shown["waiting"] == {"position": 2, "estimated_at": None}
    await step(http, booking, "cancel", reason="ill")
    offered = await until_state(http, first, "offered")
    assert offered["expires_at"] is not None
    overtaking = await http.post("/bookings", json=a_booking(event_id, places=1))
    assert (overtaking.status_code, overtaking.json()["waiting"]) == (409, 1)
    declined = await step(http, first, "decline")
    assert declined.json()["history"][-1]["reason"] == "declined"
    await until_state(http, second, "offered")
    assert (await step(http, second, "confirm")).json()["state"] == "confirmed"
    not_offered = await step(http, second, "decline")
    assert (not_offered.status_code, not_offered.json()["type"]) == (409, "/problems/illegal-transition")


async def test_the_terms_of_an_event_are_kept(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 20, booking={"max_places": 3, "max_places_per_guest": 4})
    many = await http.post("/bookings", json=a_booking(event_id, places=4))
    assert (many.json()["type"], many.json()["max_places"]) == ("/problems/too-many-places", 3)
    await made(http, event_id, places=3)
    more = await http.post("/bookings", json=a_booking(event_id, guest={"name": "A", "email": "ADA@example.org"}))
    assert (more.json()["type"], more.json()["left"]) == ("/problems/guest-limit-reached", 1)
    later = await an_event_with(http, 20, booking={"opens": "2030-01-01T00:00:00Z"})
    early = await http.post("/bookings", json=a_booking(later))
    assert (early.json()["type"], early.json()["opens"]) == ("/problems/booking-not-open", "2030-01-01T00:00:00Z")
    over = await an_event_with(http, 20, booking={"closes": "2020-01-01T00:00:00Z"})
    assert (await http.post("/bookings", json=a_booking(over))).json()["type"] == "/problems/booking-closed"


async def test_every_write_takes_a_key_and_answers_the_same_again(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 4)
    booking = await made(http, event_id, hold=60)
    for name, body in (("extend", {"hold": 900}), ("confirm", {}), ("check-in", {"count": 1}), ("erase", {})):
        path, key = f"/bookings/{booking['id']}/{name}", {"idempotency-key": name}
        first = await http.post(path, json=body, headers=key)
        again = await http.post(path, json=body, headers=key)
        assert first.status_code == 200, first.text
        assert (again.content, again.headers["idempotent-replay"]) == (first.content, "true")
        other = await http.post(path, json={**body, "x": 1}, headers=key)
        assert other.status_code == 400


async def test_a_booking_passes_to_another_guest_with_another_secret(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 4)
    booking = await made(http, event_id)
    same = (await http.patch(f"/bookings/{booking['id']}", json={"guest": {"name": "Ada Lovely"}})).json()
    assert (same["guest"]["name"], same["ticket_issue"], "secret" in same) == ("Ada Lovely", 1, False)
    passed = (await http.patch(f"/bookings/{booking['id']}", json={"guest": {"email": "bob@example.org"}})).json()
    assert (passed["guest"]["email"], passed["ticket_issue"]) == ("bob@example.org", 2)
    assert passed["secret"] != booking["secret"]
    bad = await http.patch(f"/bookings/{booking['id']}", json={"guest": {"email": "bob"}, "size": 3})
    assert [each["pointer"] for each in bad.json()["errors"]] == ["/size", "/guest/email"]
    erased = (await step(http, booking, "erase")).json()
    assert erased["guest"] == {"name": "", "email": ""}


async def test_an_event_that_is_cancelled_cancels_its_bookings_and_starts_anew(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 4)
    booking = await made(http, event_id)
    await http.post(f"/events/id/{event_id}/cancel", json={"reason": "flood"})
    cancelled = await until_state(http, booking, "cancelled")
    assert cancelled["history"][-1]["reason"] == "the event was cancelled: flood"
    await http.post(f"/events/id/{event_id}/reinstate")
    async with asyncio.timeout(10):
        while (await http.get(f"/availability/{event_id}")).json()["status"] != "scheduled":
            await asyncio.sleep(0.02)
    assert (await http.get(f"/availability/{event_id}")).json()["halls"][0]["available"] == 4
    await made(http, event_id)


async def test_a_hall_that_shrinks_is_overbooked_and_throws_nobody_out(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 4)
    booking = await made(http, event_id)
    smaller = with_halls({"name": "lobby", "capacity": 1})
    assert (await http.put(f"/events/id/{event_id}", json=smaller)).status_code == 200
    async with asyncio.timeout(10):
        while (hall := (await http.get(f"/availability/{event_id}")).json()["halls"][0])["capacity"] != 1:
            await asyncio.sleep(0.02)
    assert (hall["overbooked"], hall["available"], hall["free"]) == (1, 0, 0)
    assert (await http.get(f"/bookings/{booking['id']}")).json()["state"] == "confirmed"
    assert (await http.post("/bookings", json=a_booking(event_id, places=1))).status_code == 409


@pytest.mark.parametrize("name", ["confirm", "extend", "cancel", "decline", "erase", "check-in"])
async def test_no_step_without_a_booking(http: httpx.AsyncClient, name: str) -> None:
    unknown = await http.post(f"/bookings/{'a' * 24}/{name}", json={})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/booking-not-found")
    bad = await http.post(f"/bookings/{'a' * 24}/{name}", json={"nonsense": 1})
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (400, "/nonsense")
    no_id = await http.post(f"/bookings/x/{name}", json={})
    assert (no_id.status_code, no_id.json()["errors"][0]["pointer"]) == (400, "id")
