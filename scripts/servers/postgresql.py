"""A private PostgreSQL."""

import os
import shutil
import signal
from pathlib import Path

from scripts.servers.process import ServerMissing, free_port, run
from scripts.servers.server import Certificate, PrivateServer

VERIFIED = "verified"
"""The database that only clients with a certificate are let into, where the server has one itself."""


def _programs() -> Path:
    """The folder of the newest version's programs: Debian doesn't put them on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise ServerMissing("PostgreSQL isn't installed; on Debian and Ubuntu: apt-get install postgresql")


class PostgresqlServer(PrivateServer):
    """`url` is that of the maintenance database. fsync is on: what it says is durable is.

    `settings` are added to the server's, such as `max_connections="20"`. With a certificate it speaks TLS to whoever
    asks for it.
    """

    name = "PostgreSQL"
    user = "postgres"
    stop_signal = signal.SIGINT  # ends sessions; SIGTERM would wait for them

    def __init__(self, certificate: Certificate | None = None, **settings: str) -> None:
        self._programs = _programs()
        super().__init__()
        self.port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self._data = self.folder / "data"
        self._settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
        } | settings
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        run([self._program("initdb"), "-D", str(self._data), *options], user=self.user)
        if certificate is not None:
            self._speak_tls(self._own(certificate))

    def execute(self, statement: str) -> str:
        """Runs one statement by PostgreSQL's own client; its output, bare."""
        return run([self._program("psql"), "-qAtX", self.url, "-c", statement]).rstrip("\n")

    def stop_at_once(self) -> None:
        """Ends it as `pg_ctl stop -m immediate` does: nothing is brought to an end, and its next start recovers."""
        if self.is_running:
            self._end(lambda pid: os.kill(pid, signal.SIGQUIT))

    def _command(self) -> list[str]:
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        return [self._program("postgres"), "-D", str(self._data), *settings]

    def _is_ready(self) -> bool:
        """It writes its pid and state where its own tools look for them; after a crash those of the last are there."""
        state = self._data / "postmaster.pid"
        lines = [line.strip() for line in state.read_text().splitlines()] if state.exists() else []
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7] == "ready"

    def _speak_tls(self, certificate: Certificate) -> None:
        self._settings |= {
            "ssl": "on",
            "ssl_cert_file": str(certificate.chain),
            "ssl_key_file": str(certificate.key),
            "ssl_ca_file": str(certificate.authority),
        }
        rules = self._data / "pg_hba.conf"
        strict = f"hostssl {VERIFIED} all 127.0.0.1/32 trust clientcert=verify-ca\nhost {VERIFIED} all all reject\n"
        rules.write_text(strict + rules.read_text())

    def _program(self, name: str) -> str:
        return str(self._programs / name)
