"""The handlers of messages that couldn't be handled."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request

from okevents.errors import MessagingError, Unavailable
from okevents.http import answers
from okevents.http.answers import Answer
from okevents.http.limits import Limits
from okevents.http.queries import queue_query
from okevents.http.routing import json_body
from okevents.kernel import validation
from okevents.kernel.bodies import Empty
from okevents.messaging.parked import ParkedMessages, Swept
from okevents.messaging.ports import DeadLetter

_PRIVATE = {"cache-control": "no-store"}
"""A body may have a guest's data."""


class DeadLetterShown(Struct, kw_only=True):
    """A message that couldn't be handled, the queue that it was parked from, and why."""

    id: str
    queue: str
    name: str
    subject: str
    source: str
    occurred_at: datetime
    reason: str
    parked_at: datetime


class DeadLetterOpened(DeadLetterShown, kw_only=True):
    """The same with its body: JSON as a rule, but what can't be handled may be anything."""

    body: str


class SweptShown(Struct, kw_only=True):
    """How many were replayed or dropped. `has_more`: there are others, for another request."""

    count: int
    has_more: bool


class DeadLetterHandlers:
    """A method for each operation, by its name in the table."""

    def __init__(self, parked: ParkedMessages, limits: Limits) -> None:
        self._parked = parked
        self._limits = limits

    async def list_dead_letters(self, request: Request) -> Answer:
        query = queue_query(request.scope["query_string"], self._limits)
        with reached():
            found = await self._parked.list(query.queue, query.limit)
        return answers.json(msgspec.json.encode([shown(letter) for letter in found]), headers=_PRIVATE)

    async def find_dead_letter(self, request: Request) -> Answer:
        with reached():
            letter = await self._parked.find(_id(request), _queue(request))
        return answers.json(msgspec.json.encode(opened(letter)), headers=_PRIVATE)

    async def replay_dead_letter(self, request: Request) -> Answer:
        await _nothing_said(request)
        with reached():
            return _one(await self._parked.replay(_id(request), _queue(request)))

    async def drop_dead_letter(self, request: Request) -> Answer:
        await _nothing_said(request)
        with reached():
            return _one(await self._parked.drop(_id(request), _queue(request)))

    async def replay_dead_letters(self, request: Request) -> Answer:
        await _nothing_said(request)
        with reached():
            return _swept(await self._parked.replay_all(_queue(request)))

    async def drop_dead_letters(self, request: Request) -> Answer:
        await _nothing_said(request)
        with reached():
            return _swept(await self._parked.drop_all(_queue(request)))


@contextmanager
def reached() -> Iterator[None]:
    """A broker that is away is told as what may be tried again."""
    try:
        yield
    except MessagingError as error:
        raise Unavailable("the broker can't be reached at the moment; /health/ready says more") from error


def shown(letter: DeadLetter) -> DeadLetterShown:
    return DeadLetterShown(**_told(letter))


def opened(letter: DeadLetter) -> DeadLetterOpened:
    return DeadLetterOpened(**_told(letter), body=letter.message.body.decode(errors="replace"))


def _told(letter: DeadLetter) -> dict[str, Any]:
    message = letter.message
    return {
        "id": letter.id,
        "queue": letter.queue,
        "name": message.name,
        "subject": message.subject,
        "source": message.source,
        "occurred_at": message.occurred_at,
        "reason": letter.reason,
        "parked_at": letter.parked_at,
    }


async def _nothing_said(request: Request) -> None:
    """Raises BadInput for a body that says anything."""
    validation.decode(await json_body(request) or b"{}", Empty)


def _queue(request: Request) -> str | None:
    return queue_query(request.scope["query_string"]).queue


def _id(request: Request) -> str:
    named: str = request.path_params["message_id"]
    return named


def _one(count: int) -> Answer:
    return _swept(Swept(count=count, has_more=False))


def _swept(swept: Swept) -> Answer:
    return answers.json(msgspec.json.encode(SweptShown(count=swept.count, has_more=swept.has_more)))
