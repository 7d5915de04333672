"""Events as a table: its columns, and what spreadsheets make of it."""

import csv
import io
from pathlib import Path

import pytest
from msgspec.structs import replace

from okevents.errors import BadInput
from okevents.events import table
from okevents.events.ports import StoredEvent
from tests.builders import a_full_event, a_hall, a_location

DOCUMENT = Path(__file__).parents[3] / "docs" / "import.md"


def cells(**changes: object) -> dict[str, str]:
    exported = table.header() + table.rows([StoredEvent(replace(a_full_event(), **changes), None)])
    (row,) = csv.DictReader(io.StringIO(exported.decode(), newline=""))
    return row


def test_each_column_is_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [name for name in table.COLUMNS if f"`{name}`" not in text] == []


def test_all_of_an_event_is_there() -> None:
    empty = [name for name, cell in cells().items() if not cell]
    assert empty == []


def test_instants_are_by_the_clocks_of_the_place() -> None:
    assert cells()["startdate"] == "2030-01-31T13:00:00+01:00"
    assert cells(timezone=None)["enddate"] == "2030-01-31T15:00:00.007+00:00"
    assert cells(timezone="Nowhere")["startdate"].endswith("+00:00")


def test_halls_and_tags_are_told_plainly_where_they_can_be() -> None:
    plain = cells(
        location=a_location(halls=(a_hall(name="a=b", location="", capacity=2), a_hall(name="c", location=""))),
        tags=("x", "y z"),
    )
    assert (plain["location.halls"], plain["tags"]) == ("a=b=2; c=150", "x; y z")
    told = cells(location=a_location(halls=(a_hall(name="a"),)), tags=("x;y",))
    assert told["location.halls"] == '[{"name":"a","location":"ground floor","capacity":150}]'
    assert told["tags"] == '["x;y"]'


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\uff1d"])
def test_nothing_is_a_formula(sign: str) -> None:
    row = cells(name=f"{sign}1", description=f"'{sign}1", tags=(f"{sign}1",))
    assert (row["name"], row["description"], row["tags"]) == (f"'{sign}1", f"''{sign}1", f"'{sign}1")


def test_columns_may_stand_in_any_order_and_have_blanks_around_them() -> None:
    columns = table.columns_of(b" location.name ,name,startdate,external_id")
    draft = table.draft_of(columns, b"here,best,1924977600000,a")
    assert (draft.name, draft.location.name, draft.external_id) == ("best", "here", "a")


def test_every_wrong_column_is_told_at_once() -> None:
    with pytest.raises(BadInput) as error:
        table.columns_of(b"name,name,place,")
    assert [fault.pointer for fault in error.value.faults] == [
        "place",
        "column 4",
        "name",
        "startdate",
        "location.name",
        "external_id",
    ]
