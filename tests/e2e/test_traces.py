"""Traces, as a collector gets them from real processes."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.servers.process import free_port
from tests.collector import Collector, Seen, collecting
from tests.e2e.guests import availability, book, publish
from tests.e2e.program import command, running

pytestmark = [pytest.mark.e2e]

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as started:
        yield started


def those(spans: list[Seen], service: str, name: str) -> list[Seen]:
    return [each for each in spans if (each.service, each.name) == (service, name)]


@pytest.mark.rabbitmq
async def test_one_trace_goes_from_the_request_over_the_broker_to_the_catalogue(
    collector: Collector, rabbitmq_url: str, tmp_path: Path
) -> None:
    on, given = ("--traces", "--log-format", "json"), collector.environment
    both = [
        (name, "--database", f"sqlite:///{tmp_path / name}.sqlite3", "--broker", rabbitmq_url, *on)
        for name in ("events", "bookings")
    ]
    async with (
        running(*both[0], folder=tmp_path, environment=given) as events,
        running(*both[1], folder=tmp_path, environment=given) as bookings,
    ):
        for path in ("/health/live", "/health/ready", "/metrics"):
            assert (await events.http.get(path)).status_code == 200
        event_id = await publish(events.http, "Organ night", 10)
        await availability(bookings.http, event_id)
        assert (await book(bookings.http, event_id, "ada", 4)).status_code == 201
        spans = await collector.until(
            lambda it: (
                bool(those(it.spans, "okevents-events", "process availability.changed"))
                and bool(those(it.spans, "okevents-bookings", "process event.created"))
                and bool(those(it.spans, "okevents-bookings", "POST /bookings"))
            )
        )
        assert await events.stop() == 0
        assert await bookings.stop() == 0
    spans = list(collector.spans)
    (server,) = those(spans, "okevents-events", "POST /events")
    assert not those(spans, "okevents-events", "GET")
    assert not [each for each in spans if each.name.startswith(("GET /health", "GET /metrics"))]
    (producer,) = those(spans, "okevents-events", "publish event.created")
    (consumer,) = those(spans, "okevents-bookings", "process event.created")
    assert [each.kind for each in (server, producer, consumer)] == ["SERVER", "PRODUCER", "CONSUMER"]
    assert {server.trace, producer.trace, consumer.trace} == {server.trace}
    assert [server.parent, producer.parent, consumer.parent] == ["", server.id, producer.id]
    assert server.notes["http.response.status_code"] == 201
    assert consumer.notes["cloudevents.event_subject"] == producer.notes["cloudevents.event_subject"] == event_id

    of_event = [each for each in spans if each.trace == server.trace]
    commits = [(each.service, each.parent) for each in of_event if each.name == "group commit"]
    assert ("okevents-events", server.id) in commits
    assert ("okevents-bookings", consumer.id) in commits
    (booked,) = those(spans, "okevents-bookings", "POST /bookings")
    assert booked.trace != server.trace
    known = {each.id for each in spans}
    assert all(each.parent in known for each in spans if each.parent)
    assert not any(each.has_failed for each in spans)


async def test_a_proxys_trace_is_gone_on_with_and_a_log_line_has_its_id(collector: Collector, tmp_path: Path) -> None:
    async with running("up", "--traces", folder=tmp_path, environment=collector.environment) as program:
        for flags in ("01", "00"):
            sent = {"traceparent": f"00-{TRACE}-{PARENT}-{flags}"}
            answer = await program.http.get("/events", headers=sent, params={"secret": "hidden"})
            assert answer.headers["x-request-id"] == TRACE
        made = await program.http.get(f"/events/id/{'0' * 24}")
        head = await program.http.head("/events")
        assert await program.stop() == 0
    recorded = {each.trace: each for each in collector.spans}
    assert recorded[TRACE].parent == PARENT
    assert recorded[made.headers["x-request-id"]].notes["http.response.status_code"] == 404
    assert recorded[made.headers["x-request-id"]].name == "GET /events/id/{id}"
    assert recorded[head.headers["x-request-id"]].notes["http.request.method"] == "HEAD"
    assert len(collector.spans) == 3
    assert "hidden" not in repr(collector.spans)


@pytest.mark.parametrize("kind", ["nobody listens", "nobody answers"])
async def test_a_dead_collector_costs_one_warning(kind: str, tmp_path: Path) -> None:
    with collecting() as collector:
        given = dict(collector.environment)
        if kind == "nobody listens":
            given["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{free_port()}"
        else:
            collector.is_hanging.set()
            given["OTEL_EXPORTER_OTLP_TIMEOUT"] = "2"
        try:
            async with running("up", "--traces", folder=tmp_path, environment=given) as program:
                for number in range(20):
                    event_id = await publish(program.http, f"while it is dead {number};", 10)
                await availability(program.http, event_id)
                await program.line("traces can't be sent")
                for number in range(20):
                    await publish(program.http, f"afterwards {number};", 10)
                began = time.monotonic()
                assert await program.stop() == 0
                assert time.monotonic() - began < 8
        finally:
            collector.is_hanging.clear()
    assert program.count("traces can't be sent") == 1
    assert program.count("Traceback|ERROR") == 0


SERVE_AND_TELL = """
import asyncio, json, os, signal, sys
from pathlib import Path
from okevents.bootstrap.serving import serve
from okevents.config.load import load
from okevents.config.shape import Shape

def stop(_):
    asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGTERM)

given = {"data": sys.argv[1], "port": "0", **json.loads(sys.argv[2])}
settings = load(Shape.UP, given, {}, folder=Path(sys.argv[1])).settings
asyncio.run(serve(settings, Shape.UP, heard=lambda *_: None, on_listening=stop))
print(sum(1 for name in sys.modules if name.split(".")[0] in ("opentelemetry", "requests", "google")))
"""


@pytest.mark.parametrize(("given", "is_imported"), [({}, False), ({"traces": True}, True)])
def test_nothing_of_opentelemetry_is_imported_unless_traces_are_on(
    given: dict[str, bool], is_imported: bool, tmp_path: Path
) -> None:
    script = [sys.executable, "-c", SERVE_AND_TELL, str(tmp_path), json.dumps(given)]
    ended = subprocess.run(script, check=True, capture_output=True, text=True)
    assert (int(ended.stdout) > 0) is is_imported


async def test_without_the_extra_it_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['opentelemetry'] = None")
    environment = {"PYTHONPATH": str(tmp_path)}
    code, said = await command("up", "--traces", "--port", "0", folder=tmp_path, environment=environment)
    assert code == 2, said
    assert "pip install 'okevents[traces]'" in said
    assert "Traceback" not in said
