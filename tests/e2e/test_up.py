"""One process with nothing installed."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.guests import availability, book, publish, rush, shown_available
from tests.e2e.program import command, running

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite]

EVENT = Path(__file__).parent.parent / "fixtures" / "event.json"


async def test_the_go_programs_event_is_found_by_id_by_name_and_in_the_list(tmp_path: Path) -> None:
    async with running("up", folder=tmp_path) as program:
        sent = json.loads(EVENT.read_text())
        made = await program.http.post(
            "/events", content=EVENT.read_bytes(), headers={"content-type": "application/json"}
        )
        assert made.status_code == 201
        by_id = (await program.http.get(made.headers["location"])).json()
        by_name = (await program.http.get("/events/name/best")).json()
        listed = (await program.http.get("/events")).json()
        assert by_id["id"] == by_name["id"] == listed[0]["id"]
        for field in ("name", "startdate", "enddate", "duration"):
            assert by_id[field] == sent[field]
        await program.line(r"best")


async def test_an_event_is_heard_booked_and_shown_and_is_there_after_a_restart(tmp_path: Path) -> None:
    async with running("up", folder=tmp_path) as program:
        event_id = await publish(program.http, "Organ night", 10)
        assert (await availability(program.http, event_id))["halls"][0]["available"] == 10
        await program.line("Organ night")
        answer = await book(program.http, event_id, "ada", 4)
        assert answer.status_code == 201
        await shown_available(program.http, event_id, 6)
        assert await program.stop() == 0
    async with running("up", folder=tmp_path) as program:
        assert (await availability(program.http, event_id))["halls"][0]["available"] == 6
        again = await book(program.http, event_id, "ada", 4)
        assert again.headers["idempotent-replay"] == "true"
        assert again.content == answer.content


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_2000_guests_for_100_places_get_exactly_100_bookings(tmp_path: Path) -> None:
    async with running("up", folder=tmp_path) as program:
        event_id = await publish(program.http, "Rush", 100)
        await availability(program.http, event_id)
        assert await rush([program.http], event_id, 2000) == {201: 100, 409: 1900}
        await shown_available(program.http, event_id, 0)


COMMIT_AND_DIE = """
import asyncio, os, signal, sys
from okevents.events.service import EventService
from okevents.kernel.caller import Caller
from okevents.kernel.clock import SystemClock
from okevents.kernel.ids import random_nonce
from okevents.persistence.sqlite import open_events

class Nowhere:
    def hand_over(self, messages):
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    database = open_events(sys.argv[1])
    await database.connect()
    service = EventService(database, Nowhere(), SystemClock(), random_nonce)
    await service.create(sys.argv[2].encode(), Caller(method="POST", path="/events"))

asyncio.run(main())
"""


async def test_a_process_killed_between_commit_and_delivery_delivers_once_after_a_restart(tmp_path: Path) -> None:
    async with running("up", folder=tmp_path) as program:
        assert await program.stop() == 0
    url = f"sqlite:///{tmp_path / 'data' / 'events.sqlite3'}"
    script = [sys.executable, "-c", COMMIT_AND_DIE, url, EVENT.read_text()]
    died = await asyncio.to_thread(subprocess.run, script, check=False)
    assert died.returncode == -9
    async with running("up", folder=tmp_path) as program:
        (event,) = (await program.http.get("/events")).json()
        await availability(program.http, event["id"], within=30)
        assert await program.stop() == 0
        assert program.count(r"heard.*best") == 1
    async with running("up", folder=tmp_path) as program:
        assert await program.stop() == 0
        assert program.count(r"heard.*best") == 0


async def test_lines_that_nobody_reads_hold_nothing_up(tmp_path: Path) -> None:
    async with running("up", folder=tmp_path) as program:
        program.stop_reading()
        for some in (range(at, at + 50) for at in range(0, 1500, 50)):
            await asyncio.gather(*(publish(program.http, f"{number} fills the pipe {'x' * 170}") for number in some))
        event_id = await publish(program.http, "The last one", 1)
        await availability(program.http, event_id)
        assert await program.stop() == 0


async def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    async with running("up", folder=tmp_path) as program:
        port = str(program.http.base_url.port)
        code, said = await command("up", "--port", port, "--data", "other", folder=tmp_path)
        assert code == 2
        assert port in said
        assert "Traceback" not in said
