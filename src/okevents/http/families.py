"""The metrics, as docs/operations.md lists them. Labels have few values: never an id, a path or anybody's text.

Imported by the first who asks for them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from okevents import __version__
from okevents.bookings.statistics import BookingStatistics
from okevents.http.metrics import Asked, Carried, Counted
from okevents.http.traffic import Traffic
from okevents.kernel.durations import BOUNDS, Durations
from okevents.kernel.group_commit import BatchStatistics
from okevents.webhooks.statistics import OUTCOMES, WebhookStatistics

LARGEST_BATCH = 256


def of(counted: Counted, asked: Asked) -> Iterator[Metric]:
    """All of them."""
    yield from _traffic(counted.traffic)
    yield from _writers(counted.writers)
    if counted.bookings is not None:
        yield from _bookings(counted.bookings)
    yield from _outboxes(counted.carried, asked.backlogs)
    yield from _consumers(counted.carried, asked)
    if counted.carried.sent is not None:
        yield from _webhooks(counted.carried.sent.statistics, asked.waiting)
    build = GaugeMetricFamily("okevents_build_info", "Which version runs; always 1.", labels=["version"])
    build.add_metric([__version__], 1)
    yield build


def _traffic(traffic: Traffic) -> Iterator[Metric]:
    answers = CounterMetricFamily(
        "okevents_http_requests", "Requests that were answered.", labels=["operation", "status"]
    )
    took = HistogramMetricFamily(
        "okevents_http_request_duration_seconds",
        "Seconds from a request's header until its answer begins.",
        labels=["operation"],
    )
    by_operation: defaultdict[str, Durations] = defaultdict(Durations)
    for (operation, status), durations in sorted(traffic.answers.items()):
        answers.add_metric([operation, str(status)], sum(durations.counts))
        by_operation[operation].add(durations)
    for operation, durations in by_operation.items():
        took.add_metric([operation], _buckets(durations), sum_value=durations.total)
    yield from (answers, took)


def _writers(writers: Mapping[str, BatchStatistics]) -> Iterator[Metric]:
    size = HistogramMetricFamily("okevents_batch_size", "Requests that were committed together.", labels=["service"])
    waited = CounterMetricFamily(
        "okevents_batch_wait_seconds",
        "Seconds that requests have waited for their batch to begin, all together.",
        labels=["service"],
    )
    took = HistogramMetricFamily(
        "okevents_batch_duration_seconds",
        "Seconds from a batch's beginning until it is committed and answered.",
        labels=["service"],
    )
    queued = GaugeMetricFamily("okevents_queue_length", "Requests that wait for the next batch.", labels=["service"])
    refused = CounterMetricFamily(
        "okevents_writes_refused", "Writes that were refused because too much waits.", labels=["service"]
    )
    for service, statistics in writers.items():
        size.add_metric([service], _sizes(statistics), sum_value=statistics.requests)
        waited.add_metric([service], statistics.waited)
        took.add_metric([service], _buckets(statistics.took), sum_value=statistics.took.total)
        queued.add_metric([service], statistics.queued)
        refused.add_metric([service], statistics.refused)
    yield from (size, waited, took, queued, refused)


def _bookings(counted: BookingStatistics) -> Iterator[Metric]:
    requests = CounterMetricFamily(
        "okevents_booking_requests", "Requests for a booking, by what became of them.", labels=["outcome", "reason"]
    )
    for (outcome, reason), count in sorted(counted.requests.items()):
        requests.add_metric([outcome, reason], count)
    changes = CounterMetricFamily(
        "okevents_booking_changes", "Steps in the lives of bookings, by state.", labels=["before", "after"]
    )
    for (before, after), count in sorted(counted.changes.items()):
        changes.add_metric([before, after], count)
    yield from (requests, changes)


def _outboxes(carried: Carried, backlogs: Mapping[str, int]) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("okevents_outbox_messages", "Messages in the outbox.", labels=["service"])
    for service, count in backlogs.items():
        waiting.add_metric([service], count)
    age = GaugeMetricFamily(
        "okevents_outbox_oldest_age_seconds",
        "Age of the oldest message that waits in this process to be published; 0 if none does.",
        labels=["service"],
    )
    published = CounterMetricFamily(
        "okevents_relay_published", "Messages that the broker has confirmed.", labels=["service"]
    )
    failed = CounterMetricFamily("okevents_relay_failures", "Publishes that failed.", labels=["service"])
    now = datetime.now(UTC)
    for service, relay in carried.relays.items():
        oldest = relay.oldest_at
        age.add_metric([service], 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()))
        published.add_metric([service], relay.published)
        failed.add_metric([service], relay.failed)
    yield from (waiting, age, published, failed)


def _consumers(carried: Carried, asked: Asked) -> Iterator[Metric]:
    messages = CounterMetricFamily(
        "okevents_consumer_messages", "Messages that are done with.", labels=["queue", "outcome"]
    )
    retries = CounterMetricFamily(
        "okevents_consumer_failed_attempts", "Attempts at messages that failed.", labels=["queue", "cause"]
    )
    for queue, statistics in carried.consumers.items():
        messages.add_metric([queue, "handled"], statistics.handled)
        messages.add_metric([queue, "parked"], statistics.parked)
        retries.add_metric([queue, "error"], statistics.failed)
        retries.add_metric([queue, "unavailable"], statistics.in_vain)
    letters = GaugeMetricFamily("okevents_dead_letters", "Messages that are parked.", labels=["queue"])
    for queue, count in asked.parked.items():
        letters.add_metric([queue], count)
    waiting = GaugeMetricFamily(
        "okevents_broker_queue_messages", "Messages that wait in the broker's queue.", labels=["queue"]
    )
    consumers = GaugeMetricFamily("okevents_broker_queue_consumers", "Who takes from the queue.", labels=["queue"])
    for queue, state in asked.queues.items():
        waiting.add_metric([queue], state.waiting)
        consumers.add_metric([queue], state.consumers)
    yield from (messages, retries, letters, waiting, consumers)


def _webhooks(statistics: WebhookStatistics, waiting: Mapping[str, int]) -> Iterator[Metric]:
    attempts = CounterMetricFamily(
        "okevents_webhook_attempts", "Posts to webhooks, by what came of them.", labels=["outcome"]
    )
    for outcome in OUTCOMES:
        attempts.add_metric([outcome], statistics.attempts[outcome])
    took = HistogramMetricFamily("okevents_webhook_post_duration_seconds", "Seconds that posts to webhooks took.")
    took.add_metric([], _buckets(statistics.took), sum_value=statistics.took.total)
    yield from (attempts, took)
    counts = (
        ("okevents_webhook_deliveries_failed", "Deliveries that are given up.", statistics.failed),
        ("okevents_webhook_disabled", "Webhooks that this process has disabled.", statistics.disabled),
    )
    for name, said, count in counts:
        yield CounterMetricFamily(name, said, value=count)
    yield GaugeMetricFamily(
        "okevents_webhook_posts_in_flight", "Posts to webhooks under way.", value=statistics.in_flight
    )
    if "pending" in waiting:
        said = "Deliveries that wait to be posted, or to be posted again."
        yield GaugeMetricFamily("okevents_webhook_deliveries_pending", said, value=waiting["pending"])
    if "overdue" in waiting:
        said = "Seconds for which the delivery is due that waits longest; 0 if none is."
        yield GaugeMetricFamily("okevents_webhook_oldest_due_age_seconds", said, value=waiting["overdue"])


def _buckets(durations: Durations) -> list[tuple[str, float]]:
    """How many took up to so long, for each bound."""
    bounds = [*map(str, BOUNDS), "+Inf"]
    buckets: list[tuple[str, float]] = []
    count = 0
    for bound, more in zip(bounds, durations.counts, strict=True):
        count += more
        buckets.append((bound, count))
    return buckets


def _sizes(statistics: BatchStatistics) -> list[tuple[str, float]]:
    """How many batches had up to so many requests, for each power of two."""
    buckets: list[tuple[str, float]] = []
    bound, count = 1, 0
    while bound <= LARGEST_BATCH:
        count += statistics.sizes[bound]
        buckets.append((str(float(bound)), count))
        bound *= 2
    return [*buckets, ("+Inf", statistics.batches)]
