"""The pages as programs meet them: headers, cookies, statuses, and that the API is none of their business."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from okevents.pages.operations import PAGES
from tests.api.bodies import a_booking, an_event
from tests.api.serving import serving
from tests.api.test_bookings import an_event_with
from tests.api.test_overload import locked

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-language": "en-GB"}
FORM = {"hall": "best", "places": "2", "name": "Ada Example", "email": "ada@example.org", "key": "a-key-of-a-form"}


@pytest.fixture
async def closed(tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """A browser at a service with access control, and an event with a hall."""
    async with serving(tmp_path) as http:
        event_id = await an_event_with(http, 5)
    async with serving(tmp_path, access="required") as http:
        http.headers.update(BROWSER)
        yield http, event_id


async def booked(http: httpx.AsyncClient, event_id: str, **changes: str) -> httpx.Response:
    halls = (await http.get(f"/availability/{event_id}")).json()["halls"]
    return await http.post(f"/book/{event_id}", data={**FORM, "hall": halls[0]["id"], **changes})


async def test_a_browser_is_led_to_the_pages_and_a_program_to_the_api(http: httpx.AsyncClient) -> None:
    led = await http.get("/", headers=BROWSER)
    assert (led.status_code, led.headers["location"], led.headers["vary"]) == (302, "/whats-on", "Accept")
    for accept in ("*/*", "application/json"):
        index = await http.get("/", headers={"accept": accept})
        assert index.json()["pages"] == "/whats-on"
        assert index.headers["vary"] == "Accept"


async def test_the_api_answers_a_browser_as_it_answers_everybody(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 5)
    event, none = f"/events/id/{event_id}", f"/events/id/{'0' * 24}"
    async with asyncio.timeout(10):
        while "available" not in (await http.get(event)).text:  # which is told a moment later
            await asyncio.sleep(0.02)
    for path in ("/events", event, none, f"/availability/{event_id}"):
        plain, browser = await http.get(path), await http.get(path, headers=BROWSER)
        assert (browser.status_code, browser.content) == (plain.status_code, plain.content)
        assert browser.headers["content-type"] == plain.headers["content-type"]


async def test_what_is_no_path_at_all_is_a_page_for_a_browser(http: httpx.AsyncClient) -> None:
    for path in ("/nothing", "/eventss"):
        plain, browser = await http.get(path), await http.get(path, headers=BROWSER)
        assert (plain.status_code, plain.headers["content-type"]) == (404, "application/problem+json")
        assert (browser.status_code, browser.headers["content-type"]) == (404, "text/html; charset=utf-8")


async def test_the_cookie_is_for_the_pages_of_that_booking_alone(closed: tuple[httpx.AsyncClient, str]) -> None:
    http, event_id = closed
    answer = await booked(http, event_id)
    page = answer.headers["location"]
    assert answer.status_code == 303
    assert re.fullmatch(r"/booking/[0-9a-f]{24}", page)
    cookie = answer.headers["set-cookie"]
    name_and_value, *attributes = cookie.split("; ")
    assert attributes[0] == f"Path={page}"
    assert attributes[2:] == ["HttpOnly", "SameSite=Strict"]
    assert 30 * 24 * 3600 < int(attributes[1].removeprefix("Max-Age=")) <= 400 * 24 * 3600
    assert (await http.get(page)).status_code == 200
    # The API doesn't go by cookies, so no other site's form can make a browser show one to it.
    http.cookies.clear()
    api = f"/bookings/{page.rpartition('/')[2]}"
    assert (await http.get(api, headers={"cookie": name_and_value})).status_code == 401
    assert (await http.get(page)).status_code == 401
    assert (await http.get(page, headers={"cookie": name_and_value})).status_code == 200


async def test_it_is_for_https_alone_where_the_page_is(tmp_path: Path) -> None:
    async with serving(tmp_path, trusted_proxies="127.0.0.1") as http:
        event_id = await an_event_with(http, 5)
        http.headers["x-forwarded-proto"] = "https"
        assert (await booked(http, event_id)).headers["set-cookie"].endswith("; HttpOnly; SameSite=Strict; Secure")


async def test_another_guests_booking_and_none_look_alike(closed: tuple[httpx.AsyncClient, str]) -> None:
    http, event_id = closed
    own = await booked(http, event_id)
    other = await booked(http, event_id, email="eve@example.org", key="another-key")
    http.cookies.clear()
    cookie = {"cookie": own.headers["set-cookie"].partition(";")[0]}
    for shows in (cookie, {}):
        told = []
        for booking in (other.headers["location"].rpartition("/")[2], "0" * 24):
            for method, path in (("GET", ""), ("POST", "/cancel"), ("GET", "/calendar.ics")):
                answer = await http.request(method, f"/booking/{booking}{path}", headers=shows)
                told.append((answer.status_code, answer.text.replace(booking, "ID")))
        assert told[:3] == told[3:]
        assert {status for status, _ in told} == {404 if shows else 401}


async def test_a_form_from_another_site_changes_nothing(closed: tuple[httpx.AsyncClient, str]) -> None:
    http, event_id = closed
    page = (await booked(http, event_id)).headers["location"]
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example.com"}, {"origin": "null"}):
        refused = await http.post(f"{page}/cancel", headers=headers)
        assert (refused.status_code, refused.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert 'data-state="held 1"' in (await http.get(page)).text


async def test_every_form_is_refused_from_another_site(http: httpx.AsyncClient) -> None:
    forms = [each for each in PAGES if each.method == "post"]
    assert len(forms) > 5
    for each in forms:
        path = each.path.format(event_id="0" * 24, id="0" * 24)
        assert (await http.post(path, headers={"sec-fetch-site": "cross-site"})).status_code == 403, path


async def test_a_form_sent_twice_books_once(closed: tuple[httpx.AsyncClient, str]) -> None:
    http, event_id = closed
    answers = await asyncio.gather(*(booked(http, event_id) for _ in range(5)))
    assert {(each.status_code, each.headers["location"]) for each in answers} == {(303, answers[0].headers["location"])}
    shown = (await http.get(f"/availability/{event_id}")).json()["halls"][0]
    assert shown["held"] == 2
    other = await booked(http, event_id, places="1")
    assert other.status_code == 422
    assert "was sent before with other data" in other.text
    assert 'value="1"' in other.text
    assert FORM["key"] not in other.text, "the next try has a key of its own"


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"places": "9"}, 409, "Only 5 of the places are free."),
        ({"places": "many"}, 422, "Give a number of places from 1 on."),
        ({"hall": "cellar"}, 422, "Choose one of the halls."),
        ({"hall": ""}, 422, "Choose one of the halls."),
        ({"name": " "}, 422, "Give your name"),
        ({"email": "ada"}, 422, "Give an e-mail address"),
    ],
)
async def test_what_is_wrong_is_said_beside_what_was_typed(
    http: httpx.AsyncClient, changes: dict[str, str], status: int, said: str
) -> None:
    event_id = await an_event_with(http, 5)
    answer = await booked(http, event_id, **changes)
    assert answer.status_code == status
    assert said in answer.text
    if "name" not in changes:
        assert 'value="Ada Example"' in answer.text


async def test_what_is_typed_is_text_whatever_it_is(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 5)
    hostile = '"><script>alert(1)</script>'
    for answer in (
        await booked(http, event_id, name=hostile, email=hostile, hall=hostile, key=hostile),
        await http.get("/whats-on", params={"q": hostile, "country": hostile, "from": hostile, "places": hostile}),
        await http.post("/booking/open", data={"booking": hostile, "secret": hostile}),
    ):
        assert answer.status_code == 422
        assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("terms", "status", "said"),
    [
        ({"max_places": 1}, 409, "The most places in one booking: 1."),
        ({"max_places_per_guest": 1}, 409, "counting all your bookings: 1."),
        ({"opens": "2030-12-01T10:00:00Z"}, 409, "Booking opens on 1 Dec 2030, 10:00."),
        ({"closes": "2021-05-01T10:00:00Z"}, 409, "Booking for this event has closed."),
    ],
)
async def test_the_organisers_terms_are_told(
    http: httpx.AsyncClient, terms: dict[str, object], status: int, said: str
) -> None:
    event_id = await an_event_with(http, 5, booking=terms)
    answer = await booked(http, event_id)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text


@pytest.mark.parametrize("language", ["en", "es"])
async def test_who_asks_too_often_is_told_on_a_page(tmp_path: Path, language: str) -> None:
    async with serving(tmp_path, rate="1", burst="1", trusted_proxies="127.0.0.1") as http:
        headers = {"x-forwarded-for": "192.0.2.1", "accept-language": language}
        answers = [await http.get("/whats-on", headers=headers) for _ in range(4)]
    refused = answers[-1]
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["content-language"] == language
    assert {"en": "One moment, please", "es": "Un momento, por favor"}[language] in refused.text


async def test_while_the_database_is_away_a_page_says_so(tmp_path: Path) -> None:
    async with serving(tmp_path, max_wait="0.2", request_timeout="2") as http:
        event_id = await an_event_with(http, 5)
        async with locked(tmp_path / "bookings.sqlite3"):
            answer = await booked(http, event_id)
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert int(answer.headers["retry-after"]) > 0
        assert "Nothing is lost" in answer.text
        assert (await booked(http, event_id)).status_code == 303


async def test_other_refusals_are_pages_too(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 5)
    page = f"/book/{event_id}"
    answers = {
        404: await http.get("/whats-on/nonsense"),
        405: await http.post("/whats-on"),
        413: await http.post(page, data={"name": "x" * 30_000}),
        415: await http.post(page, json={}),
    }
    for status, answer in answers.items():
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert answer.text.count("<h1>") == 1
        assert answer.headers["cache-control"] == "private, no-store"


async def test_a_choice_of_language_is_kept_and_leaves_the_address(http: httpx.AsyncClient) -> None:
    chosen = await http.get("/whats-on?q=a%26b&lang=es", headers={"accept-language": "en"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/whats-on?q=a%26b")
    assert chosen.headers["set-cookie"].startswith("okevents_language=es; Path=/; Max-Age=")
    shown = await http.get("/whats-on", headers={"accept-language": "en"})
    assert shown.headers["content-language"] == "es"
    assert '<html lang="es">' in shown.text
    assert shown.headers["vary"] == "Accept-Language, Cookie"
    ignored = await http.get("/whats-on?lang=../x")
    assert (ignored.status_code, ignored.headers["location"]) == (303, "/whats-on")
    assert "set-cookie" not in ignored.headers


async def test_head_is_get_without_the_page(http: httpx.AsyncClient) -> None:
    answer = await http.head("/whats-on")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 1000


async def test_what_pages_need_is_asked_for_anew_and_sent_where_it_has_changed(http: httpx.AsyncClient) -> None:
    page = (await http.get("/whats-on")).text
    found = set(re.findall(r'"(/assets/[^"]+)"', page))
    assert {"/assets/pages.css", "/assets/icon.svg"} <= found
    for address in found:
        answer = await http.get(address)
        assert answer.headers["cache-control"] == "no-cache"
        again = await http.get(address, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    for name in ("nothing.css", "../pages.py", "..%2fsite.py"):
        assert (await http.get(f"/assets/{name}")).status_code == 404


async def test_the_days_are_those_of_the_place(http: httpx.AsyncClient) -> None:
    """The event begins at half past midnight in Madrid, which is the day before by UTC."""
    body = an_event(startdate="2031-05-10T00:30:00+02:00", enddate=None, duration=60, timezone="Europe/Madrid")
    name = (await http.post("/events", json=body)).json()["name"]
    found = {}
    before, that = "2031-05-09", "2031-05-10"
    for first, last in ((before, before), (that, that), (that, ""), ("", before)):
        found[first, last] = name in (await http.get("/whats-on", params={"from": first, "to": last})).text
    assert list(found.values()) == [False, True, True, False]


async def test_the_list_goes_on_and_ends_before_what_is_over(http: httpx.AsyncClient) -> None:
    for number in range(30):
        body = an_event(name=f"Number {number:02}.", startdate=f"2031-05-{number + 1:02}T20:00:00Z", enddate=None)
        assert (await http.post("/events", json=body)).status_code == 201
    over = an_event(name="Long over", startdate="2021-05-01T20:00:00Z", enddate=None)
    assert (await http.post("/events", json=over)).status_code == 201
    seen: list[str] = []
    address: str | None = "/whats-on?q=e"
    while address:
        page = (await http.get(address)).text
        seen += re.findall(r"<bdi>(Number \d\d\.|Long over)</bdi>", page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        address = found[1].replace("&amp;", "&") if found else None
    assert seen == [f"Number {number:02}." for number in range(30)]
    assert "Number 00." in (await http.get("/whats-on?cursor=nonsense")).text


@pytest.mark.parametrize(
    ("hold", "said"),
    [
        ("30", "They are held for a minute while"),
        ("90", "They are held for 2 minutes while"),
        ("900", "They are held for 15 minutes while"),
    ],
)
async def test_how_long_places_are_held_is_said_before(tmp_path: Path, hold: str, said: str) -> None:
    async with serving(tmp_path, hold=hold) as http:
        event_id = await an_event_with(http, 5)
        assert said in (await http.get(f"/book/{event_id}")).text


async def test_an_event_without_halls_says_so(http: httpx.AsyncClient) -> None:
    made = await http.post("/events", json=an_event(location={"name": "x", "halls": []}))
    event_id = made.json()["id"]
    async with asyncio.timeout(10):
        while (await http.get(f"/availability/{event_id}")).status_code == 404:
            await asyncio.sleep(0.02)
    page = await http.get(f"/book/{event_id}")
    assert (page.status_code, "its halls aren’t announced" in page.text) == (200, True)
    assert "<form" not in page.text


async def test_a_hundred_tickets_are_shown_at_once_and_the_others_follow(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 200)
    made = (await http.post("/bookings", json=a_booking(event_id, places=101))).json()
    page = f"/booking/{made['id']}"
    first, second = (await http.get(page)).text, (await http.get(f"{page}?from=101")).text
    assert [text.count('class="card ticket"') for text in (first, second)] == [100, 1]
    assert f'rel="next" href="{page}?from=101"' in first
    assert "Ticket 101 of 101" in second
    for nonsense in ("0", "-1", "x", "999999"):
        assert (await http.get(f"{page}?from={nonsense}")).status_code == 200


async def test_a_booking_that_a_program_made_is_opened_by_its_secret(closed: tuple[httpx.AsyncClient, str]) -> None:
    http, event_id = closed
    made = (await http.post("/bookings", json=a_booking(event_id))).json()
    address = f"/booking/{made['id']}"
    link, secret = f"{http.base_url}{address}#{made['secret']}", made["secret"]
    for given in ({"secret": link}, {"secret": secret, "booking": made["id"]}):
        http.cookies.clear()
        opened = await http.post("/booking/open", data=given)
        assert (opened.status_code, opened.headers["location"]) == (303, address)
        assert (await http.get(address)).status_code == 200
    closed_again = await http.post(f"{address}/close")
    assert closed_again.status_code == 303
    assert (await http.get(address)).status_code == 401
