"""A server that does what it is told at each request, to the bytes: an application can't break a connection off."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from msgspec import Struct

Step = Callable[[asyncio.StreamWriter], Coroutine[Any, Any, None]]


class Asked(Struct, frozen=True):
    """A request as it arrived. Names of headers are in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


class Scripted(Struct):
    """Where it is, and what it was asked."""

    url: str
    asked: list[Asked]


def answers(status: int, body: Any = None, **headers: str) -> Step:
    """The whole answer; a body that isn't bytes is told as JSON, a problem from 400 on."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    said = {"content-type": "application/problem+json" if status >= 400 else "application/json", **headers}
    lines = [f"HTTP/1.1 {status} Said", *(f"{name.replace('_', '-')}: {value}" for name, value in said.items())]
    head = "\r\n".join([*lines, f"content-length: {len(content)}", "", ""]).encode()
    return writes(head + content)


def problem(status: int, slug: str, **members: Any) -> Step:
    told = {"type": f"/problems/{slug}", "title": slug, "status": status, "detail": f"it is {slug}", **members}
    return answers(status, told)


def writes(data: bytes) -> Step:
    """These bytes and nothing more; whoever wants more finds the connection closed."""

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return write


async def silent(writer: asyncio.StreamWriter) -> None:
    """Nothing, for as long as the client waits."""
    await writer.wait_closed()


async def dripping(writer: asyncio.StreamWriter) -> None:
    """An answer that always goes on, and never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await asyncio.sleep(0.01)


@asynccontextmanager
async def scripted(*steps: Step) -> AsyncIterator[Scripted]:
    """Takes the next step at each request, and the last one from then on. Each has a connection of its own."""
    left = list(steps)
    asked: list[Asked] = []
    at_work: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        at_work.add(task)
        try:
            asked.append(await _request(reader))
            await (left.pop(0) if len(left) > 1 else left[0])(writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            at_work.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield Scripted(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked)
    finally:
        server.close()
        for task in at_work:
            if task is not None:
                task.cancel()


async def _request(reader: asyncio.StreamReader) -> Asked:
    line, *fields = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
    return Asked(line, headers, await reader.readexactly(int(headers.get("content-length", 0))))
