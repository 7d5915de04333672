"""Lines of text for whoever reads standard output or standard error, if anybody does."""

import atexit
import contextlib
import os
import queue
import select
import threading

ROOM = 10_000
"""Lines that wait for a slow reader; what comes then is dropped, and counted."""

LAST_WORDS = 1.0
"""Seconds for which the end of the process waits for a reader to take the rest."""


class Output:
    """Writes from a thread of its own, so that a pipe that nobody empties never holds up the work.

    Has what `logging.StreamHandler` asks of a stream. A reader that has gone away is no error: nothing more is
    written.
    """

    def __init__(self, descriptor: int, room: int = ROOM) -> None:
        self._descriptor = descriptor
        self._lines: queue.Queue[str | None] = queue.Queue(room)
        self._dropped = 0
        # A daemon that calls the system itself: the end of the process waits neither for it nor for a lock it holds.
        self._thread = threading.Thread(target=self._run, name=f"output to {descriptor}", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def write(self, text: str) -> None:
        """Takes whole lines. Never waits and never fails."""
        try:
            self._lines.put_nowait(text)
        except queue.Full:
            self._dropped += 1

    def flush(self) -> None:
        """Nothing: every line is written as soon as the reader lets it."""

    def close(self, timeout: float = LAST_WORDS) -> None:
        """Gives the reader so many seconds to take what is left."""
        atexit.unregister(self.close)
        with contextlib.suppress(queue.Full):
            self._lines.put(None, timeout=timeout)
            self._thread.join(timeout)

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while (text := self._lines.get()) is not None:
                self._put(text)
                if self._dropped and self._lines.empty():
                    dropped, self._dropped = self._dropped, 0
                    self._put(f"({dropped} lines are missing here: nobody read them in time)\n")
            return
        while self._lines.get() is not None:  # nobody is there any more
            pass

    def _put(self, text: str) -> None:
        left = memoryview(text.encode(errors="backslashreplace"))
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:  # somebody who shares it has made it non-blocking
                select.select([], [self._descriptor], [])
