"""Text as iCalendar can hold it: any characters but control characters (RFC 5545, 3.1 and 3.3.11)."""

from icalendar import vText


class Text(vText):
    """Texts as they are escaped (RFC 5545, 3.3.11), several with commas between them. The library's own takes a
    backslash and an N for a line feed before it escapes anything."""

    def __new__(cls, *texts: str) -> "Text":
        return super().__new__(cls, ",".join(map(_escaped, texts)))

    def to_ical(self) -> bytes:
        return self.encode()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
