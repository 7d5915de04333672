"""The handlers of bookings and availability."""

from collections.abc import AsyncIterator, Sequence

from starlette.requests import Request
from starlette.responses import StreamingResponse

from okevents.bookings import table
from okevents.bookings.live import LiveAvailability
from okevents.bookings.model import Booking
from okevents.bookings.representation import availability_etag, encoded, encoded_availability, encoded_occupancy, etag
from okevents.bookings.service import Booked, BookingService
from okevents.http import answers
from okevents.http.answers import CSV, NDJSON, Answer
from okevents.http.asgi import App
from okevents.http.followers import Followers
from okevents.http.limits import Limits
from okevents.http.parameters import caller, object_id, secret_issue
from okevents.http.queries import booking_query, page_query, steps_query
from okevents.http.routing import MERGE_PATCH, json_body
from okevents.http.streaming import stream
from okevents.kernel.ids import BookingId, EventId

Chunks = AsyncIterator[Sequence[Booking]]


class BookingHandlers:
    """A method for each operation, by its name in the table."""

    def __init__(self, service: BookingService, live: LiveAvailability, limits: Limits) -> None:
        self._service = service
        self._reading = service.reading
        self._live = live
        self._limits = limits
        self._followers = Followers(limits.max_streams)

    async def list_availability(self, request: Request) -> Answer:
        page = page_query(request.scope["query_string"], "/availability", self._limits)
        found = await self._reading.inventories(page.cursor, page.limit)
        return answers.listed(map(encoded_availability, found.inventories), page.links(found.next_cursor))

    async def find_availability(self, request: Request) -> Answer:
        inventory = await self._reading.availability(_event_id(request))
        tag = availability_etag(inventory)
        return answers.conditional(request, encoded_availability(inventory), tag)

    async def find_occupancy(self, request: Request) -> Answer:
        event_id, most = _event_id(request), steps_query(request.scope["query_string"])
        return answers.json(encoded_occupancy(await self._reading.occupancy(event_id, most)))

    async def follow_availability(self, request: Request) -> App:
        return stream(self._live, self._followers, _event_id(request), request.headers.get("last-event-id"))

    async def book(self, request: Request) -> Answer:
        body = await json_body(request)
        booked = await self._service.book(body, caller(request))
        return written(booked, 201, {"location": f"/bookings/{booked.booking_id}"})

    async def list_bookings(self, request: Request) -> App:
        query = booking_query(request.scope["query_string"], self._limits)
        for media_type, written_as in ((NDJSON, lines), (CSV, rows)):
            if answers.wants(request, media_type):
                chunks = await self._reading.stream(query.filter, query.hall)
                return StreamingResponse(written_as(chunks), media_type=media_type)
        page = await self._reading.page(query.filter, query.hall, query.page.cursor, query.page.limit)
        return answers.listed(map(encoded, page.bookings), query.page.links(page.next_cursor))

    async def find_booking(self, request: Request) -> Answer:
        found = await self._reading.find(booking_id(request), secret_issue(request))
        body = encoded(found.booking, found.waiting)
        if found.waiting is not None:  # its place in line changes without it
            return answers.json(body)
        return answers.conditional(request, body, etag(found.booking.version))

    async def amend_booking(self, request: Request) -> Answer:
        body = await json_body(request, MERGE_PATCH)
        return written(await self._service.amend(booking_id(request), body, caller(request)))

    async def confirm_booking(self, request: Request) -> Answer:
        body = await json_body(request)
        return written(await self._service.confirm(booking_id(request), body, caller(request)))

    async def extend_booking(self, request: Request) -> Answer:
        body = await json_body(request)
        return written(await self._service.extend(booking_id(request), body, caller(request)))

    async def cancel_booking(self, request: Request) -> Answer:
        body = await json_body(request)
        return written(await self._service.cancel(booking_id(request), body, caller(request)))

    async def decline_booking(self, request: Request) -> Answer:
        body = await json_body(request)
        return written(await self._service.cancel(booking_id(request), body, caller(request), is_decline=True))

    async def erase_booking(self, request: Request) -> Answer:
        body = await json_body(request)
        return written(await self._service.erase(booking_id(request), body, caller(request)))


def booking_id(request: Request) -> BookingId:
    """Of the path. Raises BadInput."""
    return BookingId(object_id(request.path_params["id"], "id"))


def written(booked: Booked, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """The answer to a change of a booking."""
    return answers.written(booked.body, booked.version, booked.is_replay, status, headers)


def _event_id(request: Request) -> EventId:
    return EventId(object_id(request.path_params["event_id"], "event_id"))


async def lines(chunks: Chunks) -> AsyncIterator[bytes]:
    """A JSON object a line."""
    async for chunk in chunks:
        yield b"".join(encoded(booking) + b"\n" for booking in chunk)


async def rows(chunks: Chunks) -> AsyncIterator[bytes]:
    """See `table`."""
    yield table.header()
    async for chunk in chunks:
        yield table.rows(chunk)
