"""The secret as a browser keeps it, and as a guest gives it."""

from datetime import UTC, datetime, timedelta

import pytest

from okevents.http.asgi import Scope
from okevents.kernel.ids import BookingId
from okevents.pages import guest_secret

ID = BookingId("5a8f0b1c2d3e4f5061728396")
NOW = datetime(2031, 5, 1, tzinfo=UTC)
DAY = 24 * 3600


def scope(scheme: str = "http") -> Scope:
    return {"scheme": scheme}


@pytest.mark.parametrize(
    ("ends_in", "days"), [(timedelta(days=10), 40), (timedelta(days=-3), 30), (timedelta(days=4000), 400)]
)
def test_it_is_kept_until_the_event_is_long_over(ends_in: timedelta, days: int) -> None:
    cookie = guest_secret.kept(ID, "secret", NOW + ends_in, NOW)
    assert cookie.header(scope()) == (
        f"okevents_booking=secret; Path=/booking/{ID}; Max-Age={days * DAY}; HttpOnly; SameSite=Strict"
    )
    assert cookie.header(scope("https")).endswith("; HttpOnly; SameSite=Strict; Secure")


def test_it_is_forgotten() -> None:
    assert "okevents_booking=; " in guest_secret.forgotten(ID).header(scope())
    assert "Max-Age=0" in guest_secret.forgotten(ID).header(scope())


def test_it_is_in_no_text_about_it() -> None:
    assert "hidden" not in repr(guest_secret.kept(ID, "hidden", NOW, NOW))


@pytest.mark.parametrize(
    ("given", "booking", "expected"),
    [
        (f"https://tickets.example.org/booking/{ID}#secret", "", (ID, "secret")),
        (f" https://tickets.example.org/booking/{ID}/#secret\n", "other", (ID, "secret")),
        (f"{ID}#secret", "", (ID, "secret")),
        ("secret", ID, (ID, "secret")),
        ("", ID, (ID, "")),
        ("#", "", ("", "")),
    ],
)
def test_what_a_guest_gives(given: str, booking: str, expected: tuple[str, str]) -> None:
    assert guest_secret.of_link(given, booking) == expected
