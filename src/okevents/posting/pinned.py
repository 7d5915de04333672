"""Connections to addresses that are allowed.

A name is resolved once for each connection. What it leads to is looked at, and that very address is connected to: a
name server that answers otherwise the next time isn't asked. TLS and the Host header go on by the name.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any

from httpcore2 import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream, ConnectError

from okevents.webhooks.addresses import Address

Allows = Callable[[Address], bool]
Resolve = Callable[[str, int], Sequence[str]]

MOST_TRIED = 4
"""Addresses of one name that are tried, one after the other."""


class AddressRefused(ConnectError):
    """The name leads to nothing that may be posted to."""


class UnknownHost(ConnectError):
    """The name leads nowhere."""


def system_resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of the name, as the system finds them. Raises OSError and UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class PinnedBackend(AsyncNetworkBackend):
    """See `httpcore2.AsyncNetworkBackend`. It connects to what `allows` says yes to, and to nothing else."""

    def __init__(self, allows: Allows, resolve: Resolve = system_resolve) -> None:
        self._allows = allows
        self._resolve = resolve
        self._network = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        """Raises AddressRefused, UnknownHost, and what the network raises."""
        failure: Exception | None = None
        for address in (await self._allowed(host, port))[:MOST_TRIED]:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except ConnectError as error:
                failure = error
        assert failure is not None  # noqa: S101 - for the type
        raise failure

    async def _allowed(self, host: str, port: int) -> Sequence[str]:
        try:
            found = await _apart(self._resolve, host, port)
        except (OSError, UnicodeError) as error:
            raise UnknownHost(f"the name {host} can't be resolved: {error}") from None
        allowed = [address for address in found if self._allows(ip_address(address))]
        if not found:
            raise UnknownHost(f"the name {host} leads to no address")
        if not allowed:
            raise AddressRefused(f"{host} leads to {', '.join(found[:MOST_TRIED])}, where nothing may be posted to")
        return allowed


async def _apart(resolve: Resolve, host: str, port: int) -> Sequence[str]:
    """On a thread of its own, which may take long: neither others' names nor the process's end wait for it."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[Sequence[str]] = loop.create_future()

    def settle(found: Sequence[str] | None, error: Exception | None) -> None:
        if result.done():
            return
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(found or ())

    def work() -> None:
        found: Sequence[str] | None = None
        failure: Exception | None = None
        try:
            found = resolve(host, port)
        except Exception as error:  # noqa: BLE001 - whoever waits hears of it
            failure = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, found, failure)

    threading.Thread(target=work, name=f"resolve {host}", daemon=True).start()
    return await result
