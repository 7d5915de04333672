"""The ASGI application of one service, or of both in one."""

import logging
from collections.abc import Sequence
from typing import cast

import msgspec
from litestar import Litestar, Request, get
from litestar.datastructures import State
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.response import Response

from okevents import __version__
from okevents.bookings.service import BookingService
from okevents.errors import BadInput, FieldFault, MethodNotAllowed, NotFound, OkeventsError
from okevents.events.service import EventService
from okevents.http import answers, bookings, events, health, schema
from okevents.http.asgi import App
from okevents.http.front import Front
from okevents.http.guard import Guard
from okevents.http.health import HealthCheck
from okevents.http.limits import Limits
from okevents.http.problems import InternalError, problem

__all__ = ["HealthCheck", "Limits", "build"]

log = logging.getLogger(__name__)

AnyRequest = Request[object, object, State]


def build(
    event_service: EventService | None,
    booking_service: BookingService | None,
    *,
    health_checks: Sequence[HealthCheck],
    limits: Limits,
) -> App:
    """The application; None for a service that this process doesn't have."""
    routes = [index, *health.ROUTES, *schema.ROUTES]
    if event_service is not None:
        routes += events.ROUTES
    if booking_service is not None:
        routes += bookings.ROUTES
    document = schema.openapi(has_events=event_service is not None, has_bookings=booking_service is not None)
    state = {
        "events": event_service,
        "bookings": booking_service,
        "health": health_checks,
        "limits": limits,
        "schema": msgspec.json.encode(document),
    }
    app = cast(
        App,
        Litestar(
            route_handlers=routes,
            state=State(state),
            openapi_config=None,
            request_max_body_size=None,
            exception_handlers={OkeventsError: _refuse, HTTPException: _refuse_http, Exception: _fail},
            logging_config=None,
        ),
    )
    if event_service is not None:
        app = Front(app, event_service)
    return Guard(app, limits)


@get("/")
async def index(request: AnyRequest) -> Response[bytes]:
    """Where to go from here."""
    links = {"version": __version__, "try_it": "/schema", "openapi": "/schema/openapi.json", "ready": "/health/ready"}
    if request.app.state.events is not None:
        links["events"] = "/events"
    return answers.json(msgspec.json.encode({"name": "okevents", **links}))


def _refuse(request: AnyRequest, error: OkeventsError) -> Response[bytes]:
    status, headers, body = problem(error, request.scope["path"])
    return Response(body, status_code=status, headers=headers, media_type=headers["content-type"])


def _refuse_http(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """What the framework itself refuses."""
    path, method = request.scope["path"], request.scope["method"]
    if isinstance(error, MethodNotAllowedException):
        response = _refuse(request, MethodNotAllowed(f"{path} has no method {method}"))
        response.headers.update(error.headers or {})
        return response
    if isinstance(error, NotFoundException):
        return _refuse(request, NotFound(f"there is nothing at {path}; see /schema for what there is"))
    if error.status_code < 500:
        return _refuse(request, BadInput([FieldFault("", error.detail)]))
    return _fail(request, error)


def _fail(request: AnyRequest, error: Exception) -> Response[bytes]:
    log.error("%s %s failed", request.scope["method"], request.scope["path"], exc_info=error)
    return _refuse(request, InternalError("something went wrong here; it is logged"))
