"""A private FerretDB: it speaks MongoDB's wire protocol and keeps its data in a private PostgreSQL.

It is built by the Go toolchain, once, into the user's cache. `python -m scripts.servers.ferretdb` builds it.
"""

from pathlib import Path

from scripts import golang
from scripts.servers.postgresql import PostgresqlServer
from scripts.servers.process import ServerMissing, free_port, is_listening
from scripts.servers.server import Certificate, PrivateServer

SOURCE = Path(__file__).parent.parent / "ferretdb"

VERSION = (SOURCE / "go.mod").read_text().partition("github.com/FerretDB/FerretDB v")[2].split()[0]
"""One that is built from its module doesn't know its own."""


def build() -> Path:
    """The program, built if it isn't there yet, which takes two minutes. Raises ServerMissing."""
    try:
        return golang.build(SOURCE)
    except golang.ProgramMissing as error:
        raise ServerMissing(f"FerretDB: {error}") from None


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
