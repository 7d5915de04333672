"""When a delivery that failed is tried again: the schedule that the Standard Webhooks specification recommends."""

import random
from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from okevents.kernel.spreading import Uniform

_MINUTE, _HOUR = 60.0, 3600.0

WAITS = (
    5.0,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
"""Seconds after the first attempt, the second, and so on."""

JITTER = 0.1
"""Of each wait: so much longer at most, so that many who failed together don't return together."""

LONGEST = 24 * _HOUR
"""Seconds for which a receiver may put a next attempt off."""

GIVEN_UP_AFTER = timedelta(days=5)


class Schedule(Struct, frozen=True, kw_only=True):
    """`waits`, and how old a delivery may become before it isn't tried any more."""

    waits: Sequence[float] = WAITS
    given_up_after: timedelta = GIVEN_UP_AFTER

    def next_wait(
        self, attempts: int, age: timedelta, retry_after: float | None = None, uniform: Uniform = random.uniform
    ) -> float | None:
        """Seconds until the next attempt, when so many have failed; None: that was the last one.

        A receiver that says when it can be asked again is not asked earlier.
        """
        if attempts > len(self.waits):
            return None
        planned = self.waits[attempts - 1]
        wait = max(planned, min(retry_after or 0.0, LONGEST))
        if age + timedelta(seconds=wait) > self.given_up_after:
            return None
        return wait + uniform(0.0, JITTER * wait)


STANDARD = Schedule()
