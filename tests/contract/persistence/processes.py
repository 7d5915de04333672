"""Other processes at the same database, begun at the same moment."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.contract.persistence.backends import Backend


@asynccontextmanager
async def started(task: str, backend: Backend, url: str, *arguments: str) -> AsyncIterator[Process]:
    """A process that does the task of `worker.py`, and has begun; it doesn't outlive the block."""
    process = await _spawn(task, backend, url, *arguments)
    try:
        await _begin(process)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def together(count: int, task: str, backend: Backend, url: str, *arguments: str) -> list[list[str]]:
    """The lines that each of so many processes printed, all doing the same at the same time."""
    processes = await asyncio.gather(*(_spawn(task, backend, url, *arguments) for _ in range(count)))
    try:
        await asyncio.gather(*map(_begin, processes))
        printed = await asyncio.gather(*(process.communicate() for process in processes))
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                await process.communicate()
    assert [process.returncode for process in processes] == [0] * count
    return [output.decode().splitlines() for output, _ in printed]


async def line(process: Process) -> str:
    """The next line that it prints; empty if it has ended."""
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().rstrip("\n")


async def _spawn(task: str, backend: Backend, url: str, *arguments: str) -> Process:
    """The process, ready to begin."""
    backend.require_outliving()
    module = "tests.contract.persistence.worker"
    command = [sys.executable, "-m", module, task, backend.name, url, *arguments]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert await line(process) == "ready"
    return process


async def _begin(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.write(b"\n")
    await process.stdin.drain()
