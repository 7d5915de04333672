"""Both services behind HTTP on a real port, on SQLite and the local broker."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from okevents.bootstrap.parts import Parts
from tests.api.serving import serving, serving_parts


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a running service."""
    async with serving(tmp_path) as client:
        yield client


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[tuple[Parts, httpx.AsyncClient]]:
    """The same with its parts, when it hears messages: subscriptions are begun beside the start."""
    async with serving_parts(tmp_path) as (parts, http):
        async with asyncio.timeout(20):
            while not all([(await parts.broker.state(queue)).consumers for queue in parts.counted.carried.queues]):
                await asyncio.sleep(0.02)
        yield parts, http
