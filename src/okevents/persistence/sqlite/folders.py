"""Names in folders: made durable, and changed by one process at a time."""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

POLL = 0.02
"""Seconds between two tries to be alone."""


class Occupied(OSError):
    """Another process is at work in that folder."""


def make_durable(path: Path) -> None:
    """Until it returns, a file's content, or a folder's names, may be in memory alone. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def alone_in(folders: Iterable[Path], *, within: float = 0.0) -> Iterator[None]:
    """Until it is left no other process is alone in one of them; the lock ends with the process, however that ends.

    Raises Occupied if one isn't free within so many seconds, and OSError.
    """
    give_up_at = time.monotonic() + within
    with ExitStack() as stack:
        for folder in sorted({folder.resolve() for folder in folders}):  # in one order, so that nobody waits in a ring
            descriptor = os.open(folder, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            while not _locked(descriptor):
                if time.monotonic() >= give_up_at:
                    raise Occupied(f"another okevents is at work in {folder}")
                time.sleep(POLL)
        yield


def _locked(descriptor: int) -> bool:
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
