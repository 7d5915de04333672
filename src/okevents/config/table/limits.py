"""What a request may cost, and a client."""

from typing import Annotated

from okevents.config import parse
from okevents.config.option import Option, Part, count, seconds, size
from okevents.config.table.webhooks import WebhookSettings


class LimitSettings(WebhookSettings, frozen=True, kw_only=True):
    """Bounds on size, time and number."""

    page_size: Annotated[
        int, count(Part.LIMITS, "Entries in a page of a list where the request doesn't say.", 1, 10_000)
    ] = 50
    max_page_size: Annotated[int, count(Part.LIMITS, "The most that a request may ask for in a page.", 1, 10_000)] = 500
    max_url: Annotated[int, size(Part.LIMITS, "The longest URL of a request.", 256, 64 * 1024)] = 8192
    max_header: Annotated[
        int, size(Part.LIMITS, "The largest header of a request, all its fields together.", 1024, 1024**2)
    ] = 32 * 1024
    max_fields: Annotated[int, count(Part.LIMITS, "The most fields of a header.", 10, 10_000)] = 100
    max_body: Annotated[
        int, size(Part.LIMITS, "The largest body of a request, and entry of an import.", 1024, 64 * 1024**2)
    ] = 1024**2
    body_timeout: Annotated[float, seconds(Part.LIMITS, "How long a client may take to send a body.", 0.1, 600)] = 15.0
    request_timeout: Annotated[
        float, seconds(Part.LIMITS, "How long a request may take to be answered; streams are exempt.", 0.1, 600)
    ] = 30.0
    max_wait: Annotated[
        float,
        seconds(
            Part.LIMITS,
            "How long a write may wait for its turn; one that waits longer, or would have to, gets 503.",
            0.05,
            600,
        ),
    ] = 5.0
    max_connections: Annotated[
        int,
        count(
            Part.LIMITS,
            "The most connections that are open at once. Beyond that idle ones are closed for new ones, and new "
            "ones refused where none is idle.",
            10,
            1_000_000,
        ),
    ] = 10_000
    max_streams: Annotated[
        int,
        count(
            Part.LIMITS,
            "The most streams of availability that one address follows at once. Those from this machine itself "
            "aren't counted.",
            1,
            1_000_000,
        ),
    ] = 1000
    rate: Annotated[
        int,
        count(
            Part.LIMITS,
            "Requests a second for each address and each token; 0: as many as they like. Requests from this "
            "machine itself aren't counted.",
            0,
            1_000_000,
        ),
    ] = 100
    burst: Annotated[int, count(Part.LIMITS, "So many may come at once after a pause.", 1, 1_000_000)] = 500
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
        seconds(
            Part.LIMITS,
            "How long a process goes on serving after SIGTERM, while it says that it isn't ready: as long as "
            "those who choose among several processes take to notice.",
            0,
            600,
        ),
    ] = 0.0
    shutdown_grace: Annotated[
        float, seconds(Part.LIMITS, "How long a stopping process may take to finish what it accepted.", 0, 600)
    ] = 10.0
