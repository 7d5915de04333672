"""What clients send to create or change an event."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from okevents.errors import BadInput, MalformedJson
from okevents.events.draft import EventDraft, to_event
from okevents.events.model import Event
from okevents.kernel.ids import EventId
from okevents.kernel.validation import decode

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ID = EventId("a" * 24)


def a_body(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": "best",
        "startdate": 1_900_000_000_000,
        "enddate": 1_900_000_000_000,
        "duration": 120,
        "location": {
            "name": "Paris fifa park",
            "address": "le monses",
            "country": "frn",
            "opentime": 10,
            "closetime": 15,
            "halls": [{"name": "lobby", "location": "principal building", "capacity": 150}],
        },
    }
    return body | changes


def with_halls(*halls: dict[str, Any]) -> dict[str, Any]:
    body = a_body()
    body["location"]["halls"] = list(halls)
    return body


def an_event(body: dict[str, Any], present: Event | None = None) -> Event:
    return to_event(decode(msgspec.json.encode(body), EventDraft), ID, NOW, present)


def faults(body: object) -> dict[str, str]:
    with pytest.raises(BadInput) as caught:
        an_event(body)  # type: ignore[arg-type]
    return {fault.pointer: fault.detail for fault in caught.value.faults}


def test_the_body_of_the_go_program_becomes_an_event() -> None:
    event = an_event(a_body())
    assert (event.name, event.duration, event.location.country) == ("best", 120, "frn")
    assert event.over_at == event.starts_at + timedelta(hours=2)
    assert event.location.halls[0].capacity == 150


def test_a_date_may_be_text_and_is_cut_to_the_millisecond() -> None:
    event = an_event(a_body(startdate="2030-05-01T10:00:00.123987+02:00", enddate=None))
    assert event.starts_at == datetime(2030, 5, 1, 8, 0, 0, 123_000, tzinfo=UTC)
    assert event.ends_at == event.starts_at + timedelta(hours=2)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": " "}, "/name"),
        ({"name": "a" * 201}, "/name"),
        ({"name": "a\x00b"}, "/name"),
        ({"startdate": 10**18}, "/startdate"),
        ({"startdate": "2030-05-01T10:00:00"}, "/startdate"),
        ({"startdate": "soon"}, "/startdate"),
        ({"startdate": 1.5}, "/startdate"),
        ({"enddate": 1_800_000_000_000}, "/enddate"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"duration": -1}, "/duration"),
        ({"colour": "red"}, "/colour"),
        ({"tags": ["ok", 5]}, "/tags/1"),
    ],
)
def test_a_bad_field_is_named(change: dict[str, Any], pointer: str) -> None:
    assert list(faults(a_body(**change))) == [pointer]


@pytest.mark.parametrize("capacity", [0, -5, 10**9, 1.5, "many", None, True])
def test_a_bad_capacity_is_named(capacity: object) -> None:
    assert list(faults(with_halls({"name": "lobby", "capacity": capacity}))) == ["/location/halls/0/capacity"]


def test_two_halls_of_one_name_are_refused() -> None:
    assert list(faults(with_halls({"name": "a", "capacity": 1}, {"name": "a", "capacity": 2}))) == [
        "/location/halls/1/name"
    ]


def test_every_fault_is_told_at_once() -> None:
    body = {"name": 5, "startdate": "x", "location": {"halls": [{"capacity": 0, "x~/y": 1}]}, "extra": 1}
    assert set(faults(body)) == {
        "/name",
        "/startdate",
        "/location/name",
        "/location/halls/0/capacity",
        "/location/halls/0/name",
        "/location/halls/0/x~0~1y",
        "/extra",
    }


@pytest.mark.parametrize("body", [[], "x", 5, None])
def test_json_of_another_shape_is_refused_as_a_whole(body: object) -> None:
    assert list(faults(body)) == [""]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"a":' * 5000, b"nope"])
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        decode(body, EventDraft)


def test_the_servers_own_fields_are_taken_and_ignored() -> None:
    event = an_event(a_body(id="x", status="cancelled", version=9, created=1, updated=None, cancellations=3))
    assert (event.id, event.status, event.version, event.cancellations) == (ID, "scheduled", 1, 0)


def test_a_hall_keeps_its_id_by_id_when_renamed_else_by_name() -> None:
    first = an_event(with_halls({"name": "a", "capacity": 1}, {"name": "b", "capacity": 1}))
    a, b = (hall.id for hall in first.location.halls)
    renamed = an_event(with_halls({"name": "b", "capacity": 2}, {"id": a, "name": "c", "capacity": 1}), first)
    assert [hall.id for hall in renamed.location.halls] == [b, a]


def test_a_new_hall_under_the_former_name_of_another_is_another_hall() -> None:
    first = an_event(with_halls({"name": "a", "capacity": 1}))
    (a,) = (hall.id for hall in first.location.halls)
    second = an_event(with_halls({"id": a, "name": "b", "capacity": 1}, {"name": "a", "capacity": 1}), first)
    kept, new = (hall.id for hall in second.location.halls)
    assert kept == a
    assert new != a
