"""The two services as processes of their own, over RabbitMQ, on each server database."""

from pathlib import Path

import pytest

from scripts.servers.rabbitmq import RabbitmqServer
from tests.e2e.guests import availability, book, publish, rush, shown_available
from tests.e2e.program import command, running
from tests.e2e.shape import Shape

pytestmark = [pytest.mark.e2e, pytest.mark.rabbitmq, pytest.mark.slow, pytest.mark.timeout(180)]


async def test_post_hear_see_book_and_see_the_place_gone(shape: Shape) -> None:
    async with shape.both() as (events, bookings):
        event_id = await publish(events.http, "Organ night", 10)
        await bookings.line("Organ night")
        assert (await availability(bookings.http, event_id))["halls"][0]["available"] == 10
        assert (await book(bookings.http, event_id, "ada", 4)).status_code == 201
        await shown_available(events.http, event_id, 6)
        assert await events.stop() == 0
        assert await bookings.stop() == 0


async def test_while_the_broker_is_down_work_goes_on_and_everything_arrives_once(
    shape: Shape, rabbitmq_server: RabbitmqServer
) -> None:
    async with shape.both() as (events, bookings):
        first = await publish(events.http, "before", 10)
        await availability(bookings.http, first)
        rabbitmq_server.stop()
        try:
            published = [await publish(events.http, f"while down {number};", 10) for number in range(100)]
            assert (await book(bookings.http, first, "ada", 3)).status_code == 201
        finally:
            rabbitmq_server.start()
        for event_id in published:
            await availability(bookings.http, event_id, within=60)
        await shown_available(events.http, first, 7, within=60)
        for number in range(100):
            assert bookings.count(f"while down {number};") == 1


async def test_2000_guests_and_two_booking_processes_for_100_places(shape: Shape) -> None:
    async with shape.both() as (events, bookings), running("bookings", *shape.bookings, folder=shape.folder) as other:
        event_id = await publish(events.http, "Rush", 100)
        await availability(bookings.http, event_id)
        statuses = await rush([bookings.http, other.http], event_id, 2000)
        assert statuses == {201: 100, 409: 1900}
        await shown_available(events.http, event_id, 0)


async def test_an_unreachable_server_is_one_sentence(tmp_path: Path) -> None:
    for url in ("postgresql://nobody@127.0.0.1:1/x", "mongodb://127.0.0.1:1/x"):
        code, said = await command("events", "--database", url, "--broker", "amqp://127.0.0.1:1/", folder=tmp_path)
        assert code == 3, said
        assert "Traceback" not in said
        assert "127.0.0.1:1" in said
