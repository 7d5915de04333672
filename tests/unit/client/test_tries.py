"""What is tried again, with what, and for how long."""

import asyncio
import time

import pytest

from okevents.client import Client, Retries
from okevents.client.errors import (
    BadInput,
    Failed,
    KeyInFlight,
    OutOfTime,
    Problem,
    TooManyRequests,
    UnexpectedAnswer,
    Unreachable,
)
from okevents.client.retries import is_passing
from okevents.messaging.backoff import Backoff
from tests.scripted import Scripted, Step, answers, dripping, problem, scripted, silent, writes

ID = "5a8f0b1c2d3e4f5061728394"
EVENT = {
    "id": ID,
    "name": "best",
    "startdate": 1,
    "enddate": 2,
    "duration": 3,
    "location": {
        "id": ID,
        "name": "Paris park",
        "address": "",
        "country": "FR",
        "opentime": 0,
        "closetime": 0,
        "halls": [],
    },
    "description": "",
    "timezone": None,
    "tags": [],
    "organiser": "",
    "booking": dict.fromkeys(
        ("opens", "closes", "max_places", "max_places_per_guest", "check_in_opens", "no_show_release")
    ),
    "status": "scheduled",
    "reason": None,
    "cancellations": 0,
    "version": 1,
    "created": "2030-01-01T12:00:00Z",
    "updated": "2030-01-01T12:00:00Z",
}
CREATED = answers(201, EVENT)
FOUND = answers(200, EVENT)
SOON = Retries(first=0.001, longest=0.001)


def keys(server: Scripted) -> set[str]:
    return {asked.headers["idempotency-key"] for asked in server.asked}


@pytest.mark.parametrize(
    "failure",
    [
        answers(500, {}),
        answers(502, b"<html>no upstream</html>", content_type="text/html"),
        problem(503, "overloaded"),
        answers(504, {}),
        problem(429, "too-many-requests"),
        problem(409, "idempotency-key-in-flight"),
        writes(b""),
        writes(b"HTTP/1.1 201 Created\r\ncontent-length: 900\r\n\r\n{"),
    ],
    ids=["500", "502", "503", "504", "429", "in flight", "nothing", "half an answer"],
)
async def test_what_may_pass_is_tried_again_with_the_same_key_and_body(failure: Step) -> None:
    async with scripted(failure, failure, CREATED) as server, Client(server.url, retries=SOON) as client:
        assert (await client.events.create({"name": "best"})).id == ID
        assert len(server.asked) == 3
        assert len(keys(server)) == 1
        assert {asked.body for asked in server.asked} == {b'{"name":"best"}'}
        await client.events.create({"name": "best"})
        assert len(keys(server)) == 2
        await client.events.create({"name": "best"}, key="mine")
        assert server.asked[-1].headers["idempotency-key"] == "mine"


@pytest.mark.parametrize(
    ("status", "slug"),
    [
        (400, "bad-input"),
        (401, "unauthenticated"),
        (403, "forbidden"),
        (404, "event-not-found"),
        (409, "sold-out"),
        (412, "precondition-failed"),
        (422, "idempotency-key-reused"),
        (501, "not-implemented"),
    ],
)
async def test_what_would_be_refused_again_is_asked_once(status: int, slug: str) -> None:
    async with scripted(problem(status, slug)) as server, Client(server.url, retries=SOON) as client:
        with pytest.raises(Problem, match=f"it is {slug}") as raised:
            await client.events.create({"name": "best"})
        assert (raised.value.status, raised.value.type) == (status, slug)
        assert not is_passing(raised.value)
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (problem(503, "unavailable"), Failed),
        (problem(429, "too-many-requests"), TooManyRequests),
        (problem(409, "idempotency-key-in-flight"), KeyInFlight),
        (writes(b""), Unreachable),
    ],
    ids=["503", "429", "in flight", "nothing"],
)
async def test_tries_end_with_the_last_failure(step: Step, kind: type[Exception]) -> None:
    async with scripted(step) as server:
        async with Client(server.url, retries=Retries(first=0.001, attempts=4)) as client:
            with pytest.raises(kind):
                await client.events.get(ID)
        assert len(server.asked) == 4


async def test_where_nobody_listens_is_told_in_the_systems_words() -> None:
    async with scripted(FOUND) as server:
        url = server.url
    async with Client(url, retries=Retries(attempts=2, first=0.001)) as client:
        with pytest.raises(Unreachable, match=rf"^{url} can't be reached: connection refused$"):
            await client.events.get(ID)


async def test_retry_after_is_waited_for() -> None:
    busy = answers(503, {}, retry_after="1")
    async with scripted(busy, FOUND) as server, Client(server.url, retries=SOON) as client:
        begun = time.monotonic()
        await client.events.get(ID)
        assert 1.0 <= time.monotonic() - begun < 5.0


async def test_what_is_to_be_asked_after_the_deadline_is_told_at_once() -> None:
    busy = answers(503, {}, retry_after="60")
    async with scripted(busy) as server, Client(server.url, retries=Retries(deadline=5)) as client:
        begun = time.monotonic()
        with pytest.raises(Failed) as raised:
            await client.events.get(ID)
        assert time.monotonic() - begun < 4
        assert raised.value.retry_after == 60
        assert len(server.asked) == 1


@pytest.mark.parametrize("step", [silent, dripping])
async def test_the_deadline_is_that_of_the_whole_call(step: Step) -> None:
    retries = Retries(deadline=0.5, timeout=10)
    async with scripted(step) as server, Client(server.url, retries=retries) as client:
        begun = time.monotonic()
        with pytest.raises(OutOfTime, match=r"didn't answer within 0\.5 seconds"):
            await client.events.get(ID)
        assert 0.5 <= time.monotonic() - begun < 5


async def test_a_try_that_nothing_comes_of_is_given_up() -> None:
    retries = Retries(timeout=0.2, first=0.001)
    async with scripted(silent, silent, FOUND) as server, Client(server.url, retries=retries) as client:
        await client.events.get(ID)
        assert len(server.asked) == 3


@pytest.mark.parametrize("step", [silent, dripping])
async def test_a_call_that_is_cancelled_ends_and_leaves_no_connection(step: Step) -> None:
    async with scripted(step) as server, Client(server.url, connections=1) as client:
        for _ in range(3):  # a connection that stayed would be all there is
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await client.events.get(ID)
        assert len(server.asked) == 3


async def test_another_address_isnt_gone_to_with_the_token() -> None:
    async with scripted(FOUND) as other, scripted(answers(307, b"", location=f"{other.url}/events")) as server:
        async with Client(server.url, token="hidden") as client:
            with pytest.raises(UnexpectedAnswer, match=rf"answered 307 to {other.url}/events"):
                await client.events.get(ID)
        assert server.asked[0].headers["authorization"] == "Bearer hidden"
        assert other.asked == []


async def test_a_secret_stands_in_for_the_token() -> None:
    async with scripted(problem(404, "booking-not-found")) as server, Client(server.url, token="of staff") as client:
        with pytest.raises(Problem):
            await client.bookings.get(ID, secret="of-the-guest")
        assert server.asked[0].headers["authorization"] == "Bearer of-the-guest"


async def test_what_a_header_cant_have_is_refused_and_not_told() -> None:
    async with scripted(FOUND) as server, Client(server.url, token="hidden\r\nx: y") as client:
        with pytest.raises(ValueError, match="authorization") as raised:
            await client.events.get(ID)
        assert "hidden" not in str(raised.value)
        assert server.asked == []


async def test_what_isnt_an_okevents_is_told() -> None:
    async with scripted(answers(200, {"hello": "world"})) as server, Client(server.url) as client:
        with pytest.raises(UnexpectedAnswer, match="isn't what an okevents of this version gives"):
            await client.events.get(ID)


async def test_bad_fields_are_named() -> None:
    errors = [{"pointer": "/name", "detail": "is missing"}]
    async with scripted(problem(400, "bad-input", errors=errors)) as server, Client(server.url) as client:
        with pytest.raises(BadInput) as raised:
            await client.events.create({})
    assert raised.value.faults == (("/name", "is missing"),)


def test_waits_have_full_jitter_also_on_top_of_what_is_asked_for() -> None:
    retries = Retries(first=0.1, longest=1.0)
    most = [retries.wait(attempt, None, lambda _, high: high) for attempt in range(1, 7)]
    assert most == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert most == [Backoff(first=0.1, longest=1.0).wait(n, lambda _, high: high) for n in range(1, 7)]
    assert retries.wait(6, None, lambda low, _: low) == 0.0
    assert retries.wait(2, 3.0, lambda _, high: high) == 3.2
    assert len({retries.wait(6, 3.0) for _ in range(50)}) == 50
