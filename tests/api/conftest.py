"""Both services behind HTTP on a real port, on SQLite and the local broker."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.api.serving import serving


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a running service."""
    async with serving(tmp_path) as client:
        yield client
