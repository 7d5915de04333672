"""When a call is tried again, and how long it waits before that."""

import random

from msgspec import Struct

from okevents.client.errors import KeyInFlight, Problem
from okevents.kernel.spreading import Uniform
from okevents.messaging.backoff import Backoff

_FOR_GOOD = frozenset({501, 505})
"""These the same service answers whenever it is asked."""


class Retries(Struct, frozen=True, kw_only=True):
    """All in seconds but `attempts`, the most tries of a call.

    `deadline`: how long a call may take, with all its tries and waits; a stream, until it begins. `timeout`: how long
    one try may wait for the service. The first wait is at most `first`, each further one at most twice as long, none
    over `longest`; what the service asks for by `Retry-After` comes on top.
    """

    attempts: int = 10
    deadline: float = 30.0
    timeout: float = 10.0
    first: float = 0.1
    longest: float = 5.0

    def wait(self, attempt: int, retry_after: float | None, uniform: Uniform = random.uniform) -> float:
        """The wait after the given attempt, counted from 1: with full jitter, also on top of `Retry-After`, for many
        who are told the same mustn't return in the same moment."""
        backoff = Backoff(first=self.first, longest=self.longest)
        return (retry_after or 0.0) + backoff.wait(attempt, uniform)


def is_passing(problem: Problem) -> bool:
    """Whether the same request may be granted a moment later, with nothing else changed."""
    if problem.status >= 500:
        return problem.status not in _FOR_GOOD
    return problem.status == 429 or isinstance(problem, KeyInFlight)
