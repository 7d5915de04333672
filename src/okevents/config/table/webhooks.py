"""Where webhooks may lead, and what they may cost."""

from typing import Annotated

from okevents.config import parse
from okevents.config.option import Option, Part, count, seconds
from okevents.config.shape import WITH_EVENTS
from okevents.config.table.bookings import BookingSettings

_DAY = 86_400.0


class WebhookSettings(BookingSettings, frozen=True, kw_only=True):
    """What is posted to webhooks."""

    webhook_networks: Annotated[
        tuple[str, ...],
        Option(
            part=Part.WEBHOOKS,
            help="Addresses or networks that webhooks may lead to although they aren't public; http:// is for these "
            "alone.",
            parse=parse.networks,
            metavar="ADDRESS,…",
            shapes=WITH_EVENTS,
            default_said="none",
        ),
    ] = ()
    webhook_timeout: Annotated[
        float, seconds(Part.WEBHOOKS, "How long a post to a webhook may take.", 0.1, 30, WITH_EVENTS)
    ] = 15.0
    webhook_posts: Annotated[
        int, count(Part.WEBHOOKS, "How many posts to webhooks a process has under way at once.", 1, 10_000, WITH_EVENTS)
    ] = 128
    webhook_posts_each: Annotated[
        int, count(Part.WEBHOOKS, "How many of them to one webhook.", 1, 1_000, WITH_EVENTS)
    ] = 4
    webhook_retention: Annotated[
        float,
        seconds(
            Part.WEBHOOKS,
            "How long deliveries to webhooks are kept, for the log and for replays.",
            7 * _DAY,
            365 * _DAY,
            WITH_EVENTS,
        ),
    ] = 14 * _DAY
