"""Traces, recorded and sent by OpenTelemetry. Imported only where they are wanted: it is an extra."""

from okevents.telemetry.opentelemetry import OpenTelemetry

__all__ = ["OpenTelemetry"]
