"""Limits on what a request may cost."""

from msgspec import Struct

STREAMED = frozenset({"/events/import"})
"""Paths whose requests may have bodies of any length: they are never whole in memory, and have limits of their own."""


class Limits(Struct, frozen=True, kw_only=True):
    """`max_url`, `max_header` and `max_body` in bytes, time-outs in seconds, page sizes in events; `rate` a second and
    `max_streams` at once for each client; a `rate` of 0 is none."""

    max_url: int = 8192
    max_header: int = 32 * 1024
    max_fields: int = 100
    max_body: int = 1024**2
    body_timeout: float = 15.0
    request_timeout: float = 30.0
    page_size: int = 50
    max_page_size: int = 500
    max_connections: int = 10_000
    max_streams: int = 1000
    rate: int = 0
    burst: int = 0
