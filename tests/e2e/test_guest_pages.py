"""A guest's way from the list to a ticket, and from a full hall to the place of another, in a browser."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from icalendar import Calendar
from PIL import Image
from playwright.async_api import Browser, Route, expect

from tests.e2e.browser import Visitor, visiting
from tests.e2e.program import Program, running
from tests.e2e.test_access import created, showing
from tests.e2e.test_programme_pages import SCENES, announce, evening

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite, pytest.mark.timeout(120)]

FOCUSED = """() => {
  const focused = document.activeElement;
  // Within a field for a date the browser has buttons of its own, and draws what has the focus.
  const outline = focused.type === "date" ? "the browser's" : getComputedStyle(focused).outlineStyle;
  return [(focused.labels?.[0] ?? focused).textContent.trim(), outline];
}"""

SALON = {"name": "Salle Pleyel", "country": "FR", "halls": [{"name": "Salon", "capacity": 2}]}


async def fill_in(visitor: Visitor, name: str, places: int) -> None:
    page = visitor.page
    await page.locator("input[name=hall]").first.check()
    await page.fill("#places", str(places))
    await page.fill("#name", name)
    await page.fill("#email", f"{name.split()[0].lower()}@example.org")


async def send(visitor: Visitor) -> None:
    await visitor.page.locator("form.book button").click()


async def silent(route: Route) -> None:
    """In place of a stream: one that says nothing."""
    await route.fulfill(status=200, content_type="text/event-stream", body="retry: 60000\n\n")


async def state(visitor: Visitor) -> str:
    """Of the booking that is shown."""
    shown = await visitor.page.locator("[data-state]").get_attribute("data-state")
    return (shown or "").split()[0]


@pytest.mark.parametrize("scene", SCENES)
async def test_from_the_list_to_a_ticket(cinema: Program, browser: Browser, scene: dict[str, Any]) -> None:
    await announce(cinema.http, evening(9))
    async with visiting(browser, cinema.http.base_url, **scene) as visitor:
        page = visitor.page
        await page.goto("/whats-on")
        await page.get_by_role("link", name="Night of the Organ").click()
        await page.locator("aside .button").click()
        await visitor.look("book")
        await page.fill("#name", "Ada Example")
        await page.fill("#email", "nonsense")
        await send(visitor)
        await expect(page.locator("#faults li")).to_have_count(2)
        assert [await page.input_value(field) for field in ("#name", "#email")] == ["Ada Example", "nonsense"]
        await expect(page.locator("#email")).to_have_attribute("aria-describedby", "email-fault")
        await visitor.look("book-faulty")
        await fill_in(visitor, "Ada Example", 2)
        await send(visitor)
        await expect(page).to_have_url(re.compile(r"/booking/[0-9a-f]{24}$"))
        assert await state(visitor) == "held"
        assert re.fullmatch(r"1[45]:\d\d", await page.locator("[role=timer]").inner_text())
        await visitor.look("booking-held")
        await page.locator(".state .button").first.click()
        await expect(page.locator(".ticket")).to_have_count(2)
        assert await state(visitor) == "confirmed"
        await visitor.look("booking-confirmed")
        picture = Image.open(BytesIO(await page.locator(".code").first.screenshot()))
        (code,) = zxingcpp.read_barcodes(picture)
        assert code.text.count(".") == 2
        answer = await page.request.get(f"{page.url.partition('?')[0]}/calendar.ics")
        entry = Calendar.from_ical(await answer.text()).walk("VEVENT")[0]
        assert entry["summary"] == "Night of the Organ"


@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "plain"])
async def test_a_full_hall_a_place_in_line_and_the_place_of_another(
    cinema: Program, browser: Browser, has_scripts: bool
) -> None:
    event_id = await announce(cinema.http, evening(9, name="Piano for two", location=SALON))
    base = cinema.http.base_url
    async with (
        visiting(browser, base, "desk", has_scripts=has_scripts) as ada,
        visiting(browser, base, "phone", has_scripts=has_scripts) as bob,
    ):
        await ada.page.goto(f"/book/{event_id}")
        await bob.page.goto(f"/book/{event_id}")
        await fill_in(ada, "Ada Example", 2)
        await send(ada)
        assert await state(ada) == "held"
        await fill_in(bob, "Bob Example", 1)
        await send(bob)
        await expect(bob.page.locator("#refused")).to_contain_text("no place free in this hall")
        await bob.look("book-sold-out")
        await bob.page.get_by_role("button", name="Join the waiting list").click()
        assert await state(bob) == "waiting"
        await expect(bob.page.locator(".position b")).to_have_text("1")
        await bob.look("booking-waiting")
        await ada.page.locator("summary").last.click()
        await ada.page.locator("details form[action$=cancel] button").click()
        await expect(ada.page.locator("[role=status]")).to_have_text("Your booking is cancelled.")
        await ada.look("booking-cancelled")
        offered = bob.page.locator("[data-state^=offered]")
        if not has_scripts:
            for _ in range(20):
                await bob.page.get_by_role("link", name="Look again").click()
                if await offered.count():
                    break
        await expect(offered).to_have_count(1)
        await bob.look("booking-offered")
        await bob.page.get_by_role("button", name="Take these places").click()
        await expect(bob.page.locator(".ticket")).to_have_count(1)


async def test_an_offer_that_is_declined_goes_to_the_next(cinema: Program, browser: Browser) -> None:
    event_id = await announce(cinema.http, evening(9, name="Piano for two", location=SALON))

    async def waiting(visitor: Visitor, name: str) -> None:
        await visitor.page.goto(f"/book/{event_id}")
        await expect(visitor.page.locator("form.book button")).to_have_text(re.compile("waiting list|lista de espera"))
        await fill_in(visitor, name, 2)
        await send(visitor)
        assert await state(visitor) == "waiting"

    guest = {"name": "Ada", "email": "ada@example.org"}
    taken = {"event_id": event_id, "hall": "Salon", "places": 2, "hold": 0, "guest": guest}
    first = (await cinema.http.post("/bookings", json=taken)).json()["id"]
    base = cinema.http.base_url
    async with visiting(browser, base, language="es-ES") as bob, visiting(browser, base, "phone") as eve:
        await waiting(bob, "Bob Example")
        await bob.look("booking-waiting")
        await waiting(eve, "Eve Example")
        await expect(eve.page.locator(".position b")).to_have_text("2")
        await cinema.http.post(f"/bookings/{first}/cancel")
        await bob.page.get_by_role("button", name="No, gracias").click()
        await expect(eve.page.locator("[data-state^=offered]")).to_have_count(1)
        assert await state(bob) == "cancelled"


async def test_change_who_comes_and_cancel(cinema: Program, browser: Browser) -> None:
    event_id = await announce(cinema.http, evening(9))
    async with visiting(browser, cinema.http.base_url, "phone") as visitor:
        page = visitor.page
        await page.goto(f"/book/{event_id}")
        await fill_in(visitor, "Ada Example", 1)
        await send(visitor)
        before = await page.locator(".link a").inner_text()
        await page.get_by_role("button", name="I need more time").click()
        await expect(page.locator("[role=status]")).to_have_text("The places are held longer.")
        await page.get_by_role("button", name="Confirm my booking").click()
        await page.locator("summary").first.click()
        await page.fill("#places", "1000")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".notice.bad")).to_contain_text("Only 419 of the places are free.")
        assert await page.input_value("#places") == "1000"
        await page.fill("#places", "3")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".ticket")).to_have_count(3)
        await page.locator("summary").first.click()
        await page.fill("#email", "nonsense")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("#email-fault")).to_be_visible()
        assert await page.input_value("#email") == "nonsense"
        await visitor.look("booking-faulty")
        await page.fill("#name", "Grace Example")
        await page.fill("#email", "grace@example.org")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".facts")).to_contain_text("Grace Example")
        after = await page.locator(".link a").inner_text()
        assert before.partition("#")[0] == after.partition("#")[0]
        assert before != after
        await page.locator("summary").last.click()
        await page.get_by_role("button", name="Yes, give the places back").click()
        await expect(page.locator("h1")).to_have_text("This booking is cancelled")


async def test_who_wants_more_than_is_left_may_wait_for_it(cinema: Program, browser: Browser) -> None:
    event_id = await announce(cinema.http, evening(9))
    async with visiting(browser, cinema.http.base_url, "phone") as visitor:
        page = visitor.page
        await page.goto(f"/book/{event_id}")
        await page.get_by_label("Gallery").check()
        await page.fill("#places", "9")
        await page.fill("#name", "Ada Example")
        await page.fill("#email", "ada@example.org")
        await send(visitor)
        await expect(page.locator("#refused")).to_contain_text("Only 8 of the places are free.")
        await expect(page.get_by_label("Gallery")).to_be_checked()
        await page.fill("#places", "8")
        await page.locator("[name=wait]").check()
        await send(visitor)
        assert await state(visitor) == "held"


async def test_all_of_it_by_the_keyboard(cinema: Program, browser: Browser) -> None:
    """From one link and one field to the next; what has the focus can be seen, and nothing holds it fast."""
    await announce(cinema.http, evening(9, location=SALON))
    async with visiting(browser, cinema.http.base_url) as visitor:
        page = visitor.page

        async def tab_to(name: str) -> None:
            for _ in range(40):
                await page.keyboard.press("Tab")
                label, outline = await page.evaluate(FOCUSED)
                assert outline != "none", label
                if label == name:
                    return
            raise AssertionError(f"the keyboard doesn't get to {name}")

        await page.goto("/whats-on")
        await tab_to("Skip to the content")
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()
        await tab_to("Night of the Organ")
        await page.keyboard.press("Enter")
        await expect(page.locator("h1")).to_have_text("Night of the Organ")
        await tab_to("Book places")
        await page.keyboard.press("Enter")
        await expect(page.locator("form.book")).to_be_visible()
        for name, typed in (
            ("How many places?", "2"),
            ("Your name", "Ada"),
            ("Your e-mail address", "ada@example.org"),
        ):
            await tab_to(name)
            await page.keyboard.press("Control+A")
            await page.keyboard.type(typed)
        await page.keyboard.press("Enter")
        await expect(page.locator("h1")).to_have_text("Your places are held")
        await tab_to("Confirm my booking")
        await page.keyboard.press("Enter")
        await expect(page.locator(".ticket")).to_have_count(2)


@pytest.mark.parametrize("change", ["over", "cancelled"])
async def test_what_cannot_be_booked_any_more(cinema: Program, browser: Browser, change: str) -> None:
    event_id = await announce(cinema.http, evening(9 if change == "cancelled" else -9))
    if change == "cancelled":
        await cinema.http.post(f"/events/id/{event_id}/cancel", json={"reason": "The lawn is flooded."})
    async with visiting(browser, cinema.http.base_url, "phone") as visitor:
        page = visitor.page
        await page.goto(f"/whats-on/{event_id}")
        await expect(page.locator("aside")).to_have_count(0)
        await visitor.look(f"event-{change}")
        answer = await page.goto(f"/book/{event_id}")
        assert answer is not None
        await expect(page.locator("form.book")).to_have_count(0)
        assert answer.status == 410
        await visitor.look(f"book-{change}")


async def test_a_hold_that_ends_is_seen_to_end_and_may_still_be_confirmed(tmp_path: Path, browser: Browser) -> None:
    async with running("up", "--hold", "2", folder=tmp_path) as cinema:
        event_id = await announce(cinema.http, evening(9))
        async with visiting(browser, cinema.http.base_url, "phone") as visitor:
            # Nobody tells it: it counts by itself.
            await visitor.page.route("**/stream", silent)
            await visitor.page.goto(f"/book/{event_id}")
            await fill_in(visitor, "Ada Example", 1)
            await send(visitor)
            await expect(visitor.page.locator("h1")).to_have_text("Time is up", timeout=20_000)
            await visitor.look("booking-expired")
            await visitor.page.get_by_role("button", name="Try to confirm all the same").click()
            await expect(visitor.page.locator(".ticket")).to_have_count(1)


@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "plain"])
async def test_the_link_opens_the_booking_and_nothing_else_does(
    tmp_path: Path, browser: Browser, has_scripts: bool
) -> None:
    """With access control. The secret is in no address that anybody is asked for."""
    async with running("up", "--access", "required", "--log-level", "debug", folder=tmp_path) as cinema:
        token = await created(tmp_path, "organiser", "--scope", "events:write")
        cinema.http.headers.update(showing(token["token"]))
        event_id = await announce(cinema.http, evening(9))
        base = cinema.http.base_url
        async with (
            visiting(browser, base, has_scripts=has_scripts) as ada,
            visiting(browser, base, "phone", has_scripts=has_scripts) as other,
        ):
            asked: list[str] = []
            other.page.on("request", lambda request: asked.append(request.url))
            await ada.page.goto(f"/book/{event_id}")
            await fill_in(ada, "Ada Example", 1)
            await send(ada)
            await ada.page.get_by_role("button", name="Confirm my booking").click()
            await expect(ada.page.locator(".ticket")).to_have_count(1)
            link = await ada.page.locator(".link a").inner_text()
            address, _, secret = link.partition("#")
            await other.page.goto(address)
            await expect(other.page.locator("h1")).to_have_text("Open my booking")
            await other.look("open")
            await other.page.fill("#secret", "nonsense")
            await other.page.locator("#open button").click()
            await expect(other.page.locator("#secret-fault")).to_be_visible()
            if has_scripts:
                await other.page.goto("/whats-on")
                await other.page.goto(link)
            else:
                await other.page.fill("#secret", link)
                await other.page.locator("#open button").click()
            await expect(other.page.locator(".ticket")).to_have_count(1)
            assert await other.page.evaluate("document.cookie") == ""
            await other.page.get_by_role("button", name=re.compile("close the booking")).click()
            await other.page.goto(address)
            await expect(other.page.locator("h1")).to_have_text("Open my booking")
            # The browser tells the fragment to this test alone.
            assert [url for url in asked if secret in url.partition("#")[0]] == []
        assert [line for line in cinema.lines if secret in line] == []
