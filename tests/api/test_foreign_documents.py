"""Documents that other programs left in MongoDB: what can be understood is served, the rest harms nobody."""

import logging
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
import httpx
import pytest
from bson import CodecOptions, Int64, ObjectId
from bson.datetime_ms import DatetimeMS
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from okevents.events.service import EventService
from okevents.persistence.mongodb import open_bookings, open_events
from tests.api.bodies import a_booking
from tests.api.serving import serving
from tests.builders import object_id
from tests.e2e.guests import availability
from tests.go_documents import a_go_document

pytestmark = pytest.mark.mongodb

SOON, LATE = 1_924_977_600_000, 2_000_000_000_000
Events = AsyncCollection[dict[str, Any]]


def a_document(**changes: Any) -> dict[str, Any]:
    return a_go_document(**{"_id": ObjectId(object_id()), **changes})


def in_garbled_letters() -> Any:
    forgiving = CodecOptions(RawBSONDocument, unicode_decode_error_handler="replace")
    return RawBSONDocument(bson.encode(a_document(name="caf**")).replace(b"caf**", b"caf\xe9\xff"), forgiving)


STARTS = (SOON, SOON, LATE, 1, 2)
GOOD = [a_document(name=f"good {place}", startdate=Int64(start)) for place, start in enumerate(STARTS)]
ODD: dict[str, dict[str, Any]] = {
    "a date": a_document(startdate=datetime(2031, 1, 1, tzinfo=UTC), enddate=datetime(2031, 1, 2, tzinfo=UTC)),
    "a date that is past": a_document(startdate=datetime(1999, 1, 1, tzinfo=UTC)),
    "a date of no calendar": a_document(startdate=DatetimeMS(2**60)),
    "a fraction": a_document(startdate=SOON + 0.25),
    "another fraction": a_document(_id=ObjectId("0" * 24), startdate=SOON + 0.75),
    "a fraction that is past": a_document(_id=ObjectId("f" * 24), startdate=2.5),
    "far off": a_document(startdate=Int64(2**62)),
    "long ago": a_document(startdate=Int64(-(2**62))),
    "no end": {name: value for name, value in a_document().items() if name != "enddate"},
    "an end of words": a_document(enddate="late"),
    "no name": {name: value for name, value in a_document().items() if name != "name"},
    "a list of names": a_document(name=["good 1"]),
    "a location in one word": a_document(location="Paris park"),
    "no location": a_document(location=None),
    "a location of numbers": a_document(location={"_id": "x" * 24, "name": 5, "opentime": 1e300, "closetime": "x"}),
    "no hall at all": a_document(location={"name": "Paris park", "halls": [None]}),
    "vast halls": a_document(
        duration=1e300, location={"halls": [{"name": "a", "capacity": 1e300}, {"name": "b", "capacity": 2**62}]}
    ),
    "garbled": in_garbled_letters(),
    "a state of its own": a_document(state="open", version="7"),
}
BAD = {
    "an id of words": a_document(_id="words"),
    "an id of hexadecimal digits": a_document(_id=object_id()),
    "an id of digits": a_document(_id=7),
    "no start": a_document(startdate=None),
    "a start of words": a_document(startdate="soon"),
    "a list of starts": a_document(startdate=[SOON]),
    "a start that holds": a_document(startdate=True),
    "a start beyond numbers": a_document(startdate=1e300),
    "a location that is a list": a_document(location=["Paris park"]),
    "halls that are a text": a_document(location={"name": "Paris park", "halls": "lobby"}),
    "a damaged state": a_document(state=b"{", version=1),
    "the state of another": a_document(state=b'{"id": "x"}', version=1),
}


@pytest.fixture
async def events(mongodb_url: str, other_mongodb_url: str) -> AsyncIterator[Events]:
    """The collection, by the bare driver; both databases are migrated."""
    for database in (open_events(mongodb_url), open_bookings(other_mongodb_url)):
        await database.connect()
        await database.migrate()
        await database.close()
    async with AsyncMongoClient[dict[str, Any]](mongodb_url, datetime_conversion="DATETIME_MS") as client:
        yield client.get_default_database()["events"]


@pytest.fixture
async def http(
    events: Events, mongodb_url: str, other_mongodb_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """Of a service that announces nothing: what is announced is rewritten, and so is a start of half a millisecond,
    which would change the order while it is read."""

    async def announce_nothing(_: EventService) -> int:
        return 0

    monkeypatch.setattr(EventService, "announce_unannounced", announce_nothing)
    async with serving(tmp_path, events_database=mongodb_url, bookings_database=other_mongodb_url) as client:
        yield client


async def listed(http: httpx.AsyncClient, url: str) -> list[str]:
    """The ids on that page and all that follow."""
    ids: list[str] = []
    while url:
        page = await http.get(url)
        assert page.status_code == 200, page.text
        ids += [event["id"] for event in page.json()]
        assert len(ids) < 100, "pages without an end"
        url = str(page.links["next"]["url"]) if "next" in page.links else ""
    return ids


def ids_of(documents: Sequence[dict[str, Any]]) -> set[str]:
    return {str(document["_id"]) for document in documents}


@pytest.mark.parametrize("limit", [1, 3, 100])
async def test_all_that_can_be_understood_are_listed_once_and_in_order(
    events: Events, http: httpx.AsyncClient, limit: int
) -> None:
    await events.insert_many([*BAD.values(), *GOOD, *ODD.values()])
    ids = await listed(http, f"/events?limit={limit}")
    assert len(ids) == len(set(ids))
    assert set(ids) == ids_of([*GOOD, *ODD.values()])
    shown = {event["id"]: event for event in (await http.get("/events?limit=500")).json()}
    assert list(shown) == ids
    starts = [shown[each]["startdate"] for each in ids]
    upcoming = [start for start in starts if start >= SOON]
    past = [start for start in starts if start < SOON]
    assert starts == [*sorted(upcoming), *sorted(past, reverse=True)]
    assert set(await listed(http, f"/events?limit={limit}&q=good")) == ids_of(GOOD)


async def test_they_are_streamed_and_found_by_name_and_by_id(events: Events, http: httpx.AsyncClient) -> None:
    await events.insert_many([*BAD.values(), *GOOD, *ODD.values()])
    lines = (await http.get("/events", headers={"accept": "application/x-ndjson"})).text.splitlines()
    assert len(lines) == len(GOOD) + len(ODD)
    for document in GOOD:
        assert (await http.get(f"/events/name/{document['name']}")).json()["id"] == str(document["_id"])
    assert (await http.get("/events/name/best")).status_code == 200
    for title, document in ODD.items():
        answer = await http.get(f"/events/id/{document['_id']}")
        assert answer.status_code == 200, title
        assert answer.json()["id"] == str(document["_id"])
    for title, document in BAD.items():
        if isinstance(document["_id"], ObjectId):
            assert (await http.get(f"/events/id/{document['_id']}")).status_code == 404, title


async def test_what_is_said_of_odd_ones(events: Events, http: httpx.AsyncClient) -> None:
    await events.insert_many(list(ODD.values()))

    async def read(title: str) -> dict[str, Any]:
        shown: dict[str, Any] = (await http.get(f"/events/id/{ODD[title]['_id']}")).json()
        return shown

    assert (await read("a date"))["startdate"] == 1_924_992_000_000
    assert (await read("a date"))["enddate"] == 1_925_078_400_000
    assert (await read("a fraction"))["startdate"] == SOON
    assert (await read("no end"))["enddate"] == SOON + 120 * 60_000
    assert (await read("a location in one word"))["location"]["name"] == "Paris park"
    assert (await read("no hall at all"))["location"]["halls"] == []
    assert [hall["capacity"] for hall in (await read("vast halls"))["location"]["halls"]] == [2**31 - 1] * 2
    assert (await read("garbled"))["name"] == "caf\ufffd\ufffd"


async def test_bad_ones_are_told_of_once_and_stay_as_they_are(
    events: Events, mongodb_url: str, other_mongodb_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await events.insert_many([*BAD.values(), *GOOD])
    before = [document async for document in events.find({"_id": {"$in": [each["_id"] for each in BAD.values()]}})]
    caplog.set_level(logging.WARNING)
    async with serving(tmp_path, events_database=mongodb_url, bookings_database=other_mongodb_url) as http:
        for document in GOOD:
            await availability(http, str(document["_id"]))
        for _ in range(3):
            assert set(await listed(http, "/events?limit=2")) == ids_of(GOOD)
            await http.get("/events/name/best")
    told = [record.getMessage() for record in caplog.records if "can't be served" in record.getMessage()]
    for document in BAD.values():
        assert sum(1 for line in told if f"document {document['_id']!r} " in line) == 1, document
    assert len(told) == len(BAD)
    after = [document async for document in events.find({"_id": {"$in": [each["_id"] for each in BAD.values()]}})]
    assert after == before


async def test_halls_of_one_name_are_told_apart_and_can_be_booked(
    events: Events, mongodb_url: str, other_mongodb_url: str, tmp_path: Path
) -> None:
    names = ["lobby", "lobby", "lobby (2)", "lobby"]
    halls = [{"name": name, "capacity": place + 1} for place, name in enumerate(names)]
    document = a_document(location={"name": "Paris park", "halls": halls})
    await events.insert_one(document)
    event_id = str(document["_id"])
    expected = {"lobby": 1, "lobby (3)": 2, "lobby (2)": 3, "lobby (4)": 4}
    async with serving(tmp_path, events_database=mongodb_url, bookings_database=other_mongodb_url) as http:
        shown = (await http.get(f"/events/id/{event_id}")).json()["location"]["halls"]
        assert {hall["name"]: hall["capacity"] for hall in shown} == expected
        free = (await availability(http, event_id))["halls"]
        assert {hall["name"]: hall["available"] for hall in free} == expected
        for hall in ("lobby", "lobby (3)"):
            assert (await http.post("/bookings", json=a_booking(event_id, hall=hall, places=1))).status_code == 201
        free = (await availability(http, event_id))["halls"]
        assert {hall["name"]: hall["available"] for hall in free} == expected | {"lobby": 0, "lobby (3)": 1}
        patch = {"description": "as it was"}
        headers = {"content-type": "application/merge-patch+json"}
        assert (await http.patch(f"/events/id/{event_id}", json=patch, headers=headers)).status_code == 200
