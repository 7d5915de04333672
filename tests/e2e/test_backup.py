"""Backing up a running okevents, and starting again from the backup."""

import asyncio
import json
import random
import shutil
import stat
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from tests.e2e import accounts
from tests.e2e.guests import availability, book, publish, rush, shown_available
from tests.e2e.program import Program, command, running

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite]

CAPACITY = 400
CLIENTS = 6


class Client:
    """Publishes events and books in them, one request after the other, and notes what was acknowledged."""

    def __init__(self, http: httpx.AsyncClient, name: str, events: list[str]) -> None:
        self._http = http
        self._name = name
        self._events = events
        self._dice = random.Random(name)
        self.published: list[str] = []
        self.booked: dict[str, dict[str, Any]] = {}

    async def work(self) -> None:
        number = 0
        while True:
            number += 1
            if self._dice.random() < 0.2:
                self.published.append(await publish(self._http, f"{self._name} event {number}", CAPACITY))
                self._events.append(self.published[-1])
                continue
            # Of a new event the Booking Service may not have heard yet.
            answer = await book(self._http, self._dice.choice(self._events), f"{self._name}-{number}")
            if answer.status_code == 201:
                self.booked[answer.json()["id"]] = answer.json()


@asynccontextmanager
async def busy(program: Program) -> AsyncIterator[tuple[str, list[Client]]]:
    """An event, and clients that write until the process dies."""
    event_id = await publish(program.http, "first", CAPACITY)
    await availability(program.http, event_id)
    events = [event_id]
    clients = [Client(program.http, f"client-{number}", events) for number in range(CLIENTS)]
    tasks = [asyncio.create_task(client.work()) for client in clients]
    try:
        yield event_id, clients
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(error, asyncio.CancelledError | httpx.HTTPError | RuntimeError) for error in ended), ended


async def until_written(clients: Sequence[Client], more: int) -> None:
    """Until so many more bookings are acknowledged."""
    wanted = sum(len(client.booked) for client in clients) + more
    async with asyncio.timeout(60):
        while sum(len(client.booked) for client in clients) < wanted:
            await asyncio.sleep(0.02)


async def ticket_of(http: httpx.AsyncClient, event_id: str) -> str:
    who = {"name": "Ada", "email": "ada@example.org"}
    body = {"event_id": event_id, "hall": "lobby", "places": 1, "guest": who, "hold": 0}
    booking = (await http.post("/bookings", json=body)).json()
    ticket: str = (await http.get(f"/bookings/{booking['id']}/tickets")).json()[0]["token"]
    return ticket


def outbox_of(folder: Path) -> int:
    """How many messages wait in both databases."""
    count = 0
    for service in ("events", "bookings"):
        connection = apsw.Connection(str(folder / f"{service}.sqlite3"), flags=apsw.SQLITE_OPEN_READONLY)
        count += int(connection.execute("SELECT count(*) FROM outbox").get)
        connection.close()
    return count


async def drained(folder: Path) -> None:
    async with asyncio.timeout(60):
        while outbox_of(folder):
            await asyncio.sleep(0.05)


async def all_events(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await http.get("/events", headers={"accept": "application/x-ndjson"})
    return [json.loads(line) for line in answer.text.splitlines()]


def names(folder: Path) -> list[Path]:
    """Of all that is in it."""
    return sorted(folder.rglob("*"))


async def require_agreement(program: Program, events: Sequence[dict[str, Any]], folder: Path) -> list[str]:
    """Both services know the same of every event, and its bookings are what its numbers say. The bookings' ids."""
    bookings = f"sqlite://{folder}/bookings.sqlite3"
    code, said = await command(
        "booking", "diff", "--url", str(program.http.base_url), "--database", bookings, folder=folder
    )
    assert code == 0, said
    found: list[str] = []
    for event in events:
        told = await accounts.listed(program.http, event["id"])
        numbers = (await availability(program.http, event["id"]))["total"]
        accounts.require_sums(told, numbers)
        accounts.require_whole_histories(told)
        accounts.require_never_oversold(told, CAPACITY)
        await shown_available(program.http, event["id"], numbers["free"])
        found += [account.id for account in told]
    return found


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_backup_under_load_has_all_that_was_acknowledged_and_goes_on_from_there(tmp_path: Path) -> None:
    async with running("up", "--data", "data", folder=tmp_path) as program, busy(program) as (event_id, clients):
        ticket = await ticket_of(program.http, event_id)
        keys = (await program.http.get("/.well-known/jwks.json")).json()
        await until_written(clients, 300)
        published = {event_id, *(event_id for client in clients for event_id in client.published)}
        booked = {booking_id for client in clients for booking_id in client.booked}
        code, said = await command("backup", "copy", "--data", "data", folder=tmp_path)
        assert code == 0, said
        await until_written(clients, 50)
        written_in_all = sum(len(client.booked) for client in clients)
        await program.kill()

    code, said = await command("restore", "copy", "--data", "restored", folder=tmp_path)
    assert code == 0, said
    restored = tmp_path / "restored"
    async with running("up", "--data", "restored", folder=tmp_path) as program:
        events = await all_events(program.http)
        ids = [event["id"] for event in events]
        assert len(set(ids)) == len(ids)
        assert published <= set(ids)
        await drained(restored)
        found = await require_agreement(program, events, restored)
        assert len(set(found)) == len(found)
        assert booked <= set(found)
        assert len(found) < written_in_all
        assert (await program.http.get("/.well-known/jwks.json")).json() == keys
        admitted = await program.http.post("/check-in", json={"token": ticket})
        assert admitted.status_code == 200, admitted.text
        free = (await availability(program.http, event_id))["total"]["free"]
        assert await rush([program.http], event_id, free + 20) == {201: free, 409: 20}
        await shown_available(program.http, event_id, 0)
        await drained(restored)
        assert await program.stop() == 0


async def test_nothing_is_overwritten_unless_it_is_told_and_nothing_in_use_at_all(tmp_path: Path) -> None:
    async with running("up", folder=tmp_path) as program:
        await publish(program.http, "before", 10)
        for arguments in (("backup", "copy"), ("backup", "copy", "--force")):
            assert (await command(*arguments, folder=tmp_path))[0] == 0
        assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "copy").iterdir()} == {0o600}
        assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o700
        for arguments, sentence in (
            (("backup", "copy"), "is there already"),
            (("backup", "data", "--force"), "is no backup"),
            (("restore", "copy"), "is there already"),
            (("restore", "copy", "--force"), "is in use"),
        ):
            code, said = await command(*arguments, folder=tmp_path)
            assert (code, sentence in said, said.count("\n")) == (1, True, 1), said
        await publish(program.http, "after", 10)
        assert await program.stop() == 0
    assert (await command("restore", "copy", "--force", folder=tmp_path))[0] == 0
    (aside,) = (tmp_path / "data").glob("events.sqlite3.replaced-*Z")
    async with running("up", folder=tmp_path) as program:
        assert [event["name"] for event in await all_events(program.http)] == ["before"]
    url = f"sqlite://{aside}"
    assert "2 events will" in (await command("event", "replay", "--all", "--events-database", url, folder=tmp_path))[1]


async def test_a_backup_that_a_link_leads_to_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    assert (await command("migrate", folder=tmp_path))[0] == 0
    assert (await command("backup", "monday", folder=tmp_path))[0] == 0
    (tmp_path / "latest").symlink_to("monday")
    before = (tmp_path / "monday" / "manifest.json").read_bytes()
    code, said = await command("backup", "latest", "--force", folder=tmp_path)
    assert code == 0, said
    assert (tmp_path / "latest").readlink() == Path("monday")
    assert (tmp_path / "monday" / "manifest.json").read_bytes() != before
    assert {each.name for each in names(tmp_path) if each.parent == tmp_path} == {"data", "monday", "latest"}


async def test_what_is_no_backup_and_what_is_damaged_is_told_in_a_sentence_and_changes_nothing(tmp_path: Path) -> None:
    assert (await command("migrate", folder=tmp_path))[0] == 0
    assert (await command("backup", "copy", folder=tmp_path))[0] == 0
    assert (await command("backup", "small", folder=tmp_path))[0] == 0
    file = tmp_path / "copy" / "bookings.sqlite3"
    middle = file.stat().st_size // 2
    content = bytearray(file.read_bytes())
    content[middle] ^= 1
    file.write_bytes(content)
    (tmp_path / "small" / "events.sqlite3").unlink()
    (tmp_path / "empty").mkdir()
    before = names(tmp_path)
    for code, sentence, *arguments in (
        (1, "there is no database file", "backup", "other", "--data", "empty"),
        (1, "there is no database file", "backup", "other", "--data", "nowhere"),
        (1, "holds no backup", "restore", "empty", "--data", "new"),
        (1, "is damaged", "restore", "copy", "--data", "new"),
        (1, "is incomplete", "restore", "small", "--data", "new"),
        (2, "use mongodump and pg_dump", "backup", "other", "--events-database", "mongodb://localhost/x",
         "--bookings-database", "postgresql://me:hidden@localhost/x"),
        (2, "is the bookings service's database", "backup", "other",
         "--events-database", f"sqlite://{tmp_path}/data/bookings.sqlite3",
         "--bookings-database", f"sqlite://{tmp_path}/data/events.sqlite3"),
    ):  # fmt: skip
        got, said = await command(*arguments, folder=tmp_path)
        assert (got, sentence in said, said.count("\n")) == (code, True, 1), said
        assert "hidden" not in said
    assert names(tmp_path) == before


async def test_events_of_an_older_copy_are_heard_once_their_versions_are_counted_up(tmp_path: Path) -> None:
    async with running("up", folder=tmp_path) as program:
        event_id = await publish(program.http, "organ night", 10)
        await availability(program.http, event_id)
        assert (await command("backup", "copy", folder=tmp_path))[0] == 0
        for capacity in (20, 30):
            await change_capacity(program.http, event_id, capacity)
        await shown_available(program.http, event_id, 30)
        assert await program.stop() == 0
    shutil.copy(tmp_path / "copy" / "events.sqlite3", tmp_path / "data" / "events.sqlite3")
    bookings = f"sqlite://{tmp_path}/data/bookings.sqlite3"
    async with running("up", folder=tmp_path) as program:
        difference = ("booking", "diff", "--url", str(program.http.base_url), "--database", bookings)
        code, said = await command(*difference, folder=tmp_path)
        assert (code, "is known in version 3, and is in version 1" in said) == (1, True), said
        assert (await command("event", "replay", "--all", "--at-least", "4", folder=tmp_path))[0] == 0
        async with asyncio.timeout(30):
            while (await command(*difference, folder=tmp_path))[0] != 0:
                await asyncio.sleep(0.05)
        await shown_available(program.http, event_id, 10)
        assert (await program.http.get(f"/events/id/{event_id}")).json()["version"] == 4


async def change_capacity(http: httpx.AsyncClient, event_id: str, capacity: int) -> None:
    location = (await http.get(f"/events/id/{event_id}")).json()["location"]
    location["halls"][0]["capacity"] = capacity
    assert (await http.patch(f"/events/id/{event_id}", json={"location": location})).status_code == 200


async def test_what_is_shown_of_availability_heals_by_a_replay(tmp_path: Path) -> None:
    async with running("up", folder=tmp_path) as program:
        event_id = await publish(program.http, "organ night", 10)
        await availability(program.http, event_id)
        assert (await book(program.http, event_id, "ada", 4)).status_code == 201
        await shown_available(program.http, event_id, 6)
        connection = apsw.Connection(str(tmp_path / "data" / "events.sqlite3"))
        connection.set_busy_timeout(5000)
        connection.execute("DELETE FROM availability")
        connection.close()
        assert "available" not in (await program.http.get(f"/events/id/{event_id}")).text
        code, said = await command("booking", "replay", "--all", folder=tmp_path)
        assert (code, said) == (0, "the availability of 1 event will be told again\n")
        await shown_available(program.http, event_id, 6)
    code, said = await command("booking", "replay", "a" * 24, folder=tmp_path)
    assert (code, said) == (1, f"okevents: nothing was heard of the event {'a' * 24}\n")
