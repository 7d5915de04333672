"""What the Go program stored in MongoDB is told of, and booked, as it is."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from tests.builders import object_id
from tests.e2e.guests import availability, book, shown_available
from tests.e2e.program import Program, command, running
from tests.e2e.shape import Shape
from tests.go_documents import GO_ID, a_go_document

pytestmark = [pytest.mark.e2e, pytest.mark.mongodb, pytest.mark.timeout(120)]


@pytest.fixture
async def stored(mongodb_url: str) -> AsyncIterator[AsyncCollection[dict[str, Any]]]:
    """The Go program's collection with an event in it, and one that nobody can understand before it."""
    async with AsyncMongoClient[dict[str, Any]](mongodb_url) as client:
        events = client.get_default_database()["events"]
        await events.insert_many([a_go_document(_id=object_id()), a_go_document()])
        yield events


async def assert_it_can_be_booked(events: Program, bookings: Program) -> None:
    await bookings.line("best")
    free = await availability(bookings.http, GO_ID)
    assert [(hall["name"], hall["available"]) for hall in free["halls"]] == [("lobby", 150)]
    answer = await book(bookings.http, GO_ID, "ada", 4)
    assert answer.status_code == 201, answer.text
    assert answer.json()["event_id"] == GO_ID
    await shown_available(events.http, GO_ID, 146)
    listed = (await events.http.get("/events")).json()
    assert [(event["id"], event["location"]["halls"][0]["available"]) for event in listed] == [(GO_ID, 146)]


async def test_in_one_process(
    stored: AsyncCollection[dict[str, Any]], mongodb_url: str, other_mongodb_url: str, tmp_path: Path
) -> None:
    urls = ("--events-database", mongodb_url, "--bookings-database", other_mongodb_url)
    code, said = await command("migrate", *urls, folder=tmp_path)
    assert code == 0, said
    async with running("up", *urls, folder=tmp_path) as program:
        await assert_it_can_be_booked(program, program)
        assert await program.stop() == 0
    async with running("up", *urls, folder=tmp_path) as again:
        await shown_available(again.http, GO_ID, 146)
        assert again.count("announced") == 0
    document = await stored.find_one({"_id": ObjectId(GO_ID)})
    assert document is not None
    assert {name: document[name] for name in a_go_document()} == a_go_document()


@pytest.mark.rabbitmq
async def test_in_two_processes(
    stored: AsyncCollection[dict[str, Any]],
    mongodb_url: str,
    other_mongodb_url: str,
    rabbitmq_url: str,
    tmp_path: Path,
) -> None:
    shape = Shape(mongodb_url, other_mongodb_url, rabbitmq_url, tmp_path)
    async with shape.both() as (events, bookings):
        await events.line("announced 1 event")
        await assert_it_can_be_booked(events, bookings)
        assert await stored.count_documents({}) == 2
