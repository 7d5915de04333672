"""`okevents booking secrets …` beside a running service."""

from pathlib import Path

import pytest

from tests.e2e.guests import availability, book, publish
from tests.e2e.program import command, running

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite]


async def test_the_life_of_a_key(tmp_path: Path) -> None:
    async with running("up", "--data", "data", folder=tmp_path) as program:
        event_id = await publish(program.http, "organ night", 10)
        await availability(program.http, event_id)
        made = (await book(program.http, event_id, "ada")).json()
        for arguments, code, said in (
            (("list",), 0, "1  makes new ones\n"),
            (("rotate",), 0, "key 2 makes new secrets"),
            (("list",), 0, "1  opens\n2  makes new ones\n"),
            (("retire", "9"), 1, "there is no key 9 of guests' secrets; there are 1, 2"),
            (("retire", "1"), 0, "key 1 is retired"),
            (("list",), 0, "1  retired\n2  makes new ones\n"),
        ):
            got, told = await command("booking", "secrets", *arguments, "--data", "data", folder=tmp_path)
            assert (got, said in told) == (code, True), told
        assert await program.stop() == 0
    async with running("up", "--data", "data", "--access", "required", folder=tmp_path) as program:
        shown = {"authorization": f"Bearer {made['secret']}"}
        assert (await program.http.get(f"/bookings/{made['id']}", headers=shown)).status_code == 404
        made = (await book(program.http, event_id, "bob")).json()
        shown = {"authorization": f"Bearer {made['secret']}"}
        assert (await program.http.get(f"/bookings/{made['id']}", headers=shown)).status_code == 200
