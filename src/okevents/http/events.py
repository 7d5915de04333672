"""The routes of the Events Service."""

from collections.abc import AsyncIterator

from litestar import Request, get, patch, post, put
from litestar.datastructures import State
from litestar.response import Response, Stream

from okevents.events.representation import encoded, etag
from okevents.events.service import EventService
from okevents.events.write import Written
from okevents.http import answers
from okevents.http.limits import Limits
from okevents.http.parameters import ListQuery, caller, list_query, object_id, require_json
from okevents.kernel.ids import EventId

NDJSON = "application/x-ndjson"
MERGE_PATCH = "application/merge-patch+json"

AnyRequest = Request[object, object, State]


@get("/events")
async def list_events(request: AnyRequest) -> Response[bytes] | Stream:
    limits: Limits = request.app.state.limits
    query = list_query(request.scope["query_string"], limits)
    if NDJSON in request.headers.get("accept", ""):
        return Stream(_lines(_service(request), query), media_type=NDJSON)
    page = await _service(request).page(query.filter, query.cursor, query.limit)
    links = [f'<{query.link(None)}>; rel="first"']
    if page.next_cursor is not None:
        links.append(f'<{query.link(page.next_cursor)}>; rel="next"')
    body = b"[" + b",".join(encoded(stored) for stored in page.events) + b"]"
    return answers.json(body, headers={"link": ", ".join(links)})


@get("/events/id/{event_id:str}")
async def find_event(request: AnyRequest) -> Response[bytes]:
    stored = await _service(request).find(EventId(object_id(request.path_params["event_id"], "id")))
    return _conditional(request, encoded(stored), etag(stored))


@get("/events/name/{name:path}")
async def find_event_by_name(request: AnyRequest) -> Response[bytes]:
    # Taken from the path as it came: a name may hold slashes.
    stored = await _service(request).find_by_name(request.scope["path"].removeprefix("/events/name/"))
    return _conditional(request, encoded(stored), etag(stored))


@post("/events")
async def create_event(request: AnyRequest) -> Response[bytes]:
    body = await _body(request)
    written = await _service(request).create(body, caller("POST", "/events", request.headers))
    return _written(written, 201, {"location": f"/events/id/{written.event_id}"})


@put("/events/id/{event_id:str}")
async def replace_event(request: AnyRequest) -> Response[bytes]:
    known = EventId(object_id(request.path_params["event_id"], "id"))
    body = await _body(request)
    return _written(await _service(request).replace(known, body, caller("PUT", request.url.path, request.headers)))


@patch("/events/id/{event_id:str}")
async def patch_event(request: AnyRequest) -> Response[bytes]:
    known = EventId(object_id(request.path_params["event_id"], "id"))
    body = await _body(request, MERGE_PATCH)
    return _written(await _service(request).patch(known, body, caller("PATCH", request.url.path, request.headers)))


@post("/events/id/{event_id:str}/cancel", status_code=200)
async def cancel_event(request: AnyRequest) -> Response[bytes]:
    known = EventId(object_id(request.path_params["event_id"], "id"))
    body = await _body(request)
    return _written(await _service(request).cancel(known, body, caller("POST", request.url.path, request.headers)))


@post("/events/id/{event_id:str}/reinstate", status_code=200)
async def reinstate_event(request: AnyRequest) -> Response[bytes]:
    known = EventId(object_id(request.path_params["event_id"], "id"))
    body = await _body(request)
    return _written(await _service(request).reinstate(known, body, caller("POST", request.url.path, request.headers)))


ROUTES = [
    list_events,
    find_event,
    find_event_by_name,
    create_event,
    replace_event,
    patch_event,
    cancel_event,
    reinstate_event,
]


def _service(request: AnyRequest) -> EventService:
    service: EventService = request.app.state.events
    return service


async def _body(request: AnyRequest, *others: str) -> bytes:
    body = await request.body()
    require_json(request.headers.get("content-type"), bool(body), others=others)
    return body


async def _lines(service: EventService, query: ListQuery) -> AsyncIterator[bytes]:
    async for chunk in service.stream(query.filter):
        yield b"".join(encoded(stored) + b"\n" for stored in chunk)


def _conditional(request: AnyRequest, body: bytes, tag: str) -> Response[bytes]:
    return answers.conditional(request.headers.get("if-none-match"), body, tag)


def _written(written: Written, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    return answers.written(written.body, written.version, written.is_replay, status, headers)
