"""The Events Service."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any, TypedDict, Unpack
from urllib.parse import quote

from okevents.client.importing import Content, Sending
from okevents.client.lines import lines_of
from okevents.client.listing import Listing, query_of
from okevents.client.transport import JSON, MERGE_PATCH, Call, Transport, read
from okevents.contracts.event import EventStatus
from okevents.events.draft import EventDraft
from okevents.events.framing import MEDIA_TYPES, Form
from okevents.events.report import ImportLine
from okevents.events.representation import EventShown

Draft = EventDraft | Mapping[str, Any]


class EventFilter(TypedDict, total=False):
    """Which events are wanted; None, or left out: whatever it is.

    `text` is looked for in names, address, description, organiser and tags. `hall_capacity`: some hall takes so many
    people; `available`: some hall has so many free places. Instants are aware; `starts_before` isn't included.
    """

    text: str | None
    country: str | None
    starts_from: datetime | None
    starts_before: datetime | None
    hall_capacity: int | None
    available: int | None
    status: EventStatus | None


_QUERY = {"text": "q", "starts_from": "from", "starts_before": "to"}


class Events:
    """Every method raises Problem, Unreachable and UnexpectedAnswer; streams Interrupted, too.

    `key` is the idempotency key; without one each call draws its own. `if_version`: only if that is the present
    version, else PreconditionFailed.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, page_size: int | None = None, **wanted: Unpack[EventFilter]) -> Listing[EventShown]:
        """Upcoming events, the soonest first, then past ones, the latest first."""
        query = query_of(wanted, _QUERY, page_size)
        return Listing(self._transport, Call(path="/events", query=query), list[EventShown])

    async def stream(self, **wanted: Unpack[EventFilter]) -> AsyncGenerator[EventShown, None]:
        """The same in one request, as they arrive. A stream that breaks off can't be gone on with: a list can."""
        async with self._transport.open(_export(wanted)) as chunks, aclosing(lines_of(chunks)) as lines:
            async for line in lines:
                yield read(line, EventShown)

    async def export(self, form: Form = "ndjson", **wanted: Unpack[EventFilter]) -> AsyncGenerator[bytes, None]:
        """The same as NDJSON or CSV, a line or row for each event, or as iCalendar, which knows less; in pieces as they
        arrive."""
        async with self._transport.open(_export(wanted, form)) as chunks:
            async for chunk in chunks:
                yield chunk

    def import_(
        self, content: Content, form: Form = "ndjson", *, source: str = "", dry_run: bool = False, tries: int = 5
    ) -> AsyncGenerator[ImportLine, None]:
        """What became of each entry, in their order, with the line of the content that it begins in; read it to its
        end. `source` is whose external ids they are. A connection that breaks is gone on with at another one; after
        `tries` of which nothing came it raises Interrupted, Unreachable or Failed.

        The same once more does what is still to be done. Raises BadInput where nothing can be understood.
        """
        query = {**({"source": source} if source else {}), **({"dry_run": "true"} if dry_run else {})}
        return Sending(self._transport, form, query, tries).lines(content)

    async def get(self, event_id: str) -> EventShown:
        """Raises EventNotFound."""
        return (await self._transport.ask(Call(path=_path(event_id)))).read(EventShown)

    async def find(self, name: str) -> EventShown:
        """The next upcoming event of exactly that name, else the latest past one. Raises EventNotFound."""
        # Dots alone would be taken for steps in a path (RFC 3986, 5.2.4).
        quoted = quote(name, safe="").replace(".", "%2E")
        return (await self._transport.ask(Call(path=f"/events/name/{quoted}"))).read(EventShown)

    async def create(self, draft: Draft, *, key: str | None = None) -> EventShown:
        """Raises BadInput."""
        return await self._write("POST", "/events", draft, key)

    async def replace(
        self, event_id: str, draft: Draft, *, if_version: int | None = None, key: str | None = None
    ) -> EventShown:
        """Everything of it that can be set. Raises BadInput, EventNotFound, PreconditionFailed."""
        return await self._write("PUT", _path(event_id), draft, key, if_version)

    async def patch(
        self, event_id: str, changes: Mapping[str, Any], *, if_version: int | None = None, key: str | None = None
    ) -> EventShown:
        """Some of it, by a JSON merge patch (RFC 7396). Raises BadInput, EventNotFound, PreconditionFailed."""
        return await self._write("PATCH", _path(event_id), changes, key, if_version, MERGE_PATCH)

    async def cancel(
        self, event_id: str, reason: str | None = None, *, if_version: int | None = None, key: str | None = None
    ) -> EventShown:
        """Its bookings are cancelled with it. Raises EventNotFound, IllegalTransition, PreconditionFailed."""
        return await self._write("POST", f"{_path(event_id)}/cancel", {"reason": reason}, key, if_version)

    async def reinstate(self, event_id: str, *, if_version: int | None = None, key: str | None = None) -> EventShown:
        """A cancelled event takes place after all. Raises EventNotFound, IllegalTransition, PreconditionFailed."""
        return await self._write("POST", f"{_path(event_id)}/reinstate", {}, key, if_version)

    async def _write(
        self,
        method: str,
        path: str,
        body: Draft,
        key: str | None,
        if_version: int | None = None,
        media_type: str = JSON,
    ) -> EventShown:
        answer = await self._transport.write(method, path, body, key, if_version, media_type)
        return answer.read(EventShown)


def _path(event_id: str) -> str:
    return f"/events/id/{quote(event_id, safe='')}"


def _export(wanted: EventFilter, form: Form = "ndjson") -> Call:
    path = "/events.ics" if form == "ics" else "/events"
    return Call(path=path, query=query_of(wanted, _QUERY), accept=MEDIA_TYPES[form])
