"""What the program says of its batches, at /metrics."""

import re

import httpx
from msgspec import Struct

from benchmarks.rows import Row


class Batches(Struct, frozen=True):
    """Since the start: how many, how many requests were in them, and how many seconds these waited for their batch."""

    batches: float
    requests: float
    waited: float

    @classmethod
    def at(cls, url: str) -> "Batches":
        """Of the Booking Service that serves there."""
        text = httpx.get(f"{url}/metrics").raise_for_status().text
        return cls(*(_value(text, name) for name in ("batch_size_count", "batch_size_sum", "batch_wait_seconds_total")))

    def since(self, before: "Batches") -> "Batches":
        """What came after that."""
        return Batches(self.batches - before.batches, self.requests - before.requests, self.waited - before.waited)

    def row(self, work: str) -> Row:
        """As means."""
        size, wait = self.requests / self.batches, self.waited / self.requests
        return Row(work, "", f"{size:.1f} requests in a batch, which wait {wait * 1000:.1f} ms for it", "", "")


def _value(text: str, name: str) -> float:
    found = re.search(rf'^okevents_{name}{{service="bookings"}} (\S+)$', text, re.MULTILINE)
    assert found is not None, f"/metrics doesn't tell of {name}"
    return float(found[1])
