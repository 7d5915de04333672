"""The handlers of the Booking Service."""

from starlette.requests import Request

from okevents.bookings.representation import encoded, encoded_availability, etag
from okevents.bookings.service import Booked, BookingService
from okevents.http import answers
from okevents.http.answers import Answer
from okevents.http.parameters import caller, object_id
from okevents.http.routing import json_body
from okevents.kernel.ids import BookingId, EventId


class BookingHandlers:
    """A method for each operation, by its name in the table."""

    def __init__(self, service: BookingService) -> None:
        self._service = service

    async def book(self, request: Request) -> Answer:
        body = await json_body(request)
        booked = await self._service.book(body, caller(request))
        return _booked(booked, 201, {"location": f"/bookings/{booked.booking_id}"})

    async def find_booking(self, request: Request) -> Answer:
        booking = await self._service.find(_id(request))
        return answers.conditional(request.headers.get("if-none-match"), encoded(booking), etag(booking.version))

    async def cancel_booking(self, request: Request) -> Answer:
        booking_id, body = _id(request), await json_body(request)
        return _booked(await self._service.cancel(booking_id, body, caller(request)))

    async def find_availability(self, request: Request) -> Answer:
        event_id = EventId(object_id(request.path_params["event_id"], "event_id"))
        inventory = await self._service.availability(event_id)
        body, tag = encoded_availability(inventory), etag(inventory.version)
        return answers.conditional(request.headers.get("if-none-match"), body, tag)


def _id(request: Request) -> BookingId:
    return BookingId(object_id(request.path_params["id"], "id"))


def _booked(booked: Booked, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return answers.written(booked.body, booked.version, booked.is_replay, status, headers)
