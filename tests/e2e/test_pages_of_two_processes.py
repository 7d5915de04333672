"""The pages of both services where each is a process of its own: they link to one another, and ask nobody else."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.browser import chromium, visiting
from tests.e2e.doors import tickets, tonight
from tests.e2e.guests import availability, book
from tests.e2e.program import Program, running
from tests.e2e.shape import Shape
from tests.e2e.test_access import created
from tests.e2e.test_guest_pages import fill_in, send
from tests.e2e.test_programme_pages import evening

pytestmark = [pytest.mark.e2e, pytest.mark.rabbitmq, pytest.mark.sqlite, pytest.mark.timeout(120)]

LOBBY = {"name": "Paris park", "country": "FR", "halls": [{"name": "lobby", "capacity": 20}]}


def free_port() -> int:
    """One that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def shape(rabbitmq_url: str, tmp_path: Path) -> Shape:
    return Shape(
        f"sqlite:///{tmp_path}/events.sqlite3", f"sqlite:///{tmp_path}/bookings.sqlite3", rabbitmq_url, tmp_path
    )


@asynccontextmanager
async def linked(shape: Shape, *arguments: str) -> AsyncIterator[tuple[Program, Program]]:
    """Both, each told where browsers find the other; with those arguments more."""
    await shape.migrate()
    ports = {"events": free_port(), "bookings": free_port()}
    to = {name: (f"--{name}-address", f"http://127.0.0.1:{port}") for name, port in ports.items()}
    of_events, of_bookings = (*shape.events, *to["bookings"]), (*shape.bookings, *to["events"])
    async with (
        running("events", *of_events, *arguments, folder=shape.folder, port=ports["events"]) as events,
        running("bookings", *of_bookings, *arguments, folder=shape.folder, port=ports["bookings"]) as bookings,
    ):
        yield events, bookings


@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "plain"])
async def test_from_one_service_to_the_other_and_back(shape: Shape, has_scripts: bool) -> None:
    async with linked(shape) as (events, bookings), chromium() as browser:
        addresses = {"events": str(events.http.base_url), "bookings": str(bookings.http.base_url)}
        body = evening(9, name="Piano", location=LOBBY)
        event_id = (await events.http.post("/events", json=body)).json()["id"]
        await availability(bookings.http, event_id)
        async with visiting(browser, addresses["events"], language="es-ES", has_scripts=has_scripts) as visitor:
            page = visitor.page
            await page.goto("/whats-on")
            await page.get_by_role("link", name="English").click()
            await page.get_by_role("link", name="Piano").click()
            if has_scripts:
                await expect(page.locator("[data-hall] .chip")).to_have_text("20 places free")
                assert (await book(bookings.http, event_id, "eve", 3)).status_code == 201
                await expect(page.locator("[data-hall] .chip")).to_have_text("17 places free")
            await page.get_by_role("link", name="Book places").click()
            # The choice of a language goes along.
            await expect(page).to_have_url(f"{addresses['bookings']}/book/{event_id}")
            await expect(page.locator("html")).to_have_attribute("lang", "en")
            await fill_in(visitor, "Ada Example", 2)
            await send(visitor)
            await page.get_by_role("button", name="Confirm my booking").click()
            await expect(page.locator(".ticket")).to_have_count(2)
            await page.get_by_role("link", name="About the event").click()
            await expect(page).to_have_url(f"{addresses['events']}/whats-on/{event_id}")
            await page.goto(f"{addresses['bookings']}/")
            await expect(page).to_have_url(f"{addresses['events']}/whats-on")


async def test_services_that_know_nothing_of_one_another_say_so_where_it_matters(shape: Shape) -> None:
    async with shape.both() as (events, bookings), chromium() as browser:
        event_id = (await events.http.post("/events", json=evening(9, location=LOBBY))).json()["id"]
        await availability(bookings.http, event_id)
        async with visiting(browser, events.http.base_url, "phone") as visitor:
            await visitor.page.goto("/whats-on")
            await expect(visitor.page.locator(".event")).to_have_count(1)
            assert "--bookings-address" not in await visitor.page.inner_text("body")
            await visitor.page.goto(f"/whats-on/{event_id}")
            await expect(visitor.page.locator("aside .notice")).to_contain_text("--bookings-address")
            await visitor.look("event-unbookable")
        async with visiting(browser, bookings.http.base_url, "phone") as visitor:
            await visitor.page.goto("/")
            await expect(visitor.page.locator("h1")).to_have_text("Open my booking")
            await visitor.page.goto(f"/book/{event_id}")
            await expect(visitor.page.get_by_role("link", name="About the event")).to_have_count(0)
            await fill_in(visitor, "Ada Example", 2)
            await send(visitor)
            await expect(visitor.page.locator("h1")).to_have_text("Your places are held")


@pytest.mark.parametrize("size", ["desk", "phone"])
async def test_each_process_has_its_own_operations_and_the_booking_service_the_door(shape: Shape, size: str) -> None:
    async with shape.both() as (events, bookings), chromium() as browser:
        event_id = await tonight(events.http, bookings.http)
        (token,) = await tickets(bookings.http, event_id)
        async with visiting(browser, events.http.base_url, size) as visitor:
            page = visitor.page
            await page.goto("/operations")
            await expect(page.locator("#queues tbody th")).to_have_text(["okevents.events", "okevents.webhooks"])
            await expect(page.locator(".chart")).to_have_count(3)
            await visitor.look("operations-of-events")
            answer = await page.goto("/door")
            assert answer is not None
            assert answer.status == 404
        async with visiting(browser, bookings.http.base_url, size) as visitor:
            page = visitor.page
            await page.goto("/operations")
            await expect(page.locator("#queues tbody th")).to_have_text(["okevents.bookings"])
            await expect(page.locator("#health .part")).to_have_count(3)
            await page.goto("/door")
            await page.get_by_role("link", name="Night of the Organ").click()
            await expect(page.locator("[data-ready=yes]")).to_have_count(1)
            await page.fill("#code", token)
            await page.keyboard.press("Enter")
            await expect(page.locator("#told [data-answer=in]")).to_be_visible()
            await expect(page.locator("[data-come]")).to_have_text("1")


async def test_staff_sign_in_at_each_and_are_told_so(shape: Shape) -> None:
    """On one host, to all of whose ports a browser sends the same cookies."""
    async with (
        linked(shape, "--access", "required") as (events, bookings),
        chromium() as browser,
        visiting(browser, events.http.base_url, "phone") as visitor,
    ):
        addresses = {"events": str(events.http.base_url), "bookings": str(bookings.http.base_url)}
        tokens, page = {}, visitor.page
        for service, url, scope in (
            ("events", shape.events[1], "events:write"),
            ("bookings", shape.bookings[1], "bookings:read"),
        ):
            made = await created(shape.folder, service, "--scope", scope, f"--{service}-database", url)
            tokens[service] = made["token"]
        events.http.headers["authorization"] = f"Bearer {tokens['events']}"
        event_id = (await events.http.post("/events", json=evening(9, location=LOBBY))).json()["id"]
        await page.goto(f"/desk/events/{event_id}")
        await expect(page.locator("main")).to_contain_text("each asks you once for its own token")
        await visitor.look("desk-sign-in-divided")
        await page.fill("#token", tokens["events"])
        await page.get_by_role("button", name="Sign in").click()
        await expect(page).to_have_url(f"{addresses['events']}/desk/events/{event_id}")
        await page.locator("main").get_by_role("link", name="Bookings").click()
        await expect(page.locator("#token")).to_be_visible()
        await page.fill("#token", tokens["bookings"])
        await page.get_by_role("button", name="Sign in").click()
        await expect(page).to_have_url(f"{addresses['bookings']}/desk/bookings/{event_id}")
        await page.get_by_role("link", name="Change the event").click()
        await expect(page.locator("#name")).to_have_value("Night of the Organ")
