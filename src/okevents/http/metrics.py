"""What this process has done, in Prometheus' text format."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from starlette.requests import Request

from okevents.http.answers import Answer
from okevents.kernel.group_commit import BatchStatistics

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

LARGEST_BATCH = 256


class MetricsHandlers:
    """A method for each operation, by its name in the table."""

    def __init__(self, writers: Mapping[str, BatchStatistics]) -> None:
        self._writers = writers

    async def metrics(self, _: Request) -> Answer:
        from prometheus_client import CollectorRegistry
        from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

        registry = CollectorRegistry()
        registry.register(_Writers(self._writers))
        return Answer(200, {"content-type": CONTENT_TYPE_LATEST}, generate_latest(registry))


class _Writers:
    """The batches of each service's writer."""

    def __init__(self, writers: Mapping[str, BatchStatistics]) -> None:
        self._writers = writers

    def collect(self) -> "Iterator[Metric]":
        from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        size = HistogramMetricFamily(
            "okevents_batch_size", "Requests that were committed together.", labels=["service"]
        )
        waited = CounterMetricFamily(
            "okevents_batch_wait_seconds",
            "Seconds that requests have waited for their batch to begin, all together.",
            labels=["service"],
        )
        queued = GaugeMetricFamily(
            "okevents_queue_length", "Requests that wait for the next batch.", labels=["service"]
        )
        for service, statistics in self._writers.items():
            size.add_metric([service], _buckets(statistics), sum_value=statistics.requests)
            waited.add_metric([service], statistics.waited)
            queued.add_metric([service], statistics.queued)
        yield from (size, waited, queued)


def _buckets(statistics: BatchStatistics) -> list[tuple[str, float]]:
    """How many batches had up to so many requests, for each power of two."""
    buckets: list[tuple[str, float]] = []
    bound, count = 1, 0
    while bound <= LARGEST_BATCH:
        count += statistics.sizes[bound]
        buckets.append((str(float(bound)), count))
        bound *= 2
    return [*buckets, ("+Inf", statistics.batches)]
