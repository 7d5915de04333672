"""The names of the messages, which are their routing keys too."""

EVENT_CREATED = "event.created"
EVENT_UPDATED = "event.updated"
EVENT_CANCELLED = "event.cancelled"

BOOKING_CONFIRMED = "booking.confirmed"
BOOKING_CANCELLED = "booking.cancelled"

AVAILABILITY_CHANGED = "availability.changed"
