"""The names of the messages, which are their routing keys too."""

EVENT_CREATED = "event.created"
EVENT_UPDATED = "event.updated"
EVENT_CANCELLED = "event.cancelled"

BOOKING_HELD = "booking.held"
BOOKING_CONFIRMED = "booking.confirmed"
BOOKING_CHECKED_IN = "booking.checked_in"
BOOKING_WAITING = "booking.waiting"
BOOKING_OFFERED = "booking.offered"
BOOKING_EXPIRED = "booking.expired"
BOOKING_CANCELLED = "booking.cancelled"

AVAILABILITY_CHANGED = "availability.changed"
