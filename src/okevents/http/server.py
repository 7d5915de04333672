"""Serving the application by uvicorn, with an end that is on time."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from okevents.errors import ConfigurationError
from okevents.http.asgi import App
from okevents.http.gathering import GatheringProtocol

KEEP_ALIVE = 15
BACKLOG = 2048


class Certificate(NamedTuple):
    """Files in PEM form: the chain, the server's own certificate first, and its private key."""

    chain: Path
    key: Path


async def serve(
    app: App,
    host: str,
    port: int,
    grace: float,
    certificate: Certificate | None,
    on_listening: Callable[[str], None],
    on_stop: Callable[[], None],
) -> None:
    """Until SIGTERM or SIGINT; then takes nothing more, and leaves within `grace` seconds. A second signal: at once.

    With a certificate it speaks HTTPS alone. `on_listening` is told the address when it listens; `on_stop` ends what
    would never end by itself, such as streams.
    Raises ConfigurationError when it can't listen there.
    """
    settings = configuration(app, grace)
    if certificate is not None:
        settings.ssl_certfile, settings.ssl_keyfile = certificate.chain, certificate.key
        _load(settings)
    listener = _listen(host, port)
    server = _Server(settings, on_stop)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    try:
        address = f"[{host}]" if ":" in host else host
        scheme = "http" if certificate is None else "https"
        on_listening(f"{scheme}://{address}:{listener.getsockname()[1]}")
        await server.serve(sockets=[listener])
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        listener.close()


def behind(app: App, proxies: Sequence[str]) -> App:
    """The application as it is to be served behind those proxies, addresses or networks: whom the header
    X-Forwarded-For of one of them names is the client. Everybody else's is passed over."""
    return ProxyHeadersMiddleware(app, list(proxies)) if proxies else app  # type: ignore[arg-type, return-value]


def configuration(app: App, grace: float) -> uvicorn.Config:
    """How uvicorn is to serve: alone on the loop that runs, and silent."""
    return uvicorn.Config(
        app,
        lifespan="off",
        loop="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=GatheringProtocol,
        ws="none",
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=max(1, int(grace)),
    )


class _Server(uvicorn.Server):
    """Leaves the signals to us: uvicorn raises them again at its end, before ours."""

    def __init__(self, configuration: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(configuration)
        self._on_stop = on_stop

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
        self._on_stop()


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


def _listen(host: str, port: int) -> socket.socket:
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
