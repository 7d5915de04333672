"""A private FerretDB: it speaks MongoDB's wire protocol and keeps its data in a private PostgreSQL.

It is built by the Go toolchain, once, into the user's cache. `python -m scripts.servers.ferretdb` builds it.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from scripts.servers.postgresql import PostgresqlServer
from scripts.servers.process import ServerMissing, free_port, is_listening
from scripts.servers.server import Certificate, PrivateServer

SOURCE = Path(__file__).parent.parent / "ferretdb"

VERSION = (SOURCE / "go.mod").read_text().partition("github.com/FerretDB/FerretDB v")[2].split()[0]
"""One that is built from its module doesn't know its own."""


def build() -> Path:
    """The program, built if it isn't there yet, which takes two minutes. Raises ServerMissing."""
    digest = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in ("main.go", "go.mod", "go.sum")))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "okevents"
    program = cache / f"ferretdb-{digest.hexdigest()[:16]}"
    if program.exists():
        return program
    go = shutil.which("go", path=f"{os.environ.get('PATH', '')}:/usr/local/go/bin")
    if go is None:
        raise ServerMissing("FerretDB isn't built, and there is no Go toolchain to build it; install Go 1.24 or later")
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = program.with_suffix(f".{os.getpid()}")
    done = subprocess.run(
        [go, "build", "-trimpath", "-ldflags=-s -w", "-o", str(unfinished), "."],
        cwd=SOURCE,
        env=os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    if done.returncode:
        raise ServerMissing(f"FerretDB couldn't be built: {done.stderr.strip()[-2000:]}")
    unfinished.rename(program)
    return program


class FerretdbServer(PrivateServer):
    """`url` is the server's, without a database. `postgresql` is where it keeps its data.

    With a certificate both speak TLS, FerretDB nothing else.
    """

    name = "FerretDB"

    def __init__(self, certificate: Certificate | None = None) -> None:
        self._program = build()
        self.postgresql = PostgresqlServer(certificate)
        super().__init__()
        self._certificate = None if certificate is None else self._own(certificate)
        self.port = free_port()
        self.url = f"mongodb://127.0.0.1:{self.port}/"

    def start(self) -> None:
        self.postgresql.start()
        if not self.postgresql.execute("SELECT 1 FROM pg_database WHERE datname = 'ferretdb'"):
            self.postgresql.execute("CREATE DATABASE ferretdb")
        super().start()

    def close(self) -> None:
        super().close()
        self.postgresql.close()

    def _command(self) -> list[str]:
        backend = self.postgresql.url.removesuffix("postgres") + "ferretdb"
        files = [] if self._certificate is None else [str(self._certificate.chain), str(self._certificate.key)]
        return [str(self._program), f"127.0.0.1:{self.port}", backend, *files]

    def _is_ready(self) -> bool:
        return is_listening(self.port)


if __name__ == "__main__":
    print(build())
