"""How long to wait before another try: exponential, with full jitter, so that many who failed together don't return
together (Brooker, "Exponential Backoff And Jitter")."""

import random

from msgspec import Struct

from okevents.kernel.spreading import Uniform


class Backoff(Struct, frozen=True, kw_only=True):
    """Seconds: the first wait is at most `first`, each further one at most twice as long, none over `longest`."""

    first: float = 0.1
    longest: float = 5.0

    def wait(self, attempt: int, uniform: Uniform = random.uniform) -> float:
        """The wait after the given attempt, counted from 1."""
        ceiling = min(self.longest, self.first * 2.0 ** min(attempt - 1, 60))
        return uniform(0.0, ceiling)
