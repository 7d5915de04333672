"""Bodies that are right by default."""

from typing import Any


def an_event(**changes: Any) -> dict[str, Any]:
    location = {"name": "Paris park", "country": "FR", "halls": [{"name": "lobby", "capacity": 150}]}
    return {"name": "best", "startdate": 1_924_977_600_000, "duration": 120, "location": location, **changes}


def with_halls(*halls: dict[str, Any]) -> dict[str, Any]:
    return an_event(location={"name": "Paris park", "halls": list(halls)})


def a_booking(event_id: str, /, **changes: Any) -> dict[str, Any]:
    """Confirmed at once."""
    guest = {"name": "Ada Example", "email": "ada@example.org"}
    return {"event_id": event_id, "hall": "lobby", "places": 2, "guest": guest, "hold": 0} | changes
