"""How many streams an address follows at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from okevents.errors import TooManyStreams
from okevents.http.asgi import Scope
from okevents.http.turnstile import counted_as

RETRY_AFTER = 10


class Followers:
    """Those of a process, `most` for each address. A stream is one request, so the rate of requests doesn't bound them.
    As with requests, those from this machine itself aren't counted."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._following: Counter[str] = Counter()

    @contextmanager
    def one_more(self, scope: Scope) -> Iterator[None]:
        """Counts the stream as long as it lasts. Raises TooManyStreams."""
        address = counted_as(scope)
        if address is None:
            yield
            return
        if self._following[address] >= self._most:
            raise TooManyStreams(f"{self._most} streams at once are allowed for an address", RETRY_AFTER)
        self._following[address] += 1
        try:
            yield
        finally:
            self._following[address] -= 1
            if not self._following[address]:
                del self._following[address]
