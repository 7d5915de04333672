"""The Booking Service: what can be booked, and as it changes."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import quote

from okevents.bookings.representation import AvailabilityShown, OccupancyShown
from okevents.client.errors import Interrupted
from okevents.client.lines import lines_of
from okevents.client.listing import Listing, query_of
from okevents.client.transport import Call, Transport, read

EVENT_STREAM = "text/event-stream"
SILENCE = 45.0
"""Seconds: three of the comments by which a stream shows that it is alive."""


class Availability:
    """Every method raises Problem, of which EventNotFound says that nothing is known of the event, Unreachable and
    UnexpectedAnswer."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get(self, event_id: str) -> AvailabilityShown:
        """What can be booked of the event."""
        return (await self._transport.ask(Call(path=_path(event_id)))).read(AvailabilityShown)

    async def occupancy(self, event_id: str, *, steps: int | None = None) -> OccupancyShown:
        """How the event's halls have filled since its first booking, at so many instants at the most (120 unless
        told). Needs `bookings:read` where access is controlled."""
        call = Call(path=f"{_path(event_id)}/occupancy", query=query_of({"steps": steps}, {}))
        return (await self._transport.ask(call)).read(OccupancyShown)

    def list(self, *, page_size: int | None = None) -> Listing[AvailabilityShown]:
        """That of every event, by the event's id."""
        query = query_of({}, {}, page_size)
        return Listing(self._transport, Call(path="/availability", query=query), list[AvailabilityShown])

    async def follow(self, event_id: str) -> AsyncGenerator[AvailabilityShown, None]:
        """What can be booked of the event, now and whenever it changes, for as long as it is read.

        Versions never go back, and the last one comes always; some between may be left out. A stream that ends is gone
        on with at another connection, without a gap; that raises as any other call does where it can't be had.
        """
        last: str | None = None
        while True:
            headers = {} if last is None else {"last-event-id": last}
            call = Call(path=f"{_path(event_id)}/stream", accept=EVENT_STREAM, headers=headers)
            told = _Told()
            try:
                async with self._transport.open(call, SILENCE) as chunks, aclosing(lines_of(chunks)) as lines:
                    async for line in lines:
                        data = told.take(line)
                        if data is None:
                            continue
                        shown = read(data, AvailabilityShown)
                        if last is None or shown.version > int(last):
                            last = str(shown.version)
                            yield shown
            except Interrupted:
                pass
            # All who followed lose a process that ends in the same moment, and needn't return in the same moment.
            await asyncio.sleep(random.uniform(0.0, told.retry))  # noqa: S311 - no secret


class _Told:
    """What the lines of a stream have told so far (WHATWG HTML, 9.2.6), as far as this service's streams go."""

    def __init__(self) -> None:
        self.retry = 1.0
        self._data: list[bytes] = []

    def take(self, line: bytes) -> bytes | None:
        """The data of the event that this line ends, if it ends one."""
        name, _, value = line.rstrip(b"\r").partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"retry" and value.isdigit():
            self.retry = int(value[:6]) / 1000
        elif not name and not line.startswith(b":") and self._data:
            data = b"\n".join(self._data)
            self._data.clear()
            return data
        return None


def _path(event_id: str) -> str:
    return f"/availability/{quote(event_id, safe='')}"
