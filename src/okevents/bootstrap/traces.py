"""Traces, if they are wanted, for as long as the program serves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from okevents.config.settings import Settings
from okevents.config.shape import Shape
from okevents.errors import ConfigurationError
from okevents.observability import tracing

SERVICE_NAMES = {Shape.UP: "okevents", Shape.EVENTS: "okevents-events", Shape.BOOKINGS: "okevents-bookings"}
"""What a process is called in its traces unless OpenTelemetry's own variables say otherwise."""


@asynccontextmanager
async def recording(settings: Settings, shape: Shape) -> AsyncIterator[None]:
    """Until it is left, spans are recorded; then what is left of them is sent, in a bounded time. Nothing of
    OpenTelemetry is imported where they aren't wanted.

    Raises ConfigurationError.
    """
    if not settings.traces:
        yield
        return
    try:
        from okevents.telemetry import OpenTelemetry
    except ImportError as error:
        said = f"traces are on, but {error.name} can't be imported; run: pip install 'okevents[traces]'"
        raise ConfigurationError([said]) from None
    recorder = OpenTelemetry(SERVICE_NAMES[shape])
    tracing.record_to(recorder)
    try:
        yield
    finally:
        tracing.record_to(None)
        await asyncio.to_thread(recorder.close)
