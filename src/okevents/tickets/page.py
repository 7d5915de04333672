"""The page of a booking's tickets, for a phone and for paper."""

from datetime import datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from okevents.bookings.tickets import TicketSheet
from okevents.tickets.qr import qr_svg


def tickets_page(sheet: TicketSheet) -> bytes:
    """HTML in UTF-8, one card for each ticket. Every name in it is text, whatever it holds."""
    zone, zone_name = _zone(sheet.timezone)
    starts_at, ends_at = _local(sheet.starts_at, zone), _local(sheet.ends_at, zone)
    # The drawing is made of numbers alone: the one thing here that isn't escaped.
    codes = [(ticket, Markup(qr_svg(ticket.token).decode())) for ticket in sheet.tickets]  # noqa: S704
    page = _template().render(
        sheet=sheet, codes=codes, starts_at=starts_at, ends_at=ends_at, said=said(starts_at, ends_at, zone_name)
    )
    return page.encode()


def said(starts_at: datetime, ends_at: datetime, zone_name: str) -> str:
    """From when to when, as the clocks at the place show it, and by which zone; the offset twice if it changes."""
    first = f"{_day(starts_at)}, {starts_at:%H:%M}"
    last = f"{ends_at:%H:%M}" if ends_at.date() == starts_at.date() else f"{_day(ends_at)}, {ends_at:%H:%M}"
    if starts_at.utcoffset() == ends_at.utcoffset():
        return f"{first} to {last}, {zone_name} ({_offset(starts_at)})"
    return f"{first} ({_offset(starts_at)}) to {last} ({_offset(ends_at)}), {zone_name}"


def _zone(name: str | None) -> tuple[tzinfo, str]:
    """The zone of that name; UTC where there is none, or none that this machine knows."""
    try:
        return ZoneInfo(name or "UTC"), name or "UTC"
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC"), "UTC"


def _local(instant: datetime, zone: tzinfo) -> datetime:
    try:
        return instant.astimezone(zone)
    except OverflowError:  # beyond the first or the last day that datetime knows
        return instant


def _day(local: datetime) -> str:
    return f"{local:%A} {local.day} {local:%B %Y}"


def _offset(local: datetime) -> str:
    offset = f"{local:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("okevents.tickets", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("tickets.html")
