"""The door in a browser: who is let in and who isn't, by typed codes, by the camera, and without a connection."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, FilePayload, Route, expect

from tests.e2e.browser import chromium, visiting
from tests.e2e.doors import (
    CAMERA,
    KEPT,
    admitted,
    blank,
    booked,
    film,
    let_see,
    offline,
    picture,
    ready,
    says,
    scan,
    tickets,
    tonight,
    unsent,
)
from tests.e2e.program import Program

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite, pytest.mark.timeout(120)]

SCENES = [
    pytest.param({"size": "phone"}, id="phone"),
    pytest.param({"size": "phone", "is_dark": True, "language": "es-ES"}, id="phone-es-dark"),
    pytest.param({"size": "desk"}, id="desk"),
    pytest.param({"size": "desk", "has_scripts": False}, id="plain"),
    pytest.param({"size": "phone", "has_scripts": False}, id="phone-plain"),
]


@pytest.mark.parametrize("scene", SCENES)
async def test_each_ticket_lets_in_once(cinema: Program, browser: Browser, scene: dict[str, Any]) -> None:
    http = cinema.http
    event_id = await tonight(http)
    other = await tonight(http, name="Piano for two")
    (first, second), (elsewhere,) = await tickets(http, event_id, 2), await tickets(http, other)
    gone = await booked(http, event_id, name="Bob Example")
    cancelled = (await http.get(f"/bookings/{gone}/tickets")).json()[0]["token"]
    await http.post(f"/bookings/{gone}/cancel")
    async with visiting(browser, http.base_url, **scene) as visitor:
        page = visitor.page
        await page.goto("/door")
        await visitor.look("door-choose")
        await page.get_by_role("link", name="Night of the Organ").click()
        if visitor.has_scripts:
            await ready(page)
        await visitor.look("door")
        await page.fill("#where", "North door")
        await scan(page, first)
        await says(page, "in")
        await visitor.look("door-in")
        await scan(page, first)
        await says(page, "already")
        await expect(page.locator("#told [data-row=where] dd")).to_have_text("North door")
        await expect(page.locator("#told [data-row=at] dd")).to_have_text(re.compile(r"^\d\d?:\d\d$"))
        await visitor.look("door-already")
        for code, kind in (
            (elsewhere, "other-event"),
            (cancelled, "cancelled"),
            ("nonsense", "unknown"),
            (second[:-8] + "AAAAAAAA", "unknown"),
        ):
            await scan(page, code)
            await says(page, kind)
            await visitor.look(f"door-{kind}")
        assert await admitted(http, event_id) == 1
        await expect(page.locator("[data-come]")).to_have_text("1")
        await expect(page.locator("[data-expected]")).to_have_text("2")
        await scan(page, second)
        await says(page, "in")
        await page.locator("button:visible", has_text=re.compile("Undo|Deshacer")).click()
        await says(page, "out")
        assert await admitted(http, event_id) == 1
        await scan(page, second)
        await says(page, "in")
        assert await admitted(http, event_id) == 2


@pytest.mark.parametrize("size", ["phone", "desk"])
async def test_the_camera_and_a_photo_let_in(cinema: Program, tmp_path: Path, size: str) -> None:
    """The camera's pictures are real ones, of a film, and so is what is read in them."""
    event_id = await tonight(cinema.http)
    first, second = await tickets(cinema.http, event_id, 2)
    async with (
        chromium(*CAMERA, film(tmp_path, first)) as browser,
        visiting(browser, cinema.http.base_url, size) as visitor,
    ):
        page = visitor.page
        await let_see(page)
        await page.goto(f"/door/{event_id}")
        await ready(page)
        await page.get_by_role("button", name="Use the camera").click()
        await says(page, "in")
        await expect(page.locator("video")).to_be_visible()
        await visitor.look("door-camera")
        assert await admitted(cinema.http, event_id) == 1
        await page.get_by_role("button", name="Stop the camera").click()
        await expect(page.locator("video")).to_be_hidden()
        photo = FilePayload(name="ticket.jpg", mimeType="image/jpeg", buffer=picture(second))
        await page.set_input_files("[data-photo]", photo)
        await expect(page.locator("#told [data-row=ticket] dd")).to_have_text("2")
        await says(page, "in")
        assert await admitted(cinema.http, event_id) == 2
        wall = FilePayload(name="wall.jpg", mimeType="image/jpeg", buffer=blank())
        await page.set_input_files("[data-photo]", wall)
        await expect(page.locator("[data-note=no-code]")).to_be_visible()


@pytest.mark.parametrize("scene", SCENES[:3])
async def test_without_a_connection_it_goes_on_and_is_told_later(
    cinema: Program, browser: Browser, scene: dict[str, Any]
) -> None:
    http = cinema.http
    event_id = await tonight(http)
    first, second, third = await tickets(http, event_id, 3)
    other = await tonight(http, name="Piano for two")
    (elsewhere,) = await tickets(http, other)
    async with visiting(browser, http.base_url, **scene) as visitor:
        page = visitor.page
        await page.goto(f"/door/{event_id}")
        await ready(page)
        await page.fill("#where", "North door")
        await scan(page, first)
        await says(page, "in")
        late = (await tickets(http, event_id, name="Eve Example"))[0]
        await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        await offline(visitor, True)
        for code, kind in (
            (second, "in"),
            (second, "already"),
            (first, "already"),
            (third[:-8] + "AAAAAAAA", "unknown"),
            (elsewhere, "other-event"),
            (late, "unlisted"),
        ):
            await scan(page, code)
            await says(page, kind)
            await visitor.look(f"door-offline-{kind}")
        await scan(page, third)
        await says(page, "in")
        await unsent(page, 2)
        await expect(page.locator("[data-come]")).to_have_text("3")
        await page.locator("[data-undo]").click()
        await says(page, "out")
        await unsent(page, 1)
        assert await admitted(http, event_id) == 1
        # The page itself opens, and knows what it knew.
        await page.reload()
        await ready(page)
        await expect(page.locator("h1")).to_have_text("Night of the Organ")
        await unsent(page, 1)
        await visitor.look("door-offline")
        await scan(page, second)
        await says(page, "already")
        await offline(visitor, False)
        await unsent(page, 0)
        assert await admitted(http, event_id) == 2
        await expect(page.locator("[data-conflicts]")).to_be_hidden()
        await scan(page, late)
        await says(page, "in")


async def test_the_same_ticket_at_two_doors_is_found_when_both_are_told(cinema: Program, browser: Browser) -> None:
    http = cinema.http
    event_id = await tonight(http)
    first, second = await tickets(http, event_id, 2)
    base = http.base_url
    async with visiting(browser, base, "phone") as north, visiting(browser, base, "desk") as south:
        for visitor, name in ((north, "North door"), (south, "South door")):
            await visitor.page.goto(f"/door/{event_id}")
            await ready(visitor.page)
            await visitor.page.fill("#where", name)
            await visitor.page.keyboard.press("Tab")
            await offline(visitor, True)
        for visitor, codes in ((north, (first, second)), (south, (first,))):
            for code in codes:
                await scan(visitor.page, code)
                await says(visitor.page, "in")
        await offline(north, False)
        await unsent(north.page, 0)
        await offline(south, False)
        conflict = south.page.locator("[data-conflicts] li")
        await expect(conflict).to_have_count(1)
        await expect(conflict).to_contain_text("Already in")
        await expect(conflict).to_contain_text("North door")
        await south.look("door-conflict")
        assert await admitted(http, event_id) == 2
        await south.page.reload()
        await expect(conflict).to_have_count(1)
        await south.page.get_by_role("button", name="I have seen them").click()
        await expect(conflict).to_have_count(0)


async def test_what_was_let_in_online_can_be_undone_offline(cinema: Program, browser: Browser) -> None:
    event_id = await tonight(cinema.http)
    (token,) = await tickets(cinema.http, event_id)
    async with visiting(browser, cinema.http.base_url, "phone") as visitor:
        page = visitor.page
        await page.goto(f"/door/{event_id}")
        await ready(page)
        await scan(page, token)
        await says(page, "in")
        await offline(visitor, True)
        await page.locator("[data-undo]").click()
        await says(page, "out")
        await unsent(page, 1)
        await expect(page.locator("[data-come]")).to_have_text("0")
        await offline(visitor, False)
        await unsent(page, 0)
        assert await admitted(cinema.http, event_id) == 0


async def test_an_answer_that_is_lost_lets_nobody_in_twice(cinema: Program, browser: Browser) -> None:
    """The service let them in, and nobody heard of it: the same scan once more is known, and no conflict."""
    event_id = await tonight(cinema.http)
    (token,) = await tickets(cinema.http, event_id)
    async with visiting(browser, cinema.http.base_url, "phone") as visitor:
        page = visitor.page
        await page.goto(f"/door/{event_id}")
        await ready(page)

        async def lost(route: Route) -> None:
            await route.fetch()
            await route.fulfill(status=502)

        visitor.forgives = "status of 502"
        await page.route("**/scans", lost)
        await scan(page, token)
        await says(page, "in")
        await expect(page.locator("#told [data-note=kept]")).to_be_visible()
        assert await admitted(cinema.http, event_id) == 1
        await page.unroute("**/scans")
        await unsent(page, 0)
        assert await admitted(cinema.http, event_id) == 1
        await expect(page.locator("[data-conflicts]")).to_be_hidden()


async def test_by_a_bookings_number(cinema: Program, browser: Browser) -> None:
    event_id = await tonight(cinema.http)
    booking = await booked(cinema.http, event_id, 2, name="Grace Example")
    async with visiting(browser, cinema.http.base_url) as visitor:
        page = visitor.page
        await page.goto(f"/door/{event_id}")
        await ready(page)
        for ticket in ("1", "2"):
            await scan(page, booking)
            await says(page, "in")
            await expect(page.locator("#told [data-row=ticket] dd")).to_have_text(ticket)
            await expect(page.locator("#told [data-row=guest] dd")).to_have_text("Grace Example")
        await visitor.look("door-booking")
        await scan(page, booking)
        await says(page, "already")
        await page.locator("[data-undo]").click()
        await says(page, "out")
        assert await admitted(cinema.http, event_id) == 1
        await offline(visitor, True)
        await scan(page, booking)
        await says(page, "unsure")


async def test_a_browser_that_cant_verify_says_so(cinema: Program, browser: Browser) -> None:
    event_id = await tonight(cinema.http)
    (token,) = await tickets(cinema.http, event_id)
    async with visiting(browser, cinema.http.base_url, "phone") as visitor:
        page = visitor.page
        await page.add_init_script(
            "crypto.subtle.importKey = async () => { throw new DOMException('no such algorithm'); }"
        )
        await page.goto(f"/door/{event_id}")
        await ready(page)
        await offline(visitor, True)
        await scan(page, token)
        await says(page, "in")
        await expect(page.locator("#told [data-note=unverified]")).to_be_visible()
        await visitor.look("door-unverified")


async def test_a_scanner_types_wherever_the_focus_is(cinema: Program, browser: Browser) -> None:
    event_id = await tonight(cinema.http)
    (token,) = await tickets(cinema.http, event_id)
    async with visiting(browser, cinema.http.base_url) as visitor:
        page = visitor.page
        await page.goto(f"/door/{event_id}")
        await ready(page)
        await page.evaluate("document.activeElement.blur()")
        await page.keyboard.type(token)
        await page.keyboard.press("Enter")
        await says(page, "in")


async def test_what_is_long_over_is_forgotten(cinema: Program, browser: Browser) -> None:
    event_id = await tonight(cinema.http)
    await tickets(cinema.http, event_id)
    async with visiting(browser, cinema.http.base_url) as visitor:
        page = visitor.page
        await page.goto(f"/door/{event_id}")
        await ready(page)
        await scan(page, (await tickets(cinema.http, event_id))[0])
        await says(page, "in")
        assert await page.evaluate(KEPT) == ["list", "seen"]
        await page.evaluate("""async () => {
          const { forget } = await import("/assets/door-store.js");
          await forget(new Date(Date.now() + 24 * 3600 * 1000));
        }""")
        assert await page.evaluate(KEPT) == []
