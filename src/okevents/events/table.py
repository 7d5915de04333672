"""Events as a table (RFC 4180), a row for each: what is opened in a spreadsheet, and can be imported again.

A column is named as the field in JSON, with a dot for what lies in another; an empty cell says nothing.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from okevents.errors import BadInput, FieldFault
from okevents.events.entry import EntryDraft
from okevents.events.model import Event, Hall
from okevents.events.ports import StoredEvent
from okevents.kernel import spreadsheets, validation

NEEDED = ("name", "startdate", "location.name")
IDENTIFYING = ("id", "external_id")


def _text(cell: str) -> object:
    return spreadsheets.text_of(cell)


def _number(cell: str) -> object:
    """The number; or the cell, which is told to be none."""
    return int(cell) if re.fullmatch(r"-?[0-9]{1,18}", cell.strip(), re.ASCII) else cell


def _instant(cell: str) -> object:
    return _number(cell) if "-" not in cell[1:] else cell.strip()


def _tags(cell: str) -> object:
    return _listed(cell, lambda part: part)


def _halls(cell: str) -> object:
    return _listed(cell, _hall)


def _listed(cell: str, part_of: Callable[[str], object]) -> object:
    """JSON where it begins as such; else parts between semicolons."""
    if cell.lstrip().startswith("["):
        return validation.parse(cell.encode())
    parts = [part.strip() for part in spreadsheets.text_of(cell).split(";")]
    return [part_of(part) for part in parts if part]


def _hall(part: str) -> object:
    name, _, capacity = part.rpartition("=")
    return {"name": name.strip(), "capacity": _number(capacity)} if name else {"name": part}


_READ: Mapping[str, Callable[[str], object]] = {
    "id": _text,
    "external_id": _text,
    "name": _text,
    "startdate": _instant,
    "enddate": _instant,
    "duration": _number,
    "timezone": _text,
    "location.name": _text,
    "location.address": _text,
    "location.country": _text,
    "location.opentime": _number,
    "location.closetime": _number,
    "location.halls": _halls,
    "description": _text,
    "tags": _tags,
    "organiser": _text,
    "booking.opens": _instant,
    "booking.closes": _instant,
    "booking.max_places": _number,
    "booking.max_places_per_guest": _number,
    "booking.check_in_opens": _instant,
    "booking.no_show_release": _number,
    "status": _text,
    "reason": _text,
}
COLUMNS = tuple(_READ)
_EXPORTED = tuple(name for name in COLUMNS if name != "external_id")


def columns_of(names: bytes) -> Sequence[str]:
    """The columns that a table says it has, in its order. Raises BadInput for each that isn't known, stands there
    twice, or is needed and missing."""
    given = [name.strip() for name in cells(names)]
    if len(given) == 1 and (";" in given[0] or "\t" in given[0]):
        raise BadInput([FieldFault("", "the columns are to be separated by commas, and here they aren't")])
    known = f"is not a known column; known here: {', '.join(COLUMNS)}"
    faults = [FieldFault(name or f"column {i + 1}", known) for i, name in enumerate(given) if name not in _READ]
    faults += [FieldFault(name, "stands there twice") for name in COLUMNS if given.count(name) > 1]
    faults += [FieldFault(name, "is a missing column") for name in NEEDED if name not in given]
    if not set(IDENTIFYING) & set(given):
        faults.append(FieldFault("external_id", "is a missing column, and so is id; one of them is needed"))
    if faults:
        raise BadInput(faults)
    return given


def draft_of(columns: Sequence[str], row: bytes) -> EntryDraft:
    """What the row says. Raises BadInput with pointers into the event as it would be in JSON."""
    return validation.convert(raw_of(columns, row), EntryDraft)


def raw_of(columns: Sequence[str], row: bytes) -> dict[str, Any]:
    """The same as plain values. Raises BadInput."""
    given = cells(row)
    if len(given) != len(columns):
        raise BadInput([FieldFault("", f"the row has {len(given)} cells, and there are {len(columns)} columns")])
    raw: dict[str, Any] = {"location": {}}
    for name, cell in zip(columns, given, strict=True):
        if cell:
            outer, _, inner = name.rpartition(".")
            (raw.setdefault(outer, {}) if outer else raw)[inner] = _read(name, cell)
    return raw


def _read(name: str, cell: str) -> object:
    try:
        return _READ[name](cell)
    except BadInput as error:
        raise BadInput([FieldFault(f"/{name.replace('.', '/')}", error.faults[0].detail)]) from None


def cells(row: bytes) -> list[str]:
    """Raises BadInput for what isn't a row of CSV in UTF-8."""
    try:
        read = next(csv.reader([row.decode()], strict=True))
    except UnicodeDecodeError as error:
        raise BadInput([FieldFault("", f"is not UTF-8: byte {error.start + 1} of the row is none")]) from None
    except csv.Error as error:
        raise BadInput([FieldFault("", f"is not a row of CSV (RFC 4180): {error}")]) from None
    return read


def header() -> bytes:
    """The names of the columns of an export."""
    return spreadsheets.written([_EXPORTED])


def rows(stored: Iterable[StoredEvent]) -> bytes:
    """The events' rows; imported again, they change nothing."""
    return spreadsheets.written(_row(each.event) for each in stored)


def _row(event: Event) -> list[object]:
    location, terms = event.location, event.booking
    text, zone = spreadsheets.cell, event.timezone
    told: dict[str, object] = {
        "id": event.id,
        "name": text(event.name),
        "startdate": _written(event.starts_at, zone),
        "enddate": _written(event.ends_at, zone),
        "duration": event.duration,
        "timezone": event.timezone,
        "location.name": text(location.name),
        "location.address": text(location.address),
        "location.country": text(location.country),
        "location.opentime": location.open_time,
        "location.closetime": location.close_time,
        "location.halls": _written_halls(location.halls),
        "description": text(event.description),
        "tags": _written_tags(event.tags),
        "organiser": text(event.organiser),
        "booking.opens": _written(terms.opens, zone),
        "booking.closes": _written(terms.closes, zone),
        "booking.max_places": terms.max_places,
        "booking.max_places_per_guest": terms.max_places_per_guest,
        "booking.check_in_opens": _written(terms.check_in_opens, zone),
        "booking.no_show_release": terms.no_show_release,
        "status": event.status,
        "reason": text(event.reason or ""),
    }
    return [told[name] for name in _EXPORTED]


def _written(instant: datetime | None, timezone: str | None) -> str | None:
    """RFC 3339, by the clocks of the place where its offset can be written so."""
    if instant is None:
        return None
    local = instant.astimezone(UTC)
    if timezone is not None:
        try:
            there = instant.astimezone(ZoneInfo(timezone))
            if not (there.utcoffset() or timedelta(0)) % timedelta(minutes=1):
                local = there
        except (ZoneInfoNotFoundError, ValueError, OverflowError):
            pass
    return local.isoformat(timespec="milliseconds" if instant.microsecond else "seconds")


def _is_plain(text: str, separators: str) -> bool:
    """Whether it can stand between separators."""
    return text == text.strip() and not text.startswith("[") and not any(sign in text for sign in separators)


def _written_tags(tags: Sequence[str]) -> str:
    if all(_is_plain(tag, ";") for tag in tags):
        return spreadsheets.cell("; ".join(tags))
    return msgspec.json.encode(tags).decode()


def _written_halls(halls: Sequence[Hall]) -> str:
    if all(_is_plain(hall.name, ";") and not hall.location for hall in halls):
        return spreadsheets.cell("; ".join(f"{hall.name}={hall.capacity}" for hall in halls))
    told = [{"name": hall.name, "location": hall.location, "capacity": hall.capacity} for hall in halls]
    return msgspec.json.encode(told).decode()
