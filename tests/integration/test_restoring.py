"""Restoring a backup while somebody else begins to use the place."""

from pathlib import Path

import apsw
import pytest

from okevents.bootstrap import operating
from okevents.bootstrap.backup import back_up
from okevents.bootstrap.manifest import BackupRefused
from okevents.bootstrap.restore import restore
from okevents.config.load import load
from okevents.config.settings import Settings
from okevents.config.shape import Shape

pytestmark = pytest.mark.sqlite


def settings_at(folder: Path) -> Settings:
    return load(Shape.UP, {"data": str(folder)}, {}, folder=folder).settings


@pytest.fixture
async def backup(tmp_path: Path) -> Path:
    """Of databases that nothing is in."""
    await operating.migrate(settings_at(tmp_path / "origin"), Shape.UP)
    back_up(settings_at(tmp_path / "origin"), tmp_path / "backup", is_forced=False, progress=lambda *_: None)
    return tmp_path / "backup"


@pytest.mark.parametrize(("is_forced", "said"), [(False, "is there already"), (True, "is in use")])
async def test_an_okevents_that_begins_meanwhile_keeps_its_databases(
    tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch, is_forced: bool, said: str
) -> None:
    settings = settings_at(tmp_path / "data")
    replay = operating.replay_availability
    opened: list[apsw.Connection] = []

    async def replay_while_it_begins(at_stage: Settings, _: None) -> int:
        await operating.migrate(settings, Shape.UP)
        opened.append(apsw.Connection(str(tmp_path / "data" / "events.sqlite3")))
        opened[0].execute("BEGIN; SELECT count(*) FROM outbox").fetchall()
        return await replay(at_stage, None)

    monkeypatch.setattr(operating, "replay_availability", replay_while_it_begins)
    with pytest.raises(BackupRefused, match=said):
        await restore(settings, backup, is_forced=is_forced)
    opened[0].close()
    assert not [file for file in (tmp_path / "data").iterdir() if "restoring" in file.name or "replaced" in file.name]
