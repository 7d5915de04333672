"""`okevents backup` and `okevents restore` that die, or whose disk is full, at each step."""

import asyncio
import hashlib
import re
import signal
import subprocess
import sys
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
from okevents.errors import StoreUnavailable
from okevents.kernel import crashing
from okevents.persistence.sqlite import placing
from okevents.persistence.sqlite.folders import alone_in
from tests.e2e.program import command
from tests.faults.disk import small_disk

pytestmark = [pytest.mark.sqlite, pytest.mark.e2e]

SERVICES = ("events", "bookings")

MARKING = """
import os, signal, sys, apsw
connection = apsw.Connection(sys.argv[1])
connection.pragma("wal_autocheckpoint", 0)
connection.execute("CREATE TABLE IF NOT EXISTS marks (mark); DELETE FROM marks")
connection.execute("INSERT INTO marks VALUES (?)", sys.argv[2:])
os.kill(os.getpid(), signal.SIGKILL)
"""


def settings_at(folder: Path) -> Settings:
    return load(Shape.UP, {"data": str(folder)}, {}, folder=folder).settings


def mark(folder: Path, text: str) -> None:
    """Leaves it in both databases, to tell them from others, and in a log beside them, as a program that was killed."""
    for service in SERVICES:
        subprocess.run([sys.executable, "-c", MARKING, str(folder / f"{service}.sqlite3"), text], check=False)
        assert (folder / f"{service}.sqlite3-wal").stat().st_size


def marks(folder: Path) -> set[str]:
    """Those in its databases: one, where they belong together."""
    found = set()
    for service in SERVICES:
        file = folder / f"{service}.sqlite3"
        connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READWRITE)
        assert connection.pragma("integrity_check") == "ok"
        found.add(str(connection.execute("SELECT mark FROM marks").get))
        connection.close()
    return found


async def dies_at(point: str, *arguments: str, folder: Path) -> None:
    code, said = await command(*arguments, folder=folder, environment={crashing.VARIABLE: point})
    assert code == -signal.SIGKILL, said


def contents(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def left_over(folder: Path, pattern: str) -> list[str]:
    return [path.name for path in folder.iterdir() if re.search(pattern, path.name)]


@pytest.fixture
async def place(tmp_path: Path) -> Path:
    """A folder in which `data` is marked `old`, and a backup of it is in `copy`; then `data` is marked `new`."""
    await operating.migrate(settings_at(tmp_path / "data"), Shape.UP)
    mark(tmp_path / "data", "old")
    back_up(settings_at(tmp_path / "data"), tmp_path / "copy", is_forced=False, progress=lambda *_: None)
    mark(tmp_path / "data", "new")
    return tmp_path


BACKUP_POINTS = [point for point in crashing.POINTS if point.startswith("backup.")]


@pytest.mark.parametrize("point", [point for point in BACKUP_POINTS if point != "backup.replace.half"])
async def test_a_backup_that_dies_leaves_none_or_all_of_it(place: Path, point: str) -> None:
    await dies_at(point, "backup", "other", folder=place)
    is_done = point == "backup.replace.after"
    assert (place / "other").exists() == is_done
    code, said = await command("restore", "other", "--data", "restored", folder=place)
    assert (code, "holds no backup" in said) == ((0, False) if is_done else (1, True)), said
    code, said = await command("backup", "other", *["--force"][: int(is_done)], folder=place)
    assert code == 0, said
    assert not left_over(place, r"^\.")


@pytest.mark.parametrize("point", BACKUP_POINTS)
async def test_a_backup_that_dies_destroys_no_former_one(place: Path, point: str) -> None:
    former = contents(place / "copy")
    await dies_at(point, "backup", "copy", "--force", folder=place)
    is_new = point.startswith("backup.replace")
    if point == "backup.replace.half":
        assert not (place / "copy").exists()
    elif not is_new:
        assert contents(place / "copy") == former
    code, said = await command("restore", "copy", "--data", "restored", folder=place)
    assert code == 0, said
    assert marks(place / "restored") == {"new" if is_new else "old"}
    assert (await command("backup", "copy", "--force", folder=place))[0] == 0
    assert not left_over(place, r"^\.")


async def test_the_former_backup_is_put_back_if_the_new_one_was_never_whole(place: Path) -> None:
    former = contents(place / "copy")
    (place / "copy").rename(place / ".copy.earlier")
    (place / ".copy.partial").mkdir()
    (place / ".copy.partial" / "events.sqlite3").write_bytes(b"half")
    assert (await command("restore", "copy", "--data", "restored", folder=place))[0] == 0
    assert contents(place / "copy") == former
    assert not left_over(place, r"^\.")


async def test_two_backups_of_one_name_at_once_are_one(place: Path) -> None:
    (place / ".copy.partial").mkdir()
    with alone_in([place / ".copy.partial"]), pytest.raises(BackupRefused, match="another backup is being made"):
        back_up(settings_at(place / "data"), place / "copy", is_forced=True, progress=lambda *_: None)
    assert (place / "copy").is_dir()


async def test_a_disk_that_is_full_leaves_the_former_backup(place: Path) -> None:
    with small_disk("4m") as disk:
        settings, copy = settings_at(place / "data"), disk.folder / "copy"
        back_up(settings, copy, is_forced=False, progress=lambda *_: None)
        former = contents(copy)
        disk.fill(spare=200_000)
        with pytest.raises((BackupRefused, StoreUnavailable)):
            back_up(settings, copy, is_forced=True, progress=lambda *_: None)
        assert contents(copy) == former
        assert not left_over(disk.folder, r"^\.")


RESTORE_STEPS = [
    ("restore.stage.after", "new"),
    ("restore.record.after:1", "new"),
    ("restore.record.after:2", "old"),
    *((f"restore.replace.half:{count}", "old") for count in range(1, 5)),
    ("restore.record.dropped:1", "old"),
    ("restore.record.dropped:2", "old"),
]
"""Where it dies, and what holds then: the databases that were there, or those of the backup."""


@pytest.mark.parametrize(("point", "holds"), RESTORE_STEPS)
@pytest.mark.parametrize("by", ["start", "restore"])
async def test_a_restore_that_dies_is_finished_or_undone(place: Path, point: str, holds: str, by: str) -> None:
    await dies_at(point, "restore", "copy", "--force", folder=place)
    if by == "start":
        await operating.migrate(settings_at(place / "data"), Shape.UP)
        assert marks(place / "data") == {holds}
        assert len(left_over(place / "data", r"\.replaced-.*Z$")) == (2 if holds == "old" else 0)
        assert not left_over(place / "data", r"placing")
    code, said = await command("restore", "copy", "--force", folder=place)
    assert code == 0, said
    assert marks(place / "data") == {"old"}
    assert not left_over(place / "data", r"placing|restoring")
    for aside in (place / "data").glob("events.sqlite3.replaced-*Z"):
        connection = apsw.Connection(str(aside), flags=apsw.SQLITE_OPEN_READWRITE)
        assert str(connection.execute("SELECT mark FROM marks").get) in {"old", "new"}, "it has what was in its log"
        connection.close()


async def test_a_restore_into_an_empty_place_that_dies_is_finished(place: Path) -> None:
    for count in (1, 2):
        folder = f"restored{count}"
        await dies_at(f"restore.replace.half:{count}", "restore", "copy", "--data", folder, folder=place)
        await operating.migrate(settings_at(place / folder), Shape.UP)
        assert marks(place / folder) == {"old"}


async def test_databases_in_two_folders_are_put_in_place_together_by_either_service(place: Path) -> None:
    (place / "here").mkdir()
    (place / "there").mkdir()
    where = {"events_database": f"sqlite://{place}/here/e.db", "bookings_database": f"sqlite://{place}/there/b.db"}
    arguments = [word for name, url in where.items() for word in (f"--{name.replace('_', '-')}", url)]
    await dies_at("restore.replace.half:1", "restore", "copy", *arguments, folder=place)
    (place / "here").rename(place / "moved")
    (place / "there").rename(place / "moved" / "there")
    assert not (place / "moved" / "there" / "b.db").exists()
    (place / "moved" / "there").rename(place / "there")
    (place / "moved").rename(place / "here")
    settings = load(Shape.UP, where, {}, folder=place).settings
    await operating.migrate(settings, Shape.BOOKINGS)
    for service, file in (("events", place / "here" / "e.db"), ("bookings", place / "there" / "b.db")):
        (place / "both").mkdir(exist_ok=True)
        (place / "both" / f"{service}.sqlite3").write_bytes(file.read_bytes())
    assert marks(place / "both") == {"old"}


async def test_a_folder_may_have_another_name_when_it_is_finished(place: Path) -> None:
    await dies_at("restore.replace.half:2", "restore", "copy", "--force", folder=place)
    (place / "data").rename(place / "elsewhere")
    await operating.migrate(settings_at(place / "elsewhere"), Shape.UP)
    assert marks(place / "elsewhere") == {"old"}


async def test_a_log_without_its_database_is_put_aside_like_one(place: Path) -> None:
    (place / "left").mkdir()
    stale = place / "left" / "events.sqlite3-wal"
    stale.write_bytes((place / "data" / "events.sqlite3-wal").read_bytes())
    code, said = await command("restore", "copy", "--data", "left", folder=place)
    assert (code, "events.sqlite3-wal is there already" in said) == (1, True), said
    assert (await command("restore", "copy", "--data", "left", "--force", folder=place))[0] == 0
    assert marks(place / "left") == {"old"}
    assert left_over(place / "left", r"^events\.sqlite3\.replaced-.*Z-wal$")


async def test_a_disk_that_is_full_leaves_the_databases_there(place: Path) -> None:
    with small_disk("4m") as disk:
        await restore(settings_at(disk.folder / "data"), place / "copy", is_forced=False)
        former = contents(disk.folder / "data")
        disk.fill(spare=200_000)
        with pytest.raises((BackupRefused, StoreUnavailable)):
            await restore(settings_at(disk.folder / "data"), place / "copy", is_forced=True)
        assert contents(disk.folder / "data") == former


async def test_who_starts_while_one_restores_waits_for_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "SETTLED_WITHIN", 0.1)
    await dies_at("restore.record.after:2", "restore", "copy", "--force", folder=place)
    with alone_in([place / "data"]), pytest.raises(StoreUnavailable, match="is being restored"):
        await operating.migrate(settings_at(place / "data"), Shape.UP)
    monkeypatch.setattr(placing, "SETTLED_WITHIN", 10.0)
    with alone_in([place / "data"]):
        started = asyncio.create_task(operating.migrate(settings_at(place / "data"), Shape.UP))
        await asyncio.sleep(0.2)
        assert not started.done()
    await started
    assert marks(place / "data") == {"old"}
