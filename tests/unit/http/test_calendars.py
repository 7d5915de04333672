"""What answers with calendars say of where and when."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from okevents.http.calendars import _last_modified, origin_of


@pytest.mark.parametrize(
    ("scheme", "host", "server", "origin"),
    [
        ("https", b"tickets.example.org", ("10.0.0.1", 8181), "https://tickets.example.org"),
        ("http", b"[::1]:8181", ("::1", 8181), "http://[::1]:8181"),
        ("http", None, ("127.0.0.1", 8181), "http://127.0.0.1:8181"),
        ("http", b"", ("::1", 8181), "http://[::1]:8181"),
    ],
)
def test_addresses_are_at_the_host_that_was_asked(
    scheme: str, host: bytes | None, server: tuple[str, int], origin: str
) -> None:
    headers = [] if host is None else [(b"host", host)]
    scope: dict[str, Any] = {"scheme": scheme, "server": server, "headers": headers}
    assert origin_of(scope) == origin


def test_nothing_was_changed_later_than_now() -> None:
    """Another process's clock may be ahead."""
    now = datetime.now(UTC)
    (told,) = _last_modified(now + timedelta(days=1)).values()
    assert abs(parsedate_to_datetime(told) - now) < timedelta(minutes=1)
    (told,) = _last_modified(now - timedelta(days=1)).values()
    assert parsedate_to_datetime(told) == (now - timedelta(days=1)).replace(microsecond=0)
