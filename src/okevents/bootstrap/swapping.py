"""A backup's folder, which is there whole or not at all, and takes an earlier one's place.

A folder can't be renamed to where another one is, so the earlier one is renamed first. In between, a process may die:
both stand there whole then, under names of their own, and whoever comes by next finishes it. A folder is whole when it
has a manifest, which is written last and deleted first.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from okevents.bootstrap import manifest as manifests
from okevents.bootstrap.manifest import BackupRefused
from okevents.kernel.crashing import crash_point
from okevents.persistence.sqlite.folders import Occupied, alone_in, make_durable

SETTLED_WITHIN = 10.0
"""Seconds for another process to rename, or to delete an earlier backup."""


@contextmanager
def prepared(folder: Path, *, is_forced: bool) -> Iterator[Path]:
    """A folder that gets that name if all goes well, in place of a backup that has it, and is deleted if anything goes
    wrong. Raises BackupRefused."""
    partial = _partial(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            with alone_in([folder.parent], within=SETTLED_WITHIN):
                _settle(folder)
                _require_replaceable(folder, is_forced=is_forced)
                partial.mkdir(mode=0o700)
                stack.enter_context(alone_in([partial]))
                stack.callback(_delete, partial)
            yield partial
            with alone_in([folder.parent], within=SETTLED_WITHIN):
                _require_replaceable(folder, is_forced=is_forced)
                _swap(folder)
    except OSError as error:
        raise BackupRefused(f"{folder} can't be written: {error.strerror or error}") from None


def settle(folder: Path) -> None:
    """Has the backup of that name in place if one was about to be when a process died. Raises BackupRefused."""
    folder = folder.resolve()
    if folder.exists() or not folder.parent.is_dir():
        return
    try:
        with alone_in([folder.parent], within=SETTLED_WITHIN):
            if _earlier(folder).exists():
                _settle(folder)
    except OSError as error:
        raise BackupRefused(f"{folder} can't be put back: {error.strerror or error}") from None


def _partial(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.partial")


def _earlier(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.earlier")


def _is_whole(folder: Path) -> bool:
    return (folder / manifests.NAME).is_file()


def _require_replaceable(folder: Path, *, is_forced: bool) -> None:
    if not folder.exists():
        return
    if not is_forced:
        raise BackupRefused(f"{folder} is there already; give another name, or replace that backup by --force")
    if not _is_whole(folder):
        raise BackupRefused(f"{folder} is no backup, so it isn't replaced; give another name")


def _swap(folder: Path) -> None:
    earlier = _earlier(folder)
    if folder.exists():
        folder.rename(earlier)
        crash_point("backup.replace.half")
    try:
        _partial(folder).rename(folder)
    except OSError:
        if earlier.exists():
            earlier.rename(folder)
        raise
    make_durable(folder.parent)
    crash_point("backup.replace.after")
    _delete(earlier)


def _settle(folder: Path) -> None:
    """Finishes what a process that died had whole, else undoes what it did. Raises BackupRefused where one is at it."""
    partial, earlier = _partial(folder), _earlier(folder)
    if partial.exists():
        try:
            with alone_in([partial]):
                if not folder.exists() and earlier.exists() and _is_whole(partial):
                    partial.rename(folder)
                _delete(partial)
        except Occupied:
            raise BackupRefused(f"another backup is being made in {folder}; wait until it is done") from None
    if not folder.exists() and _is_whole(earlier):
        earlier.rename(folder)
    make_durable(folder.parent)
    _delete(earlier)


def _delete(folder: Path) -> None:
    """Its manifest first: what is left if that is broken off looks like no backup."""
    with suppress(FileNotFoundError):
        (folder / manifests.NAME).unlink()
        make_durable(folder)
    shutil.rmtree(folder, ignore_errors=True)
