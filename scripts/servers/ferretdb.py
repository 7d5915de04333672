"""A private FerretDB: it speaks MongoDB's wire protocol and keeps its data in a private PostgreSQL.

It is built by the Go toolchain, once, into the user's cache. `python -m scripts.servers.ferretdb` builds it.
"""

import hashlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

from scripts.servers.postgresql import PostgresqlServer
from scripts.servers.process import ServerMissing, free_port, is_listening, run, send, wait_until

SOURCE = Path(__file__).parent.parent / "ferretdb"


def build() -> Path:
    """The program, built if it isn't there yet."""
    digest = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in ("main.go", "go.mod", "go.sum")))
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "okevents"
    program = cache / f"ferretdb-{digest.hexdigest()[:16]}"
    if program.exists():
        return program
    go = shutil.which("go") or "/usr/local/go/bin/go"
    if not Path(go).exists():
        raise ServerMissing("FerretDB isn't built, and there is no Go toolchain to build it: install Go 1.22 or later")
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = program.with_suffix(f".{os.getpid()}")
    subprocess.run([go, "build", "-o", str(unfinished), "."], cwd=SOURCE, check=True, timeout=1800)
    unfinished.rename(program)
    return program


class FerretdbServer:
    """`url` is the server's, without a database."""

    def __init__(self) -> None:
        self._program = build()
        self._postgresql = PostgresqlServer()
        self.port = free_port()
        self.url = f"mongodb://127.0.0.1:{self.port}/"
        self._process: subprocess.Popen[bytes] | None = None
        self._postgresql.start()
        psql = ["psql", "-q", self._postgresql.url, "-c", "CREATE DATABASE ferretdb"]
        run(psql)

    def start(self) -> None:
        backend = self._postgresql.url.removesuffix("postgres") + "ferretdb"
        self._process = subprocess.Popen(
            [self._program, f"127.0.0.1:{self.port}", backend],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(lambda: is_listening(self.port), "FerretDB's start")

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        if self._process is not None:
            send(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        if self._process is not None:
            send(self._process.pid, signal.SIGCONT)

    def close(self) -> None:
        self.resume()
        self.kill()
        self._postgresql.close()

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=30)
            self._process = None


if __name__ == "__main__":
    print(build())
