"""The web pages, and where those of the other service are."""

from typing import Annotated

from okevents.config import parse
from okevents.config.option import Option, Part
from okevents.config.shape import Shape
from okevents.config.table.traces import TraceSettings


def _address(help: str, shape: Shape) -> Option:
    return Option(
        part=Part.PAGES, help=help, parse=parse.origin, metavar="ORIGIN", shapes=frozenset({shape}), default_said="none"
    )


class PageSettings(TraceSettings, frozen=True, kw_only=True):
    """What the pages are called, and what they link to."""

    site_name: Annotated[
        str,
        Option(
            part=Part.PAGES, help="The name of the house, at the head of every page.", parse=parse.line, metavar="NAME"
        ),
    ] = "okevents"
    events_address: Annotated[
        str | None,
        _address(
            "Where guests find the Events Service's pages, as a browser names it: the Booking Service's pages link to "
            "it, and its pages may use this service's API.",
            Shape.BOOKINGS,
        ),
    ] = None
    bookings_address: Annotated[
        str | None,
        _address(
            "Where guests find the Booking Service's pages, as a browser names it: without it the Events Service's "
            "pages show events, and no way to book them.",
            Shape.EVENTS,
        ),
    ] = None
