"""The terms of booking of an event: as they are sent, and as they are read."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from okevents.contracts.event import BookingTerms
from okevents.errors import FieldFault
from okevents.events import instant
from okevents.events.instant import Instant
from okevents.kernel.clock import to_milliseconds

MAX_PLACES = 10_000
MAX_NO_SHOW_RELEASE = 7 * 24 * 60

Places = Annotated[int, Meta(ge=1, le=MAX_PLACES)]


class TermsDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """Terms of booking as they are sent; null: no such limit."""

    opens: Annotated[Instant | None, Meta(description="When booking opens.")] = None
    closes: Annotated[Instant | None, Meta(description="When it closes; at the end of the event at the latest.")] = None
    max_places: Annotated[Places | None, Meta(description="Places in one booking.")] = None
    max_places_per_guest: Annotated[
        Places | None, Meta(description="Places in all live bookings of one e-mail address.")
    ] = None
    check_in_opens: Annotated[Instant | None, Meta(description="When the doors open.")] = None
    no_show_release: Annotated[
        Annotated[int, Meta(ge=0, le=MAX_NO_SHOW_RELEASE)] | None,
        Meta(
            description="Minutes after the start, after which the places of those who haven't come may be booked again."
        ),
    ] = None


class TermsShown(Struct, kw_only=True):
    """Terms of booking. Dates are Unix milliseconds; null: no such limit."""

    opens: int | None
    closes: int | None
    max_places: int | None
    max_places_per_guest: int | None
    check_in_opens: int | None
    no_show_release: int | None


def to_terms(draft: TermsDraft | None, over_at: datetime | None, faults: list[FieldFault]) -> BookingTerms:
    """The terms that the draft describes, for an event that is over then, where that is known.

    Adds a fault for each instant that there isn't, and for limits of which one leaves the other no meaning.
    """
    if draft is None:
        return BookingTerms()
    terms = BookingTerms(
        opens=_instant(draft.opens, "opens", faults),
        closes=_instant(draft.closes, "closes", faults),
        max_places=draft.max_places,
        max_places_per_guest=draft.max_places_per_guest,
        check_in_opens=_instant(draft.check_in_opens, "check_in_opens", faults),
        no_show_release=draft.no_show_release,
    )
    faults.extend(_date_faults(terms, over_at))
    faults.extend(_limit_faults(terms))
    return terms


def _instant(given: int | datetime | None, name: str, faults: list[FieldFault]) -> datetime | None:
    return None if given is None else instant.utc(given, f"/booking/{name}", faults)


def _date_faults(terms: BookingTerms, over_at: datetime | None) -> list[FieldFault]:
    faults: list[FieldFault] = []
    opens, closes, check_in_opens = terms.opens, terms.closes, terms.check_in_opens
    if opens is not None and over_at is not None and opens >= over_at:
        said = f"is {opens.isoformat()}, when the event is over ({over_at.isoformat()}); it could never be booked"
        faults.append(FieldFault("/booking/opens", said))
    if opens is not None and closes is not None and closes <= opens:
        said = f"is {closes.isoformat()}, not after booking opens at {opens.isoformat()}"
        faults.append(FieldFault("/booking/closes", said))
    if check_in_opens is not None and over_at is not None and check_in_opens > over_at:
        said = f"is {check_in_opens.isoformat()}, after the end of the event at {over_at.isoformat()}"
        faults.append(FieldFault("/booking/check_in_opens", said))
    return faults


def _limit_faults(terms: BookingTerms) -> list[FieldFault]:
    places, per_guest = terms.max_places, terms.max_places_per_guest
    if places is None or per_guest is None or places <= per_guest:
        return []
    return [FieldFault("/booking/max_places", f"is {places}, more than the {per_guest} of max_places_per_guest")]


def shown(terms: BookingTerms) -> TermsShown:
    """The terms as they are read; sent back, they are the same."""
    return TermsShown(
        opens=_milliseconds(terms.opens),
        closes=_milliseconds(terms.closes),
        max_places=terms.max_places,
        max_places_per_guest=terms.max_places_per_guest,
        check_in_opens=_milliseconds(terms.check_in_opens),
        no_show_release=terms.no_show_release,
    )


def _milliseconds(at: datetime | None) -> int | None:
    return None if at is None else to_milliseconds(at)
