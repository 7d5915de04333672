"""What guests and staff send."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from okevents.bookings.model import Guest
from okevents.bookings.requests import Book, WantedLine
from okevents.bookings.rules import SECOND, Rules
from okevents.errors import BadInput, FieldFault
from okevents.kernel.bodies import OneLine, Reason
from okevents.kernel.ids import BookingId, EventId

MAX_PLACES = 10_000
MAX_LINES = 100
MAX_SCANS = 1_000

Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^[^\x00-\x20\x7f@]+@[^\x00-\x20\x7f@]+$(?!\n)",
        description="An e-mail address such as name@host, without spaces.",
    ),
]
ObjectId = Annotated[str, Meta(pattern=r"^[0-9a-f]{24}$(?!\n)", description="24 lower-case hexadecimal digits.")]
Token = Annotated[str, Meta(min_length=1, max_length=2_000, description="A ticket, as its QR code says it.")]
Places = Annotated[int, Meta(ge=1, le=MAX_PLACES)]
Seconds = Annotated[int, Meta(ge=0, le=10**9, description="Seconds.")]


class GuestDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """Who books."""

    name: OneLine
    email: Email


class LineDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """Places in one hall. `hall` is its name or its id."""

    hall: OneLine
    places: Places


class BookingDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """Places in one hall of an event (`hall`, its name or its id, and `places`), or in several (`lines`).

    `hold`: for how many seconds the places are held until they are confirmed; 0 confirms them at once. `waitlist`: go
    on the waiting list where there is no room.
    """

    event_id: ObjectId
    hall: OneLine | None = None
    places: Places | None = None
    lines: Annotated[list[LineDraft], Meta(min_length=1, max_length=MAX_LINES)] | None = None
    guest: GuestDraft
    hold: Seconds | None = None
    waitlist: bool = False
    payment_reference: OneLine | None = None


class ConfirmationDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """What the confirmation is based on, if anybody is to know."""

    payment_reference: OneLine | None = None


class ExtensionDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """For how many seconds the places are held from now on."""

    hold: Seconds | None = None


class GuestPatch(Struct, kw_only=True, forbid_unknown_fields=True):
    """Another name or e-mail address."""

    name: OneLine | UnsetType = UNSET
    email: Email | UnsetType = UNSET


class BookingPatch(Struct, kw_only=True, forbid_unknown_fields=True):
    """A JSON merge patch (RFC 7396) of what may be changed of a booking. `places`: of one in a single hall."""

    guest: GuestPatch | UnsetType = UNSET
    places: Places | UnsetType = UNSET
    payment_reference: OneLine | UnsetType = UNSET


class DoorDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """So many of the booking's guests are let in. `event_id`: the event at whose doors that is; `where`: which door."""

    count: Places = 1
    event_id: ObjectId | None = None
    where: OneLine | None = None


class CheckInDraft(DoorDraft, kw_only=True, forbid_unknown_fields=True):
    """Who is to be let in: the holder of a ticket (`token`), or so many guests of a booking (`booking_id`, `count`)."""

    token: Token | None = None
    booking_id: ObjectId | None = None

    def __repr__(self) -> str:
        return f"CheckInDraft({self.booking_id})"


class UndoDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """Who is outside again: the holder of a ticket, or so many guests of a booking, the last ones first."""

    token: Token | None = None
    booking_id: ObjectId | None = None
    count: Places = 1
    reason: Reason | None = None

    def __repr__(self) -> str:
        return f"UndoDraft({self.booking_id})"


class ScanDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """A ticket that was scanned without a connection, and when that was (RFC 3339, with an offset)."""

    token: Token
    at: Annotated[datetime, Meta(extra_json_schema={"format": "date-time"})]
    where: OneLine | None = None

    def __repr__(self) -> str:
        return f"ScanDraft({self.at})"


class ScansDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """Scans that were made without a connection. `event_id`: the event at whose doors that was."""

    scans: Annotated[list[ScanDraft], Meta(min_length=1, max_length=MAX_SCANS)]
    event_id: ObjectId | None = None


def to_request(draft: BookingDraft, booking_id: BookingId, rules: Rules) -> Book:
    """What the draft asks of the event's inventory. Raises BadInput."""
    faults: list[FieldFault] = []
    lines = _lines(draft, faults)
    hold = hold_of(draft.hold, rules, faults)
    if faults:
        raise BadInput(faults)
    return Book(
        event_id=EventId(draft.event_id),
        booking_id=booking_id,
        lines=lines,
        guest=Guest(name=draft.guest.name, email=draft.guest.email),
        hold=hold,
        may_wait=draft.waitlist,
        payment_reference=draft.payment_reference,
    )


def hold_of(seconds: int | None, rules: Rules, faults: list[FieldFault]) -> timedelta | None:
    """The length of a hold; a fault is added if it is longer than the house allows."""
    longest = rules.max_hold // SECOND
    if seconds is not None and seconds > longest:
        faults.append(FieldFault("/hold", f"is {seconds}; up to {longest} seconds are allowed"))
        return None
    return None if seconds is None else timedelta(seconds=seconds)


def instant_of(scan: ScanDraft, pointer: str, now: datetime, faults: list[FieldFault]) -> datetime:
    """When the scan was made, in UTC; a fault is added if that can't be."""
    try:
        at = scan.at.astimezone(UTC) if scan.at.tzinfo is not None else None
    except OverflowError:
        at = None
    if at is None:
        faults.append(FieldFault(pointer, f"is {scan.at.isoformat()}; an instant with an offset is expected"))
        return now
    if at > now + timedelta(minutes=5):
        faults.append(FieldFault(pointer, f"is {at.isoformat()}, later than now; see to the clock of the scanner"))
    return at


def _lines(draft: BookingDraft, faults: list[FieldFault]) -> tuple[WantedLine, ...]:
    if draft.lines is None:
        for name, value in (("hall", draft.hall), ("places", draft.places)):
            if value is None:
                faults.append(FieldFault(f"/{name}", "is missing; give `hall` and `places`, or `lines`"))
        return (WantedLine(hall=draft.hall or "", places=draft.places or 0),)
    for name, value in (("hall", draft.hall), ("places", draft.places)):
        if value is not None:
            faults.append(FieldFault(f"/{name}", "stands beside `lines`; give one or the other"))
    seen: dict[str, int] = {}
    for i, line in enumerate(draft.lines):
        if (first := seen.setdefault(line.hall, i)) != i:
            faults.append(FieldFault(f"/lines/{i}/hall", f"is {line.hall!r}, as that of lines/{first} is"))
    return tuple(
        WantedLine(hall=line.hall, places=line.places, pointer=f"/lines/{i}/hall") for i, line in enumerate(draft.lines)
    )
