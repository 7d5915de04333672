"""Where the pages of both services are."""

from msgspec import Struct


class Addresses(Struct, frozen=True, kw_only=True):
    """The origin of each service's pages: empty for those of this process, None where it isn't known."""

    events: str | None = None
    bookings: str | None = None

    @property
    def others(self) -> tuple[str, ...]:
        """Those that aren't of this process."""
        return tuple(each for each in (self.events, self.bookings) if each)
