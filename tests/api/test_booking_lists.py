"""Lists of bookings and of the numbers of events."""

import csv
import io

import httpx
import pytest

from tests.api.bodies import a_booking
from tests.api.test_bookings import an_event_with
from tests.api.test_life import made


async def test_pages_follow_each_other_without_overlap_or_gap(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 50)
    ids = [(await made(http, event_id, places=1))["id"] for _ in range(7)]
    seen: list[str] = []
    url = f"/bookings?event={event_id}&limit=3"
    while url:
        page = await http.get(url)
        seen += [booking["id"] for booking in page.json()]
        url = str(page.links["next"]["url"]) if "next" in page.links else ""
        await made(http, event_id, places=1, guest={"name": "Late", "email": "late@example.org"})
    assert seen[:7] == ids
    assert len(seen) == len(set(seen))


async def test_filters(http: httpx.AsyncClient) -> None:
    halls = [{"name": "pit", "capacity": 5}, {"name": "balcony", "capacity": 5}]
    event_id, other = await an_event_with(http, 0, halls=halls), await an_event_with(http, 5)
    ada = await made(http, event_id, hall="pit")
    bob = await made(http, event_id, hall="balcony", hold=60, guest={"name": "Bob", "email": "Bob@Example.org"})
    elsewhere = await made(http, other)

    async def found(query: str) -> set[str]:
        answer = await http.get(f"/bookings?{query}")
        assert answer.status_code == 200, answer.text
        return {booking["id"] for booking in answer.json()}

    assert await found("") == {ada["id"], bob["id"], elsewhere["id"]}
    assert await found(f"event={event_id}") == {ada["id"], bob["id"]}
    assert await found(f"event={event_id}&hall=balcony") == {bob["id"]}
    assert await found(f"hall={ada['lines'][0]['hall_id']}") == {ada["id"]}
    assert await found("state=held") == {bob["id"]}
    assert await found("email=bob@example.ORG") == {bob["id"]}
    assert await found("from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z") == set()
    assert await found("from=2020-01-01T00:00:00Z") == {ada["id"], bob["id"], elsewhere["id"]}


async def test_all_of_them_as_lines_and_as_a_table_without_formulas(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 5)
    booking = await made(http, event_id, guest={"name": '=HYPERLINK("x")', "email": "a@example.org"})
    lines = await http.get("/bookings", headers={"accept": "application/x-ndjson"})
    assert [httpx.Response(200, content=line).json()["id"] for line in lines.text.splitlines()] == [booking["id"]]
    table = await http.get("/bookings", headers={"accept": "text/csv"})
    assert table.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(table.text))
    assert (row["booking_id"], row["places"], row["guest_name"]) == (booking["id"], "2", '\'=HYPERLINK("x")')


async def test_the_numbers_of_every_event(http: httpx.AsyncClient) -> None:
    ids = sorted([await an_event_with(http, 5) for _ in range(3)])
    first = await http.get("/availability?limit=2")
    rest = await http.get(str(first.links["next"]["url"]))
    assert [each["event_id"] for each in (*first.json(), *rest.json())] == ids
    assert rest.json()[0]["total"]["capacity"] == 5
    assert "next" not in rest.links
    foreign = await http.get("/bookings?cursor=" + str(first.links["next"]["url"]).rpartition("cursor=")[2])
    assert foreign.json()["type"] == "/problems/bad-cursor"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("event=x", "event"),
        ("state=sold", "state"),
        ("hall=lobby", "hall"),
        ("from=yesterday", "from"),
        ("limit=0", "limit"),
        ("guest=ada", "guest"),
        ("state=held&state=held", "state"),
    ],
)
async def test_a_bad_query_names_the_parameter(http: httpx.AsyncClient, query: str, pointer: str) -> None:
    answer = await http.get(f"/bookings?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


async def test_a_hall_that_the_event_does_not_have(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 5)
    answer = await http.get(f"/bookings?event={event_id}&hall=cellar", headers={"accept": "text/csv"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "hall")
    assert (await http.post("/bookings", json=a_booking(event_id))).status_code == 201


async def test_how_the_halls_have_filled(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 9)
    nothing = (await http.get(f"/availability/{event_id}/occupancy")).json()
    assert nothing == {"event_id": event_id, "capacity": 9, "steps": []}
    booked, held = await made(http, event_id, places=3), await made(http, event_id, places=2, hold=600)
    told = (await http.get(f"/availability/{event_id}/occupancy?steps=1")).json()
    assert [{**step, "at": None} for step in told["steps"]] == [{"at": None, "booked": 3, "held": 2}]
    for booking in (booked, held):
        assert (await http.post(f"/bookings/{booking['id']}/cancel")).status_code == 200
    assert (await http.get(f"/availability/{event_id}/occupancy")).json()["steps"][-1]["booked"] == 0
    for wrong, pointer in (("steps=0", "steps"), ("steps=1001", "steps"), ("from=1", "from")):
        refused = await http.get(f"/availability/{event_id}/occupancy?{wrong}")
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, pointer)
    assert (await http.get(f"/availability/{'0' * 24}/occupancy")).status_code == 404
