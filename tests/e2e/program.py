"""The program as real processes, started by its command."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

COMMAND = Path(sys.executable).with_name("okevents")
STARTED_WITHIN = 30.0

PATIENCE = httpx.Timeout(120.0, pool=None)
"""Of the clients: on a slow machine thousands of requests wait for a connection, and then for an answer. If none comes
at all, the test's own time-out ends it."""


class Ended(AssertionError):
    """The program has ended by itself; `code` is its exit code, negative if a signal did it."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said)
        self.code = code


class Program:
    """A running `okevents`, and every line that it has printed."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.lines: list[str] = []
        self._changed = asyncio.Condition()
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._reading = asyncio.create_task(self._read())
        self.http = httpx.AsyncClient(timeout=PATIENCE, limits=httpx.Limits(max_connections=64))

    @property
    def pid(self) -> int:
        return self._process.pid

    async def line(self, pattern: str, timeout: float = STARTED_WITHIN) -> re.Match[str]:
        """The first line in which the pattern is found, printed already or yet to come. Raises Ended."""
        async with asyncio.timeout(timeout), self._changed:
            while True:
                for line in self.lines:
                    if found := re.search(pattern, line):
                        return found
                if self._reading.done():
                    code = await self._process.wait()
                    raise Ended(code, f"the program ended with {code}, without {pattern!r}:\n" + "\n".join(self.lines))
                await self._changed.wait()

    async def next_line(self, timeout: float = STARTED_WITHIN) -> None:
        """Waits until it prints something more."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait()

    def count(self, pattern: str) -> int:
        """How many lines have it."""
        return sum(1 for line in self.lines if re.search(pattern, line))

    def stop_reading(self) -> None:
        """From now on nobody empties the pipe that it prints into, until it has ended."""
        self._may_read.clear()

    async def ended(self) -> int:
        """Waits until it has ended by itself; its exit code, negative if a signal did it."""
        return await self._process.wait()

    async def stop(self) -> int:
        """SIGTERM; its exit code."""
        return await self._end(signal.SIGTERM)

    def terminate(self) -> None:
        """SIGTERM, and its clients go on."""
        self._process.send_signal(signal.SIGTERM)

    async def kill(self) -> int:
        """SIGKILL."""
        return await self._end(signal.SIGKILL)

    async def _end(self, number: signal.Signals) -> int:
        await self.http.aclose()
        if self._process.returncode is None:
            self._process.send_signal(number)
        async with asyncio.timeout(20):
            while self._process.returncode is None:
                await asyncio.sleep(0.01)
            self._may_read.set()
            await self._reading
            return await self._process.wait()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            async with self._changed:
                self.lines.append(line.decode().rstrip())
                self._changed.notify_all()
            await self._may_read.wait()
        async with self._changed:
            self._changed.notify_all()


@asynccontextmanager
async def running(
    *arguments: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    port: int = 0,
    program: Path = COMMAND,
) -> AsyncIterator[Program]:
    """The program with those arguments, listening on that port or a free one; ended afterwards, whatever happened.

    `environment` is what it has besides the tests' own; `program` is another `okevents` than the one that is tested.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("OKEVENTS_")}
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        "--port",
        str(port),
        stdout=PIPE,
        stderr=STDOUT,
        cwd=folder,
        env={**own, **(environment or {})},
    )
    started = Program(process)
    try:
        address = (await started.line(r"https?://127\.0\.0\.1:\d+"))[0]
        started.http.base_url = httpx.URL(address)
        yield started
    finally:
        await started.kill()


async def command(*arguments: str, folder: Path, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Runs a command to its end: exit code and everything that it printed."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("OKEVENTS_")}
    process = await asyncio.create_subprocess_exec(
        COMMAND, *arguments, stdout=PIPE, stderr=STDOUT, cwd=folder, env={**own, **(environment or {})}
    )
    async with asyncio.timeout(60):
        output, _ = await process.communicate()
    return process.returncode or 0, output.decode()
