"""Connections by TLS, from their accept on.

Where the event loop itself speaks TLS for a server, a connection is heard of when its handshake is done: who never
finishes one would be counted by nobody, and kept for a minute. Here a connection counts from its accept on, gives way
to new ones like an idle one, and has as long for its handshake as for a header.
"""

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Any

from okevents.http import connection
from okevents.http.connection import Connection
from okevents.http.crowd import TOLD, Crowd

GOODBYE_WITHIN = 2.0
"""Seconds for the client to say that it has seen the end, too (RFC 8446, 6.1); then the connection is only closed."""

REST = 1.0
"""Seconds without accepting, where the process or the machine has no room for another connection."""

_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

log = logging.getLogger(__name__)


class Handshake:
    """A connection that is no more than accepted. `make` makes what takes it over when the handshake is done."""

    def __init__(self, members: set[Any], crowd: Crowd, make: Callable[["Handshake"], Connection]) -> None:
        self._members = members
        self._crowd = crowd
        self._make = make
        self._task: asyncio.Task[None] | None = None
        self._is_leaving = False

    def begin(self, accepted: socket.socket, context: ssl.SSLContext) -> None:
        self._members.add(self)
        surplus = len(self._members) - self._crowd.most
        if surplus <= 0 or self._crowd.make_room(asyncio.get_running_loop().time()):
            self._crowd.idles(self)
        elif surplus > TOLD:
            self._members.discard(self)
            accepted.close()
            return
        self._task = asyncio.create_task(self._shake(accepted, context))

    def done(self) -> None:
        """It isn't any more: taken over, or failed."""
        self._members.discard(self)
        self._crowd.works(self)

    def give_way(self) -> None:
        assert self._task is not None  # noqa: S101 - only those that have begun are asked
        self._task.cancel()

    def shutdown(self) -> None:
        """The process leaves: a handshake that is on its way has a moment, as a first request has."""
        self._is_leaving = True
        asyncio.get_running_loop().call_later(connection.LAST_CALL, self.give_way)

    async def _shake(self, accepted: socket.socket, context: ssl.SSLContext) -> None:
        protocol = self._make(self)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: protocol,
                accepted,
                ssl=context,
                ssl_handshake_timeout=connection.HEADER_WITHIN,
                ssl_shutdown_timeout=GOODBYE_WITHIN,
            )
        except OSError as error:  # an SSLError is one
            log.debug("no TLS handshake: %s", error)
        else:
            if self._is_leaving:
                protocol.shutdown()
        finally:
            self.done()


class Entrance:
    """Accepts from the listener, for as long as it isn't closed. A server as asyncio has them, to who closes it."""

    def __init__(self, listener: socket.socket, begin: Callable[[socket.socket], None]) -> None:
        self._listener = listener
        self._begin = begin
        self._task = asyncio.create_task(self._accept())

    def close(self) -> None:
        self._task.cancel()
        self._listener.close()

    async def wait_closed(self) -> None:
        await asyncio.wait([self._task])

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = await loop.sock_accept(self._listener)
            except OSError as error:
                if error.errno in _NO_ROOM:
                    log.warning("can't accept a connection: %s; the next try is in %g s", error.strerror, REST)
                    await asyncio.sleep(REST)
                continue  # else the client was gone already
            self._begin(accepted)
