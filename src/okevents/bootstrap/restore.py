"""Putting a backup of the embedded databases in place."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from okevents.bootstrap import manifest as manifests
from okevents.bootstrap import operating
from okevents.bootstrap.manifest import BackupRefused, Manifest
from okevents.config.settings import Settings
from okevents.config.urls import sqlite_url
from okevents.kernel.clock import SystemClock
from okevents.persistence.sqlite import copying


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
    aren't in the backup. `is_forced`: databases that are there already are put aside, under another name.
    Raises BackupRefused, NotFound, ConfigurationError and StoreUnavailable; then nothing was changed.
    """
    files = {service: path.absolute() for service, path in manifests.embedded_files(settings).items()}
    manifest = manifests.read(folder)
    if missing := files.keys() - manifest.files.keys():
        raise BackupRefused(f"the backup lacks the database of: {', '.join(sorted(missing))}")
    manifests.require_whole(manifest, folder)
    _require_free(files.values(), is_forced=is_forced)
    with _staged(files) as staged:
        for service, path in staged.items():
            path.touch(mode=0o600)
            shutil.copyfile(folder / Path(manifest.files[service].name).name, path)
            copying.require_sound(path, service)
        events, bookings = (sqlite_url(staged[service]) for service in ("events", "bookings"))
        at_stage = replace(settings, events_database=events, bookings_database=bookings)
        told = await operating.replay_events(at_stage, None), await operating.replay_availability(at_stage, None)
        for path in staged.values():
            manifests.make_durable(path)
        # A large backup takes its time, and an okevents may have begun there meanwhile.
        _require_free(files.values(), is_forced=is_forced)
        put_aside = [aside for path in files.values() for aside in _put_aside(path)]
        for service, path in staged.items():
            path.rename(files[service])
        for path in files.values():
            manifests.make_durable(path.parent)
    return Restored(manifest, files, put_aside, *told)


def _require_free(paths: Iterable[Path], *, is_forced: bool) -> None:
    """Raises BackupRefused if a database is there that may not be put aside."""
    there = [path for path in paths if path.exists()]
    if there and not is_forced:
        raise BackupRefused(f"{there[0]} is there already; give another --data, or put it aside by --force")
    if used := [path for path in there if copying.is_in_use(path)]:
        raise BackupRefused(f"{used[0]} is in use; stop the okevents that has it open")


@contextmanager
def _staged(files: Mapping[str, Path]) -> Iterator[Mapping[str, Path]]:
    """Names beside those files; what is still called so at the end is deleted."""
    staged = {service: path.with_name(f"{path.name}.restoring") for service, path in files.items()}
    every = [path.with_name(path.name + end) for path in staged.values() for end in ("", *copying.BESIDE)]
    try:
        for path in every:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)  # of one that was killed
        yield staged
    except OSError as error:
        raise BackupRefused(f"the databases can't be put in place: {error.strerror or error}") from None
    finally:
        for path in every:
            path.unlink(missing_ok=True)


def _put_aside(path: Path) -> Iterator[Path]:
    """Gives the database there, if any, another name, and whatever belongs to it. Yields how it is called now."""
    stamp = f"{SystemClock().now():%Y%m%dT%H%M%S.%fZ}"
    for end in ("", *copying.BESIDE):
        file = path.with_name(path.name + end)
        if file.exists():
            aside = path.with_name(f"{path.name}.replaced-{stamp}{end}")
            file.rename(aside)
            if not end:
                yield aside
