"""What a running process counts, and that the manual says what it is."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from okevents.kernel.durations import BOUNDS
from tests.api.bodies import a_booking
from tests.api.serving import serving, serving_parts
from tests.api.test_bookings import an_event_with
from tests.api.test_life import made, step, until_state
from tests.builders import a_message

MANUAL = Path(__file__).parents[2] / "docs" / "operations.md"

Labels = frozenset[tuple[str, str]]


async def scraped(http: httpx.AsyncClient) -> dict[tuple[str, Labels], float]:
    """Every number, by its name and labels."""
    answer = await http.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def number(found: dict[tuple[str, Labels], float], name: str, **labels: str) -> float:
    """0 where it isn't told yet."""
    return found.get((f"okevents_{name}", frozenset(labels.items())), 0.0)


async def until(http: httpx.AsyncClient, expected: float, name: str, **labels: str) -> None:
    async with asyncio.timeout(20):
        while number(await scraped(http), name, **labels) != expected:
            await asyncio.sleep(0.02)


async def test_requests_are_counted_by_operation_and_status_and_timed(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 5)
    before = await scraped(http)
    for _ in range(3):
        await http.get(f"/events/id/{event_id}")
    await http.head(f"/events/id/{event_id}")
    await http.get(f"/events/id/{event_id}", headers={"if-none-match": "*"})
    await http.get(f"/events/id/{'0' * 24}")
    await http.get("/events/id/nonsense")
    await http.get("/nothing/at/all")
    await http.delete("/events")
    await http.get("/")
    after = await scraped(http)

    def more(name: str, **labels: str) -> float:
        return number(after, name, **labels) - number(before, name, **labels)

    by_status = {"200": 4, "304": 1, "404": 1, "400": 1}
    for status, count in by_status.items():
        assert more("http_requests_total", operation="find_event", status=status) == count
    assert more("http_requests_total", operation="other", status="404") == 1
    assert more("http_requests_total", operation="other", status="405") == 1
    assert more("http_requests_total", operation="other", status="200") == 1
    assert more("http_request_duration_seconds_count", operation="find_event") == sum(by_status.values())
    assert more("http_request_duration_seconds_bucket", operation="find_event", le="+Inf") == sum(by_status.values())
    assert 0 < more("http_request_duration_seconds_sum", operation="find_event") < BOUNDS[-1]


async def test_who_was_refused_for_asking_too_often_is_counted(tmp_path: Path) -> None:
    async with serving(tmp_path, rate="1", burst="1", trusted_proxies="127.0.0.1") as http:
        for _ in range(2):
            await http.get("/events", headers={"x-forwarded-for": "192.0.2.1"})
        await until(http, 1, "http_requests_total", operation="other", status="429")


async def test_what_was_refused_while_it_was_read_is_counted(http: httpx.AsyncClient) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    assert re.search(rb"x-request-id: [0-9a-f]{32}\r\n", answer)
    await until(http, 1, "http_requests_total", operation="other", status="400")


async def test_bookings_are_counted_by_what_became_of_them(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 3)
    held = await made(http, event_id, places=1, hold=60)
    assert (await step(http, held, "confirm")).status_code == 200
    lapsing = await made(http, event_id, places=1, hold=1)
    key = {"Idempotency-Key": "once"}
    for _ in range(2):
        await http.post("/bookings", json=a_booking(event_id, places=1), headers=key)
    assert (await http.post("/bookings", json=a_booking(event_id, places=3))).status_code == 409
    assert (await http.post("/bookings", json={})).status_code == 400
    await until_state(http, lapsing, "expired")
    await until(http, 1, "booking_changes_total", before="held", after="expired")
    found = await scraped(http)
    for outcome, count in {"held": 2, "confirmed": 1, "replayed": 1}.items():
        assert number(found, "booking_requests_total", outcome=outcome, reason="") == count
    for reason in ("sold-out", "bad-input"):
        assert number(found, "booking_requests_total", outcome="refused", reason=reason) == 1
    assert number(found, "booking_changes_total", before="none", after="held") == 2
    assert number(found, "booking_changes_total", before="held", after="confirmed") == 1
    assert number(found, "booking_changes_total", before="none", after="confirmed") == 1


async def test_messages_are_counted_on_their_way(tmp_path: Path) -> None:
    async with serving_parts(tmp_path) as (parts, http):
        await an_event_with(http, 5)
        await until(http, 1, "consumer_messages_total", queue="okevents.bookings", outcome="handled")
        await until(http, 1, "relay_published_total", service="events")
        poison = replace(a_message(), name="event.created", body=b"not JSON")
        await parts.broker.publish(poison)
        await until(http, 1, "dead_letters", queue="okevents.bookings")
        found = await scraped(http)
        assert number(found, "consumer_messages_total", queue="okevents.bookings", outcome="parked") == 1
        await until(http, 0, "outbox_messages", service="events")


async def test_messages_that_nobody_takes_grow_old_in_sight(tmp_path: Path) -> None:
    async with serving_parts(tmp_path, broker="amqp://127.0.0.1:1/") as (_, http):
        await http.post("/events", json={"name": "best", "startdate": 1_924_977_600_000, "location": {"name": "x"}})
        async with asyncio.timeout(20):
            while not number(found := await scraped(http), "outbox_oldest_age_seconds", service="events"):
                await asyncio.sleep(0.02)
        assert number(found, "outbox_messages", service="events") == 1
        assert number(found, "relay_failures_total", service="events") >= 1
        assert not [name for name, _ in found if name == "okevents_dead_letters"]


async def test_the_manual_tells_each_metric_with_its_labels_and_no_other(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 5)
    await made(http, event_id)
    await http.get(f"/events/id/{event_id}")
    await until(http, 1, "consumer_messages_total", queue="okevents.events", outcome="handled")
    text = (await http.get("/metrics")).text
    table = MANUAL.read_text(encoding="utf-8").partition("<!-- metrics -->")[2].partition("<!-- end of metrics -->")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE)
    told = {name: frozenset(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    given: dict[str, frozenset[str]] = {}
    for family in text_string_to_metric_families(text):
        if family.name.startswith("process_"):
            continue
        name = family.name + "_total" * (family.type == "counter")
        assert family.samples, f"{name} has no sample after some traffic"
        given[name] = frozenset(label for sample in family.samples for label in sample.labels if label != "le")
    assert given == told
    assert "process_cpu_seconds_total" in text


@pytest.mark.parametrize("path", ["/nothing/{}", "/events/name/{}", "/bookings/{}", "/tickets/{}"])
async def test_no_label_is_made_by_who_asks(http: httpx.AsyncClient, path: str) -> None:
    await http.get(path.format(0))
    before = {key for key in await scraped(http) if key[0] == "okevents_http_requests_total"}
    for each in range(1, 20):
        await http.get(path.format(each))
    after = {key for key in await scraped(http) if key[0] == "okevents_http_requests_total"}
    assert {key for key in after - before if dict(key[1])["operation"] != "metrics"} == set()
