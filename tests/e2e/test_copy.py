"""From the embedded files to servers, as an operator goes: stop, copy both databases, start with the new addresses."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.e2e.guests import availability, book, publish, shown_available
from tests.e2e.program import command, running

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite, pytest.mark.postgresql]


async def test_what_was_on_files_goes_on_on_servers(
    tmp_path: Path, postgresql_url: str, other_postgresql_url: str
) -> None:
    copies = {"events": postgresql_url, "bookings": other_postgresql_url}
    files = {name: f"sqlite://{tmp_path}/data/{name}.sqlite3" for name in copies}
    async with running("up", "--data", "data", folder=tmp_path) as program:
        event_id = await publish(program.http, "organ night", 10)
        await availability(program.http, event_id)
        booked = await book(program.http, event_id, "ada", 3)
        assert booked.status_code == 201
        await shown_available(program.http, event_id, 7)
        code, said = await command("copy", files["events"], copies["events"], folder=tmp_path)
        assert code == 1
        assert "is in use; stop okevents first" in said
        assert await program.stop() == 0

    code, said = await command("copy", files["events"], copies["events"], "--dry-run", folder=tmp_path)
    assert code == 0
    assert "events: there is so much to copy" in said
    for name in copies:
        code, said = await command("copy", files[name], copies[name], "--json", folder=tmp_path)
        assert code == 0, said
        told = json.loads(said)
        assert told["service"] == name
        assert told["tables"][name]["count"] == 1
    code, said = await command("copy", files["bookings"], copies["bookings"], folder=tmp_path)
    assert code == 1
    assert "isn't empty: it holds 1 inventories, 1 bookings" in said

    given = [option for name, url in copies.items() for option in (f"--{name}-database", url)]
    async with running("up", *given, folder=tmp_path) as program:
        again = await book(program.http, event_id, "ada", 3)
        assert (again.status_code, again.content) == (201, booked.content)
        assert (await publish(program.http, "organ night", 10)) == event_id
        more = await book(program.http, event_id, "grace", 7)
        assert more.status_code == 201
        await shown_available(program.http, event_id, 0)
        assert (await book(program.http, event_id, "mary")).status_code == 409
        assert await program.stop() == 0


async def test_addresses_that_are_none_are_told_of(tmp_path: Path) -> None:
    for given, said in (
        (("sqlite:///a", "mysql://x/y"), "TO_URL: the scheme 'mysql' isn't known"),
        (("sqlite://host/x", "sqlite:///a"), "FROM_URL: three slashes and a file are expected"),
        (("sqlite:///nowhere/at/all", f"sqlite://{tmp_path}/b"), "there is no database file /nowhere/at/all"),
    ):
        code, printed = await command("copy", *given, folder=tmp_path)
        assert code in {1, 2}
        assert said in printed
    assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == []
