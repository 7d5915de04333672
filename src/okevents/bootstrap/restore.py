"""Putting a backup of the embedded databases in place."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from okevents.bootstrap import manifest as manifests
from okevents.bootstrap import operating, swapping
from okevents.bootstrap.manifest import BackupRefused, Manifest
from okevents.config.settings import Settings
from okevents.config.urls import sqlite_url
from okevents.kernel.clock import SystemClock
from okevents.kernel.crashing import crash_point
from okevents.persistence.sqlite import copying, placing
from okevents.persistence.sqlite.file import translated
from okevents.persistence.sqlite.folders import alone_in, make_durable
from okevents.persistence.sqlite.placing import Placement


class Restored(Struct, frozen=True):
    """What was put in place, what was there before and is called otherwise now, and how many are told once more."""

    manifest: Manifest
    files: Mapping[str, Path]
    put_aside: Sequence[Path]
    events: int
    availabilities: int


async def restore(settings: Settings, folder: Path, *, is_forced: bool) -> Restored:
    """Puts the backup's databases where the settings say, after checking that they are as they were written.

    Every event and its availability will be told once more: between two processes, messages that were in a broker
    aren't in the backup. `is_forced`: databases that are there already are put aside, under another name. Both are put
    in place or none, wherever it is broken off: what was begun is finished or undone by the next start, or here.
    Raises BackupRefused, NotFound, ConfigurationError and StoreUnavailable; then nothing was changed.
    """
    files = {service: path.absolute() for service, path in manifests.embedded_files(settings).items()}
    swapping.settle(folder)
    manifest = manifests.read(folder)
    if missing := files.keys() - manifest.files.keys():
        raise BackupRefused(f"the backup lacks the database of: {', '.join(sorted(missing))}")
    manifests.require_whole(manifest, folder)
    for path in files.values():
        with translated(path):
            placing.settle(path)
    _require_free(files.values(), is_forced=is_forced)
    placements = _placements(files)
    with _staging(placements):
        for service, each in placements.items():
            _stage(manifest, folder, service, each.staged)
        events, bookings = (sqlite_url(placements[service].staged) for service in ("events", "bookings"))
        at_stage = replace(settings, events_database=events, bookings_database=bookings)
        told = await operating.replay_events(at_stage, None), await operating.replay_availability(at_stage, None)
        for each in placements.values():
            _require_in_one_file(each.staged)
        crash_point("restore.stage.after")
        there = {each.path for each in placements.values() if each.path.exists()}
        _put_in_place(list(placements.values()), is_forced=is_forced)
    put_aside = [each.aside for each in placements.values() if each.path in there]
    return Restored(manifest, files, put_aside, *told)


def _placements(files: Mapping[str, Path]) -> dict[str, Placement]:
    stamp = f"{SystemClock().now():%Y%m%dT%H%M%S.%fZ}"
    return {
        service: Placement(
            path=path,
            staged=path.with_name(f"{path.name}.restoring"),
            aside=path.with_name(f"{path.name}.replaced-{stamp}"),
        )
        for service, path in files.items()
    }


def _require_free(paths: Iterable[Path], *, is_forced: bool) -> None:
    """Raises BackupRefused if a database is there that may not be put aside, or what belonged to one."""
    there = [file for path in paths for file in placing.named(path) if file.exists()]
    if there and not is_forced:
        raise BackupRefused(f"{there[0]} is there already; give another --data, or put it aside by --force")
    if used := [path for path in paths if path.exists() and copying.is_in_use(path)]:
        raise BackupRefused(f"{used[0]} is in use; stop the okevents that has it open")


@contextmanager
def _staging(placements: Mapping[str, Placement]) -> Iterator[None]:
    """Nobody else restores there meanwhile, and what is staged is deleted unless it was decided to put it in place."""
    folders = [each.path.parent for each in placements.values()]
    try:
        for parent in folders:
            parent.mkdir(parents=True, exist_ok=True)
        with alone_in(folders):
            _delete_staged(placements.values())  # of one that was killed
            try:
                yield
            finally:
                _delete_staged(each for each in placements.values() if not placing.is_begun(each.path))
    except OSError as error:
        raise BackupRefused(f"the databases can't be put in place: {error.strerror or error}") from None


def _delete_staged(placements: Iterable[Placement]) -> None:
    for each in placements:
        for path in placing.named(each.staged):
            path.unlink(missing_ok=True)


def _stage(manifest: Manifest, folder: Path, service: str, staged: Path) -> None:
    """Raises OSError, BackupRefused and StoreUnavailable."""
    staged.touch(mode=0o600)
    shutil.copyfile(folder / Path(manifest.files[service].name).name, staged)
    manifests.require_written(manifest.files[service], staged)
    copying.require_sound(staged, service)


def _require_in_one_file(path: Path) -> None:
    """Its log is carried over into it, and it is durable: the file alone is put in place."""
    if copying.is_in_use(path) or any(beside.exists() for beside in placing.named(path)[1:]):
        raise BackupRefused(f"{path} is in use; end whatever has it open")
    make_durable(path)


def _put_in_place(placements: Sequence[Placement], *, is_forced: bool) -> None:
    """A large backup takes its time, and an okevents may have begun there meanwhile; one that begins now sees that
    something is being put there."""
    try:
        placing.begin(placements)
        _require_free([each.path for each in placements], is_forced=is_forced)
    except BaseException:
        placing.withdraw(placements)
        raise
    placing.finish(placements)
