"""Finds or starts the servers that tests need, and gives each test its own corner of them."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

import pytest

from scripts.servers.process import ServerMissing, run

IS_REQUIRED = os.environ.get("CI") == "true" or os.environ.get("OKEVENTS_REQUIRE_SERVERS") == "1"

used: dict[str, str] = {}
missing: dict[str, str] = {}


class Server(Protocol):
    """A server that a test may stop, kill and freeze."""

    @property
    def url(self) -> str: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def restart(self) -> None: ...

    def kill(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def close(self) -> None: ...


class GivenServer:
    """One that somebody else runs, given by its URL: tests that would harm it are skipped, where that is allowed."""

    def __init__(self, url: str) -> None:
        self.url = url

    def _refuse(self) -> None:
        reason = f"{self.url} isn't ours to stop"
        (pytest.fail if IS_REQUIRED else pytest.skip)(reason)

    start = stop = restart = kill = pause = resume = _refuse

    def close(self) -> None:
        """It was running before, and goes on."""


S = TypeVar("S", bound=Server)


@contextmanager
def running(name: str, make: type[S]) -> Iterator[S | GivenServer]:
    """The server of that name: by its URL in the environment, else a private one."""
    given = os.environ.get(f"OKEVENTS_TEST_{name.upper()}_URL")
    if given:
        used[name] = "given by the environment"
        yield GivenServer(given)
        return
    try:
        server = make()
    except ServerMissing as error:
        missing[name] = str(error)
        (pytest.fail if IS_REQUIRED else pytest.skip)(str(error))
    try:
        server.start()
        used[name] = "private"
        yield server
    finally:
        server.close()


def fresh_name() -> str:
    return f"okevents_test_{uuid.uuid4().hex[:12]}"


def psql(url: str, statement: str) -> str:
    """Runs one statement by PostgreSQL's own client."""
    program = shutil.which("psql")
    assert program is not None, "psql is missing: apt-get install postgresql-client"
    return run([program, "-qAt", url, "-c", statement])
