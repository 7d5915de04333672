"""What the house decides: how long holds and offers last, and how often a waiting party may be passed over."""

from datetime import datetime, timedelta

from msgspec import Struct

from okevents.kernel.clock import EPOCH

SECOND = timedelta(seconds=1)

STEPS = 128
"""A hold's end falls on a grid of which it spans 64 to 128 steps: so many ends there are, at most, to keep in mind for
each doubling of its length, however many holds there are."""


class Rules(Struct, frozen=True, kw_only=True):
    """Settings of the Booking Service.

    `hold` is how long places are held where a request doesn't say, `max_hold` the longest that it may ask for, and
    `hold_limit` the longest in total, with all extensions. An offer to a waiting party lasts for `offer`, but not
    longer than half of the time that is left, nor shorter than `min_offer`, nor beyond the closing of the booking.
    A waiting party that is too large for what is free may be passed over `max_passes` times.
    """

    hold: timedelta = timedelta(minutes=15)
    max_hold: timedelta = timedelta(hours=1)
    hold_limit: timedelta = timedelta(hours=2)
    offer: timedelta = timedelta(hours=24)
    min_offer: timedelta = timedelta(minutes=15)
    max_passes: int = 3


def end_of_hold(at: datetime, length: timedelta) -> datetime:
    """When a hold of that length ends: at a full second, a long one up to a sixty-fourth of its length later."""
    seconds, step = max(1, length // SECOND), 1
    while step * STEPS <= seconds:
        step *= 2
    grid = timedelta(seconds=step)
    return EPOCH - (EPOCH - (at + length)) // grid * grid


def end_of_offer(at: datetime, closes_at: datetime, rules: Rules) -> datetime:
    """When an offer ends that is made now."""
    length = max(min(rules.offer, (closes_at - at) / 2), rules.min_offer)
    return min(end_of_hold(at, length), closes_at)
