"""Text as iCalendar can hold it: any characters but control characters (RFC 5545, 3.1 and 3.3.11)."""

import re

from icalendar import vText

_BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
"""Whatever ends a line to somebody. Only one of them has a written form, and many programs that read calendars split
them at the others, too, which must not come to stand there bare."""

_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
"""Characters that must not stand there at all; and halves of characters, which UTF-8 can't write."""


def cleaned(text: str) -> str:
    """The text with line feeds for all that breaks lines, and without what can't be written."""
    return _CONTROLS.sub("", _BREAKS.sub("\n", text))


def in_one_line(text: str) -> str:
    """The same with spaces for line feeds: what a program shows as a title."""
    return cleaned(text).replace("\n", " ")


class Text(vText):
    """Texts as they are escaped (RFC 5545, 3.3.11), several with commas between them. The library's own takes a
    backslash and an N for a line feed before it escapes anything."""

    def __new__(cls, *texts: str) -> "Text":
        return super().__new__(cls, ",".join(map(_escaped, texts)))

    def to_ical(self) -> bytes:
        return self.encode()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
