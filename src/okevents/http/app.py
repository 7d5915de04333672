"""The ASGI application of one service, or of both in one."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.routing import Route

from okevents import __version__
from okevents.bookings.door import Door
from okevents.bookings.live import LiveAvailability
from okevents.bookings.service import BookingService
from okevents.errors import NotFound
from okevents.events.service import EventService
from okevents.http import answers, schema
from okevents.http.answers import Answer
from okevents.http.asgi import App, Receive, Scope, Send
from okevents.http.booking_operations import BOOKINGS, DOOR
from okevents.http.bookings import BookingHandlers
from okevents.http.door import DoorHandlers
from okevents.http.events import EventHandlers
from okevents.http.front import Front
from okevents.http.guard import Guard
from okevents.http.health import HealthCheck, HealthHandlers
from okevents.http.limits import Limits
from okevents.http.metrics import MetricsHandlers
from okevents.http.operations import EVENTS, HEALTH, METRICS
from okevents.http.routing import Handler, Paths, Resource, routes
from okevents.kernel.group_commit import BatchStatistics

__all__ = ["Bookings", "HealthCheck", "Limits", "build"]


class Bookings(Struct, frozen=True):
    """What serves the requests to the Booking Service."""

    service: BookingService
    door: Door
    live: LiveAvailability


def build(
    event_service: EventService | None,
    bookings: Bookings | None,
    *,
    health_checks: Sequence[HealthCheck],
    limits: Limits,
) -> App:
    """The application; None for a service that this process doesn't have."""
    has_events, has_bookings = event_service is not None, bookings is not None
    known: list[Route] = []
    if bookings is not None:
        door = DoorHandlers(bookings.door)
        known += routes(BOOKINGS, BookingHandlers(bookings.service, bookings.live, limits))
        known += routes(DOOR, door)
        known.append(Route("/tickets/tickets.css", Resource({"GET": door.stylesheet})))
    if event_service is not None:
        known += routes(EVENTS, EventHandlers(event_service, limits))
    statistics: dict[str, BatchStatistics] = {}
    if event_service is not None:
        statistics["events"] = event_service.statistics
    if bookings is not None:
        statistics["bookings"] = bookings.service.statistics
    known += routes(HEALTH, HealthHandlers(health_checks))
    known += routes(METRICS, MetricsHandlers(statistics))
    known += schema.SchemaHandlers(schema.openapi(has_events=has_events, has_bookings=has_bookings)).routes()
    known.append(Route("/", Resource({"GET": _index(has_events)})))
    app: App = Guard(Paths(known, _nothing), limits)
    return app if event_service is None else Front(app, event_service)


def _index(has_events: bool) -> Handler:
    links = {"version": __version__, "try_it": "/schema", "openapi": "/schema/openapi.json", "ready": "/health/ready"}
    if has_events:
        links["events"] = "/events"
    body = msgspec.json.encode({"name": "okevents", **links})

    async def index(_: Request) -> Answer:
        """Where to go from here."""
        return answers.json(body)

    return index


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's
    raise NotFound(f"there is nothing at {scope['path']}; see /schema for what there is")
