"""Serving: the parts, with HTTP in front of them, until a signal ends it."""

import asyncio
import gc
from collections.abc import Callable
from functools import partial

from okevents.bookings.service import Heard
from okevents.bootstrap.parts import Parts, running
from okevents.bootstrap.traces import recording
from okevents.config.settings import Settings
from okevents.config.shape import Shape
from okevents.http import app, server
from okevents.http.asgi import App
from okevents.http.forwarded import Forwarded
from okevents.pages.addresses import Addresses
from okevents.pages.operating import Operated
from okevents.pages.site import Pages

GARBAGE_THRESHOLD = 20_000
"""New objects, less those that have gone, after which the youngest are looked through."""


async def serve(settings: Settings, shape: Shape, *, heard: Heard, on_listening: Callable[[str], None]) -> None:
    """Runs until it is cancelled, or SIGTERM or SIGINT comes; then finishes what it accepted.

    `heard` is told of each event that the Booking Service hears of and has saved; `on_listening` the address, once.
    Raises ConfigurationError and StoreUnavailable before it listens.
    """
    async with recording(settings, shape), running(settings, shape, heard) as parts:
        checks = [app.HealthCheck(name=f"{name}-database", check=each.check) for name, each in parts.databases.items()]
        checks.append(app.HealthCheck(name="broker", check=parts.broker.check, is_required=False))
        limits = limits_of(settings)
        health = app.Health(checks)
        stopping = server.Stopping(
            delay=settings.shutdown_delay,
            grace=settings.shutdown_grace,
            on_signal=health.stop,
            on_stop=partial(_end_streams, parts),
        )
        served = application(settings, parts, health)
        certificate = None
        if settings.tls_certificate is not None and settings.tls_key is not None:
            certificate = server.Certificate(settings.tls_certificate, settings.tls_key)
        async with health.watching():
            _collect_garbage_less_often()
            await server.serve(served, settings.host, settings.port, limits, certificate, on_listening, stopping)


def _end_streams(parts: Parts) -> None:
    """Those that would go on for as long as their clients like."""
    if parts.events is not None:
        parts.events.imports.end()
    if parts.bookings is not None:
        parts.bookings.live.close()


def application(settings: Settings, parts: Parts, health: app.Health) -> App:
    """What answers requests: the API of those parts, and the pages beside it."""
    addresses = Addresses(
        events=settings.events_address if parts.events is None else "",
        bookings=settings.bookings_address if parts.bookings is None else "",
    )
    asgi = app.build(
        parts.events,
        parts.bookings,
        health=health,
        limits=limits_of(settings),
        counted=parts.counted,
        origins=settings.cors_origins,
        topology=settings.topology,
        site=Pages(parts.events, parts.bookings, addresses, settings.site_name, Operated(parts.samples, health)),
    )
    return Forwarded(asgi, settings.trusted_proxies) if settings.trusted_proxies else asgi


def limits_of(settings: Settings) -> app.Limits:
    """What the settings say of what a request may cost, and a client."""
    return app.Limits(
        max_url=settings.max_url,
        max_header=settings.max_header,
        max_fields=settings.max_fields,
        max_body=settings.max_body,
        body_timeout=settings.body_timeout,
        request_timeout=settings.request_timeout,
        page_size=settings.page_size,
        max_page_size=settings.max_page_size,
        max_connections=settings.max_connections,
        max_streams=settings.max_streams,
        rate=settings.rate,
        burst=settings.burst,
    )


def _collect_garbage_less_often() -> None:
    """A request leaves few cycles behind, and looking for them after every few hundred objects costs a tenth of it.
    What the start has made stays for good, and needn't be looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 10, 10)


def run(settings: Settings, shape: Shape, *, heard: Heard, on_listening: Callable[[str], None]) -> None:
    """The same on the fastest loop there is here."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(serve(settings, shape, heard=heard, on_listening=on_listening))
    else:
        uvloop.run(serve(settings, shape, heard=heard, on_listening=on_listening))
