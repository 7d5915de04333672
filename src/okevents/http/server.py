"""Serving the application by uvicorn, with an end that is on time."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import uvicorn

from okevents.errors import ConfigurationError
from okevents.http.asgi import App
from okevents.http.connection import Connection
from okevents.http.crowd import Crowd
from okevents.http.handshakes import Entrance, Handshake
from okevents.http.limits import Limits

KEEP_ALIVE = 15
BACKLOG = 2048

_CLOSE = (b"connection", b"close")


class Certificate(NamedTuple):
    """Files in PEM form: the chain, the server's own certificate first, and its private key."""

    chain: Path
    key: Path


class Stopping(NamedTuple):
    """How serving ends. `on_signal` is called when it is known that it will, `on_stop` when nothing more is taken: it
    ends what would never end by itself, such as streams. `delay` is what lies between them after SIGTERM, `grace` what
    is left then for requests in work; seconds."""

    delay: float
    grace: float
    on_signal: Callable[[], None]
    on_stop: Callable[[], None]


async def serve(
    app: App,
    host: str,
    port: int,
    limits: Limits,
    certificate: Certificate | None,
    on_listening: Callable[[str], None],
    stopping: Stopping,
) -> None:
    """Until SIGTERM or SIGINT. A second signal ends it at once.

    With a certificate it speaks HTTPS alone. `on_listening` is told the address when it listens. During the delay
    everything is answered, and each connection closed with its next answer, so that its client makes a new one: there,
    or where it is sent by then.
    Raises ConfigurationError when it can't listen there.
    """
    server = prepared(app, limits, certificate, stopping)
    listener = listening(host, port)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, server.hear, stopping.delay)
    loop.add_signal_handler(signal.SIGINT, server.hear, 0.0)
    try:
        address = f"[{host}]" if ":" in host else host
        scheme = "http" if certificate is None else "https"
        on_listening(f"{scheme}://{address}:{listener.getsockname()[1]}")
        await server.serve(sockets=[listener])
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        listener.close()


def prepared(app: App, limits: Limits, certificate: Certificate | None, stopping: Stopping) -> "Server":
    """A server that has yet to be given a listener. Raises ConfigurationError for a certificate that can't be used."""
    crowd = Crowd(limits.max_connections)
    settings = configuration(app, stopping.grace, limits, crowd)
    if certificate is not None:
        settings.ssl_certfile, settings.ssl_keyfile = certificate.chain, certificate.key
        _load(settings)
    return Server(settings, stopping, crowd)


def configuration(app: App, grace: float, limits: Limits, crowd: Crowd | None = None) -> uvicorn.Config:
    """How uvicorn is to serve: alone on the loop that runs, and silent. Its connections belong to that crowd, or to one
    of their own."""
    connection = partial(Connection, limits=limits, crowd=crowd or Crowd(limits.max_connections))
    return uvicorn.Config(
        app,
        interface="asgi3",
        lifespan="off",
        loop="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=connection,  # type: ignore[arg-type]
        ws="none",
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=max(1, int(grace)),
    )


class Server(uvicorn.Server):
    """Leaves the signals to us: uvicorn raises them again at its end, before ours. With a certificate it accepts by
    itself, to count connections from then on."""

    def __init__(self, configuration: uvicorn.Config, stopping: Stopping, crowd: Crowd) -> None:
        super().__init__(configuration)
        self._stopping = stopping
        self._crowd = crowd
        self._is_leaving = False

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        context = self.config.ssl
        if context is None:
            await super().startup(sockets)
            return
        await super().startup([])

        def begin(accepted: socket.socket) -> None:
            Handshake(self.server_state.connections, self._crowd, self._connection).begin(accepted, context)

        self.servers = [Entrance(listener, begin) for listener in sockets or ()]  # type: ignore[misc]

    def _connection(self, handshake: Handshake) -> Connection:
        return self.config.http_protocol_class(  # type: ignore[call-arg, return-value]
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
            on_made=handshake.done,
        )

    def hear(self, delay: float) -> None:
        """Of a signal."""
        if self._is_leaving:
            self.force_exit = True
            self._stop()
            return
        self._is_leaving = True
        self._stopping.on_signal()
        self.config.encoded_headers = [*self.config.encoded_headers, _CLOSE]
        self.server_state.default_headers = [*self.server_state.default_headers, _CLOSE]
        if delay:
            asyncio.get_running_loop().call_later(delay, self._stop)
        else:
            self._stop()

    def _stop(self) -> None:
        self.should_exit = True
        self._stopping.on_stop()


def _load(settings: uvicorn.Config) -> None:
    """Reads the certificate before anything listens. Raises ConfigurationError."""
    try:
        settings.load()
    except OSError as error:  # an SSLError is one
        said = error.strerror or str(error)
        files = f"the certificate {settings.ssl_certfile} with the key {settings.ssl_keyfile}"
        raise ConfigurationError(
            [f"{files} can't be used: {said}; two files in PEM form that belong together are needed"]
        ) from None


def listening(host: str, port: int) -> socket.socket:
    """A listener there. Raises ConfigurationError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigurationError([f"can't listen on {host}: {error.strerror or error}; set another --host"]) from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        said = f"can't listen on {host}, port {port}: {(error.strerror or str(error)).lower()}"
        raise ConfigurationError([f"{said}; stop what listens there, or set another --port"]) from None
    listener.setblocking(False)
    return listener
