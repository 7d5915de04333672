"""The handlers of the Events Service."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import StreamingResponse

from okevents.events import table
from okevents.events.calendar import entry_of
from okevents.events.framing import MEDIA_TYPES
from okevents.events.ports import EventFilter
from okevents.events.representation import encoded, etag
from okevents.events.service import EventService
from okevents.events.write import Written
from okevents.http import answers, calendars
from okevents.http.answers import CSV, NDJSON, Answer
from okevents.http.asgi import App, header
from okevents.http.calendars import EventCalendar
from okevents.http.importing import Import, Imports, Wanted
from okevents.http.limits import Limits
from okevents.http.parameters import caller, object_id, require_no_coding, require_one_of
from okevents.http.queries import calendar_query, event_query, import_query
from okevents.http.routing import MERGE_PATCH, json_body
from okevents.kernel.calendar import CalendarWriter
from okevents.kernel.ids import EventId


class EventHandlers:
    """A method for each operation, by its name in the table."""

    def __init__(self, service: EventService, writer: CalendarWriter, imports: Imports, limits: Limits) -> None:
        self._service = service
        self._writer = writer
        self._imports = imports
        self._calendar = EventCalendar(service, writer)
        self._limits = limits

    async def list_events(self, request: Request) -> App:
        query = event_query(request.scope["query_string"], self._limits)
        if answers.wants(request, NDJSON):
            return StreamingResponse(self._lines(query.filter), media_type=NDJSON)
        if answers.wants(request, CSV):
            return StreamingResponse(self._rows(query.filter), media_type=CSV)
        page = await self._service.page(query.filter, query.page.cursor, query.page.limit)
        return answers.listed((encoded(stored) for stored in page.events), query.page.links(page.next_cursor))

    async def find_event(self, request: Request) -> Answer:
        stored = await self._service.find(_id(request))
        return answers.conditional(request, encoded(stored), etag(stored))

    async def find_event_by_name(self, request: Request) -> Answer:
        stored = await self._service.find_by_name(request.path_params["name"])
        return answers.conditional(request, encoded(stored), etag(stored))

    async def show_events_calendar(self, request: Request) -> App:
        query = calendar_query(request.scope["query_string"], request.scope["path"])
        return await self._calendar.answer(request, query.filter, query.path)

    async def show_event_calendar(self, request: Request) -> Answer:
        stored = await self._service.find(_id(request))
        entry = entry_of(stored.event, calendars.origin_of(request.scope))
        return await calendars.single(request, self._writer, entry, **{"cache-control": "public, no-cache"})

    async def create_event(self, request: Request) -> Answer:
        body = await json_body(request)
        written = await self._service.create(body, caller(request))
        return _written(written, 201, {"location": f"/events/id/{written.event_id}"})

    async def import_events(self, request: Request) -> App:
        require_no_coding(header(request.scope, b"content-encoding"))
        media_type = require_one_of(header(request.scope, b"content-type"), tuple(MEDIA_TYPES.values()))
        query = import_query(request.scope["query_string"])
        form = next(form for form, each in MEDIA_TYPES.items() if each == media_type)
        return Import(
            service=self._service,
            imports=self._imports,
            caller=caller(request),
            wanted=Wanted(form, query.source, query.is_dry_run),
            longest=self._limits.max_body,
            silence=self._limits.body_timeout,
        )

    async def replace_event(self, request: Request) -> Answer:
        event_id, body = _id(request), await json_body(request)
        return _written(await self._service.replace(event_id, body, caller(request)))

    async def patch_event(self, request: Request) -> Answer:
        event_id, body = _id(request), await json_body(request, MERGE_PATCH)
        return _written(await self._service.patch(event_id, body, caller(request)))

    async def cancel_event(self, request: Request) -> Answer:
        event_id, body = _id(request), await json_body(request)
        return _written(await self._service.cancel(event_id, body, caller(request)))

    async def reinstate_event(self, request: Request) -> Answer:
        event_id, body = _id(request), await json_body(request)
        return _written(await self._service.reinstate(event_id, body, caller(request)))

    async def _lines(self, wanted: EventFilter) -> AsyncIterator[bytes]:
        async for chunk in self._service.stream(wanted):
            yield b"".join(encoded(stored) + b"\n" for stored in chunk)

    async def _rows(self, wanted: EventFilter) -> AsyncIterator[bytes]:
        yield table.header()
        async for chunk in self._service.stream(wanted):
            yield table.rows(chunk)


def _id(request: Request) -> EventId:
    return EventId(object_id(request.path_params["id"], "id"))


def _written(written: Written, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return answers.written(written.body, written.version, written.is_replay, status, headers)
