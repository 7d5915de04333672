"""Both services behind HTTP on a real port, on SQLite and the local broker."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from okevents.bootstrap.parts import running
from okevents.config.load import load
from okevents.config.shape import Shape
from okevents.http import app
from okevents.http.server import configuration


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a running service."""
    settings = load(Shape.UP, {"data": str(tmp_path)}, {}, folder=tmp_path).settings
    async with running(settings, Shape.UP, lambda name, event: None) as parts:
        checks = [app.HealthCheck(name=name, check=each.check) for name, each in parts.databases.items()]
        limits = app.Limits(max_body=20_000, body_timeout=10.0, page_size=20)
        asgi = app.build(parts.events, parts.bookings, health_checks=checks, limits=limits)
        server = uvicorn.Server(configuration(asgi, grace=5))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            serving = asyncio.create_task(server._serve([listener]))
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
                yield client
            server.should_exit = True
            await serving
