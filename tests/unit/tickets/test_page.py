"""The page of tickets, as text. tests/integration/test_ticket_page.py looks at it."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from okevents.bookings.tickets import PrintedTicket, TicketSheet
from okevents.tickets import open_printer
from okevents.tickets.qr import qr_svg
from tests.tickets import a_sheet

HOSTILE = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp; {{ 7*7 }} \u202e"
VOID = {"meta", "link", "path"}


class Seen(HTMLParser):
    """Every element and all text; and that elements are closed in the order in which they were opened."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def seen(sheet: TicketSheet) -> Seen:
    return Seen(open_printer().page(sheet))


def test_each_ticket_is_a_card_with_its_own_code_that_a_screen_reader_can_tell() -> None:
    sheet = a_sheet(3)
    page = seen(sheet)
    assert [each["class"] for each in page.all("article")] == ["ticket"] * 3
    assert [each["aria-label"] for each in page.all("div") if each.get("role") == "img"] == [
        f"QR code of ticket {number}, Great hall" for number in (1, 2, 3)
    ]
    text = open_printer().page(sheet).decode()
    for ticket in sheet.tickets:
        assert text.count(qr_svg(ticket.token).decode()) == 1
    labelled = [each["aria-labelledby"] for each in page.all("article")]
    assert labelled == [each["id"] for each in page.all("h2")]
    assert len(set(labelled)) == 3
    assert [each["lang"] for each in page.all("html")] == ["en"]


def test_it_says_what_when_where_and_for_whom() -> None:
    text = " ".join(seen(a_sheet(2)).text.split())
    assert "Ticket 1 of 2 Organ night When Friday 9 May 2031, 20:00 to 22:30, Europe/Madrid (UTC+02:00)" in text
    assert "Hall Great hall Booked by Ada Example Booking bbbbbbbbbbbbbbbbbbbbbbbb" in text


def test_it_needs_nothing_that_the_policy_of_content_forbids() -> None:
    page = seen(a_sheet(2))
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "style", "img", "iframe", "base", "object", "form"})
    for tag, attributes in page.elements:
        assert not any(name == "style" or name.startswith("on") for name in attributes), (tag, attributes)
    loaded = [each["href"] for each in page.all("link")]
    assert loaded == ["/schema/icon.svg", "/tickets/tickets.css"]


def test_hostile_names_are_text() -> None:
    plain = a_sheet(1)
    hostile = a_sheet(1, event=HOSTILE, guest=HOSTILE, tickets=(_renamed(plain, HOSTILE),))
    before, after = seen(plain), seen(hostile)
    assert [tag for tag, _ in after.elements] == [tag for tag, _ in before.elements]
    assert after.text.count(HOSTILE) == 4
    (code,) = [each for each in after.all("div") if each.get("role") == "img"]
    assert code["aria-label"] == f"QR code of ticket 1, {HOSTILE}"
    assert sorted(code) == ["aria-label", "class", "role"]


def test_a_guest_whose_data_were_erased_is_not_told() -> None:
    assert "Booked by" not in seen(a_sheet(1, guest="")).text


def test_a_booking_without_tickets_says_so() -> None:
    assert "no tickets" in seen(a_sheet(0)).text


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "timezone", "said"),
    [
        (
            datetime(2031, 5, 9, 18, 0, tzinfo=UTC),
            datetime(2031, 5, 9, 20, 30, tzinfo=UTC),
            None,
            "Friday 9 May 2031, 18:00 to 20:30, UTC (UTC+00:00)",
        ),
        (
            datetime(2031, 5, 9, 18, 0, tzinfo=UTC),
            datetime(2031, 5, 9, 20, 30, tzinfo=UTC),
            "Mars/Olympus",
            "Friday 9 May 2031, 18:00 to 20:30, UTC",
        ),
        (
            datetime(2031, 5, 9, 18, 0, tzinfo=UTC),
            datetime(2031, 5, 9, 20, 30, tzinfo=UTC),
            "../../etc/passwd",
            "Friday 9 May 2031, 18:00 to 20:30, UTC",
        ),
        (
            datetime(2031, 5, 9, 18, 0, tzinfo=UTC),
            datetime(2031, 5, 9, 20, 30, tzinfo=UTC),
            "America",
            "Friday 9 May 2031, 18:00 to 20:30, UTC",
        ),
        (
            datetime(2031, 5, 9, 20, 0, tzinfo=UTC),
            datetime(2031, 5, 10, 1, 15, tzinfo=UTC),
            "Europe/Madrid",
            "Friday 9 May 2031, 22:00 to Saturday 10 May 2031, 03:15, Europe/Madrid (UTC+02:00)",
        ),
        (
            datetime(2031, 10, 25, 23, 0, tzinfo=UTC),
            datetime(2031, 10, 26, 3, 0, tzinfo=UTC),
            "Europe/Madrid",
            "Sunday 26 October 2031, 01:00 (UTC+02:00) to 04:00 (UTC+01:00), Europe/Madrid",
        ),
        (
            datetime(2031, 5, 9, 18, 0, tzinfo=UTC),
            datetime(2031, 5, 9, 20, 0, tzinfo=UTC),
            "America/St_Johns",
            "Friday 9 May 2031, 15:30 to 17:30, America/St_Johns (UTC-02:30)",
        ),
        (
            datetime(9999, 12, 31, 22, 0, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 30, tzinfo=UTC),
            "Europe/Madrid",
            "Friday 31 December 9999, 23:00 (UTC+01:00) to 23:30 (UTC+00:00), Europe/Madrid",
        ),
    ],
)
def test_times_are_those_of_the_clocks_at_the_place(
    starts_at: datetime, ends_at: datetime, timezone: str | None, said: str
) -> None:
    sheet = a_sheet(1, starts_at=starts_at, ends_at=ends_at, timezone=timezone)
    assert said in seen(sheet).text


def _renamed(sheet: TicketSheet, hall: str) -> PrintedTicket:
    return replace(sheet.tickets[0], hall=hall)
