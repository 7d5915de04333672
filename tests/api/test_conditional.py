"""Conditional reads (RFC 9110, 13.1.2): who has a representation already isn't sent it again."""

import asyncio

import httpx
import pytest

from tests.api.bodies import a_booking, an_event
from tests.api.test_bookings import an_event_with


async def a_quiet_event(http: httpx.AsyncClient) -> tuple[str, str]:
    """The path of an event whose availability has been heard and changes no more, and its tag."""
    path: str = (await http.post("/events", json=an_event())).headers["location"]
    async with asyncio.timeout(10):
        while (tag := (await http.get(path)).headers["etag"]) != '"1.1"':
            await asyncio.sleep(0.02)
    return path, tag


def assert_not_modified(answer: httpx.Response, tag: str) -> None:
    """It has the tag, no content, and no length that isn't that of the representation (RFC 9110, 8.6 and 15.4.5)."""
    assert answer.status_code == 304, answer.text
    assert answer.headers["etag"] == tag
    assert answer.content == b""
    assert "content-length" not in answer.headers
    assert "content-type" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("written", ["{}", "W/{}", '"other" ,{}', '"a,b", W/"x",\tW/{} ,', "*"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_who_has_it_is_told_so(http: httpx.AsyncClient, written: str, method: str) -> None:
    path, tag = await a_quiet_event(http)
    answer = await http.request(method, path, headers={"if-none-match": written.format(tag)})
    assert_not_modified(answer, tag)


async def test_a_list_may_stand_in_several_lines(http: httpx.AsyncClient) -> None:
    path, tag = await a_quiet_event(http)
    answer = await http.get(path, headers=[("if-none-match", '"other"'), ("if-none-match", f"W/{tag}")])
    assert_not_modified(answer, tag)


@pytest.mark.parametrize("written", ['"other"', 'W/"other", "0"', "", '"*"', '"1', "1", 'w/"1"', "*, *"])
async def test_who_has_another_one_is_sent_this_one(http: httpx.AsyncClient, written: str) -> None:
    path, tag = await a_quiet_event(http)
    answer = await http.get(path, headers={"if-none-match": written})
    assert (answer.status_code, answer.headers["etag"]) == (200, tag)
    assert answer.json()["name"] == "best"


async def test_the_versions_to_be_changed_may_stand_in_several_lines(http: httpx.AsyncClient) -> None:
    path, _ = await a_quiet_event(http)
    headers = [("if-match", '"7"'), ("if-match", '"1.1"')]
    assert (await http.patch(path, json={"description": "new"}, headers=headers)).status_code == 200


async def test_what_is_not_there_is_not_found_whatever_the_condition(http: httpx.AsyncClient) -> None:
    for path in (f"/events/id/{'0' * 24}", f"/bookings/{'0' * 24}", f"/availability/{'0' * 24}"):
        assert (await http.get(path, headers={"if-none-match": "*"})).status_code == 404


async def test_a_change_changes_the_tag_by_id_and_by_name(http: httpx.AsyncClient) -> None:
    path, tag = await a_quiet_event(http)
    assert_not_modified(await http.get("/events/name/best", headers={"if-none-match": tag}), tag)
    await http.patch(path, json={"description": "new"})
    for each in (path, "/events/name/best"):
        answer = await http.get(each, headers={"if-none-match": tag})
        assert (answer.status_code, answer.json()["description"]) == (200, "new")
        assert answer.headers["etag"] != tag


async def test_a_changed_availability_changes_the_tags(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 3)
    event, availability = f"/events/id/{event_id}", f"/availability/{event_id}"

    async def shown(free: int) -> str:
        """The event's tag, once it shows so many free places."""
        async with asyncio.timeout(10):
            while (answer := await http.get(event)).json()["location"]["halls"][0].get("available") != free:
                await asyncio.sleep(0.02)
        return str(answer.headers["etag"])

    tags = {event: await shown(3), availability: (await http.get(availability)).headers["etag"]}
    for path, tag in tags.items():
        assert_not_modified(await http.get(path, headers={"if-none-match": tag}), tag)
    assert (await http.post("/bookings", json=a_booking(event_id))).status_code == 201
    await shown(1)
    for path, tag in tags.items():
        answer = await http.get(path, headers={"if-none-match": tag})
        assert answer.status_code == 200
        newest = answer.headers["etag"]
        assert newest != tag
        assert_not_modified(await http.get(path, headers={"if-none-match": newest}), newest)


async def test_a_booking_is_read_conditionally_until_it_changes(http: httpx.AsyncClient) -> None:
    made = await http.post("/bookings", json=a_booking(await an_event_with(http, 3)))
    path, tag = made.headers["location"], made.headers["etag"]
    assert_not_modified(await http.get(path, headers={"if-none-match": tag}), tag)
    await http.post(f"{path}/cancel")
    assert (await http.get(path, headers={"if-none-match": tag})).status_code == 200
