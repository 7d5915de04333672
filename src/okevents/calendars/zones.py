"""Time zones as calendars describe them: VTIMEZONE (RFC 5545, 3.6.5), made from the IANA's data that this machine has.

A zone is described from `SINCE` on. Changes that come back every year by one rule are written as that rule, for ever;
others, such as those that follow the moon, one by one up to `UNTIL`. What lies outside is to be written in UTC.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

SINCE = datetime(2010, 1, 1, tzinfo=UTC)
UNTIL = datetime(2110, 1, 1, tzinfo=UTC)
"""A hundred years are looked at: a rule that holds for that long is taken to hold for ever."""

_STEP = timedelta(days=5)
"""No zone changes its clocks forth and back in less."""

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Phase(NamedTuple):
    """How clocks are set: by how much ahead of UTC, by which name, and whether that is summer time."""

    offset: timedelta
    name: str
    is_summer: bool


class Change(NamedTuple):
    """Clocks are set at that instant. `local` is what they show just before."""

    at: datetime
    before: Phase
    after: Phase

    @property
    def local(self) -> datetime:
        return (self.at + self.before.offset).replace(tzinfo=None)


class Zone(NamedTuple):
    """A time zone: its name, its description as iCalendar, and the instants that this is right for. `until` None: for
    ever."""

    name: str
    described: bytes
    until: datetime | None
    info: ZoneInfo

    def local(self, instant: datetime) -> datetime | None:
        """What clocks show then, without a zone. None where the description doesn't reach, or the years that there are
        (1 to 9999); and where they show it for the second time, because they were set back: a calendar means the first
        (RFC 5545, 3.3.5)."""
        if instant < SINCE or (self.until is not None and instant >= self.until):
            return None
        try:
            local = instant.astimezone(self.info)
        except OverflowError:
            return None
        return None if local.fold else local.replace(tzinfo=None)


@lru_cache(maxsize=700)  # more than there are
def zone_of(name: str) -> Zone | None:
    """None if this machine knows no such zone."""
    try:
        info = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    changes = list(_changes(info))
    rules = _rules(changes)
    singles = changes[: len(changes) - sum(len(each) for each in rules)]
    described = Timezone()
    described.add("tzid", name)
    first = _phase(info, SINCE)
    # The clocks as they are at first: they change from what they are to what they are.
    described.add_component(_observance([Change(SINCE, first, first)]))
    for same in _alike(singles):
        described.add_component(_observance(same))
    for same in rules:
        described.add_component(_observance(same[:1], _rule(same)))
    is_forever = bool(rules) or not changes or changes[-1].at < UNTIL - timedelta(days=3 * 366)
    return Zone(name, described.to_ical(), None if is_forever else UNTIL, info)


def _phase(info: ZoneInfo, instant: datetime) -> Phase:
    local = instant.astimezone(info)
    return Phase(local.utcoffset() or timedelta(0), local.tzname() or "", (local.dst() or timedelta(0)) > timedelta(0))


def _changes(info: ZoneInfo) -> Iterator[Change]:
    at, before = SINCE, _phase(info, SINCE)
    while at < UNTIL:
        following = at + _STEP
        after = _phase(info, following)
        if after != before:
            yield Change(_when(info, at, following, before), before, after)
        at, before = following, after


def _when(info: ZoneInfo, low: datetime, high: datetime, before: Phase) -> datetime:
    """The second from which on it isn't as before, between those two."""
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if _phase(info, middle) == before else (low, middle)
    return high


def _alike(changes: Sequence[Change]) -> list[list[Change]]:
    """Those that set the clocks the same way, together."""

    def way(change: Change) -> tuple[Phase, Phase]:
        return change.before, change.after

    return [list(same) for _, same in groupby(sorted(changes, key=way), key=way)]


def _rules(changes: Sequence[Change]) -> list[list[Change]]:
    """The last of them, by the two rules that they follow every year to the end; empty if there are no such rules."""
    last_year = UNTIL.year - 1
    found: list[list[Change]] = []
    start = len(changes)
    while start >= 2:
        year, pair = last_year - (len(changes) - start) // 2, changes[start - 2 : start]
        longer = [[change, *same] for change, same in zip(pair, found or [[], []], strict=True)]
        if any(change.local.year != year for change in pair) or any(_rule(same) is None for same in longer):
            break
        found, start = longer, start - 2
    return found if found and len(found[0]) > 1 else []


def _rule(same: Sequence[Change]) -> dict[str, str | int | list[int]] | None:
    """The rule that these changes, one in each year, follow (RFC 5545, 3.3.10); None if there is none."""
    local = [change.local for change in same]
    first = local[0]
    if len({(change.before, change.after) for change in same}) > 1:
        return None
    if len({(each.month, each.weekday(), each.time()) for each in local}) > 1:
        return None
    day = _DAYS[first.weekday()]
    yearly: dict[str, str | int | list[int]] = {"FREQ": "YEARLY", "BYMONTH": first.month}
    days = [each.day for each in local]
    if all(each.day > monthrange(each.year, each.month)[1] - 7 for each in local):
        return {**yearly, "BYDAY": f"-1{day}"}
    if len({(each - 1) // 7 for each in days}) == 1:
        return {**yearly, "BYDAY": f"{(days[0] - 1) // 7 + 1}{day}"}
    if max(days) - min(days) < 7:
        return {**yearly, "BYDAY": day, "BYMONTHDAY": list(range(min(days), min(days) + 7))}
    return None


def _observance(
    same: Sequence[Change], rule: dict[str, str | int | list[int]] | None = None
) -> TimezoneDaylight | TimezoneStandard:
    """What sets the clocks so, at these instants and by that rule."""
    before, after = same[0].before, same[0].after
    told = TimezoneDaylight() if after.is_summer else TimezoneStandard()
    told.add("dtstart", same[0].local)
    told.add("tzoffsetfrom", before.offset)
    told.add("tzoffsetto", after.offset)
    if after.name:
        told.add("tzname", after.name)
    if len(same) > 1:
        told.add("rdate", [change.local for change in same[1:]])
    if rule is not None:
        told.add("rrule", rule)
    return told
