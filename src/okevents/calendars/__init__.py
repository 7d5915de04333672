"""The adapter of calendars: iCalendar by the library of that name, which is imported when it is used."""

from okevents.kernel.calendar import CalendarReader, CalendarWriter, Entry, Feed, Subscription


def open_writer() -> CalendarWriter:
    """What writes calendars."""
    return _Writer()


def open_reader() -> CalendarReader:
    """What reads one calendar."""
    from okevents.calendars.reading import ICalendarReader

    return ICalendarReader()


class _Writer:
    def single(self, entry: Entry) -> bytes:
        from okevents.calendars import writing

        return writing.single(entry)

    def feed(self, subscription: Subscription) -> Feed:
        from okevents.calendars import writing

        return writing.ICalendarFeed(subscription)
