"""The handlers of tickets and of the door."""

import asyncio

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from okevents.bookings.door import Door
from okevents.errors import BadInput, FieldFault
from okevents.http import answers, calendars
from okevents.http.answers import Answer
from okevents.http.bookings import booking_id, written
from okevents.http.parameters import caller, object_id, secret_issue
from okevents.http.queries import first_query
from okevents.http.routing import Resource, json_body
from okevents.http.scans import encoded_scans
from okevents.kernel.calendar import CalendarWriter
from okevents.kernel.ids import EventId

KEYS_FOR = 300
"""Seconds for which a scanner needn't ask for the keys again."""

_PRIVATE = {"cache-control": "private, no-store"}


class DoorHandlers:
    """A method for each operation, by its name in the table."""

    def __init__(self, door: Door, writer: CalendarWriter) -> None:
        self._door = door
        self._writer = writer

    async def list_tickets(self, request: Request) -> Answer:
        first = first_query(request.scope["query_string"])
        page = await self._door.tickets(booking_id(request), first, secret_issue(request))
        headers = {**_PRIVATE, **_next(request, page.following)}
        return answers.json(msgspec.json.encode(page.tickets), headers=headers)

    async def print_tickets(self, request: Request) -> Answer:
        first = first_query(request.scope["query_string"])
        page, following = await self._door.sheet(booking_id(request), first, secret_issue(request))
        headers = {"content-type": "text/html; charset=utf-8", **_PRIVATE, **_next(request, following)}
        return Answer(200, headers, page)

    async def draw_ticket_svg(self, request: Request) -> Answer:
        token = await self._door.ticket(booking_id(request), _number(request), secret_issue(request))
        drawn = await asyncio.to_thread(self._door.printer.svg, token)
        return Answer(200, {"content-type": "image/svg+xml", **_PRIVATE}, drawn)

    async def draw_ticket_png(self, request: Request) -> Answer:
        token = await self._door.ticket(booking_id(request), _number(request), secret_issue(request))
        drawn = await asyncio.to_thread(self._door.printer.png, token)
        return Answer(200, {"content-type": "image/png", **_PRIVATE}, drawn)

    async def show_booking_calendar(self, request: Request) -> Answer:
        origin = calendars.origin_of(request.scope)
        entry = await self._door.entry(booking_id(request), origin, secret_issue(request))
        return await calendars.single(request, self._writer, entry, **_PRIVATE)

    async def show_ticket_keys(self, _: Request) -> Answer:
        headers = {"content-type": "application/jwk-set+json", "cache-control": f"public, max-age={KEYS_FOR}"}
        return Answer(200, headers, await self._door.jwks())

    async def stylesheet(self, _: Request) -> Answer:
        """Of the page of tickets."""
        return Answer(200, {"content-type": "text/css; charset=utf-8"}, self._door.printer.asset("tickets.css"))

    async def opener(self, _: Request) -> Answer:
        """A page that opens the tickets with the secret in the address's fragment. It says nothing of the booking."""
        return Answer(200, {"content-type": "text/html; charset=utf-8"}, self._door.printer.asset("open.html"))

    async def opener_script(self, _: Request) -> Answer:
        return Answer(200, {"content-type": "text/javascript; charset=utf-8"}, self._door.printer.asset("open.js"))

    def assets(self) -> list[Route]:
        """What a browser needs to show tickets. It isn't part of the API, and tells nothing of anybody."""
        files = {
            "/tickets/tickets.css": self.stylesheet,
            "/tickets/open.js": self.opener_script,
            "/tickets/{id}": self.opener,
        }
        return [Route(path, Resource({"GET": handler})) for path, handler in files.items()]

    async def check_in(self, request: Request) -> Answer:
        body = await json_body(request)
        return written(await self._door.check_in(body, caller(request)))

    async def check_in_booking(self, request: Request) -> Answer:
        body = await json_body(request)
        return written(await self._door.check_in_booking(booking_id(request), body, caller(request)))

    async def undo_check_in(self, request: Request) -> Answer:
        body = await json_body(request)
        return written(await self._door.undo(body, caller(request)))

    async def take_scans(self, request: Request) -> Answer:
        body = await json_body(request)
        scans = await self._door.take_scans(body, caller(request))
        return answers.json(encoded_scans(scans, request.scope["path"]))

    async def show_door_list(self, request: Request) -> Answer:
        event_id = EventId(object_id(request.path_params["event_id"], "event_id"))
        signed = await self._door.door_list(event_id)
        return Answer(200, {"content-type": "application/jose+json", **_PRIVATE}, signed)


def _next(request: Request, following: int | None) -> dict[str, str]:
    """The way on (RFC 8288), if there is one."""
    return {} if following is None else {"link": f'<{request.scope["path"]}?from={following}>; rel="next"'}


def _number(request: Request) -> int:
    text = request.path_params["number"]
    if text.isascii() and text.isdigit() and len(text) < 7:
        return int(text)
    raise BadInput([FieldFault("number", f"is {text[:60]!r}; the number of a ticket is expected")])
