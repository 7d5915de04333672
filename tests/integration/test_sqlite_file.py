"""The embedded database as a file among others on a machine."""

import os
from pathlib import Path

import pytest

from okevents.persistence.sqlite import open_bookings

pytestmark = pytest.mark.sqlite


@pytest.mark.skipif(os.name != "posix", reason="other systems have no modes of files")
async def test_a_new_one_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        database = open_bookings(f"sqlite:{tmp_path}/bookings.sqlite3")
        await database.connect()
        await database.migrate()
        modes = {entry.name: entry.stat().st_mode & 0o777 for entry in os.scandir(tmp_path)}
        await database.close()
    finally:
        os.umask(before)
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}
