"""Staff's pages as programs meet them: who gets in, what a browser is asked to keep, and what is done."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from okevents.access.model import Scope
from okevents.access.tokens import describe, new_token
from okevents.bootstrap.parts import Parts
from tests.api.bodies import a_booking
from tests.api.serving import serving_parts
from tests.api.test_bookings import an_event_with

TYPED = {
    "name": "Organ night",
    "start": "2031-05-09T20:00",
    "end": "2031-05-09T22:30",
    "timezone": "Europe/Madrid",
    "venue": "Palau Nou",
    "hall-0-name": "Great hall",
    "hall-0-capacity": "42",
}


class Desk:
    """A browser at a service with access control."""

    def __init__(self, parts: Parts, http: httpx.AsyncClient) -> None:
        self._parts = parts
        self.http = http

    async def token(self, *scopes: Scope) -> str:
        """One that both services know."""
        token = new_token()
        described = describe(token, "desk", scopes, datetime.now(UTC), None)
        for database in self._parts.databases.values():
            await database.tokens.add(described)
        return token

    async def sign_in(self, *scopes: Scope) -> httpx.Response:
        return await self.http.post("/desk/events/sign-in", data={"token": await self.token(*scopes)})

    async def key(self, path: str) -> dict[str, str]:
        """What the form there has hidden."""
        page = (await self.http.get(path)).text
        form = page[page.index('class="card event-form"') if "event-form" in page else 0 :]
        return {
            name: found[1]
            for name in ("key", "version")
            if (found := re.search(f'name="{name}" value="([^"]*)"', form))
        }


def hidden_in(form: str) -> dict[str, str]:
    found = {name: re.search(f'name="{name}" value="([^"]*)"', form) for name in ("key", "version")}
    return {name: match[1] for name, match in found.items() if match}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with serving_parts(tmp_path, access="required") as (parts, http):
        yield Desk(parts, http)


async def announced(desk: Desk, **changes: str) -> str:
    """The path of a new event's page."""
    made = await desk.http.post("/desk/events/new", data={**TYPED, **await desk.key("/desk/events/new"), **changes})
    assert made.status_code == 303, made.text
    return made.headers["location"].partition("?")[0]


async def test_whoever_is_not_known_is_asked_for_a_token(desk: Desk) -> None:
    for path in ("/desk/events", "/desk/events/new", f"/desk/bookings/{'0' * 24}"):
        asked = await desk.http.get(path)
        assert (asked.status_code, 'type="password"' in asked.text) == (401, True)
        assert f'name="to" value="{path}"' in asked.text
        assert asked.headers["cache-control"] == "private, no-store"
    assert 'type="password"' in (await desk.http.get("/desk")).text


async def test_a_token_is_kept_where_no_script_and_no_other_site_comes_by_it(desk: Desk) -> None:
    token = await desk.token(Scope.EVENTS_WRITE)
    led = await desk.http.post("/desk/events/sign-in", data={"token": f" {token} ", "to": "/desk/events/new"})
    assert (led.status_code, led.headers["location"]) == (303, "/desk/events/new")
    cookies = led.headers.get_list("set-cookie")
    assert [cookie.partition("=")[0] for cookie in cookies] == ["okevents_staff_events", "okevents_staff_bookings"]
    for cookie in cookies:
        assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))
    assert (await desk.http.get("/desk/events/new")).status_code == 200
    # To the API it is nothing.
    assert (await desk.http.post("/events", json={})).status_code == 401
    out = await desk.http.post("/desk/events/sign-out")
    assert out.headers["location"] == "/desk/events/sign-in?done=signed-out"
    assert (await desk.http.get("/desk/events/new")).status_code == 401


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "é", "x" * 4000, "okevents_wrong"])
async def test_what_is_no_token_lets_nobody_in(desk: Desk, token: str) -> None:
    refused = await desk.http.post("/desk/events/sign-in", data={"token": token})
    assert (refused.status_code, "set-cookie" in refused.headers) == (422, False)
    assert "isn’t known here" in refused.text
    assert not token or f'value="{token}"' not in refused.text


@pytest.mark.parametrize(
    "to",
    ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere", "/desk/../x\r\ny: z", "/whats-on", "/deskx"],
)
async def test_nobody_is_led_elsewhere(desk: Desk, to: str) -> None:
    token = await desk.token(Scope.ADMIN)
    led = await desk.http.post("/desk/events/sign-in", data={"token": token, "to": to})
    assert led.headers["location"].startswith("/desk")
    assert "elsewhere" not in led.headers["location"]


async def test_a_token_that_is_good_for_something_else_is_told_what_is_missing(desk: Desk) -> None:
    await desk.sign_in(Scope.BOOKINGS_READ)
    refused = await desk.http.get("/desk/events")
    assert (refused.status_code, "events:write" in refused.text) == (403, True)
    start = (await desk.http.get("/desk")).text
    assert 'href="/desk/bookings"' in start
    assert 'href="/desk/events"' not in start


async def test_whose_token_has_ended_is_told_so_and_led_back_to_the_very_page(desk: Desk) -> None:
    await desk.sign_in(Scope.EVENTS_WRITE)
    cookie = f"okevents_staff_events={new_token()}"
    ended = await desk.http.get("/desk/events?q=organ", headers={"cookie": cookie})
    assert (ended.status_code, "expired or was revoked" in ended.text) == (401, True)
    assert 'name="to" value="/desk/events?q=organ"' in ended.text
    sent = await desk.http.post("/desk/events/new", headers={"cookie": cookie}, data=TYPED)
    assert 'name="to" value="/desk"' in sent.text


async def test_a_link_on_another_site_leads_on_with_one_click(desk: Desk) -> None:
    """The browser keeps the cookie back where another site's page has the link."""
    led = await desk.http.get("/desk/events/new", headers={"sec-fetch-site": "cross-site"})
    assert led.status_code == 401
    assert '<a href="/desk/events/new">' in led.text
    own = await desk.http.get("/desk/events/new", headers={"sec-fetch-site": "same-origin"})
    assert '<a href="/desk/events/new">' not in own.text


async def test_forms_of_other_sites_do_nothing(desk: Desk) -> None:
    await desk.sign_in(Scope.ADMIN)
    for path in ("/desk/events/new", "/desk/events/sign-out", "/desk/bookings/sign-in"):
        refused = await desk.http.post(path, data=TYPED, headers={"sec-fetch-site": "cross-site"})
        assert refused.status_code == 403


async def test_an_event_is_announced_once_changed_and_cancelled(desk: Desk) -> None:
    await desk.sign_in(Scope.EVENTS_WRITE)
    hidden = await desk.key("/desk/events/new")
    wrong = await desk.http.post("/desk/events/new", data={**TYPED, **hidden, "name": "", "hall-0-capacity": "none"})
    assert wrong.status_code == 422
    assert 'href="#name"' in wrong.text
    assert 'href="#hall-0-capacity"' in wrong.text
    assert 'value="Palau Nou"' in wrong.text
    made = [await desk.http.post("/desk/events/new", data={**TYPED, **hidden}) for _ in range(2)]
    assert {each.headers["location"] for each in made} == {made[0].headers["location"]}
    path = made[0].headers["location"].partition("?")[0]
    page = await desk.http.get(made[0].headers["location"])
    assert "is announced" in page.text
    assert 'value="2031-05-09T20:00"' in page.text
    renamed = {**TYPED, **await desk.key(path), "name": "Organ evening"}
    assert (await desk.http.post(path, data=renamed)).headers["location"] == f"{path}?done=changed"
    assert 'value="Organ evening"' in (await desk.http.get(path)).text
    cancelled = await desk.http.post(f"{path}/cancel", data={**await desk.key(f"{path}/cancel"), "reason": "repairs"})
    assert cancelled.headers["location"] == f"{path}?done=cancelled"
    page_again = (await desk.http.get(path)).text
    assert "repairs" in page_again
    reinstated = await desk.http.post(f"{path}/reinstate", data={"version": "3"})
    assert reinstated.headers["location"] == f"{path}?done=reinstated"


async def test_a_change_on_what_another_has_changed_is_not_saved_but_kept(desk: Desk) -> None:
    await desk.sign_in(Scope.EVENTS_WRITE)
    path = await announced(desk)
    early = {**TYPED, **await desk.key(path), "name": "Mine"}
    other = {**TYPED, **await desk.key(path), "name": "Another's"}
    assert (await desk.http.post(path, data=other)).status_code == 303
    refused = await desk.http.post(path, data=early)
    assert refused.status_code == 412
    assert 'value="Mine"' in refused.text
    assert '<td data-label="It is now"><bdi>Another&#39;s</bdi></td>' in refused.text
    assert '<td data-label="You typed"><bdi>Mine</bdi></td>' in refused.text
    again = {
        **early,
        **{name: re.findall(f'name="{name}" value="([^"]*)"', refused.text)[0] for name in ("key", "version")},
    }
    assert (await desk.http.post(path, data=again)).status_code == 303
    stale = await desk.http.post(f"{path}/cancel", data={"version": "1"})
    assert (stale.status_code, "changed meanwhile" in stale.text) == (412, True)


async def test_halls_are_added_and_removed_without_scripts(desk: Desk) -> None:
    await desk.sign_in(Scope.EVENTS_WRITE)
    more = await desk.http.post("/desk/events/new", data={**TYPED, "add": "hall"})
    assert (more.status_code, 'name="hall-1-name"' in more.text) == (200, True)
    fewer = await desk.http.post("/desk/events/new", data={**TYPED, "hall-1-name": "Gallery", "remove": "0"})
    assert 'value="Gallery"' in fewer.text
    assert 'value="Great hall"' not in fewer.text
    assert (await desk.http.get("/events")).json() == []


@pytest.fixture
async def sold(tmp_path: Path) -> AsyncIterator[tuple[Desk, str, list[dict[str, Any]]]]:
    """An event of five places, with a booking, a hold, and somebody who waits."""
    async with serving_parts(tmp_path) as (_, http):
        event_id = await an_event_with(http, 5)
        wanted = ({"hold": 0}, {"places": 2, "hold": 600}, {"places": 3, "waitlist": True})
        made = []
        for number, given in enumerate(wanted):
            guest = {"name": f"Guest {number}", "email": f"guest{number}@example.org"}
            made.append((await http.post("/bookings", json=a_booking(event_id, guest=guest, **given))).json())
    async with serving_parts(tmp_path, access="required") as (parts, http):
        yield Desk(parts, http), event_id, made


async def test_bookings_are_found_by_what_is_asked_for(sold: tuple[Desk, str, list[dict[str, Any]]]) -> None:
    desk, event_id, made = sold
    await desk.sign_in(Scope.BOOKINGS_READ)
    page, hall = f"/desk/bookings/{event_id}", made[0]["lines"][0]["hall"]
    found = {
        "": {0, 1, 2},
        "?state=held": {1},
        "?state=waiting": {2},
        "?email=GUEST0@example.org": {0},
        f"?hall={hall}": {0, 1, 2},
        "?hall=nowhere": set(),
        "?state=nonsense&cursor=nonsense": {0, 1, 2},
    }
    for query, numbers in found.items():
        text = (await desk.http.get(f"{page}{query}")).text
        assert {n for n in range(3) if f"Guest {n}" in text} == numbers, query
    assert (await desk.http.get("/desk/bookings")).text.count(f'href="{page}"') == 1
    waiting = (await desk.http.get(f"{page}/waiting")).text
    assert ("Guest 2" in waiting, "Guest 0" in waiting) == (True, False)
    assert (await desk.http.get(f"/desk/bookings/{'0' * 24}")).status_code == 404
    # Each booking's own page opens to whoever may read bookings, and leads back.
    own = await desk.http.get(f"/booking/{made[0]['id']}")
    assert (own.status_code, f'href="{page}"' in own.text) == (200, True)


async def test_what_is_shown_can_be_taken_along(sold: tuple[Desk, str, list[dict[str, Any]]]) -> None:
    desk, event_id, _ = sold
    await desk.sign_in(Scope.BOOKINGS_READ)
    rows = await desk.http.get(f"/desk/bookings/{event_id}/bookings.csv?state=held")
    assert rows.headers["content-disposition"] == f'attachment; filename="bookings-{event_id}.csv"'
    assert [line.split(",")[6] for line in rows.text.splitlines()] == ["guest_name", "Guest 1"]
    lines = await desk.http.get(f"/desk/bookings/{event_id}/bookings.ndjson")
    assert len(lines.text.splitlines()) == 3
    await desk.http.post("/desk/bookings/sign-out")
    assert (await desk.http.get(f"/desk/bookings/{event_id}/bookings.csv")).status_code == 401


async def test_the_picture_says_in_words_what_it_shows(sold: tuple[Desk, str, list[dict[str, Any]]]) -> None:
    desk, event_id, _ = sold
    await desk.sign_in(Scope.ADMIN)
    page = (await desk.http.get(f"/desk/bookings/{event_id}/occupancy")).text
    assert re.search(r"Of 5 places \d are booked and 2 held", page)
    assert page.count("<path") >= 8


async def test_where_nobody_signs_in_it_is_said(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(10):
        page = await http.get("/desk/events")
    assert (page.status_code, "Nobody has to sign in here" in page.text) == (200, True)
    assert "Nothing is planned yet" in page.text
    assert "There is nothing to book yet" in (await http.get("/desk/bookings")).text


async def test_a_place_in_line_is_that_which_its_guest_is_told(http: httpx.AsyncClient) -> None:
    halls = [{"name": "best", "capacity": 1}, {"name": "other", "capacity": 1}]
    event_id = await an_event_with(http, 0, halls=halls)
    told = {}
    for number, hall in enumerate(("best", "other", "best", "other", "best")):
        guest = {"name": f"Guest {number}", "email": f"guest{number}@example.org"}
        given = {"places": 1, "hold": 0, "waitlist": True}
        made = (await http.post("/bookings", json=a_booking(event_id, guest=guest, hall=hall, **given))).json()
        shown = (await http.get(f"/bookings/{made['id']}")).json()
        if shown["state"] == "waiting":
            told[f"Guest {number}"] = shown["waiting"]["position"]
    page = (await http.get(f"/desk/bookings/{event_id}/waiting")).text
    found = re.findall(r"(\d+)\. <a [^>]*><bdi>([^<]*)</bdi>", page)
    assert {name: int(place) for place, name in found} == told == {"Guest 2": 1, "Guest 3": 1, "Guest 4": 2}
