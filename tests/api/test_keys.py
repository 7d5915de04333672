"""Idempotency keys of requests that are being worked on, and of those that failed for the database's sake."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from okevents.persistence.sqlite import file
from tests.api.bodies import a_booking, an_event
from tests.api.test_bookings import an_event_with

KEY = {"idempotency-key": "k"}

Ask = Callable[[], Coroutine[Any, Any, httpx.Response]]


class Asked:
    """A request with a key, the database file that it changes, and how many times it has had its effect."""

    def __init__(self, ask: Ask, path: Path, effects: Ask, count: Callable[[Any], int]) -> None:
        self.ask = ask
        self.path = path
        self._effects = effects
        self._count = count

    async def effects(self) -> int:
        return self._count((await self._effects()).json())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Somebody else keeps the file's lock meanwhile."""
        connection = apsw.Connection(str(self.path))
        connection.set_busy_timeout(5_000)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield
        finally:
            connection.close()


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer waits for the file's lock for less long than usual, so that a test needn't."""
    monkeypatch.setattr(file, "BUSY_MS", 1_500)


@pytest.fixture(params=["create", "cancel", "book", "confirm"])
async def asked(request: pytest.FixtureRequest, patience: None, http: httpx.AsyncClient, tmp_path: Path) -> Asked:
    event_id = await an_event_with(http, 20)
    held = (await http.post("/bookings", json=a_booking(event_id, hold=60))).headers["location"]
    event = f"/events/id/{event_id}"
    halls = f"/availability/{event_id}"
    if request.param == "create":
        return Asked(
            lambda: http.post("/events", json=an_event(name="new"), headers=KEY),
            tmp_path / "events.sqlite3",
            lambda: http.get("/events?q=new"),
            len,
        )
    if request.param == "cancel":
        return Asked(
            lambda: http.post(f"{event}/cancel", headers=KEY),
            tmp_path / "events.sqlite3",
            lambda: http.get(event),
            lambda shown: int(shown["version"]) - 1,
        )
    bookings = tmp_path / "bookings.sqlite3"
    if request.param == "book":
        return Asked(
            lambda: http.post("/bookings", json=a_booking(event_id), headers=KEY),
            bookings,
            lambda: http.get(halls),
            lambda shown: int(shown["total"]["taken"]) // 2 - 1,
        )
    return Asked(
        lambda: http.post(f"{held}/confirm", headers=KEY),
        bookings,
        lambda: http.get(held),
        lambda shown: int(shown["version"]) - 1,
    )


async def test_a_repeat_of_what_is_being_worked_on_is_told_so_and_later_answered_as_the_first(asked: Asked) -> None:
    with asked.locked():
        both = [asyncio.create_task(asked.ask()) for _ in range(2)]
        (told,), (worked_on,) = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        second = await told
        assert (second.status_code, second.json()["type"]) == (409, "/problems/idempotency-key-in-flight")
    answer = await worked_on
    assert answer.is_success, answer.text
    again = await asked.ask()
    assert (again.status_code, again.content, again.headers["idempotent-replay"]) == (
        answer.status_code,
        answer.content,
        "true",
    )
    assert await asked.effects() == 1


async def test_two_at_once_have_one_effect(asked: Asked) -> None:
    answers = await asyncio.gather(*(asked.ask() for _ in range(6)))
    done = [answer for answer in answers if answer.is_success]
    assert len({answer.content for answer in done}) == 1
    for answer in answers:
        if not answer.is_success:
            assert (answer.status_code, answer.json()["type"]) == (409, "/problems/idempotency-key-in-flight")
    assert await asked.effects() == 1


async def test_that_the_database_was_away_is_not_kept_as_the_answer(asked: Asked) -> None:
    with asked.locked():
        failed = await asked.ask()
    assert (failed.status_code, failed.json()["type"]) == (503, "/problems/store-unavailable")
    assert failed.headers["retry-after"]
    answer = await asked.ask()
    assert answer.is_success, answer.text
    assert "idempotent-replay" not in answer.headers
    again = await asked.ask()
    assert (again.content, again.headers["idempotent-replay"]) == (answer.content, "true")
    assert await asked.effects() == 1
