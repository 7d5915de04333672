"""The ASGI application of one service, or of both in one."""

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.routing import Route, Router

from okevents import __version__
from okevents.bookings.service import BookingService
from okevents.errors import NotFound
from okevents.events.service import EventService
from okevents.http import answers, schema
from okevents.http.answers import Answer
from okevents.http.asgi import App, Receive, Scope, Send
from okevents.http.bookings import BookingHandlers
from okevents.http.events import EventHandlers
from okevents.http.front import Front
from okevents.http.guard import Guard
from okevents.http.health import HealthCheck, HealthHandlers
from okevents.http.limits import Limits
from okevents.http.operations import BOOKINGS, BOTH, EVENTS
from okevents.http.routing import Handler, Resource, routes

__all__ = ["HealthCheck", "Limits", "build"]


def build(
    event_service: EventService | None,
    booking_service: BookingService | None,
    *,
    health_checks: Sequence[HealthCheck],
    limits: Limits,
) -> App:
    """The application; None for a service that this process doesn't have."""
    has_events, has_bookings = event_service is not None, booking_service is not None
    known: list[Route] = []
    if booking_service is not None:
        known += routes(BOOKINGS, BookingHandlers(booking_service))
    if event_service is not None:
        known += routes(EVENTS, EventHandlers(event_service, limits))
    known += routes(BOTH, HealthHandlers(health_checks))
    known += schema.SchemaHandlers(schema.openapi(has_events=has_events, has_bookings=has_bookings)).routes()
    known.append(Route("/", Resource({"GET": _index(has_events)})))
    app: App = Guard(Router(known, redirect_slashes=False, default=_nothing), limits)
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
