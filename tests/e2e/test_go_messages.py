"""Messages of the Go program of this name, to a running Booking Service: five fields, one header, nothing else."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aio_pika
import pytest
from aio_pika.exceptions import PublishError

from tests.e2e.guests import availability, book
from tests.e2e.program import Program, running

pytestmark = [pytest.mark.e2e, pytest.mark.rabbitmq, pytest.mark.sqlite]

PAST = json.loads((Path(__file__).parent.parent / "fixtures" / "event_created.json").read_text())
COMING = {"start_time": "2031-01-01T18:00:00Z", "end_time": "2031-01-01T20:00:00Z"}


@pytest.fixture
async def bookings(rabbitmq_url: str, tmp_path: Path) -> AsyncIterator[Program]:
    """It has heard of nothing yet."""
    where = ("--database", f"sqlite:///{tmp_path / 'bookings.sqlite3'}", "--broker", rabbitmq_url)
    async with running("bookings", *where, folder=tmp_path) as program:
        yield program


async def publish_as_the_go_program_does(body: dict[str, str], url: str) -> None:
    """Transient, without an id, a type or a time; as soon as there is a queue that hears of it."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(on_return_raises=True)
        await channel.declare_exchange("okevents", aio_pika.ExchangeType.TOPIC, durable=True)
        exchange = await channel.get_exchange("okevents")
        message = aio_pika.Message(json.dumps(body).encode(), headers={"x-event-name": "event.created"})
        assert message.delivery_mode == aio_pika.DeliveryMode.NOT_PERSISTENT
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(PublishError):
                    await exchange.publish(message, "event.created")
                    return
                await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(COMING, id="yet to come"),
        pytest.param({**COMING, "location_id": ""}, id="without a location"),
        pytest.param({}, id="over"),
        pytest.param({"location_id": ""}, id="over and without a location"),
    ],
)
async def test_its_event_is_heard_shown_with_unknown_halls_and_not_bookable(
    bookings: Program, rabbitmq_url: str, changes: dict[str, str]
) -> None:
    event = {**PAST, **changes}
    await publish_as_the_go_program_does(event, rabbitmq_url)
    await bookings.line(rf"heard.*{event['name']}")
    shown = await availability(bookings.http, event["id"])
    assert shown["halls"] is None
    answer = await book(bookings.http, event["id"], "ada")
    assert answer.status_code == 409, answer.text
    assert answer.json()["type"].endswith("halls-unknown" if "end_time" in changes else "event-over")
    await publish_as_the_go_program_does(event, rabbitmq_url)
    assert await bookings.stop() == 0
    assert not [line for line in bookings.lines if "parked" in line or "Traceback" in line]
