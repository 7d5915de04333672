"""Serving the application by uvicorn, with an end that is on time."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn

from okevents.errors import ConfigurationError
from okevents.http.asgi import App
from okevents.http.gathering import GatheringProtocol

KEEP_ALIVE = 15
BACKLOG = 2048


async def serve(
    app: App,
    host: str,
    port: int,
    grace: float,
    on_listening: Callable[[str], None],
    on_stop: Callable[[], None],
) -> None:
    """Until SIGTERM or SIGINT; then takes nothing more, and leaves within `grace` seconds. A second signal: at once.

    `on_listening` is told the address when it listens; `on_stop` ends what would never end by itself, such as streams.
    Raises ConfigurationError when it can't listen there.
    """
    listener = _listen(host, port)
    server = _Server(configuration(app, grace), on_stop)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    try:
        address = f"[{host}]" if ":" in host else host
        on_listening(f"http://{address}:{listener.getsockname()[1]}")
        await server.serve(sockets=[listener])
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        listener.close()


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
