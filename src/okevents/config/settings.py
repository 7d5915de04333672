"""The settings: the one table that options, environment variables, the TOML file and the documentation follow."""

from datetime import timedelta

from okevents.bookings.rules import Rules
from okevents.config.table.pages import PageSettings
from okevents.messaging.topology import Topology
from okevents.observability.masking import masked


class Settings(PageSettings, frozen=True, kw_only=True):
    """A field for each setting: `max_body` is `--max-body`, `OKEVENTS_MAX_BODY`, and `max-body` in TOML. The fields
    stand in `table`, by theme.

    `events_database` and `bookings_database` are filled in when the settings are loaded: nothing but that reads
    `database`. Its text shows no password.
    """

    @property
    def has_access_control(self) -> bool:
        """Whether it matters who asks."""
        return self.access == "required" or (self.access is None and bool(self.jwt_issuers))

    @property
    def rules(self) -> Rules:
        """What the Booking Service goes by."""
        return Rules(
            hold=timedelta(seconds=self.hold),
            max_hold=timedelta(seconds=self.max_hold),
            hold_limit=timedelta(seconds=self.hold_limit),
            offer=timedelta(seconds=self.offer),
            min_offer=timedelta(seconds=self.min_offer),
            max_passes=self.max_passes,
        )

    @property
    def topology(self) -> Topology:
        """The names that the broker is told."""
        return Topology(
            exchange=self.exchange,
            dead_letter_exchange=self.dead_letter_exchange,
            bookings_queue=self.bookings_queue,
            events_queue=self.events_queue,
            webhooks_queue=self.webhooks_queue,
        )

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={masked(repr(getattr(self, name)))}" for name in self.__struct_fields__)
        return f"Settings({shown})"
