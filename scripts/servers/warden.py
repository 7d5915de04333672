"""Ends private servers whose owner died without ending them.

The owner holds the other end of this process's input and writes there what it starts. When the input ends, because
the owner closed it or was killed, what is still noted is killed, and its folders are deleted.
"""

import atexit
import subprocess
import sys
from pathlib import Path
from typing import IO

from scripts.servers import process

ROOT = Path(__file__).parents[2]


class Warden:
    """The owner's side. Its process is started with the first thing to note."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def note(self, what: str, value: object) -> None:
        """`folder` and a path, or `process` and a pid that this process started."""
        self._write(f"+{what} {value}")

    def forget(self, what: str, value: object) -> None:
        self._write(f"-{what} {value}")

    def _write(self, line: str) -> None:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "scripts.servers.warden"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                text=True,
            )
            atexit.register(self._leave, self._process)
        if self._process.stdin is not None and not self._process.stdin.closed:
            print(line, file=self._process.stdin, flush=True)

    @staticmethod
    def _leave(watching: subprocess.Popen[str]) -> None:
        if watching.stdin is not None:
            watching.stdin.close()
        watching.wait(timeout=60)


warden = Warden()


def watch(notes: IO[str]) -> None:
    """Reads notes until they end, then ends what they say is still there."""
    folders: set[Path] = set()
    processes: dict[int, str | None] = {}
    for note in notes:
        what, _, value = note.strip().partition(" ")
        match what:
            case "+folder":
                folders.add(Path(value))
            case "-folder":
                folders.discard(Path(value))
            case "+process":
                processes[int(value)] = process.started_at(int(value))
            case "-process":
                processes.pop(int(value), None)
    for pid, started_at in processes.items():
        if started_at is not None and process.started_at(pid) == started_at:
            process.kill(pid)
    for folder in folders:
        process.remove(folder)


if __name__ == "__main__":
    watch(sys.stdin)
