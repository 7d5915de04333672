"""The real composition root, on what is simulated in place of servers, clocks and randomness."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from okevents.bookings.settler import Settler
from okevents.bootstrap import backends, parts
from okevents.kernel.group_commit import GroupCommit
from okevents.kernel.ids import Nonce
from okevents.messaging import supervision
from okevents.messaging.backoff import Backoff
from okevents.messaging.relay import Relay
from tests.simulation.life import Life
from tests.simulation.loop import whose

BY_THE_CLOCK: tuple[Any, ...] = (GroupCommit.__init__, Relay.__init__, Settler.__init__, supervision.supervised)
"""What takes the time for its default."""


def life() -> Life:
    """That which is asking."""
    found = whose.get()
    assert isinstance(found, Life), "asked for by nobody's task"
    return found


def _monotonic() -> float:
    return life().clock.monotonic()


def _nonce() -> Nonce:
    return life().nonce()


def _uniform(least: float, most: float) -> float:
    return life().chance.uniform(least, most)


@contextmanager
def simulated(
    events_database: Callable[[Life], object],
    bookings_database: Callable[[Life], object],
    broker: Callable[[Life], object],
) -> Iterator[None]:
    """Meanwhile `running` is given these, and every process its own clock and its own randomness, from the seed."""
    with ExitStack() as stack:

        def put(where: object, name: str, what: object) -> None:
            stack.enter_context(mock.patch.object(where, name, what))

        put(backends, "events_database", lambda _: events_database(life()))
        put(backends, "bookings_database", lambda _: bookings_database(life()))
        put(backends, "broker", lambda *_: broker(life()))
        put(parts, "SystemClock", lambda: life().clock)
        put(parts, "random_nonce", _nonce)
        put(Backoff.wait, "__defaults__", (_uniform,))
        for function in BY_THE_CLOCK:
            defaults: Mapping[str, object] = function.__kwdefaults__
            put(function, "__kwdefaults__", {**defaults, "monotonic": _monotonic})
        stack.enter_context(_seeded())
        yield


@contextmanager
def _seeded() -> Iterator[None]:
    """Whoever draws from the module's own generator gets the same numbers each time."""
    before = random.getstate()
    random.seed(0)
    try:
        yield
    finally:
        random.setstate(before)
