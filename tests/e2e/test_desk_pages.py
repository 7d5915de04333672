"""The organisers' path in a real browser: sign in, announce an event, mend a mistake, see who comes, and cancel."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browser import Visitor, visiting
from tests.e2e.guests import availability
from tests.e2e.program import Program, running
from tests.e2e.test_access import created, showing
from tests.e2e.test_programme_pages import SCENES

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite, pytest.mark.timeout(180)]


async def sign_in(visitor: Visitor, token: str) -> None:
    page = visitor.page
    await page.goto("/desk")
    await visitor.look("desk-sign-in")
    await page.fill("#token", "nonsense")
    await page.click("main button")
    await expect(page.locator("#faults")).to_be_visible()
    await visitor.look("desk-sign-in-faulty")
    await page.fill("#token", token)
    await page.click("main button")
    await page.wait_for_url("**/desk")
    await visitor.look("desk-start")


async def announce(visitor: Visitor) -> str:
    """By the form, with a mistake at first; the event's id."""
    page = visitor.page
    await page.goto("/desk/events/new")
    typed = {"name": "Organ night", "start": "2031-05-09T20:00", "end": "2031-05-09T19:00", "venue": "Palau Nou"}
    typed |= {"timezone": "Europe/Madrid", "country": "ES", "hall-0-name": "Great hall", "hall-0-capacity": "4"}
    for field, value in typed.items():
        await page.fill(f"#{field}", value)
    await page.click("button[name=add]")
    await page.fill("#hall-1-name", "Gallery")
    await page.click("main .actions button")
    await expect(page.locator("#faults li")).to_have_count(2)
    await visitor.look("desk-new-faulty")
    if visitor.has_scripts:
        await expect(page.locator("#faults")).to_be_focused()
    assert await page.input_value("#name") == "Organ night"
    await page.fill("#end", "2031-05-09T22:30")
    await page.fill("#hall-1-capacity", "8")
    await page.click("main .actions button")
    await page.wait_for_url("**?done=created")
    await visitor.look("desk-event")
    return page.url.rpartition("/")[2].partition("?")[0]


async def fill(program: Program, event_id: str) -> None:
    """Bookings in each state that there is before the door."""
    for number, given in enumerate(({"hold": 0}, {"hold": 600}, {"hold": 0, "waitlist": True}, {"hold": 0})):
        guest = {"name": f"Ada Example {number}", "email": f"ada{number}@example.org"}
        hall = {"hall": "Gallery" if number == 3 else "Great hall", "places": 2}
        made = await program.http.post("/bookings", json={"event_id": event_id, "guest": guest, **hall, **given})
        assert made.status_code == 201, made.text


async def overtake(program: Program, token: str, event_id: str) -> None:
    """Somebody else changes the event, by the API."""
    headers = showing(token) | {"content-type": "application/merge-patch+json"}
    changed = await program.http.patch(f"/events/id/{event_id}", json={"organiser": "Orfeón"}, headers=headers)
    assert changed.status_code == 200, changed.text


FORCED = pytest.param({"size": "desk", "is_forced": True}, id="forced-colours")


@pytest.mark.parametrize("scene", [*SCENES, FORCED])
async def test_from_signing_in_to_cancelling(tmp_path: Path, browser: Browser, scene: dict[str, Any]) -> None:
    settings = ("--access", "required", "--site-name", "Cine Doré")
    async with running("up", *settings, folder=tmp_path) as program:
        scopes = [part for scope in ("events:write", "bookings:read", "bookings:write") for part in ("--scope", scope)]
        token = (await created(tmp_path, "organiser", *scopes))["token"]
        async with visiting(browser, program.http.base_url, **scene) as visitor:
            page = visitor.page
            await sign_in(visitor, token)
            event_id = await announce(visitor)
            await availability(program.http, event_id)
            await fill(program, event_id)

            await page.goto("/desk/events")
            await visitor.look("desk-events")
            await page.click(f"a[href='/desk/bookings/{event_id}']")
            await expect(page.locator("tbody tr", has_text="Ada Example")).to_have_count(4)
            await visitor.look("desk-bookings")
            await page.select_option("#state", "held")
            await page.click("main .search button")
            await expect(page.locator("tbody tr", has_text="Ada Example")).to_have_count(1)
            async with page.expect_download() as downloading:
                await page.click("a[download]:has-text('CSV')")
            rows = await asyncio.to_thread(Path(await (await downloading.value).path()).read_text)
            assert [line.split(",")[6] for line in rows.splitlines()] == ["guest_name", "Ada Example 1"]
            await page.click("tbody a:has-text('Ada Example 1')")
            await page.click("form[action$='/confirm'] button")
            await page.wait_for_url("**?done=confirmed")

            await page.goto(f"/desk/bookings/{event_id}/waiting")
            await expect(page.locator("tbody tr")).to_have_count(1)
            await visitor.look("desk-waiting")
            await page.goto(f"/desk/bookings/{event_id}/occupancy")
            await page.locator("summary").click()
            await visitor.look("desk-occupancy")

            await page.goto(f"/desk/events/{event_id}")
            await overtake(program, token, event_id)
            await page.fill("#name", "Organ evening")
            await page.click("main form .actions button")
            await expect(page.locator("#refused tbody tr")).to_have_count(2)
            await visitor.look("desk-overtaken")
            await page.click("main form .actions button")
            await page.wait_for_url("**?done=changed")
            await page.click(f"a[href='/desk/events/{event_id}/cancel']")
            await visitor.look("desk-cancel")
            await page.fill("#reason", "repairs")
            await page.click("main form button")
            await page.wait_for_url("**?done=cancelled")
            await expect(page.locator("main")).to_contain_text("repairs")
            await visitor.look("desk-event-cancelled")
            await page.click("header form button")
            await page.wait_for_url("**?done=signed-out")
            await page.goto(f"/desk/events/{event_id}")
            await expect(page.locator("#token")).to_be_visible()
