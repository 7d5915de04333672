"""What a request may cost, and a client."""

from typing import Annotated

from okevents.config import parse
from okevents.config.option import Option, Part
from okevents.config.table.bookings import BookingSettings


class LimitSettings(BookingSettings, frozen=True, kw_only=True):
    """Bounds on size, time and number."""

    page_size: Annotated[
        int,
        Option(
            part=Part.LIMITS,
            help="Entries in a page of a list where the request doesn't say.",
            parse=parse.whole(1, 10_000),
            metavar="COUNT",
        ),
    ] = 50
    max_page_size: Annotated[
        int,
        Option(
            part=Part.LIMITS,
            help="The most that a request may ask for in a page.",
            parse=parse.whole(1, 10_000),
            metavar="COUNT",
        ),
    ] = 500
    max_url: Annotated[
        int,
        Option(
            part=Part.LIMITS,
            help="The longest URL of a request.",
            parse=parse.size(256, 64 * 1024),
            metavar="BYTES",
        ),
    ] = 8192
    max_header: Annotated[
        int,
        Option(
            part=Part.LIMITS,
            help="The largest header of a request, all its fields together.",
            parse=parse.size(1024, 1024**2),
            metavar="BYTES",
        ),
    ] = 32 * 1024
    max_fields: Annotated[
        int,
        Option(
            part=Part.LIMITS,
            help="The most fields of a header.",
            parse=parse.whole(10, 10_000),
            metavar="COUNT",
        ),
    ] = 100
    max_body: Annotated[
        int,
        Option(
            part=Part.LIMITS,
            help="The largest body of a request.",
            parse=parse.size(1024, 64 * 1024**2),
            metavar="BYTES",
        ),
    ] = 1024**2
    body_timeout: Annotated[
        float,
        Option(
            part=Part.LIMITS,
            help="How long a client may take to send a body.",
            parse=parse.seconds(0.1, 600),
            metavar="SECONDS",
        ),
    ] = 15.0
    request_timeout: Annotated[
        float,
        Option(
            part=Part.LIMITS,
            help="How long a request may take to be answered; streams are exempt.",
            parse=parse.seconds(0.1, 600),
            metavar="SECONDS",
        ),
    ] = 30.0
    max_connections: Annotated[
        int,
        Option(
            part=Part.LIMITS,
            help="The most connections that are open at once. Beyond that idle ones are closed for new ones, and new "
            "ones refused where none is idle.",
            parse=parse.whole(10, 1_000_000),
            metavar="COUNT",
        ),
    ] = 10_000
    rate: Annotated[
        int,
        Option(
            part=Part.LIMITS,
            help="Requests a second for each address and each token; 0: as many as they like. Requests from this "
            "machine itself aren't counted.",
            parse=parse.whole(0, 1_000_000),
            metavar="COUNT",
        ),
    ] = 100
    burst: Annotated[
        int,
        Option(
            part=Part.LIMITS,
            help="So many may come at once after a pause.",
            parse=parse.whole(1, 1_000_000),
            metavar="COUNT",
        ),
    ] = 500
    trusted_proxies: Annotated[
        tuple[str, ...],
        Option(
            part=Part.LIMITS,
            help="Addresses or networks of proxies, whose header X-Forwarded-For says who asks.",
            parse=parse.networks,
            metavar="ADDRESS,…",
            default_said="none",
        ),
    ] = ()
    shutdown_delay: Annotated[
        float,
        Option(
            part=Part.LIMITS,
            help="How long a process goes on serving after SIGTERM, while it says that it isn't ready: as long as "
            "those who choose among several processes take to notice.",
            parse=parse.seconds(0, 600),
            metavar="SECONDS",
        ),
    ] = 0.0
    shutdown_grace: Annotated[
        float,
        Option(
            part=Part.LIMITS,
            help="How long a stopping process may take to finish what it accepted.",
            parse=parse.seconds(0, 600),
            metavar="SECONDS",
        ),
    ] = 10.0
