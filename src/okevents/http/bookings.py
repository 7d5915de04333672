"""The routes of the Booking Service."""

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.response import Response

from okevents.bookings.representation import encoded, encoded_availability, etag
from okevents.bookings.service import Booked, BookingService
from okevents.http import answers
from okevents.http.parameters import caller, object_id, require_json
from okevents.kernel.ids import BookingId, EventId

AnyRequest = Request[object, object, State]


@post("/bookings")
async def book(request: AnyRequest) -> Response[bytes]:
    body = await _body(request)
    booked = await _service(request).book(body, caller("POST", "/bookings", request.headers))
    return _booked(booked, 201, {"location": f"/bookings/{booked.booking_id}"})


@get("/bookings/{booking_id:str}")
async def find_booking(request: AnyRequest) -> Response[bytes]:
    booking = await _service(request).find(BookingId(object_id(request.path_params["booking_id"], "id")))
    return _conditional(request, encoded(booking), etag(booking.version))


@post("/bookings/{booking_id:str}/cancel", status_code=200)
async def cancel_booking(request: AnyRequest) -> Response[bytes]:
    known = BookingId(object_id(request.path_params["booking_id"], "id"))
    body = await _body(request)
    return _booked(await _service(request).cancel(known, body, caller("POST", request.url.path, request.headers)))


@get("/availability/{event_id:str}")
async def find_availability(request: AnyRequest) -> Response[bytes]:
    inventory = await _service(request).availability(EventId(object_id(request.path_params["event_id"], "event_id")))
    return _conditional(request, encoded_availability(inventory), etag(inventory.version))


ROUTES = [book, find_booking, cancel_booking, find_availability]


def _service(request: AnyRequest) -> BookingService:
    service: BookingService = request.app.state.bookings
    return service


async def _body(request: AnyRequest) -> bytes:
    body = await request.body()
    require_json(request.headers.get("content-type"), bool(body))
    return body


def _conditional(request: AnyRequest, body: bytes, tag: str) -> Response[bytes]:
    return answers.conditional(request.headers.get("if-none-match"), body, tag)


def _booked(booked: Booked, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    return answers.written(booked.body, booked.version, booked.is_replay, status, headers)
