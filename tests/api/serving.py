"""Both services behind HTTP on a real port, in this process."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import uvicorn

from okevents.bootstrap.parts import Parts, running
from okevents.bootstrap.serving import application, limits_of
from okevents.config.load import load
from okevents.config.shape import Shape
from okevents.http import app
from okevents.http.server import configuration

FEW = {"max_body": "20000", "body_timeout": "10", "page_size": "20"}
"""So little that a test comes to the end of it."""


@asynccontextmanager
async def serving(folder: Path, **given: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of them, as long as they run; with those settings, else on SQLite files in the folder."""
    async with serving_parts(folder, **given) as (_, client):
        yield client


@asynccontextmanager
async def serving_parts(folder: Path, **given: str) -> AsyncIterator[tuple[Parts, httpx.AsyncClient]]:
    """The same, with what is served."""
    settings = load(Shape.UP, {"data": str(folder), **FEW, **given}, {}, folder=folder).settings
    async with running(settings, Shape.UP, lambda name, event: None) as parts:
        checks = [app.HealthCheck(name=name, check=each.check) for name, each in parts.databases.items()]
        limits = limits_of(settings)
        health = app.Health(checks)
        asgi = application(settings, parts, health)
        server = uvicorn.Server(configuration(asgi, grace=5, limits=limits))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            task = asyncio.create_task(server._serve([listener]))
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=address, timeout=30) as client, health.watching():
                yield parts, client
            server.should_exit = True
            await task
