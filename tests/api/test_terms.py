"""The terms of booking of an event over HTTP."""

from typing import Any

import httpx
import pytest

from tests.api.bodies import an_event

START = 1_924_977_600_000
NONE = {
    "opens": None,
    "closes": None,
    "max_places": None,
    "max_places_per_guest": None,
    "check_in_opens": None,
    "no_show_release": None,
}
ALL = {
    "opens": START - 9_000_001,
    "closes": START - 1,
    "max_places": 4,
    "max_places_per_guest": 6,
    "check_in_opens": START - 3_600_000,
    "no_show_release": 20,
}


async def create(http: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    answer = await http.post("/events", json=an_event(**changes))
    assert answer.status_code == 201, answer.text
    return answer


async def test_terms_are_shown_and_can_be_sent_back(http: httpx.AsyncClient) -> None:
    made = await create(http, booking=ALL)
    path = made.headers["location"]
    read = (await http.get(path)).json()
    assert read["booking"] == ALL
    assert (await http.get("/events")).json()[0]["booking"] == ALL
    again = await http.put(path, json=read)
    assert (again.status_code, again.json()["version"], again.json()["booking"]) == (200, 1, ALL)


async def test_an_event_without_terms_shows_that_nothing_is_limited(http: httpx.AsyncClient) -> None:
    made = await create(http)
    assert made.json()["booking"] == NONE
    again = await http.put(made.headers["location"], json=made.json())
    assert again.json()["version"] == 1


async def test_dates_may_be_text(http: httpx.AsyncClient) -> None:
    made = await create(http, booking={"opens": "2030-01-01T10:00:00.5+02:00"})
    assert made.json()["booking"] == {**NONE, "opens": 1_893_484_800_500}


async def test_a_patch_changes_one_term_or_removes_one_or_all(http: httpx.AsyncClient) -> None:
    path = (await create(http, booking=ALL)).headers["location"]
    one = await http.patch(path, json={"booking": {"max_places": 5}})
    assert (one.json()["booking"], one.json()["version"]) == ({**ALL, "max_places": 5}, 2)
    less = await http.patch(path, json={"booking": {"closes": None}})
    assert less.json()["booking"] == {**ALL, "max_places": 5, "closes": None}
    none = await http.patch(path, json={"booking": None})
    assert (none.json()["booking"], none.json()["version"]) == (NONE, 4)
    first = await http.patch(path, json={"booking": {"max_places": 4}})
    assert first.json()["booking"] == {**NONE, "max_places": 4}


async def test_a_replacement_without_terms_removes_them(http: httpx.AsyncClient) -> None:
    path = (await create(http, booking=ALL)).headers["location"]
    assert (await http.put(path, json=an_event())).json()["booking"] == NONE


@pytest.mark.parametrize(
    ("booking", "pointer"),
    [
        ({"max_places": 0}, "/booking/max_places"),
        ({"max_places": 7}, "/booking/max_places"),
        ({"opens": START - 1}, "/booking/closes"),
        ({"colour": "red"}, "/booking/colour"),
        ("none", "/booking"),
    ],
)
async def test_a_bad_patch_names_the_term_and_changes_nothing(
    http: httpx.AsyncClient, booking: Any, pointer: str
) -> None:
    made = await create(http, booking=ALL)
    answer = await http.patch(made.headers["location"], json={"booking": booking})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-input")
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    kept = (await http.get(made.headers["location"])).json()
    assert (kept["version"], kept["booking"]) == (1, ALL)


async def test_an_event_may_not_be_moved_before_its_booking_opens(http: httpx.AsyncClient) -> None:
    made = await create(http, booking={"opens": START - 1})
    answer = await http.patch(made.headers["location"], json={"startdate": START - 86_400_000, "enddate": None})
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/booking/opens"]


async def test_cancellations_are_counted_by_the_server_alone(http: httpx.AsyncClient) -> None:
    made = await create(http, cancellations=9)
    path = made.headers["location"]
    assert made.json()["cancellations"] == 0
    for count in (1, 2):
        cancelled = await http.post(f"{path}/cancel", json={"reason": "rain"})
        assert cancelled.json()["cancellations"] == count
        reinstated = (await http.post(f"{path}/reinstate")).json()
        assert (reinstated["cancellations"], reinstated["reason"]) == (count, None)
    put = await http.put(path, json={**reinstated, "name": "other", "cancellations": 0})
    assert (put.json()["name"], put.json()["cancellations"]) == ("other", 2)
