"""The organiser's form of an event: what is asked of the service, and what is wrong with what was typed."""

from datetime import UTC, datetime, timedelta

import pytest

from okevents.bookings.occupancy import Taken
from okevents.contracts.event import BookingTerms
from okevents.errors import BadInput, FieldFault
from okevents.pages.catalogue import Text
from okevents.pages.forms import Form
from okevents.pages.staff import event_form
from okevents.pages.staff.plot import plotted
from tests.builders import a_full_event, a_hall, a_location, an_event

TYPED = {
    "name": " Organ night ",
    "start": "2031-05-09T20:00",
    "end": "2031-05-09T22:30",
    "timezone": "Europe/Madrid",
    "venue": "Palau Nou",
    "hall-0-name": "Great hall",
    "hall-0-capacity": "420",
    "hall-3-name": "",
    "hall-7-name": "Gallery",
    "hall-7-capacity": "8",
    "hall-7-location": "2nd floor",
    "tags": "organ, , baroque ",
}


def test_what_was_typed_is_asked_for_by_the_clocks_of_the_place() -> None:
    body, faults = event_form.body_of(Form(TYPED), None)
    assert faults == {}
    assert body["name"] == "Organ night"
    assert datetime.fromtimestamp(body["startdate"] / 1000, UTC) == datetime(2031, 5, 9, 18, tzinfo=UTC)
    assert body["enddate"] - body["startdate"] == 150 * 60_000
    assert body["duration"] == 150
    assert [(hall["name"], hall["capacity"]) for hall in body["location"]["halls"]] == [
        ("Great hall", 420),
        ("Gallery", 8),
    ]
    assert body["tags"] == ["organ", "baroque"]
    assert body["booking"]["max_places"] is None


def test_an_event_that_is_shown_and_sent_back_is_the_same() -> None:
    event = a_full_event()
    body, faults = event_form.body_of(event_form.filled_in(event), event)
    assert faults == {}
    assert not {"startdate", "enddate", "duration"} & body.keys()
    assert not {"opens", "closes", "check_in_opens"} & body["booking"].keys()
    assert [hall["id"] for hall in body["location"]["halls"]] == [hall.id for hall in event.location.halls]


def test_an_instant_that_was_touched_is_sent_and_its_end_with_it() -> None:
    event = an_event(starts_at=datetime(2031, 5, 9, 18, 0, 7, tzinfo=UTC))
    form = event_form.filled_in(event)
    later = {"start": "2031-05-09T18:30", "end": "2031-05-09T19:00"}
    body, _ = event_form.body_of(Form({**form.fields, **later}), event)
    assert body["enddate"] - body["startdate"] == 30 * 60_000


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"start": ""}, "start"),
        ({"start": "tomorrow"}, "start"),
        ({"start": "2031-03-30T02:30"}, "start"),  # summer time begins
        ({"end": "2031-05-09T19:00"}, "end"),
        ({"opens": "soon"}, "opens"),
    ],
)
def test_what_only_the_form_can_tell_is_a_fault_of_its_field(typed: dict[str, str], field: str) -> None:
    _, faults = event_form.body_of(Form({**TYPED, **typed}), None)
    assert list(faults) == [field]


def test_a_time_that_the_clocks_show_twice_is_the_first() -> None:
    body, faults = event_form.body_of(Form({**TYPED, "start": "2031-10-26T02:30", "end": ""}), None)
    assert faults == {}
    assert datetime.fromtimestamp(body["startdate"] / 1000, UTC) == datetime(2031, 10, 26, 0, 30, tzinfo=UTC)


def test_faults_of_the_service_stand_at_the_fields_they_are_of() -> None:
    pointers = ("/name", "/location/halls/1/capacity", "/location/name", "/tags/3", "/booking/closes", "/unheard/of")
    error = BadInput([FieldFault(pointer, "isn't right") for pointer in pointers])
    faults = event_form.faults_of(error, Form(TYPED))
    assert list(faults) == ["name", "hall-7-capacity", "venue", "tags", "closes", ""]


def test_everything_is_told_at_once() -> None:
    form = Form({**TYPED, "name": "", "start": "", "hall-7-capacity": "many"})
    _, faults = event_form.body_of(form, None)
    assert set(faults) == {"name", "start", "hall-7-capacity"}


def test_rows_are_added_and_removed() -> None:
    form = Form(TYPED)
    assert event_form.rows_of(form) == [0, 3, 7]
    assert event_form.rows_of(event_form.with_row(form)) == [0, 3, 7, 8]
    fewer = event_form.without_row(form, 7)
    assert event_form.rows_of(fewer) == [0, 3]
    assert fewer["hall-7-location"] == ""
    assert event_form.rows_of(Form()) == [0]


def test_what_another_has_changed_is_told_by_its_name() -> None:
    event = an_event(
        name="Organ night",
        description="Bach,\nthen Buxtehude.",
        location=a_location(name="Palau Nou", halls=(a_hall(),)),
        booking=BookingTerms(max_places=4),
    )
    form = event_form.filled_in(event)
    form = Form({**form.fields, "description": "Bach,\r\nthen Buxtehude."})
    typed = Form({**form.fields, "name": "Organ evening", "max_places": "", "hall-0-capacity": "7"})
    told = event_form.differences(typed, event)
    assert [(each.label, each.typed, each.now) for each in told] == [
        ("Name", "Organ evening", "Organ night"),
        ("Most places in one booking", "", "4"),
        ("Halls", "lobby, 7, ground floor", "lobby, 150, ground floor"),
    ]
    assert event_form.differences(form, event) == []


def test_faults_are_told_in_the_order_of_the_page() -> None:
    form = Form({"hall-2-name": "", "hall-0-name": ""})
    names = ("", "opens", "description", "hall-2-name", "hall-0-capacity", "hall-0-name", "country", "end", "name")
    ordered = event_form.in_order({name: Text("wrong") for name in names}, form)
    assert list(ordered) == [
        "name",
        "end",
        "country",
        "hall-0-name",
        "hall-0-capacity",
        "hall-2-name",
        "description",
        "opens",
        "",
    ]


def test_the_picture_reaches_from_nothing_to_what_there_is() -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)
    steps = [Taken(at, 0, 2), Taken(at + timedelta(minutes=1), 5, 5)]
    plot = plotted(steps, 10)
    assert (plot.top, plot.capacity) == (10, 0.0)
    assert (
        plot.booked == "M0.0 240.0L360.0 240.0L360.0 120.0L720.0 120.0L720.0 240.0L360.0 240.0L360.0 240.0L0.0 240.0Z"
    )
    assert "720.0 0.0" in plot.held
    assert plotted([Taken(at, 12, 0)], 10).top == 12
