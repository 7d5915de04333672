"""What a process did lately, sample by sample."""

from collections.abc import Mapping

import pytest

from okevents.bookings.statistics import BookingStatistics
from okevents.errors import StoreUnavailable
from okevents.http import samples
from okevents.http.metrics import Carried, Counted
from okevents.http.samples import Samples
from okevents.http.traffic import Traffic
from okevents.messaging.ports import QueueState


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Backlog:
    """An outbox of which only the length is asked."""

    def __init__(self, count: int | None) -> None:
        self.count = count

    async def backlog(self) -> int:
        if self.count is None:
            raise StoreUnavailable("it is away")
        return self.count


def counted(outboxes: Mapping[str, Backlog] | None = None) -> Counted:
    async def state() -> QueueState:
        return QueueState(waiting=4, consumers=1)

    carried = Carried(outboxes=outboxes or {}, queues={"one": state, "two": state})  # type: ignore[arg-type]
    return Counted(traffic=Traffic(), bookings=BookingStatistics(), carried=carried)


async def test_rates_are_of_the_time_since_the_sample_before() -> None:
    clock, process = Clock(), counted()
    process.traffic.note("find_event", 200, 0.004)  # before it begins, and told by none
    kept = Samples(process, clock)
    for _ in range(90):
        process.traffic.note("find_event", 200, 0.004)
    for status in (404, 409, 503):
        process.traffic.note("book", status, 0.2)
    process.traffic.note("metrics", 200, 9.0)
    assert process.bookings is not None
    process.bookings.requests.update({("held", ""): 20, ("replayed", ""): 7, ("refused", "sold-out"): 10})
    clock.now = 10.0
    await kept.take()
    clock.now = 20.0
    await kept.take()
    first, second = kept
    assert (first.answers, first.refused, first.failed) == (9.3, 0.2, 0.1)
    assert (first.booked, first.turned_away, first.waiting) == (2.0, 1.0, 8)
    assert first.median is not None
    assert first.slow is not None
    assert first.median <= 0.005 < 0.1 < first.slow <= 0.25
    assert (second.answers, second.median, second.booked) == (0.0, None, 0.0)


@pytest.mark.parametrize(("counts", "told"), [((2, 3), 5), ((2, None), None)])
async def test_what_not_all_have_told_is_not_known(counts: tuple[int | None, ...], told: int | None) -> None:
    kept = Samples(counted({str(count): Backlog(count) for count in counts}))
    await kept.take()
    (sample,) = kept
    assert sample.outbox == told


async def test_only_the_latest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "KEPT", 3)
    kept = Samples(counted())
    for _ in range(5):
        await kept.take()
    assert len(list(kept)) == 3
