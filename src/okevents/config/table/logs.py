"""What is logged."""

from typing import Annotated, Literal

from okevents.config import parse
from okevents.config.option import Option, Part
from okevents.config.table.limits import LimitSettings

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]


class LogSettings(LimitSettings, frozen=True, kw_only=True):
    """How much is logged, and how."""

    log_level: Annotated[
        LogLevel,
        Option(
            part=Part.LOGS,
            help="The least that is logged: debug, info, warning or error.",
            parse=parse.choice("debug", "info", "warning", "error"),
            metavar="LEVEL",
        ),
    ] = "info"
    log_format: Annotated[
        LogFormat,
        Option(
            part=Part.LOGS,
            help="text for people, json for machines: one object a line.",
            parse=parse.choice("text", "json"),
            metavar="FORMAT",
        ),
    ] = "text"
