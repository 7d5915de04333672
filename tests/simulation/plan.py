"""What a seed decides before anything begins: how many take part, how long, and how much goes wrong."""

import random

from msgspec import Struct


class Faults(Struct, frozen=True, kw_only=True):
    """How probable it is, for each call: that it is refused, that its answer is lost although it was done, that it
    takes longer than its caller waits, that it takes long, and that its caller dies of it."""

    refused: float = 0.0
    lost: float = 0.0
    late: float = 0.0
    slow: float = 0.0
    deadly: float = 0.0


class Plan(Struct, frozen=True, kw_only=True):
    """Times are seconds. `disorder`: how often the loop doesn't take what is ready in its order. `skew`: how far the
    clocks of processes may be from the truth, and `drift` how much too fast or slow they may run."""

    bookings: int
    events: int
    clients: int
    guests: int
    halls: int
    largest_hall: int
    think: float
    lasts: float
    disorder: float
    skew: float
    drift: float
    prefetch: int
    storage: Faults
    broker: Faults
    redelivered: float
    outages: int
    crashes: int
    stops: int
    poison: int


def drawn(chance: random.Random) -> Plan:
    """A seed in six has no faults at all: what is wrong then is wrong without any."""
    is_calm = chance.random() < 1 / 6
    return Plan(
        bookings=chance.choice([1, 2, 2, 3]),
        events=chance.choice([1, 1, 2]),
        clients=chance.randint(3, 9),
        guests=chance.randint(2, 8),
        halls=chance.randint(1, 2),
        largest_hall=chance.choice([1, 3, 6]),
        think=chance.choice([0.05, 0.3, 1.0]),
        lasts=chance.uniform(10.0, 40.0),
        disorder=chance.choice([0.0, 0.1, 0.5, 1.0]),
        skew=chance.choice([0.0, 0.5, 90.0, 200_000.0]),
        drift=chance.choice([0.0, 0.0001]),
        prefetch=chance.choice([1, 4, 64]),
        storage=Faults() if is_calm else _faults(chance),
        broker=Faults() if is_calm else _faults(chance),
        redelivered=0.0 if is_calm else chance.choice([0.0, 0.05, 0.2]),
        outages=0 if is_calm else chance.choice([0, 0, 1, 3]),
        crashes=0 if is_calm else chance.choice([0, 2, 5]),
        stops=0 if is_calm else chance.choice([0, 1, 3]),
        poison=chance.choice([0, 0, 2]),
    )


def _faults(chance: random.Random) -> Faults:
    return Faults(
        refused=chance.choice([0.0, 0.01, 0.1]),
        lost=chance.choice([0.0, 0.01, 0.1]),
        late=chance.choice([0.0, 0.0, 0.01]),
        slow=chance.choice([0.0, 0.02, 0.2]),
        deadly=chance.choice([0.0, 0.0, 0.002, 0.01]),
    )
