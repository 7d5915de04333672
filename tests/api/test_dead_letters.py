"""Messages that couldn't be handled: looked at, replayed and dropped over HTTP."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from okevents.bootstrap.parts import Parts
from okevents.errors import BrokerUnavailable
from okevents.kernel.ids import MessageId
from okevents.messaging import parked
from okevents.messaging.ports import DeadLetter
from tests.api.serving import serving_parts
from tests.builders import a_message

Process = tuple[Parts, httpx.AsyncClient]

QUEUE, OTHER = "okevents.bookings", "okevents.webhooks"


async def poison(parts: Parts, name: str = "event:1:1") -> str:
    """A message that nothing can be made of, parked in both queues that hear of it."""
    message = replace(a_message(), id=MessageId(name), name="event.created", body=b"not JSON")
    for service, queue in (("bookings", QUEUE), ("events", OTHER)):
        letter = DeadLetter(message.id, queue, message, "not JSON", datetime.now(UTC))
        await parts.databases[service].dead_letters.park(letter)
    return name


async def letters(http: httpx.AsyncClient, **query: str) -> list[tuple[str, str]]:
    answer = await http.get("/dead-letters", params=query)
    assert answer.status_code == 200, answer.text
    return [(each["queue"], each["id"]) for each in answer.json()]


async def test_they_are_listed_with_their_reason_and_opened_with_their_body(
    process: Process,
) -> None:
    parts, http = process
    assert await letters(http) == []
    name = await poison(parts)
    assert sorted(await letters(http)) == [(QUEUE, name), (OTHER, name)]
    assert await letters(http, queue=QUEUE) == [(QUEUE, name)]
    (listed,) = (await http.get("/dead-letters", params={"queue": QUEUE})).json()
    assert "JSON" in listed["reason"]
    assert "body" not in listed
    opened = (await http.get(f"/dead-letters/{name}", params={"queue": QUEUE})).json()
    assert opened == {**listed, "body": "not JSON"}


async def test_an_id_may_be_anything(process: Process) -> None:
    parts, http = process
    await poison(parts, "another/program?1 ü")
    path = "/dead-letters/another%2Fprogram%3F1%20%C3%BC"
    assert (await http.get(path)).json()["id"] == "another/program?1 ü"
    assert (await http.post(f"{path}/drop")).json() == {"count": 2, "has_more": False}
    assert (await http.get(path)).status_code == 404


async def test_one_is_dropped_from_one_queue_or_from_all(process: Process) -> None:
    parts, http = process
    name = await poison(parts)
    dropped = await http.post(f"/dead-letters/{name}/drop", params={"queue": OTHER})
    assert dropped.json() == {"count": 1, "has_more": False}
    assert await letters(http) == [(QUEUE, name)]
    assert (await http.post(f"/dead-letters/{name}/drop")).json()["count"] == 1
    again = await http.post(f"/dead-letters/{name}/drop")
    assert (again.status_code, again.json()["type"]) == (404, "/problems/dead-letter-not-found")


async def test_what_is_replayed_is_handled_once_its_cause_is_mended(process: Process) -> None:
    parts, http = process
    name = await poison(parts)
    before = (await http.get(f"/dead-letters/{name}", params={"queue": QUEUE})).json()["parked_at"]
    assert (await http.post(f"/dead-letters/{name}/replay", params={"queue": QUEUE})).json()["count"] == 1
    async with asyncio.timeout(20):  # it fails again, and is parked anew
        while (await http.get(f"/dead-letters/{name}", params={"queue": QUEUE})).json()["parked_at"] == before:
            await asyncio.sleep(0.02)


async def test_all_are_replayed_and_dropped_some_at_a_time(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    parts, http = process
    monkeypatch.setattr(parked, "AT_ONCE", 2)
    for number in range(3):
        await poison(parts, f"event:{number}:1")
    assert (await http.post("/dead-letters/replay", params={"queue": QUEUE})).json() == {"count": 2, "has_more": True}
    assert (await http.post("/dead-letters/drop", params={"queue": OTHER})).json() == {"count": 2, "has_more": True}
    assert (await http.post("/dead-letters/drop", params={"queue": OTHER})).json() == {"count": 1, "has_more": False}
    assert (await http.post("/dead-letters/drop", params={"queue": OTHER})).json() == {"count": 0, "has_more": False}


@pytest.mark.parametrize(
    ("method", "path", "pointer"),
    [
        ("GET", "/dead-letters?queue=nobodys", "queue"),
        ("GET", "/dead-letters?limit=0", "limit"),
        ("GET", "/dead-letters?cursor=x", "cursor"),
        ("POST", "/dead-letters/replay?queue=nobodys", "queue"),
        ("POST", "/dead-letters/drop?limit=1", "limit"),
        ("POST", "/dead-letters/event:1:1/drop?queue=a&queue=b", "queue"),
    ],
)
async def test_what_cant_be_asked_for_is_named(process: Process, method: str, path: str, pointer: str) -> None:
    _, http = process
    answer = await http.request(method, path)
    assert answer.status_code == 400
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_a_body_has_nothing_to_say(process: Process) -> None:
    parts, http = process
    name = await poison(parts)
    for path in ("/dead-letters/drop", f"/dead-letters/{name}/replay"):
        assert (await http.post(path, json={"queue": QUEUE})).status_code == 400
    assert len(await letters(http)) == 2


async def test_a_broker_that_is_away_is_503(tmp_path: Path) -> None:
    async with serving_parts(tmp_path, broker="amqp://127.0.0.1:1/") as (parts, http):
        with pytest.raises(BrokerUnavailable):
            await parts.counted.carried.dead_letters[QUEUE].list(1)
        for answer in (await http.get("/dead-letters"), await http.post("/dead-letters/event:1:1/replay")):
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
            assert answer.headers["retry-after"]
            assert "127.0.0.1" not in answer.text
