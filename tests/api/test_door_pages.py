"""The door's pages as programs meet them."""

import base64
import json
import re
from pathlib import Path

import httpx

from okevents.pages.door.worker import ASSETS
from tests.api.bodies import a_booking
from tests.api.serving import serving
from tests.api.test_bookings import an_event_with

ADA = {"name": "Ada Example", "email": "ada@example.org"}


async def ticket(http: httpx.AsyncClient, event_id: str, places: int = 1) -> tuple[str, str]:
    """Of a new booking, whose id comes first."""
    body = a_booking(event_id, places=places, hold=0, guest=ADA)
    booking_id: str = (await http.post("/bookings", json=body)).json()["id"]
    return booking_id, (await http.get(f"/bookings/{booking_id}/tickets")).json()[0]["token"]


def answer(page: httpx.Response) -> str:
    (told,) = re.findall(r'id="told".*?data-answer="([\w-]+)"', page.text, re.DOTALL)
    return str(told)


async def test_what_the_device_is_to_keep_has_no_guests_name(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 5)
    booking_id, _ = await ticket(http, event_id)
    told = await http.get(f"/door/{event_id}/list")
    assert told.headers["cache-control"] == "private, no-store"
    payload = told.json()["list"]["payload"]
    listed = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert [each["booking_id"] for each in listed["expected"]] == [booking_id]
    for text in (told.text, json.dumps(listed)):
        assert "Ada" not in text
        assert "example.org" not in text
    assert told.json()["keys"]["keys"][0]["crv"] == "Ed25519"


async def test_a_form_sent_twice_lets_in_once_and_says_the_same(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 5)
    _, token = await ticket(http, event_id)
    form = {"code": token, "where": "North door", "key": "a-key-of-a-form"}
    pages = [await http.post(f"/door/{event_id}", data=form) for _ in range(2)]
    assert [(page.status_code, answer(page)) for page in pages] == [(200, "in")] * 2
    again = await http.post(f"/door/{event_id}", data={**form, "key": "another-key"})
    assert (again.status_code, answer(again)) == (409, "already")
    assert 'value="North door"' in again.text


async def test_a_bookings_number_lets_in_and_tells_whose_it_is(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 5)
    booking_id, _ = await ticket(http, event_id)
    page = await http.post(f"/door/{event_id}", data={"code": booking_id})
    assert answer(page) == "in"
    assert "Ada Example" in page.text
    undone = await http.post(f"/door/{event_id}/undo", data={"code": booking_id})
    assert answer(undone) == "out"
    told = (await http.post(f"/door/{event_id}/booking", json={"booking_id": booking_id, "event_id": event_id})).json()
    assert told == {"result": "admitted", "hall": "lobby", "ticket": 1, "guest": "Ada Example"}
    assert "email" not in json.dumps(told)


async def test_a_refusal_is_an_answer_for_the_script(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 5)
    other = await an_event_with(http, 5)
    booking_id, token = await ticket(http, event_id)
    for path, body, slug in (
        ("booking", {"booking_id": booking_id, "event_id": other}, "wrong-event"),
        ("booking", {"booking_id": "0" * 24}, "booking-not-found"),
        ("outside", {"token": token}, "illegal-transition"),
        ("outside", {"token": "nonsense"}, "bad-ticket"),
        ("outside", {}, "bad-input"),
    ):
        told = await http.post(f"/door/{event_id}/{path}", json=body)
        assert told.status_code == 200, told.text
        assert (told.json()["result"], told.json()["problem"]["type"]) == ("refused", f"/problems/{slug}"), body
    bad = await http.post(f"/door/{event_id}/scans", json={"scans": []})
    assert (bad.status_code, bad.headers["content-type"]) == (400, "application/problem+json")


async def test_an_event_that_there_isnt_has_no_door(http: httpx.AsyncClient) -> None:
    for path in ("/door/nonsense", f"/door/{'0' * 24}", f"/door/{'0' * 24}/list", "/door/shell/fr", "/door/shell/"):
        assert (await http.get(path)).status_code == 404, path


async def test_the_shell_says_nothing_of_anybody_and_everybody_may_have_it(tmp_path: Path) -> None:
    async with serving(tmp_path, access="required") as http:
        nobody = await http.get("/door/shell/es", headers={"accept-language": "en"})
        somebody = await http.get("/door/shell/es", headers={"cookie": "okevents_staff_bookings=oke_nonsense"})
        assert nobody.status_code == 200
        assert nobody.content == somebody.content
        assert '<html lang="es">' in nobody.text
        assert "sign-out" not in nobody.text
        assert (await http.get("/door")).status_code == 401


async def test_the_worker_keeps_the_shells_and_all_that_the_door_needs(http: httpx.AsyncClient) -> None:
    script = await http.get("/door/worker.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["cache-control"] == "no-cache"
    assert "default-src 'none'" in script.headers["content-security-policy"]
    assert (await http.get("/door/worker.js", headers={"if-none-match": script.headers["etag"]})).status_code == 304
    (told,) = re.findall(r"^const KEPT = (.*);$", script.text, re.MULTILINE)
    kept = json.loads(told)["kept"]
    assert kept == sorted(["/door/shell/en", "/door/shell/es", *(f"/assets/{name}" for name in ASSETS)])
    for path in kept:
        assert (await http.get(path)).status_code == 200, path


async def test_whatever_the_door_imports_is_kept(http: httpx.AsyncClient) -> None:
    shell = (await http.get("/door/shell/en")).text
    wanted = set(re.findall(r'(?:src|href)="/assets/([\w.-]+)"', shell))
    for name in ASSETS:
        if name.endswith(".js"):
            wanted |= set(re.findall(r'from "\./([\w.-]+)"', (await http.get(f"/assets/{name}")).text))
    assert wanted <= set(ASSETS)
