"""The form of an event: from what was typed to what the service takes, and back."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from secrets import token_urlsafe
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from okevents.errors import BadInput
from okevents.events.draft import MAX_DURATION, EventDraft
from okevents.events.model import Event
from okevents.kernel import validation
from okevents.kernel.clock import to_milliseconds
from okevents.pages.catalogue import N_, Text
from okevents.pages.forms import Form

MAX_ROWS = 100
"""Halls that the form takes; an event with more is changed by the API."""

TERMS = ("opens", "closes", "max_places", "max_places_per_guest", "check_in_opens", "no_show_release")
"""What is folded away while nothing of it is set."""

TIMES = ("start", "end", "opens", "closes", "check_in_opens")
LABELS: Mapping[str, str] = {
    "name": N_("Name"),
    "start": N_("Begins"),
    "end": N_("Ends"),
    "timezone": N_("Time zone"),
    "venue": N_("Place"),
    "address": N_("Address"),
    "country": N_("Country"),
    "description": N_("Description"),
    "organiser": N_("Organiser"),
    "tags": N_("Tags"),
    "opens": N_("Booking opens"),
    "closes": N_("Booking closes"),
    "max_places": N_("Most places in one booking"),
    "max_places_per_guest": N_("Most places for one guest"),
    "check_in_opens": N_("Doors open"),
    "no_show_release": N_("Release of places"),
}
"""Of the fields that are one thing each, in their order; halls are rows of their own."""

_FAULTS = (
    (r"/name", "name", N_("Give a name: up to 200 characters in one line.")),
    (r"/startdate", "start", N_("Give a day and a time.")),
    (r"/enddate", "end", N_("The end is before the beginning.")),
    (r"/duration", "end", N_("This is longer than a year.")),
    (r"/timezone", "timezone", N_("Give a time zone such as Europe/Madrid, or leave it out.")),
    (r"/location/name", "venue", N_("Give the name of the place: up to 200 characters in one line.")),
    (r"/location/address", "address", N_("Up to 200 characters in one line are possible.")),
    (r"/location/country", "country", N_("Up to 200 characters in one line are possible.")),
    (r"/description", "description", N_("Up to 10,000 characters are possible.")),
    (r"/organiser", "organiser", N_("Up to 200 characters in one line are possible.")),
    (r"/tags.*", "tags", N_("Up to 50 tags are possible, of up to 200 characters each.")),
    (r"/booking/opens", "opens", N_("Booking has to open before the event is over.")),
    (r"/booking/closes", "closes", N_("Booking has to close after it opens.")),
    (r"/booking/check_in_opens", "check_in_opens", N_("The doors have to open before the event is over.")),
    (
        r"/booking/max_places",
        "max_places",
        N_("Give a number from 1 to 10,000, not more than one guest may have; or leave it out."),
    ),
    (r"/booking/max_places_per_guest", "max_places_per_guest", N_("Give a number from 1 to 10,000, or leave it out.")),
    (r"/booking/no_show_release", "no_show_release", N_("Give minutes, up to 10,080, or leave it out.")),
)
_HALL_FAULTS = {
    "name": N_("Give each hall a name of its own."),
    "capacity": N_("Give how many people the hall takes, from 1 to 1,000,000."),
    "location": N_("Up to 200 characters in one line are possible."),
}
_HALL = re.compile(r"/location/halls/(\d+)/(\w+)")
_ROW = re.compile(r"hall-(\d{1,4})-name")


def blank() -> Form:
    """Of a new event."""
    return Form({"key": token_urlsafe(), "hall-0-name": ""})


def filled_in(event: Event) -> Form:
    """The event as it is."""
    zone, terms = _zone(event.timezone or ""), event.booking
    fields = {
        "key": token_urlsafe(),
        "version": str(event.version),
        "name": event.name,
        "start": _typed(event.starts_at, zone),
        "end": _typed(event.over_at, zone),
        "timezone": event.timezone or "",
        "venue": event.location.name,
        "address": event.location.address,
        "country": event.location.country,
        "description": event.description,
        "organiser": event.organiser,
        "tags": ", ".join(event.tags),
        "opens": _typed(terms.opens, zone),
        "closes": _typed(terms.closes, zone),
        "check_in_opens": _typed(terms.check_in_opens, zone),
        "max_places": _number(terms.max_places),
        "max_places_per_guest": _number(terms.max_places_per_guest),
        "no_show_release": _number(terms.no_show_release),
    }
    for row, hall in enumerate(event.location.halls):
        fields |= {
            f"hall-{row}-id": hall.id,
            f"hall-{row}-name": hall.name,
            f"hall-{row}-location": hall.location,
            f"hall-{row}-capacity": str(hall.capacity),
        }
    return Form(fields)


def rows_of(form: Form) -> list[int]:
    """The numbers of the halls' rows, in their order; one at the least."""
    return sorted({int(found[1]) for name in form.fields if (found := _ROW.fullmatch(name))})[:MAX_ROWS] or [0]


def with_row(form: Form) -> Form:
    """With room for one hall more."""
    return Form({**form.fields, f"hall-{rows_of(form)[-1] + 1}-name": ""})


def without_row(form: Form, row: int) -> Form:
    return Form({name: typed for name, typed in form.fields.items() if not name.startswith(f"hall-{row}-")})


def body_of(form: Form, present: Event | None) -> tuple[dict[str, Any], dict[str, Text]]:
    """What the service is asked for, and what is wrong that it can't know of.

    Of a `present` event instants that weren't touched are left out: the form shows minutes alone. If anything is wrong,
    so is told what the service would find at first sight.
    """
    faults: dict[str, Text] = {}
    zone = _zone(form.text("timezone"))
    at = {name: _instant(form, name, zone, faults) for name in TIMES}
    kept = {} if present is None else filled_in(present).fields
    if not form.text("start"):
        faults["start"] = Text(N_("Give a day and a time."))
    if at["start"] is not None and at["end"] is not None and at["end"] < at["start"]:
        faults["end"] = Text(N_("The end is before the beginning."))
    body: dict[str, Any] = {
        "name": form.text("name"),
        "timezone": form.text("timezone") or None,
        "location": {
            "name": form.text("venue"),
            "address": form.text("address"),
            "country": form.text("country"),
            "halls": [_hall(form, row) for row in _used(form)],
        },
        "description": _lines(form["description"]),
        "organiser": form.text("organiser"),
        "tags": [tag for each in form["tags"].split(",") if (tag := each.strip())],
    }
    terms: dict[str, Any] = {
        name: _whole(form, name) for name in ("max_places", "max_places_per_guest", "no_show_release")
    }
    untouched = {name for name in TIMES if kept.get(name) == form[name] and kept.get("timezone") == form["timezone"]}
    for name in ("opens", "closes", "check_in_opens"):
        if name not in untouched:
            terms[name] = _milliseconds(at[name])
    body["booking"] = terms
    if not {"start", "end"} <= untouched:
        body |= _when(at["start"], at["end"])
    return body, _faults_of_shape(body, form) | faults if faults else {}


def faults_of(error: BadInput, form: Form) -> dict[str, Text]:
    """What is wrong with the form, by its fields."""
    rows, found = _used(form), dict[str, Text]()
    for fault in error.faults:
        if (hall := _HALL.fullmatch(fault.pointer)) and int(hall[1]) < len(rows) and hall[2] in _HALL_FAULTS:
            found.setdefault(f"hall-{rows[int(hall[1])]}-{hall[2]}", Text(_HALL_FAULTS[hall[2]]))
            continue
        known = ((field, said) for pattern, field, said in _FAULTS if re.fullmatch(pattern, fault.pointer))
        field, said = next(known, ("", N_("Something in this form isn’t right.")))
        found.setdefault(field, Text(said))
    return found


def in_order(faults: Mapping[str, Text], form: Form) -> dict[str, Text]:
    """The same, as the fields follow each other on the page."""
    halls = [f"hall-{row}-{part}" for row in rows_of(form) for part in ("name", "capacity", "location")]
    names = list(LABELS)
    after = names.index("country") + 1
    places = {name: place for place, name in enumerate([*names[:after], *halls, *names[after:]])}
    return dict(sorted(faults.items(), key=lambda each: places.get(each[0], len(places))))


class Difference(NamedTuple):
    """What the event has now that isn't what was typed. `label`: what it is called."""

    label: str
    typed: str
    now: str


def differences(form: Form, present: Event) -> list[Difference]:
    """Of halls all together, last."""
    now = filled_in(present)
    told = [Difference(label, _lines(form.text(name)), now.text(name)) for name, label in LABELS.items()]
    told.append(Difference(N_("Halls"), _told_halls(form), _told_halls(now)))
    return [each for each in told if each.typed != each.now]


def _lines(text: str) -> str:
    """With line breaks as they are stored: a form sends CRLF (HTML, 4.10.22.4)."""
    return text.replace("\r\n", "\n")


def _told_halls(form: Form) -> str:
    """Great hall, 420; Gallery, 80, 2nd floor."""
    halls = ((form.text(f"hall-{row}-{part}") for part in ("name", "capacity", "location")) for row in _used(form))
    return "; ".join(", ".join(part for part in hall if part) for hall in halls)


def _faults_of_shape(body: dict[str, Any], form: Form) -> dict[str, Text]:
    """What the service would find wrong at first sight: so that everything is told at once."""
    try:
        validation.decode(msgspec.json.encode({"startdate": 0, **body}), EventDraft)
    except BadInput as error:
        return faults_of(error, form)
    return {}


def _used(form: Form) -> list[int]:
    """The rows in which something was typed."""
    return [row for row in rows_of(form) if form.text(f"hall-{row}-name") or form.text(f"hall-{row}-capacity")]


def _hall(form: Form, row: int) -> dict[str, Any]:
    hall: dict[str, Any] = {
        "name": form.text(f"hall-{row}-name"),
        "capacity": form.whole(f"hall-{row}-capacity") or 0,
        "location": form.text(f"hall-{row}-location"),
    }
    if known := form[f"hall-{row}-id"]:
        hall["id"] = known
    return hall


def _when(starts_at: datetime | None, ends_at: datetime | None) -> dict[str, Any]:
    """`duration` says the same as the end: it is what programs that know no end go by."""
    if starts_at is None:
        return {}
    lasts = timedelta() if ends_at is None else ends_at - starts_at
    minutes = lasts // timedelta(minutes=1)
    return {
        "startdate": _milliseconds(starts_at),
        "enddate": _milliseconds(ends_at or starts_at),
        "duration": minutes if 0 <= minutes <= MAX_DURATION else 0,
    }


def _instant(form: Form, name: str, zone: tzinfo, faults: dict[str, Text]) -> datetime | None:
    """By the clocks of the place; a time that they show twice is the first one."""
    text = form.text(name)
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text)
        at = local.replace(tzinfo=zone).astimezone(UTC)
        is_skipped = at.astimezone(zone).replace(tzinfo=None) != local
    except (ValueError, OverflowError):
        faults[name] = Text(N_("Give a day and a time such as 2031-05-09T20:00."))
        return None
    if is_skipped:
        faults[name] = Text(
            N_("The clocks there skip this time, for summer time begins. Give an earlier or later one.")
        )
        return None
    return at


def _whole(form: Form, name: str) -> int | None:
    """What is no number is one that the service refuses."""
    if not form.text(name):
        return None
    number = form.whole(name)
    return -1 if number is None else number


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _typed(at: datetime | None, zone: tzinfo) -> str:
    """As a field for a day and a time has it (HTML, 2.3.5.4)."""
    return "" if at is None else at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def _number(number: int | None) -> str:
    return "" if number is None else str(number)


def _milliseconds(at: datetime | None) -> int | None:
    return None if at is None else to_milliseconds(at)
