"""Spans as they reach a collector."""

import logging
import threading
import time
from collections.abc import Iterator

import pytest

from okevents.errors import ConfigurationError
from okevents.observability import correlation
from okevents.observability.tracing import Kind
from okevents.telemetry import OpenTelemetry
from tests.collector import Collector, Seen, collecting

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as started:
        for name, value in started.environment.items():
            monkeypatch.setenv(name, value)
        yield started


def one(recorder: OpenTelemetry, parent: str | None = None, name: str = "work") -> str:
    """Records a span; its trace context."""
    span = recorder.begin(name, Kind.INTERNAL, parent)
    span.end()
    return span.traceparent


def test_a_span_is_sent_as_it_was_told(collector: Collector) -> None:
    recorder = OpenTelemetry("okevents-events")
    span = recorder.begin("first", Kind.SERVER, f"00-{TRACE}-{PARENT}-01")
    span.rename("second")
    span.note("http.response.status_code", 503)
    span.note("http.route", "/events")
    span.fail("postgresql://me:hidden@host/events is away")
    span.end()
    recorder.close()
    (seen,) = collector.spans
    assert span.traceparent == f"00-{TRACE}-{seen.id}-01"
    assert seen == Seen(
        service="okevents-events",
        name="second",
        kind="SERVER",
        trace=TRACE,
        id=seen.id,
        parent=PARENT,
        notes={"http.response.status_code": 503, "http.route": "/events"},
        has_failed=True,
        said="postgresql://me:****@host/events is away",
    )


@pytest.mark.parametrize("parent", [None, "", "nonsense", f"00-{'0' * 32}-{PARENT}-01"])
def test_without_a_parent_a_trace_begins(collector: Collector, parent: str | None) -> None:
    recorder = OpenTelemetry("okevents")
    traceparent = one(recorder, parent)
    recorder.close()
    (seen,) = collector.spans
    assert (traceparent[:52], seen.parent) == (f"00-{seen.trace}-{seen.id}", "")
    assert int(traceparent[53:], 16) & 1


def test_who_says_that_nothing_is_recorded_is_gone_by(collector: Collector) -> None:
    recorder = OpenTelemetry("okevents")
    traceparent = one(recorder, f"00-{TRACE}-{PARENT}-00")
    recorder.close()
    assert collector.spans == []
    assert (traceparent[3:35], traceparent[-2:]) == (TRACE, "00")


def test_its_own_variables_name_the_service_and_choose_what_is_recorded(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "box-office")
    recorder = OpenTelemetry("okevents")
    one(recorder)
    recorder.close()
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    silent = OpenTelemetry("okevents")
    one(silent)
    silent.close()
    assert [each.service for each in collector.spans] == ["box-office"]


def test_switched_off_by_its_own_variable_requests_still_have_ids(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    recorder = OpenTelemetry("okevents")
    made = one(recorder)
    assert correlation.accepted(made) == made
    assert one(recorder, f"00-{TRACE}-{PARENT}-01")[3:35] == TRACE
    recorder.close()
    assert collector.spans == []


def test_what_it_cannot_go_by_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1000000")
    with pytest.raises(ConfigurationError, match=r"OpenTelemetry's own settings .*can't be used"):
        OpenTelemetry("okevents")


async def test_that_traces_cannot_be_sent_is_told_once_and_that_they_can_again_too(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="okevents")
    recorder = OpenTelemetry("okevents")

    def told() -> list[str]:
        return [each.getMessage() for each in caplog.records if each.name.startswith("okevents")]

    collector.is_ill = True
    for number in range(3):
        one(recorder, name="lost")
        await collector.until(lambda it, after=number: it.refused > after)  # type: ignore[misc]
    assert len(told()) == 1
    assert "can't be sent" in told()[0]
    collector.is_ill = False
    one(recorder, name="found")
    await collector.until(lambda it: bool(it.spans))
    recorder.close()
    assert told()[1:] == ["traces can be sent again"]


def test_closing_waits_for_no_collector_that_does_not_answer(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "30")
    collector.is_hanging.set()
    recorder = OpenTelemetry("okevents")
    one(recorder)
    began = time.monotonic()
    recorder.close(within=0.3)
    assert 0.2 < time.monotonic() - began < 5
    collector.is_hanging.clear()
    for each in threading.enumerate():
        if each.name == "close traces":
            each.join()
