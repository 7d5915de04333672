"""The hot read, where finding the event fails."""

import json
import logging
from typing import Any, cast

import pytest

from okevents.errors import OkeventsError, StoreUnavailable
from okevents.events.service import EventService
from okevents.http.asgi import Message, Receive, Scope, Send
from okevents.http.front import NAME, PREFIX, Front
from okevents.http.operations import EVENTS
from okevents.http.reception import Reception
from okevents.http.traffic import Traffic

PATH = PREFIX + "a" * 24


class Failing:
    """An Events Service that can't find anything."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def find(self, _: object) -> None:
        raise self._error


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("it should have been answered before")


async def answer_where(error: Exception) -> tuple[int, dict[bytes, bytes], dict[str, Any]]:
    """Status, headers and problem of the hot read when finding the event raises that."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("a GET has no body")

    front = Front(nothing, cast(EventService, Failing(error)))
    await Reception(front, Traffic())({"type": "http", "method": "GET", "path": PATH, "headers": []}, receive, send)
    start, body = sent
    return start["status"], dict(start["headers"]), json.loads(body["body"])


async def test_what_nobody_foresaw_is_logged_and_told_as_a_problem(caplog: pytest.LogCaptureFixture) -> None:
    status, headers, problem = await answer_where(RuntimeError("the hidden cause"))
    assert (status, problem["type"]) == (500, "/problems/internal")
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert "hidden" not in json.dumps(problem)
    (record,) = caplog.records
    assert PATH in record.getMessage()
    assert record.exc_info is not None


@pytest.mark.parametrize("error", [StoreUnavailable("the file /srv/secret/place can't be used")])
async def test_where_the_database_lies_is_in_the_log_alone(
    error: OkeventsError, caplog: pytest.LogCaptureFixture
) -> None:
    status, _, problem = await answer_where(error)
    assert (status, problem["type"]) == (503, "/problems/store-unavailable")
    assert "/srv/secret" not in json.dumps(problem)
    (record,) = caplog.records
    assert (record.levelno, "/srv/secret/place" in record.getMessage()) == (logging.WARNING, True)


def test_it_goes_by_the_name_that_the_table_has() -> None:
    assert [each.path for each in EVENTS if each.name == NAME] == [PREFIX + "{id}"]
