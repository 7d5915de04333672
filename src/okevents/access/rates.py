"""How often somebody may ask: a token bucket for each, as many as are remembered."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from okevents.errors import TooManyRequests

MAX_REMEMBERED = 100_000
"""Buckets; who was seen longest ago is forgotten first, and so begins with a full one."""


class Buckets:
    """Each holds `burst` at the most and fills by `rate` a second. A rate of 0: as often as anybody likes."""

    def __init__(self, rate: float, burst: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = max(1.0, burst)
        self._monotonic = monotonic
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str) -> None:
        """Raises TooManyRequests if theirs is empty; asking in vain costs nothing more."""
        if not self._rate:
            return
        now = self._monotonic()
        left, at = self._known.get(who, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        if left < 1.0:
            wait = math.ceil((1.0 - left) / self._rate)
            raise TooManyRequests(f"{self._rate:g} requests a second are allowed; ask again in {wait} s", wait)
        self._known[who] = left - 1.0, now
        self._known.move_to_end(who)
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
