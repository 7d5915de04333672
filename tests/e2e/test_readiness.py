"""What `/health/ready` says while a part is away and while the process leaves, as a balancer asks it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.servers.rabbitmq import RabbitmqServer
from tests.e2e.guests import an_event, publish
from tests.e2e.program import Program, command, running
from tests.servers import Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

ANSWERS_WITHIN = 1.0
"""Seconds: Kubernetes waits no longer for a probe, unless it is told to."""


class Probe:
    """Asks again and again, and notes each answer. One that is late fails the test."""

    def __init__(self, program: Program) -> None:
        self._http = program.http
        self.statuses: list[int] = []
        self.shown: dict[str, Any] = {}

    async def ask(self) -> int:
        began = time.monotonic()
        answer = await self._http.get("/health/ready")
        assert time.monotonic() - began < ANSWERS_WITHIN
        self.shown = answer.json()
        self.statuses.append(answer.status_code)
        return answer.status_code

    async def until(self, status: int, within: float) -> float:
        """Seconds until it is told so."""
        began = time.monotonic()
        async with asyncio.timeout(within):
            while await self.ask() != status:
                await asyncio.sleep(0.1)
        return time.monotonic() - began

    async def until_state(self, part: str, state: str, within: float) -> None:
        async with asyncio.timeout(within):
            while self.state(part) != state:
                await asyncio.sleep(0.1)
                await self.ask()

    def state(self, part: str) -> str | None:
        return next((each["state"] for each in self.shown.get("parts", []) if each["name"] == part), None)


@pytest.mark.rabbitmq
@pytest.mark.slow
async def test_without_the_broker_the_service_stays_ready(
    rabbitmq_url: str, rabbitmq_server: RabbitmqServer, tmp_path: Path
) -> None:
    given = ("--database", f"sqlite://{tmp_path}/events.sqlite3", "--broker", rabbitmq_url)
    async with running("events", *given, folder=tmp_path) as program:
        probe = Probe(program)
        await probe.until_state("broker", "ok", 20)
        rabbitmq_server.stop()
        try:
            await probe.until_state("broker", "unavailable", 20)
            await publish(program.http, "organ night")
        finally:
            rabbitmq_server.start()
        await probe.until_state("broker", "ok", 30)
        assert set(probe.statuses) == {200}


@pytest.mark.postgresql
@pytest.mark.slow
async def test_a_frozen_database_is_told_in_time_and_a_short_pause_is_not(
    postgresql_url: str, postgresql_server: Server, rabbitmq_url: str, tmp_path: Path
) -> None:
    code, said = await command("migrate", "--events-database", postgresql_url, folder=tmp_path)
    assert code == 0, said
    given = ("--database", postgresql_url, "--broker", rabbitmq_url)
    async with running("events", *given, folder=tmp_path) as program:
        probe = Probe(program)
        assert await probe.ask() == 200
        postgresql_server.pause()
        try:
            await asyncio.sleep(1.5)
        finally:
            postgresql_server.resume()
        for _ in range(60):
            assert await probe.ask() == 200
            await asyncio.sleep(0.1)
        postgresql_server.pause()
        try:
            assert await probe.until(503, within=12) < 9
            assert probe.state("events-database") == "unavailable"
            await asyncio.sleep(3)
            assert await probe.ask() == 503
        finally:
            postgresql_server.resume()
        await probe.until(200, within=20)
        await program.line("events-database isn't ready")
        await program.line("events-database is ready again")


@pytest.mark.sqlite
async def test_who_leaves_says_so_at_once_and_closes_each_connection_with_its_answer(tmp_path: Path) -> None:
    async with running("up", "--shutdown-delay", "1.5", folder=tmp_path) as program:
        probe = Probe(program)
        assert await probe.ask() == 200
        program.terminate()
        began = time.monotonic()
        await probe.until(503, within=1)
        assert probe.shown["status"] == "stopping"
        await publish(program.http, "organ night")
        answer = await program.http.get("/events")
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        assert await program.ended() == 0
        assert 1.4 < time.monotonic() - began < 5


@pytest.mark.sqlite
async def test_a_second_signal_and_ctrl_c_wait_for_nothing(tmp_path: Path) -> None:
    async with running("up", "--shutdown-delay", "60", folder=tmp_path) as program:
        program.terminate()
        await Probe(program).until(503, within=5)
        assert await program.stop() == 0


async def until_nobody_listens(port: int) -> None:
    async with asyncio.timeout(5):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:  # refused, or reset by who has just stopped
                return
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@pytest.mark.sqlite
async def test_who_leaves_still_takes_a_first_request_that_is_on_its_way(tmp_path: Path) -> None:
    async with running("up", folder=tmp_path) as program:
        port = program.http.base_url.port
        assert port
        (silent, says_nothing), (new, asks), (half, goes_on) = [
            await asyncio.open_connection("127.0.0.1", port) for _ in range(3)
        ]
        goes_on.write(b"GET /events HTTP/1.1\r\nHo")
        # On a connection that is made after those: who answers has taken them, too.
        assert (await program.http.get("/health/live", headers={"connection": "close"})).status_code == 200
        program.terminate()
        await until_nobody_listens(port)
        asks.write(b"GET /events HTTP/1.1\r\nHost: here\r\n\r\n")
        goes_on.write(b"st: here\r\n\r\n")
        for reader in (new, half):
            answer = await reader.read()
            assert answer.startswith(b"HTTP/1.1 200 "), answer
            assert b"\r\nconnection: close\r\n" in answer
        assert await silent.read() == b""
        for writer in (says_nothing, asks, goes_on):
            writer.close()
            await writer.wait_closed()
        assert await program.ended() == 0


@asynccontextmanager
async def balanced(programs: Sequence[Program]) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Those that were ready when they were asked last."""
    ready = [program.http for program in programs]

    async def watch() -> None:
        while True:
            for program in programs:
                try:
                    answer = await program.http.get("/health/ready")
                    is_ready = answer.status_code == 200
                except httpx.HTTPError:
                    is_ready = False
                if not is_ready and program.http in ready:
                    ready.remove(program.http)
            await asyncio.sleep(0.1)

    task = asyncio.create_task(watch())
    try:
        yield ready
    finally:
        task.cancel()


@pytest.mark.sqlite
@pytest.mark.slow
async def test_a_rolling_restart_drops_no_request_of_clients_that_keep_their_connections(tmp_path: Path) -> None:
    given = ("--shutdown-delay", "1.5", "--data")
    async with (
        running("up", *given, "old", folder=tmp_path) as old,
        running("up", *given, "new", folder=tmp_path) as new,
        balanced([old, new]) as ready,
    ):
        statuses: list[int] = []

        async def work(name: str) -> None:
            number = 0
            while old.http in ready or number < 20:
                number += 1
                answer = await ready[0].post("/events", json=an_event(f"{name} {number}"))
                statuses.append(answer.status_code)

        clients = [asyncio.create_task(work(f"client {number};")) for number in range(12)]
        await asyncio.sleep(1)
        old.terminate()
        await asyncio.gather(*clients)
        assert await old.ended() == 0
        assert set(statuses) == {201}
        assert len(statuses) > 200
        assert ready == [new.http]
