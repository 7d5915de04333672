"""A private PostgreSQL."""

import shutil
import signal
from pathlib import Path

from scripts.servers.process import (
    ServerMissing,
    as_user,
    family,
    free_port,
    is_running,
    private_folder,
    remove,
    run,
    send,
    wait_until,
)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise ServerMissing("PostgreSQL isn't installed: apt-get install postgresql")


class PostgresqlServer:
    """`url` is that of the maintenance database. fsync is on: what it says is durable is."""

    def __init__(self) -> None:
        self._programs = _programs()
        self._folder = private_folder("postgresql", "postgres")
        self.port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        initdb = [str(self._programs / "initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        run(as_user("postgres", [*initdb, "--locale=C.UTF-8", "--no-sync"]))

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def pid(self) -> int:
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self._folder} -c max_connections=200"
        self._ctl("start", "-l", str(self._folder / "log"), "-o", options)

    def stop(self) -> None:
        self._ctl("stop", "-m", "fast")

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill(self) -> None:
        """kill -9 of it and all its backends."""
        processes = family(self.pid)
        send(self.pid, signal.SIGKILL)
        wait_until(lambda: not any(is_running(pid) for pid in processes), "the end of PostgreSQL")
        # Their owner is dead, but may still be in the process table where nobody reaps it.
        for lock in (self._data / "postmaster.pid", *self._folder.glob(".s.PGSQL.*")):
            lock.unlink(missing_ok=True)

    def pause(self) -> None:
        send(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        send(self.pid, signal.SIGCONT)

    def close(self) -> None:
        if (self._data / "postmaster.pid").exists():
            self.resume()
            self._ctl("stop", "-m", "immediate")
        remove(self._folder)

    def _ctl(self, *arguments: str) -> None:
        run(as_user("postgres", [str(self._programs / "pg_ctl"), "-w", "-D", str(self._data), "-s", *arguments]))
