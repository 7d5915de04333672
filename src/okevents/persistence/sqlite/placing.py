"""Putting several database files in place: all of them or none, wherever it is broken off.

The new files stand ready under names of their own. A record beside each of the places says what is to be renamed; that
beside the first place is written last, and with it the matter is decided. From then on whoever comes by finishes it:
each rename is done once, and what is done needn't be known but by looking. Records that the first place has none of say
that nothing was decided, and what stood ready is deleted.
"""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from okevents.errors import StoreUnavailable
from okevents.kernel.crashing import crash_point
from okevents.persistence.sqlite.folders import Occupied, alone_in, make_durable

BESIDE = ("-wal", "-shm", "-journal")
"""Ends of the names of files that SQLite keeps beside a database, and that mustn't be found beside another one."""

SETTLED_WITHIN = 10.0
"""Seconds for another process to finish what it began: renames, and what makes them durable."""

_RECORD = ".placing.json"

log = logging.getLogger(__name__)


class Placement(Struct, frozen=True):
    """`staged` becomes `path`; what is called so until then, and what belongs to it, is called `aside` afterwards."""

    path: Path
    staged: Path
    aside: Path


def named(path: Path) -> list[Path]:
    """The names that a database at that place may take."""
    return [path.with_name(path.name + end) for end in ("", *BESIDE)]


def is_begun(path: Path) -> bool:
    """Whether something is being put in that place, or was when a process died."""
    return _record_of(path).exists()


def begin(placements: Sequence[Placement]) -> None:
    """Decides that they are put in place. Who calls it is alone in the folders. Raises OSError; nothing is decided."""
    for each in reversed(placements):
        _write(_record_of(each.path), placements)
        crash_point("restore.record.after")


def withdraw(placements: Sequence[Placement]) -> None:
    """It is decided otherwise, before any was put in place."""
    for each in placements:
        _record_of(each.path).unlink(missing_ok=True)
        for path in named(each.staged):
            path.unlink(missing_ok=True)
        make_durable(each.path.parent)


def finish(placements: Sequence[Placement]) -> None:
    """Puts in place what isn't yet. Raises OSError, and may be called again."""
    for each in placements:
        if each.staged.exists():
            for there, aside in zip(named(each.path), named(each.aside), strict=True):
                if there.exists():
                    there.rename(aside)
                    crash_point("restore.replace.half")
            each.staged.rename(each.path)
            make_durable(each.path.parent)
            crash_point("restore.replace.half")
    for each in reversed(placements):  # the record that decides it goes last
        _record_of(each.path).unlink(missing_ok=True)
        make_durable(each.path.parent)
        crash_point("restore.record.dropped")


def settle(path: Path) -> None:
    """Finishes or undoes what a process that died began at that place; where one is at it, waits.

    Raises StoreUnavailable and OSError.
    """
    if not is_begun(path):
        return
    placements = _read(_record_of(path))
    if placements is None:
        return
    try:
        with alone_in([each.path.parent for each in placements], within=SETTLED_WITHIN):
            if not is_begun(path):
                return
            if is_begun(placements[0].path):
                finish(placements)
                log.warning("%s: finished putting a backup in place, which had been broken off", path)
            else:
                withdraw(placements)
                log.warning("%s: undid putting a backup in place, which had been broken off", path)
    except Occupied as error:
        raise StoreUnavailable(f"{path} is being restored: {error}; start again when that is done") from None


def _record_of(path: Path) -> Path:
    return path.with_name(path.name + _RECORD)


def _write(record: Path, placements: Sequence[Placement]) -> None:
    """With names as seen from where it stands: the folder may be known by another name to who finishes it."""
    names = [{name: os.path.relpath(path, record.parent) for name, path in _names(each)} for each in placements]
    written = record.with_name(record.name + ".written")
    written.write_bytes(msgspec.json.encode(names))
    make_durable(written)
    written.rename(record)
    make_durable(record.parent)


def _read(record: Path) -> list[Placement] | None:
    """None if it is no longer there. Raises StoreUnavailable if it can't be read as one."""
    try:
        names = msgspec.json.decode(record.read_bytes(), type=list[dict[str, str]])
        return [
            Placement(**{name: record.parent / each[name] for name in Placement.__struct_fields__}) for each in names
        ]
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, KeyError) as error:
        raise StoreUnavailable(f"{record} says what a restore was about, and is damaged: {error}") from None


def _names(placement: Placement) -> list[tuple[str, Path]]:
    return [(name, getattr(placement, name)) for name in Placement.__struct_fields__]
