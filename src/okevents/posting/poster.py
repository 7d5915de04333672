"""One post: bounded in time and in what is read of the answer, without redirects and without anybody's proxy."""

import asyncio
import os
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore2

from okevents import __version__
from okevents.errors import BadInput
from okevents.posting.pinned import AddressRefused, PinnedBackend, Resolve, UnknownHost, system_resolve
from okevents.webhooks.addresses import Allowed, require_postable
from okevents.webhooks.model import MAX_ANSWER
from okevents.webhooks.ports import Answered

CONNECT_WITHIN = 5.0
IDLE_FOR = 10.0
"""Seconds for which a connection is kept for the next post to the same receiver."""

MAX_READ = 64 * 1024
"""Bytes of an answer that are read, so that the connection can be used again; one with more of them is closed."""


class HttpPoster:
    """See `Poster`. `within`: seconds that a post may take, all in all."""

    def __init__(
        self,
        allowed: Allowed,
        *,
        within: float,
        most: int,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = system_resolve,
    ) -> None:
        self._allowed = allowed
        self._within = within
        context = tls or ssl.create_default_context()
        # What isn't encrypted goes to the named networks alone.
        allows = {"https": allowed.has, "http": allowed.is_named}
        self._pools = {
            scheme: httpcore2.AsyncConnectionPool(
                ssl_context=context,
                max_connections=most,
                keepalive_expiry=IDLE_FOR,
                network_backend=PinnedBackend(allows_it, resolve),
            )
            for scheme, allows_it in allows.items()
        }

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answered:
        try:
            require_postable(url, self._allowed)  # the settings may be others than when it was written
            async with asyncio.timeout(self._within):
                return await self._post(url, body, headers)
        except TimeoutError:
            return Answered(error=f"it took longer than {self._within:g} seconds")
        except BadInput as error:
            return Answered(error=f"the address {error.faults[0].detail}")
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException) as error:
            return Answered(error=_said(error))

    async def close(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Answered:
        pool = self._pools[url.partition(":")[0].lower()]
        sent = [("user-agent", f"okevents/{__version__}"), ("accept", "*/*"), *headers.items()]
        times = {"connect": min(CONNECT_WITHIN, self._within)}
        async with pool.stream("POST", url, headers=sent, content=body, extensions={"timeout": times}) as response:
            answer, size = bytearray(), 0
            async for chunk in response.aiter_stream():
                answer += chunk[: MAX_ANSWER - len(answer)]
                size += len(chunk)
                if size > MAX_READ:
                    break
        told = {name.lower(): value for name, value in response.headers}
        return Answered(
            status=response.status,
            answer=bytes(answer),
            retry_after=retry_after_of(told.get(b"retry-after", b"").decode("latin-1"), datetime.now(UTC)),
        )


def retry_after_of(text: str, now: datetime) -> float | None:
    """Seconds, from a number of them or a date (RFC 9110, 10.2.3); None where it is neither."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


def _said(error: Exception) -> str:
    """What the system says of it, where that is known: the library's own words rarely tell."""
    if isinstance(error, AddressRefused | UnknownHost):
        return str(error)
    if isinstance(error, httpcore2.ConnectTimeout):
        return "no connection came about in time"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate isn't trusted: {cause.verify_message}"
        if isinstance(cause, OSError) and cause.errno is not None and cause.errno > 0:
            return os.strerror(cause.errno).lower()
        cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__
