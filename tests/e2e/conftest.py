"""What several end-to-end tests begin with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.e2e.browser import chromium
from tests.e2e.program import Program, running
from tests.e2e.shape import Shape


@pytest.fixture
async def cinema(tmp_path: Path) -> AsyncIterator[Program]:
    """Both services in one process, with nothing else."""
    async with running("up", "--site-name", "Cine Doré", folder=tmp_path) as program:
        yield program


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture(
    params=[
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mongodb", marks=pytest.mark.mongodb),
    ]
)
def shape(request: pytest.FixtureRequest, rabbitmq_url: str, tmp_path: Path) -> Shape:
    """Two processes over RabbitMQ, on each server database."""
    events = request.getfixturevalue(f"{request.param}_url")
    bookings = request.getfixturevalue(f"other_{request.param}_url")
    return Shape(events, bookings, rabbitmq_url, tmp_path)
