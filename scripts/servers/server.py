"""What all private servers can do."""

import os
import shutil
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Self

from scripts.servers import process
from scripts.servers.warden import warden


class Certificate(NamedTuple):
    """Files in PEM form: what a server shows, the key of it, and who must have signed what a client shows."""

    chain: Path
    key: Path
    authority: Path


class PrivateServer(ABC):
    """A server of this process alone: on free loopback ports, its data in an own temporary folder.

    It keeps its data, ports and URL through `stop`, `kill` and `start`, until `close`. If this process dies, it is
    ended all the same.
    """

    name: str
    user: str | None = None
    stop_signal = signal.SIGTERM
    url: str

    def __init__(self) -> None:
        self.folder: Path = process.private_folder(self.name, self.user)
        warden.note("folder", self.folder)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process that all others of the server come from. Raises RuntimeError if it isn't running."""
        if self._process is None or not self.is_running:
            raise RuntimeError(f"{self.name} isn't running")
        return self._process.pid

    def start(self) -> None:
        """Starts it, and returns when it serves. One that runs is only resumed."""
        if self.is_running:
            self.resume()
        else:
            environment = self._environment()
            self._process = process.spawn(self._command(), self._log, user=self.user, environment=environment)
            warden.note("process", self._process.pid)
            process.wait_until(lambda: not self._has_failed() and self._is_ready(), f"{self.name}'s start")

    def stop(self) -> None:
        """Ends it as an operator would. Does nothing if it doesn't run."""
        if self.is_running:
            self.resume()
            self._end(lambda pid: os.kill(pid, self.stop_signal))

    def kill(self) -> None:
        """kill -9 of all its processes. Does nothing if it doesn't run."""
        if self.is_running:
            self._end(process.kill)

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freezes it: connections stay open, and nothing is answered."""
        process.send(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        process.send(self.pid, signal.SIGCONT)

    def close(self) -> None:
        """Ends it, and deletes its data."""
        self.kill()
        process.remove(self.folder)
        warden.forget("folder", self.folder)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def _command(self) -> list[str]:
        """What is run, in the foreground."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether it serves yet."""

    def _environment(self) -> Mapping[str, str] | None:
        """The command's, if not this process's own."""
        return None

    def _own(self, certificate: Certificate) -> Certificate:
        """Copies that the server's user may read, and nobody else."""
        copies = Certificate(*(self.folder / f"tls.{name}" for name in Certificate._fields))
        for given, copy in zip(certificate, copies, strict=True):
            shutil.copyfile(given, copy)
            copy.chmod(0o600)
            if account := process.acting(self.user):
                shutil.chown(copy, account, account)
        return copies

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def _has_failed(self) -> bool:
        if self.is_running:
            return False
        raise RuntimeError(f"{self.name} ended at its start: {self._log.read_text(errors='replace')[-2000:]}")

    def _end(self, by: Callable[[int], None]) -> None:
        if self._process is not None:
            by(self._process.pid)
            self._process.wait(timeout=60)
            warden.forget("process", self._process.pid)
            self._process = None
