"""Whether spans are recorded."""

from typing import Annotated

from okevents.config import parse
from okevents.config.option import Option, Part
from okevents.config.table.logs import LogSettings


class TraceSettings(LogSettings, frozen=True, kw_only=True):
    """Traces. Everything else about them is said by OpenTelemetry's own variables."""

    traces: Annotated[
        bool,
        Option(
            part=Part.TRACES,
            help="Record traces, and send them where OTEL_EXPORTER_OTLP_ENDPOINT says. Needs the extra `traces`.",
            parse=parse.flag,
        ),
    ] = False
