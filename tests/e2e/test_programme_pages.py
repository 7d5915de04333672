"""What is on, and the page of an event, as somebody sees them in a browser."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browser import visiting
from tests.e2e.guests import availability
from tests.e2e.program import Program

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite, pytest.mark.timeout(120)]

SCENES = [
    pytest.param({"size": "phone"}, id="phone"),
    pytest.param({"size": "desk"}, id="desk"),
    pytest.param({"size": "phone", "language": "es-ES", "is_dark": True}, id="dark-phone-in-spanish"),
    pytest.param({"size": "desk", "has_scripts": False}, id="without-scripts"),
]


def evening(days: int, **changes: Any) -> dict[str, Any]:
    """The body of an event so many days from now, at 18:00 UTC."""
    at = (datetime.now(UTC) + timedelta(days=days)).replace(hour=18, minute=0, second=0, microsecond=0)
    body = {
        "name": "Night of the Organ",
        "startdate": at.isoformat(),
        "duration": 150,
        "timezone": "Europe/Madrid",
        "description": "Toccatas at midnight.\n\nWith an introduction at 19:30.",
        "tags": ["organ", "baroque"],
        "organiser": "Amics de l’Orgue",
        "location": {
            "name": "Palau Nou",
            "address": "Carrer del Mar 4, Barcelona",
            "country": "ES",
            "halls": [
                {"name": "Great hall", "location": "ground floor", "capacity": 420},
                {"name": "Gallery", "location": "2nd floor", "capacity": 8},
            ],
        },
    }
    return {**body, **changes}


async def announce(http: httpx.AsyncClient, body: dict[str, Any]) -> str:
    """The id of a new event, which both services know."""
    answer = await http.post("/events", json=body)
    assert answer.status_code == 201, answer.text
    event_id: str = answer.json()["id"]
    await availability(http, event_id)
    return event_id


@pytest.mark.parametrize("scene", SCENES)
async def test_from_the_front_door_to_an_event(cinema: Program, browser: Browser, scene: dict[str, Any]) -> None:
    await announce(cinema.http, evening(9))
    piano = {"name": "Salle Pleyel", "country": "FR", "halls": [{"name": "Salon", "capacity": 2}]}
    await announce(cinema.http, evening(40, name="Piano for two", location=piano))
    lost = await announce(cinema.http, evening(41, name="An open-air gala with a name that a phone has to wrap"))
    await cinema.http.post(f"/events/id/{lost}/cancel", json={"reason": "The lawn is flooded."})
    async with visiting(browser, cinema.http.base_url, **scene) as visitor:
        page = visitor.page
        await page.goto("/")
        await expect(page).to_have_url(f"{cinema.http.base_url}/whats-on")
        await expect(page.locator(".event")).to_have_count(3)
        await visitor.look("programme")
        await page.fill("#q", "night of")
        await page.fill("#places", "9")
        await page.locator(".search button").click()
        await expect(page.locator(".event")).to_have_count(1)
        assert await page.input_value("#q") == "night of"
        await page.get_by_role("link", name="Night of the Organ").click()
        await expect(page.locator("h1")).to_have_text("Night of the Organ")
        await expect(page.locator("[data-hall]")).to_have_count(2)
        await visitor.look("event")
        await page.goto(f"/whats-on/{lost}")
        await expect(page.locator(".notice.bad")).to_contain_text("The lawn is flooded.")
        await visitor.look("event-cancelled")


async def test_an_empty_programme_a_search_for_nothing_and_a_page_that_there_is_not(
    cinema: Program, browser: Browser
) -> None:
    async with visiting(browser, cinema.http.base_url, "phone") as visitor:
        page = visitor.page
        await page.goto("/whats-on")
        await expect(page.locator("h2")).to_have_text("Nothing is planned yet")
        await visitor.look("programme-empty")
        await page.goto("/whats-on?q=nothing&places=0&from=2031-05-09&to=2031-05-08")
        await expect(page.locator("#places-fault")).to_have_text("Give a number from 1 on.")
        await expect(page.locator("#to-fault")).to_have_text("This day is before the first one.")
        assert await page.input_value("#q") == "nothing"
        await visitor.look("programme-faulty")
        await page.goto("/whats-on/nothing/at/all")
        await expect(page.locator("h1")).to_have_text("There is nothing here")
        await visitor.look("problem-404")
        await page.goto("/a-typo")
        await expect(page.locator("h1")).to_have_text("There is nothing here")


async def test_the_language_is_the_readers_and_may_be_switched(cinema: Program, browser: Browser) -> None:
    await announce(cinema.http, evening(9))
    async with visiting(browser, cinema.http.base_url, language="es-MX") as visitor:
        page = visitor.page
        await page.goto("/whats-on?q=organ")
        await expect(page.locator("h1")).to_have_text("Programación")
        await page.get_by_role("link", name="English").click()
        await expect(page).to_have_url(f"{cinema.http.base_url}/whats-on?q=organ")
        await expect(page.locator("h1")).to_have_text("What’s on")
        await page.get_by_role("link", name="Night of the Organ").click()
        await expect(page.locator("html")).to_have_attribute("lang", "en")


async def test_places_that_go_are_seen_to_go(cinema: Program, browser: Browser) -> None:
    event_id = await announce(cinema.http, evening(9))
    async with visiting(browser, cinema.http.base_url) as visitor:
        await visitor.page.goto(f"/whats-on/{event_id}")
        gallery = visitor.page.locator("[data-hall]", has_text="Gallery").locator(".chip")
        await expect(gallery).to_contain_text("8")
        for places, said in ((7, "1 place free"), (1, "Sold out")):
            guest = {"name": "Ada", "email": "ada@example.org"}
            body = {"event_id": event_id, "hall": "Gallery", "places": places, "guest": guest}
            assert (await cinema.http.post("/bookings", json=body)).status_code == 201
            await expect(gallery).to_have_text(said)
