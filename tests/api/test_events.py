"""The Events Service over HTTP."""

import json
from pathlib import Path

import httpx

from tests.api.bodies import an_event

FIXTURE = Path(__file__).parent.parent / "fixtures" / "event.json"


async def create(http: httpx.AsyncClient, **changes: object) -> httpx.Response:
    answer = await http.post("/events", json=an_event(**changes))
    assert answer.status_code == 201, answer.text
    return answer


async def test_the_go_programs_body_is_taken_as_it_is(http: httpx.AsyncClient) -> None:
    sent = json.loads(FIXTURE.read_text())
    headers = {"content-type": "application/json"}
    made = await http.post("/events", content=FIXTURE.read_bytes(), headers=headers)
    shown = (await http.get(made.headers["location"])).json()
    for name in ("name", "startdate", "enddate", "duration"):
        assert shown[name] == sent[name]
    for name in ("name", "address", "country", "opentime", "closetime"):
        assert shown["location"][name] == sent["location"][name]
    assert (await http.get("/events/name/best")).json()["id"] == shown["id"]
    assert [each["id"] for each in (await http.get("/events")).json()] == [shown["id"]]


async def test_upcoming_first_then_past_in_pages_without_overlap(http: httpx.AsyncClient) -> None:
    starts = [1_924_977_600_000 + number * 1000 for number in (3, 1, 2)] + [1_000_000, 3_000_000, 2_000_000]
    for start in starts:
        await create(http, name=str(start), startdate=start)
    upcoming = sorted(start for start in starts if start > 10**10)
    past = sorted((start for start in starts if start < 10**10), reverse=True)
    seen: list[int] = []
    url = "/events?limit=2"
    while True:
        page = await http.get(url)
        seen += [each["startdate"] for each in page.json()]
        if "next" not in page.links:
            break
        url = page.links["next"]["url"]
    assert seen == upcoming + past
    lines = (await http.get("/events", headers={"accept": "application/x-ndjson"})).text.splitlines()
    assert [json.loads(line)["startdate"] for line in lines] == seen


async def test_a_name_may_hold_anything(http: httpx.AsyncClient) -> None:
    made = await create(http, name="über/alles")
    found = await http.get("/events/name/%C3%BCber%2Falles")
    assert found.json()["id"] == made.json()["id"]


async def test_put_patch_cancel_and_reinstate_with_versions(http: httpx.AsyncClient) -> None:
    made = await create(http)
    path = made.headers["location"]
    assert made.headers["etag"] == '"1"'
    patch = {"description": "new", "location": {"country": "BE"}}
    patched = await http.patch(path, json=patch, headers={"if-match": '"1"'})
    assert (patched.json()["description"], patched.json()["location"]["country"]) == ("new", "BE")
    assert patched.json()["location"]["name"] == "Paris park"
    stale = await http.put(path, json=an_event(name="other"), headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)
    put = await http.put(path, json={**patched.json(), "name": "other"}, headers={"if-match": '"2"'})
    assert (put.json()["name"], put.json()["version"]) == ("other", 3)
    assert put.json()["location"]["halls"][0]["id"] == made.json()["location"]["halls"][0]["id"]
    same = await http.put(path, json=put.json())
    assert same.json()["version"] == 3
    cancelled = await http.post(f"{path}/cancel", json={"reason": "rain"})
    assert (cancelled.json()["status"], cancelled.json()["reason"]) == ("cancelled", "rain")
    twice = await http.post(f"{path}/cancel")
    assert (twice.status_code, twice.json()["state"]) == (409, "cancelled")
    assert (await http.post(f"{path}/reinstate")).json()["status"] == "scheduled"


async def test_an_idempotency_key_gives_the_first_answer_again(http: httpx.AsyncClient) -> None:
    headers = {"idempotency-key": "k1"}
    first = await http.post("/events", json=an_event(), headers=headers)
    again = await http.post("/events", json=an_event(), headers=headers)
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert (first.status_code, again.status_code, again.headers["idempotent-replay"]) == (201, 201, "true")
    other = await http.post("/events", json=an_event(name="other"), headers=headers)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert len((await http.get("/events")).json()) == 1


async def test_filters(http: httpx.AsyncClient) -> None:
    await create(http, name="small", location={"name": "x", "country": "ES", "halls": [{"name": "a", "capacity": 5}]})
    await create(http, name="LARGE", location={"name": "y", "country": "FR", "halls": [{"name": "a", "capacity": 500}]})
    for query, names in (
        ("q=arg", ["LARGE"]),
        ("country=es", ["small"]),
        ("hall_capacity=6", ["LARGE"]),
        ("status=cancelled", []),
        ("from=2031-01-01T00:00:00Z&to=1924977600000", []),
        ("to=2032-01-01T00:00:00%2B02:00&q=small", ["small"]),
    ):
        assert [each["name"] for each in (await http.get(f"/events?{query}")).json()] == names


async def test_head_has_no_body(http: httpx.AsyncClient) -> None:
    path = (await create(http, location={"name": "x", "halls": []})).headers["location"]
    head = await http.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert (await http.options("/events")).headers["allow"]
