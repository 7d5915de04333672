"""`POST /events/import`: what is taken, what is refused, and what comes of it the second time."""

import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx
import pytest

from tests.api.bodies import an_event

pytestmark = pytest.mark.sqlite

NDJSON, CSV, ICS = "application/x-ndjson", "text/csv", "text/calendar"
COUNTED = ("created", "updated", "unchanged", "refused")


class Imported:
    """What was answered."""

    def __init__(self, answer: httpx.Response) -> None:
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == NDJSON
        *self.lines, self.last = map(json.loads, answer.text.splitlines())

    @property
    def outcomes(self) -> list[str]:
        return [line["outcome"] for line in self.lines]

    @property
    def counts(self) -> tuple[int, ...]:
        """Created, updated, unchanged, refused."""
        return tuple(self.last["summary"][name] for name in COUNTED)

    def faults(self, number: int) -> dict[str, str]:
        """Of that line, by their pointers."""
        line = next(line for line in self.lines if line["line"] == number)
        assert line["outcome"] == "refused"
        return {each["pointer"]: each["detail"] for each in line["problem"]["errors"]}


async def imported(
    http: httpx.AsyncClient, body: bytes | str | AsyncIterator[bytes], media_type: str = NDJSON, **query: str
) -> Imported:
    headers = {"content-type": media_type}
    return Imported(await http.post("/events/import", content=body, headers=headers, params=query))


def lines(entries: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(entry) + "\n" for entry in entries)


def an_entry(external_id: str, **changes: Any) -> dict[str, Any]:
    return an_event(external_id=external_id, **changes)


async def test_what_is_imported_is_there_and_the_second_time_nothing_changes(http: httpx.AsyncClient) -> None:
    body = lines(an_entry(f"row-{i}", name=f"night {i}") for i in range(3))
    first = await imported(http, body)
    assert first.outcomes == ["created"] * 3
    assert [line["line"] for line in first.lines] == [1, 2, 3]
    assert [line["external_id"] for line in first.lines] == ["row-0", "row-1", "row-2"]
    assert first.last == {"summary": {"created": 3, "updated": 0, "unchanged": 0, "refused": 0, "dry_run": False}}
    found = (await http.get(f"/events/id/{first.lines[1]['event_id']}")).json()
    assert (found["name"], found["version"]) == ("night 1", 1)
    second = await imported(http, body)
    assert second.counts == (0, 0, 3, 0)
    assert [line["event_id"] for line in second.lines] == [line["event_id"] for line in first.lines]
    changed = await imported(http, lines([an_entry("row-1", name="night one")]))
    assert changed.outcomes == ["updated"]
    assert (await http.get(f"/events/id/{first.lines[1]['event_id']}")).json()["version"] == 2


ROW_NAMES = "external_id,name,startdate,duration,timezone,location.name,location.halls,tags"


async def test_a_table_is_imported_with_its_halls(http: httpx.AsyncClient) -> None:
    table = (
        f"\ufeff{ROW_NAMES}\r\n"
        'a,"Organ, at ""night""",2031-05-09T20:00:00+02:00,150,Europe/Madrid,Palau,Great hall=420; Gallery=40,organ\r\n'
        'b,"Two\nlines",1936029600000,,,"Palau Nou","[{""name"": ""Salon"", ""capacity"": 2}]",organ; late\r\n'
        "\r\n"
        "c,'=SUM,2031-05-09T20:00:00Z,,,Palau Nou,,\r\n"
    )
    taken = await imported(http, table, f"{CSV}; charset=utf-8")
    assert [(line["line"], line["outcome"]) for line in taken.lines] == [(2, "created"), (3, "refused"), (6, "created")]
    assert list(taken.faults(3)) == ["/name"]
    first, last = (line["event_id"] for line in taken.lines if line["outcome"] == "created")
    event = (await http.get(f"/events/id/{first}")).json()
    assert (event["name"], event["startdate"], event["tags"]) == ('Organ, at "night"', 1936116000000, ["organ"])
    assert [(hall["name"], hall["capacity"]) for hall in event["location"]["halls"]] == [
        ("Great hall", 420),
        ("Gallery", 40),
    ]
    assert (await http.get(f"/events/id/{last}")).json()["name"] == "=SUM"


async def test_a_calendar_is_imported_and_what_it_cannot_say_stays(http: httpx.AsyncClient) -> None:
    def calendar(*more: str) -> str:
        told = ["BEGIN:VEVENT", "UID:one@example.org", "DTSTART;TZID=Europe/Madrid:20310509T200000", "DURATION:PT2H30M"]
        return "\r\n".join(["BEGIN:VCALENDAR", *told, *more, "END:VEVENT", "END:VCALENDAR", ""])

    named = ("SUMMARY:Night of the Or", " gan", "LOCATION:Palau Nou\\, Barcelona", "CATEGORIES:organ,late")
    first = await imported(http, calendar(*named), ICS)
    assert first.outcomes == ["created"]
    at = f"/events/id/{first.lines[0]['event_id']}"
    event = (await http.get(at)).json()
    assert (event["name"], event["timezone"], event["tags"]) == (
        "Night of the Organ",
        "Europe/Madrid",
        ["organ", "late"],
    )
    assert event["location"]["name"] == "Palau Nou, Barcelona"
    assert event["location"]["halls"] == []
    assert event["enddate"] - event["startdate"] == 150 * 60_000
    place = {"name": "Palau Nou", "address": "Barcelona", "halls": [{"name": "Great hall", "capacity": 420}]}
    await http.patch(at, json={"location": place})
    assert (await imported(http, calendar(*named), ICS)).outcomes == ["unchanged"]
    moved = await imported(http, calendar(*named[:2], "LOCATION:Elsewhere"), ICS)
    assert moved.outcomes == ["updated"]
    location = (await http.get(at)).json()["location"]
    assert (location["name"], location["address"], len(location["halls"])) == ("Elsewhere", "", 1)
    assert (await imported(http, calendar(*named, "STATUS:CANCELLED"), ICS)).outcomes == ["updated"]
    assert (await http.get(at)).json()["status"] == "cancelled"
    again = await imported(http, calendar(*named, "STATUS:CONFIRMED"), ICS)
    assert again.lines[0]["problem"]["type"] == "/problems/illegal-transition"


BAD_LINES = {
    '{"external_id": "a", "name": "", "location": {"name": "x", "halls": [{"name": "h"}]}}': {
        "/name",
        "/startdate",
        "/location/halls/0/capacity",
    },
    json.dumps(an_event()): {"/external_id"},
    json.dumps(an_event(external_id="a", id="b" * 24)): {"/id"},
    json.dumps(an_event(id="best")): {"/id"},
    json.dumps(an_event(external_id="a", nonsense=1)): {"/nonsense"},
    json.dumps(an_event(external_id="a", status="postponed")): {"/status"},
    json.dumps(an_event(external_id="a", enddate=1)): {"/enddate"},
    json.dumps(an_event(external_id="a" * 256)): {"/external_id"},
    '{"external_id": "a",': {""},
    "[]": {""},
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"): {""},
}


@pytest.mark.parametrize("bad", BAD_LINES)
async def test_a_bad_line_is_refused_by_itself(http: httpx.AsyncClient, bad: str) -> None:
    good = [json.dumps(an_entry("before")), json.dumps(an_entry("after"))]
    taken = await imported(http, f"{good[0]}\n\n{bad}\n{good[1]}")
    assert taken.outcomes == ["created", "refused", "created"]
    assert set(taken.faults(3)) == BAD_LINES[bad]
    assert taken.counts == (2, 0, 0, 1)


async def test_of_many_faults_the_first_are_told(http: httpx.AsyncClient) -> None:
    halls = [{"name": "", "capacity": 0} for _ in range(100)]
    taken = await imported(http, lines([an_entry("a", location={"name": "x", "halls": halls})]))
    errors = taken.lines[0]["problem"]["errors"]
    assert len(errors) == 11
    assert errors[-1] == {"pointer": "", "detail": "has 190 faults more"}


async def test_a_line_may_be_as_long_as_a_body_and_no_longer(http: httpx.AsyncClient) -> None:
    body = lines([an_entry("a"), an_entry("long", description="x" * 30_000), an_entry("b")])
    taken = await imported(http, body)
    assert taken.outcomes == ["created", "refused", "created"]
    assert "more than the 20000 bytes" in taken.faults(2)[""]


@pytest.mark.parametrize(
    ("names", "faults"),
    [
        ("name,startdate,location.name", {"external_id"}),
        ("external_id,name,startdate,place", {"place", "location.name"}),
        ("external_id,name,name,startdate,location.name", {"name"}),
        ("external_id;name;startdate", {""}),
        ("", {""}),
        ('external_id,"name', {""}),
    ],
)
async def test_a_table_with_other_columns_is_refused_as_a_whole(
    http: httpx.AsyncClient, names: str, faults: set[str]
) -> None:
    answer = await http.post("/events/import", content=f"{names}\n", headers={"content-type": CSV})
    assert answer.status_code == 400, answer.text
    assert {each["pointer"] for each in answer.json()["errors"]} == faults


@pytest.mark.parametrize(
    ("row", "faults"),
    [
        ("a,night,2031-05-09T20:00:00Z,,,here,Great hall,", {"/location/halls/0/capacity"}),
        ("a,night,2031-05-09T20:00:00Z,,,here,=420,", {"/location/halls/0/capacity"}),
        ("a,night,2031-05-09T20:00:00Z,,,here,[1,", {"/location/halls"}),
        ("a,night,2031-05-09 20:00,,,here,,", {"/startdate"}),
        ("a,night,,,,here,,", {"/startdate"}),
        ("a,night,1936116000000,long,,here,,", {"/duration"}),
        ("a,night,1936116000000,,Atlantis,here,,", {"/timezone"}),
        ("a,night,1936116000000,,,,,", {"/location/name"}),
        ("a,night,1936116000000,,,here,", {""}),
        ('a,"night"x,1936116000000,,,here,,', {""}),
        ("a,ni\xffght,1936116000000,,,here,,", {""}),
    ],
)
async def test_a_bad_row_is_refused_by_itself(http: httpx.AsyncClient, row: str, faults: set[str]) -> None:
    good = ",night,1936116000000,,,here,,"
    taken = await imported(http, f"{ROW_NAMES}\nx{good}\n{row}\ny{good}\n".encode("latin-1"), CSV)
    assert taken.outcomes == ["created", "refused", "created"]
    assert set(taken.faults(3)) == faults


START, NAMED = "DTSTART:20310509T180000Z", "SUMMARY:night\nLOCATION:here"


@pytest.mark.parametrize(
    ("component", "faults"),
    [
        (f"UID:a\n{NAMED}", {"/startdate"}),
        (f"UID:a\n{START}\nLOCATION:here", {"/name"}),
        (f"UID:a\n{START}\nSUMMARY:night", {"/location/name"}),
        (f"{START}\n{NAMED}", {""}),
        (f"UID:a\n{START}\n{NAMED}\nRRULE:FREQ=WEEKLY", {""}),
        (f"UID:a\n{START}\n{NAMED}\nRECURRENCE-ID:20310509T180000Z", {""}),
        (f"UID:a\n{START}\n{NAMED}\nSTATUS:TENTATIVE", {"/status"}),
        (f"UID:a\n{START}\n{NAMED}\nSTATUS:MAYBE", {"/status"}),
        (f"UID:a\n{START}\n{NAMED}\nDTEND:20310509T170000Z", {"/enddate"}),
        (f"UID:a\n{START}\n{NAMED}\nDTEND:20310509T190000Z\nDURATION:PT1H", {"/enddate"}),
        (f"UID:a\nDTSTART:20310509T200000\n{NAMED}", {"/startdate"}),
        (f"UID:a\nDTSTART;VALUE=DATE:20310509\n{NAMED}", {"/startdate"}),
        (f"UID:a\nDTSTART;TZID=Atlantis:20310509T200000\n{NAMED}", {"/startdate"}),
        (f"UID:a\nDTSTART:yesterday\n{NAMED}", {""}),
        (f"UID:a\n{START}\nDURATION:P9999999D\n{NAMED}", {"/enddate"}),
        (f"UID:a\n{START}\n{NAMED}\nDESCRIPTION:{'x' * 10_001}", {"/description"}),
        (f"UID:a\n{START}\n{NAMED}\nthis is nothing", {""}),
        (f"UID:a\n{START}\nSUMMARY:\xff\nLOCATION:here", {""}),
        (f"UID:a\n{START}\n{NAMED}\nBEGIN:VALARM", {""}),
    ],
)
async def test_a_bad_component_is_refused_by_itself(http: httpx.AsyncClient, component: str, faults: set[str]) -> None:
    good = f"BEGIN:VEVENT\nUID:%s\n{START}\n{NAMED}\nEND:VEVENT\n"
    bad = f"BEGIN:VEVENT\n{component}\n" + ("" if "VALARM" in component else "END:VEVENT\n")
    body = f"BEGIN:VCALENDAR\n{good % 'x'}{bad}{good % 'y'}END:VCALENDAR\n"
    taken = await imported(http, body.encode("latin-1"), ICS)
    assert taken.outcomes == ["created", "refused", "created"], taken.lines
    assert set(taken.faults(8)) == faults
