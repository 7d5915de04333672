"""Token buckets, on a clock of the test's own."""

import pytest

from okevents.access import rates
from okevents.access.rates import Buckets
from okevents.errors import TooManyRequests


class Bench:
    now = 0.0

    def __init__(self, rate: float, burst: float) -> None:
        self.buckets = Buckets(rate, burst, lambda: self.now)

    def taken(self, who: str, wanted: int) -> int:
        """How many of so many are let through."""
        count = 0
        for _ in range(wanted):
            try:
                self.buckets.take(who)
            except TooManyRequests:
                continue
            count += 1
        return count


def test_a_burst_then_the_rate() -> None:
    bench = Bench(rate=10, burst=50)
    assert bench.taken("a", 80) == 50
    bench.now += 1.0
    assert bench.taken("a", 80) == 10
    bench.now += 3600.0
    assert bench.taken("a", 80) == 50


def test_each_has_their_own() -> None:
    bench = Bench(rate=1, burst=2)
    assert [bench.taken(who, 5) for who in ("a", "b", "a")] == [2, 2, 0]


def test_it_tells_when_to_ask_again_and_then_it_works() -> None:
    bench = Bench(rate=0.25, burst=1)
    bench.buckets.take("a")
    bench.now += 1.5
    with pytest.raises(TooManyRequests) as refused:
        bench.buckets.take("a")
    assert refused.value.retry_after == 3
    bench.now += 3.0
    bench.buckets.take("a")


def test_a_rate_of_nothing_is_no_limit() -> None:
    assert Bench(rate=0, burst=0).taken("a", 1000) == 1000


def test_a_flood_of_addresses_is_forgotten_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MAX_REMEMBERED", 10)
    bench = Bench(rate=1, burst=1)
    for number in range(1000):
        bench.buckets.take(f"{number}")
    assert len(bench.buckets._known) == 10
    assert bench.taken("999", 1) == 0
