"""A client of both services, for other programs as for the commands: `docs/client.md`.

What is sent and what is read are the shapes of the OpenAPI document, by the same names.
"""

from okevents.bookings.door import TicketShown
from okevents.bookings.draft import BookingDraft, BookingPatch, GuestDraft, GuestPatch, LineDraft
from okevents.bookings.model import Admission, BookingState, Guest, Line
from okevents.bookings.representation import (
    AvailabilityShown,
    BookingMade,
    BookingShown,
    ChangeShown,
    CheckInShown,
    OccupancyShown,
    TakenShown,
    TotalShown,
    WaitingShown,
)
from okevents.client.bookings import BookingAmended, BookingFilter
from okevents.client.client import Client
from okevents.client.events import EventFilter
from okevents.client.listing import Listing
from okevents.client.retries import Retries
from okevents.client.webhooks import DeliveryFilter
from okevents.contracts.availability import HallAvailability
from okevents.events.draft import EventDraft, HallDraft, LocationDraft
from okevents.events.report import ImportLine, ImportSummary
from okevents.events.representation import EventShown, HallShown, LocationShown
from okevents.events.terms import TermsDraft, TermsShown
from okevents.kernel.clock import from_milliseconds, to_milliseconds
from okevents.webhooks.draft import WebhookDraft
from okevents.webhooks.model import DeliveryState
from okevents.webhooks.representation import AttemptShown, DeliveryShown, ReplayShown, WebhookMade, WebhookShown

__all__ = [
    "Admission",
    "AttemptShown",
    "AvailabilityShown",
    "BookingAmended",
    "BookingDraft",
    "BookingFilter",
    "BookingMade",
    "BookingPatch",
    "BookingShown",
    "BookingState",
    "ChangeShown",
    "CheckInShown",
    "Client",
    "DeliveryFilter",
    "DeliveryShown",
    "DeliveryState",
    "EventDraft",
    "EventFilter",
    "EventShown",
    "Guest",
    "GuestDraft",
    "GuestPatch",
    "HallAvailability",
    "HallDraft",
    "HallShown",
    "ImportLine",
    "ImportSummary",
    "Line",
    "LineDraft",
    "Listing",
    "LocationDraft",
    "LocationShown",
    "OccupancyShown",
    "ReplayShown",
    "Retries",
    "TakenShown",
    "TermsDraft",
    "TermsShown",
    "TicketShown",
    "TotalShown",
    "WaitingShown",
    "WebhookDraft",
    "WebhookMade",
    "WebhookShown",
    "from_milliseconds",
    "to_milliseconds",
]
