"""The door where access is controlled: a sign-in that ends meanwhile, and what signing out leaves behind."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.browser import visiting
from tests.e2e.doors import KEPT, admitted, ready, says, scan, tickets, tonight, unsent
from tests.e2e.program import Program, running
from tests.e2e.test_access import created, showing

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite, pytest.mark.timeout(120)]


@pytest.fixture
async def closed(tmp_path: Path) -> AsyncIterator[tuple[Program, str]]:
    """Both services with access control, and a token for the door."""
    async with running("up", "--access", "required", folder=tmp_path) as program:
        token = await created(tmp_path, "organiser", "--scope", "admin")
        program.http.headers.update(showing(token["token"]))
        yield program, (await created(tmp_path, "door", "--scope", "check-in"))["token"]


async def sign_in(page: Page, token: str) -> None:
    await page.fill("#token", token)
    await page.get_by_role("button", name="Sign in").click()
    await ready(page)


async def test_whoever_is_signed_out_meanwhile_loses_nothing(closed: tuple[Program, str], browser: Browser) -> None:
    cinema, token = closed
    event_id = await tonight(cinema.http)
    first, second = await tickets(cinema.http, event_id, 2)
    async with visiting(browser, cinema.http.base_url, "phone") as visitor:
        page = visitor.page
        await page.goto(f"/door/{event_id}")
        await visitor.look("door-sign-in")
        await sign_in(page, token)
        await visitor.look("door-signed-in")
        await scan(page, first)
        await says(page, "in")
        visitor.forgives = "status of 401"
        await page.context.clear_cookies()
        await scan(page, second)
        await says(page, "in")
        await unsent(page, 1)
        await expect(page.locator("[data-note=signed-out]")).to_be_visible()
        await visitor.look("door-signed-out")
        await page.locator("[data-again]").click()
        await sign_in(page, token)
        await unsent(page, 0)
        await expect(page.locator("[data-note=signed-out]")).to_be_hidden()
        assert await admitted(cinema.http, event_id) == 2


async def test_signing_out_sends_what_is_left_and_leaves_nothing(closed: tuple[Program, str], browser: Browser) -> None:
    cinema, token = closed
    event_id = await tonight(cinema.http)
    first, second = await tickets(cinema.http, event_id, 2)
    async with visiting(browser, cinema.http.base_url) as visitor:
        page = visitor.page
        await page.goto(f"/door/{event_id}")
        await sign_in(page, token)
        visitor.forgives = "status of 503"
        await page.route("**/scans", lambda route: route.fulfill(status=503))
        await scan(page, first)
        await says(page, "in")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.locator("[role=alert]")).to_contain_text("aren’t sent yet")
        await visitor.look("door-leaving")
        await page.unroute("**/scans")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.locator("h1")).to_have_text("Sign in")
        assert await admitted(cinema.http, event_id) == 1
        assert await page.evaluate(KEPT) == []
        # Whoever means it may leave without.
        await page.goto(f"/door/{event_id}")
        await sign_in(page, token)
        await page.route("**/scans", lambda route: route.fulfill(status=503))
        await scan(page, second)
        await says(page, "in")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.locator("[role=alert]")).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.locator("h1")).to_have_text("Sign in")
        assert await page.evaluate(KEPT) == []
        assert await admitted(cinema.http, event_id) == 1
