"""How long things took: counted in plain numbers where they happen, made a histogram of where somebody asks."""

from bisect import bisect_left

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds. What took longer than the last of them is counted too."""


class Durations:
    """`counts` has one entry for each bound, of those that took no longer and longer than the one before; and one for
    the rest. `total` is the sum of all, in seconds."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def note(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def since(self, earlier: "Durations") -> "Durations":
        """What was counted after `earlier`, which was how things stood then."""
        later = Durations()
        later.counts = [now - before for now, before in zip(self.counts, earlier.counts, strict=True)]
        later.total = self.total - earlier.total
        return later

    def within(self, share: float) -> float | None:
        """Seconds that that share of them took at the most, as far as the bounds tell: between two of them they are
        taken to be spread evenly, and beyond the last they count as that. None if there are none."""
        wanted, counted, lower = share * sum(self.counts), 0, 0.0
        if not wanted:
            return None
        for bound, count in zip(BOUNDS, self.counts, strict=False):
            if counted + count >= wanted:
                return lower + (bound - lower) * (wanted - counted) / count
            counted, lower = counted + count, bound
        return BOUNDS[-1]

    def add(self, other: "Durations") -> None:
        """Counts what the other has counted, too."""
        self.counts = [own + more for own, more in zip(self.counts, other.counts, strict=True)]
        self.total += other.total
