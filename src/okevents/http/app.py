"""The ASGI application of one service, or of both in one."""

from collections.abc import Sequence

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
from okevents.http import answers
from okevents.http.answers import Answer
from okevents.http.asgi import App, Receive, Scope, Send, header
from okevents.http.booking_operations import BOOKINGS, DOOR
from okevents.http.bookings import BookingHandlers
from okevents.http.cors import Cors
from okevents.http.dead_letter_operations import DEAD_LETTERS
from okevents.http.dead_letters import DeadLetterHandlers
from okevents.http.documents import DocumentHandlers
from okevents.http.door import DoorHandlers
from okevents.http.events import EventHandlers
from okevents.http.front import Front
from okevents.http.gate import Gate, Handler
from okevents.http.guard import Guard
from okevents.http.health import Health, HealthCheck, HealthHandlers
from okevents.http.importing import Imports
from okevents.http.limits import Limits
from okevents.http.metrics import Carried, Counted, MetricsHandlers, Sent
from okevents.http.operations import BOTH, EVENTS, HEALTH, METRICS
from okevents.http.presentation import PRESENTATION, Presented
from okevents.http.reception import Reception
from okevents.http.routing import Paths, Resource, routes
from okevents.http.schema import Described
from okevents.http.site import Site
from okevents.http.traced import Traced
from okevents.http.traffic import Traffic
from okevents.http.turnstile import Turnstile
from okevents.http.webhook_operations import WEBHOOKS
from okevents.http.webhooks import WebhookHandlers
from okevents.kernel.calendar import CalendarWriter
from okevents.messaging.parked import ParkedMessages
from okevents.messaging.topology import Topology
from okevents.observability import tracing
from okevents.webhooks.service import WebhookService

__all__ = ["Bookings", "Carried", "Counted", "Events", "Health", "HealthCheck", "Imports", "Limits", "Sent", "build"]


class Bookings(Struct, frozen=True):
    """What serves the requests to the Booking Service. Without an `authenticator` everything is open."""

    service: BookingService
    door: Door
    live: LiveAvailability
    calendars: CalendarWriter
    authenticator: Authenticator | None = None


class Events(Struct, frozen=True):
    """What serves the requests to the Events Service."""

    service: EventService
    calendars: CalendarWriter
    imports: Imports
    webhooks: WebhookService
    authenticator: Authenticator | None = None


def build(
    events: Events | None,
    bookings: Bookings | None,
    *,
    health: Health,
    limits: Limits,
    counted: Counted | None = None,
    origins: Sequence[str] = (),
    topology: Topology | None = None,
    site: Site | None = None,
) -> App:
    """The application; None for a service that this process doesn't have. `counted` is shown by the metrics. `origins`:
    whose pages may use it, too. `topology`: what the document of the messages tells; None: that by default. `site`: the
    pages beside it, if there are any."""
    has_events, has_bookings = events is not None, bookings is not None
    known: list[Route] = []
    buckets = Buckets(limits.rate, limits.burst)
    gate = events_gate = Gate(None, buckets)
    if events is not None:
        gate = events_gate = Gate(events.authenticator, buckets)
        known += routes(EVENTS, EventHandlers(events.service, events.calendars, events.imports, limits), gate)
        known += routes(WEBHOOKS, WebhookHandlers(events.webhooks, limits), gate)
    if bookings is not None:
        door = DoorHandlers(bookings.door, bookings.calendars)
        gate = Gate(bookings.authenticator, buckets, bookings.service.opened_issue)
        known += routes(BOOKINGS, BookingHandlers(bookings.service, bookings.live, limits), gate)
        known += routes(DOOR, door, gate)
        known += door.assets()
    known += routes(HEALTH, HealthHandlers(health), gate)
    counted = counted or Counted(traffic=Traffic())
    known += routes(METRICS, MetricsHandlers(counted), gate)
    parked = ParkedMessages(counted.carried.dead_letters)
    known += routes(DEAD_LETTERS, DeadLetterHandlers(parked, limits), gate)
    process = Described(
        has_events=has_events,
        has_bookings=has_bookings,
        has_access_control=any(each is not None and each.authenticator is not None for each in (events, bookings)),
        max_page_size=limits.max_page_size,
    )
    known += DocumentHandlers(process, topology or Topology()).routes()
    known.append(Route("/", Resource({"GET": _index(has_events, None if site is None else site.home)})))
    if site is not None:
        known += site.routes(events_gate, gate)
        origins = (*origins, *site.origins)
    app: App = Guard(Paths(known, _nothing(site)), limits)
    if events is not None:
        app = Front(app, events.service)
    if limits.rate:
        app = Turnstile(app, buckets)
    if tracing.is_on():
        paths = {each.name: each.path for each in (*EVENTS, *WEBHOOKS, *BOOKINGS, *DOOR, *DEAD_LETTERS)}
        app = Traced(app, paths, frozenset(each.path for each in BOTH))
    if site is not None:
        app = Presented(app, site.prefixes, site.presentation)
    app = Reception(app, counted.traffic)
    return Cors(app, origins) if origins else app


def _index(has_events: bool, home: str | None) -> Handler:
    links = {
        "version": __version__,
        "try_it": "/schema",
        "openapi": "/schema/openapi.json",
        "messages": "/schema/messages",
        "asyncapi": "/schema/asyncapi.json",
        "ready": "/health/ready",
    }
    if has_events:
        links["events"] = "/events"
    if home is not None:
        links["pages"] = home
    body = msgspec.json.encode({"name": "okevents", **links})

    async def index(request: Request) -> Answer:
        """Where to go from here; who comes with a browser is led there."""
        if home is not None and _is_browser(request.scope):
            return Answer(302, {"location": home, "vary": "Accept"})
        return answers.json(body, headers={"vary": "Accept"})

    return index


def _nothing(site: Site | None) -> App:
    async def nothing(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's
        if site is not None and scope["method"] == "GET" and _is_browser(scope):
            scope[PRESENTATION] = site.presentation
        raise NotFound(f"there is nothing at {scope['path']}; see /schema for what there is")

    return nothing


def _is_browser(scope: Scope) -> bool:
    """Whether somebody wants to see a page: programs don't ask for HTML."""
    return "text/html" in (header(scope, b"accept") or "")
