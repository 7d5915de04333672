"""The ASGI application of one service, or of both in one."""

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.routing import Route

from okevents import __version__
from okevents.access.authenticator import Authenticator
from okevents.access.rates import Buckets
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
from okevents.http.gate import Gate, Handler
from okevents.http.guard import Guard
from okevents.http.health import Health, HealthCheck, HealthHandlers
from okevents.http.limits import Limits
from okevents.http.metrics import MetricsHandlers
from okevents.http.operations import EVENTS, HEALTH, METRICS
from okevents.http.reception import Reception
from okevents.http.routing import Paths, Resource, routes
from okevents.http.turnstile import Turnstile
from okevents.kernel.group_commit import BatchStatistics

__all__ = ["Bookings", "Events", "Health", "HealthCheck", "Limits", "build"]


class Bookings(Struct, frozen=True):
    """What serves the requests to the Booking Service. Without an `authenticator` everything is open."""

    service: BookingService
    door: Door
    live: LiveAvailability
    authenticator: Authenticator | None = None


class Events(Struct, frozen=True):
    """What serves the requests to the Events Service."""

    service: EventService
    authenticator: Authenticator | None = None


def build(
    events: Events | None,
    bookings: Bookings | None,
    *,
    health: Health,
    limits: Limits,
) -> App:
    """The application; None for a service that this process doesn't have."""
    has_events, has_bookings = events is not None, bookings is not None
    known: list[Route] = []
    statistics: dict[str, BatchStatistics] = {}
    buckets = Buckets(limits.rate, limits.burst)
    gate = Gate(None, buckets)
    if events is not None:
        gate = Gate(events.authenticator, buckets)
        known += routes(EVENTS, EventHandlers(events.service, limits), gate)
        statistics["events"] = events.service.statistics
    if bookings is not None:
        door = DoorHandlers(bookings.door)
        gate = Gate(bookings.authenticator, buckets, bookings.service.opened_issue)
        known += routes(BOOKINGS, BookingHandlers(bookings.service, bookings.live, limits), gate)
        known += routes(DOOR, door, gate)
        known += door.assets()
        statistics["bookings"] = bookings.service.statistics
    known += routes(HEALTH, HealthHandlers(health), gate)
    known += routes(METRICS, MetricsHandlers(statistics), gate)
    process = schema.Described(
        has_events=has_events,
        has_bookings=has_bookings,
        has_access_control=any(each is not None and each.authenticator is not None for each in (events, bookings)),
        max_page_size=limits.max_page_size,
    )
    known += schema.SchemaHandlers(schema.openapi(process)).routes()
    known.append(Route("/", Resource({"GET": _index(has_events)})))
    app: App = Guard(Paths(known, _nothing), limits)
    if events is not None:
        app = Front(app, events.service)
    return Reception(Turnstile(app, buckets) if limits.rate else app)


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
