"""Calendars as answers: a whole one, or one of any number of events, in pieces."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import StreamingResponse

from okevents import __version__
from okevents.events.calendar import Fingerprint, entry_of
from okevents.events.ports import EventFilter, StoredEvent
from okevents.events.service import EventService
from okevents.http.answers import Answer
from okevents.http.asgi import App, Scope, header
from okevents.http.parameters import has_same_tag
from okevents.kernel.calendar import CalendarWriter, Entry, Feed, Subscription

MEDIA_TYPE = "text/calendar; charset=utf-8"
FRESH_FOR = 300
"""Seconds for which whoever stands between may give the calendar of events again without asking."""
REFRESH_EVERY = timedelta(hours=1)
"""How often programs that subscribe are told to ask."""
NAME = "Events"


class EventCalendar:
    """The calendar of all events that match, for programs that ask for it again and again."""

    def __init__(self, service: EventService, calendars: CalendarWriter) -> None:
        self._service = service
        self._calendars = calendars

    async def answer(self, request: Request, wanted: EventFilter, path: str) -> App:
        """What is sent is never older than its tag says. Raises StoreUnavailable.

        All that match are read once for the tag, and if they are more than one chunk once more, to be sent as they
        come: nothing that is in work here grows with their number.
        """
        fingerprint, changed_at, chunks = Fingerprint(), None, 0
        last: Sequence[StoredEvent] = ()
        async for last in self._service.stream(wanted):
            chunks += 1
            for stored in last:
                fingerprint.add(stored.event)
                changed_at = max(changed_at or stored.event.updated_at, stored.event.updated_at)
        # A weak one: where they stand in it changes with the time.
        tag = f'"{__version__}-{fingerprint}"'
        headers = {"etag": f"W/{tag}", "cache-control": f"public, max-age={FRESH_FOR}", **_last_modified(changed_at)}
        if has_same_tag(request, tag):
            return Answer(304, headers)
        headers["content-type"] = MEDIA_TYPE
        origin = origin_of(request.scope)
        feed = self._calendars.feed(
            Subscription(name=NAME, address=origin + path, changed_at=changed_at, refresh_every=REFRESH_EVERY)
        )
        if chunks == 1:
            written = await asyncio.to_thread(_entries, feed, last, origin)
            return Answer(200, headers, b"".join((feed.begin(), written, feed.end())))
        return StreamingResponse(self._pieces(feed, wanted, origin), headers=headers)

    async def _pieces(self, feed: Feed, wanted: EventFilter, origin: str) -> AsyncIterator[bytes]:
        yield feed.begin()
        async for chunk in self._service.stream(wanted):
            yield await asyncio.to_thread(_entries, feed, chunk, origin)
        yield feed.end()


async def single(request: Request, calendars: CalendarWriter, entry: Entry, **headers: str) -> Answer:
    """A calendar of that entry alone, or 304 for who has it already."""
    body = await asyncio.to_thread(calendars.single, entry)
    tag = f'"{sha256(body).hexdigest()}"'
    told = {"etag": tag, **headers, **_last_modified(entry.changed_at)}
    if has_same_tag(request, tag):
        return Answer(304, told)
    return Answer(200, {"content-type": MEDIA_TYPE, **told}, body)


def origin_of(scope: Scope) -> str:
    """As the client names it (RFC 6454), or as it is bound where it names none."""
    host = header(scope, b"host")
    if not host:
        address, port = scope["server"]
        host = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return f"{scope['scheme']}://{host}"


def _entries(feed: Feed, chunk: Sequence[StoredEvent], origin: str) -> bytes:
    return feed.entries([entry_of(stored.event, origin) for stored in chunk])


def _last_modified(changed_at: datetime | None) -> Mapping[str, str]:
    """For people and caches to see; what is newer than now, by another process's clock, is from now. Nobody is told
    by it that nothing has changed: it can't tell two changes in a second apart, nor an event that matches no more."""
    if changed_at is None:
        return {}
    return {"last-modified": format_datetime(min(changed_at, datetime.now(UTC)), usegmt=True)}
