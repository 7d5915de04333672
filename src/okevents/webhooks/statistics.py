"""What the sender of this process has done."""

from collections import Counter

from okevents.kernel.durations import Durations

OUTCOMES = ("delivered", "refused", "unreachable")
"""Of attempts: the answer was 2xx, it was another one, or there was none."""


class WebhookStatistics:
    """Since the start: attempts by what came of them (`delivered`, `refused`, `unreachable`), how long they took, and
    deliveries that are `failed` for good; webhooks that were `disabled`; posts `in_flight` now."""

    def __init__(self) -> None:
        self.attempts: Counter[str] = Counter()
        self.took = Durations()
        self.failed = 0
        self.disabled = 0
        self.in_flight = 0
