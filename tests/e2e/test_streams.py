"""Live streams of availability, over real processes: they end with the process, and hear what another one sold."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.guests import availability, book, publish
from tests.e2e.program import PATIENCE, running
from tests.e2e.shape import Shape

pytestmark = [pytest.mark.e2e]

FOLLOWERS = 50
HEARD_WITHIN = 10.0
"""Seconds: sooner than a stream looks again by itself, so that it was heard from the broker."""

LEAVES_WITHIN = 10.0
"""Seconds: what a terminated process promises."""


async def states(stream: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """The data of each event of the stream. Ends when the stream does as it should; else httpx raises."""
    async for line in stream.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


async def state_with(following: AsyncIterator[dict[str, Any]], available: int) -> dict[str, Any]:
    """The first that shows so many places available."""
    async for shown in following:
        if shown["total"]["available"] == available:
            return shown
    raise AssertionError(f"the stream ended without {available} places available")


@pytest.mark.sqlite
async def test_a_terminated_process_ends_its_streams_and_leaves_in_time(tmp_path: Path) -> None:
    limits = httpx.Limits(max_connections=None)
    async with running("up", folder=tmp_path) as program, AsyncExitStack() as open_streams:
        event_id = await publish(program.http, "Followed", 10)
        await availability(program.http, event_id)
        client = await open_streams.enter_async_context(
            httpx.AsyncClient(base_url=program.http.base_url, timeout=PATIENCE, limits=limits)
        )
        path = f"/availability/{event_id}/stream"
        streams = [await open_streams.enter_async_context(client.stream("GET", path)) for _ in range(FOLLOWERS)]
        following = [states(stream) for stream in streams]
        for each in following:
            assert (await anext(each))["total"]["available"] == 10
        asked_at = time.monotonic()
        assert await program.stop() == 0
        assert time.monotonic() - asked_at < LEAVES_WITHIN
        for each in following:
            assert [shown async for shown in each] == []


@pytest.mark.rabbitmq
@pytest.mark.postgresql
@pytest.mark.slow
async def test_a_stream_of_one_process_shows_what_another_has_sold(
    postgresql_url: str, other_postgresql_url: str, rabbitmq_url: str, tmp_path: Path
) -> None:
    shape = Shape(postgresql_url, other_postgresql_url, rabbitmq_url, tmp_path)
    async with (
        shape.both() as (events, bookings),
        running("bookings", *shape.bookings, folder=tmp_path) as other,
    ):
        event_id = await publish(events.http, "Followed", 10)
        await availability(other.http, event_id)
        async with other.http.stream("GET", f"/availability/{event_id}/stream") as stream:
            following = states(stream)
            await state_with(following, 10)
            async with asyncio.timeout(HEARD_WITHIN):
                assert (await book(bookings.http, event_id, "ada", 4)).status_code == 201
                assert (await state_with(following, 6))["total"]["held"] == 4
