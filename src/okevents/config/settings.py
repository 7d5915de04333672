"""The settings: the one table that options, environment variables, the TOML file and the documentation follow."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Struct

from okevents.bookings.rules import Rules
from okevents.config import parse, urls
from okevents.config.option import Option, Part
from okevents.config.shape import Shape
from okevents.messaging.topology import BOOKINGS_QUEUE, EVENTS_QUEUE, Topology
from okevents.observability.masking import masked

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]
Access = Literal["open", "required"]

JWT_ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
"""RFC 7518, 3.1 and RFC 8037; those with a shared secret are left out: whoever can verify with it can issue."""

_DAY = 86_400.0
_UP = frozenset({Shape.UP})
_WITH_EVENTS = frozenset({Shape.UP, Shape.EVENTS})
_WITH_BOOKINGS = frozenset({Shape.UP, Shape.BOOKINGS})


def _lasting(help: str, least: float, most: float) -> Option:
    """A length of time that the Booking Service goes by."""
    return Option(
        part=Part.BOOKINGS, help=help, parse=parse.seconds(least, most), metavar="SECONDS", shapes=_WITH_BOOKINGS
    )


def _pem(help: str) -> Option:
    return Option(part=Part.LISTENING, help=help, parse=parse.path, metavar="FILE")


class Settings(Struct, frozen=True, kw_only=True):
    """A field for each setting: `max_body` is `--max-body`, `OKEVENTS_MAX_BODY`, and `max-body` in TOML.

    `events_database` and `bookings_database` are filled in when the settings are loaded: nothing but that reads
    `database`. Its text shows no password.
    """

    host: Annotated[
        str,
        Option(
            part=Part.LISTENING,
            help="Address to listen on. Others than loopback need access control, or --insecure.",
            parse=parse.text,
            metavar="ADDRESS",
        ),
    ] = "127.0.0.1"
    port: Annotated[
        int,
        Option(
            part=Part.LISTENING,
            help="Port to listen on; 0 takes a free one.",
            parse=parse.port,
            metavar="PORT",
            defaults={Shape.BOOKINGS: 8282},
        ),
    ] = 8181
    tls_certificate: Annotated[
        Path | None, _pem("Certificate chain in PEM form: HTTPS is spoken instead of HTTP. Needs `tls-key`.")
    ] = None
    tls_key: Annotated[Path | None, _pem("The certificate's private key in PEM form.")] = None
    insecure: Annotated[
        bool,
        Option(
            part=Part.LISTENING,
            help="Listen on any address although everything is open to whoever can reach it.",
            parse=parse.flag,
        ),
    ] = False
    access: Annotated[
        Access | None,
        Option(
            part=Part.ACCESS,
            help="required: writing and reading what isn't public need a token. open: everybody on this machine may "
            "do everything.",
            parse=parse.choice("open", "required"),
            metavar="WHO",
            default_said="`required` if `jwt-issuers` is set, else `open`",
        ),
    ] = None
    jwt_issuers: Annotated[
        tuple[tuple[str, str], ...],
        Option(
            part=Part.ACCESS,
            help="Issuers whose JSON Web Tokens are trusted, each with the address of its key set (JWKS).",
            parse=parse.issuers,
            metavar="ISSUER=URL,…",
            default_said="none",
        ),
    ] = ()
    jwt_audience: Annotated[
        str,
        Option(
            part=Part.ACCESS,
            help="Whom such a token must be meant for, in its claim `aud`.",
            parse=parse.text,
            metavar="NAME",
        ),
    ] = "okevents"
    jwt_algorithms: Annotated[
        tuple[str, ...],
        Option(
            part=Part.ACCESS,
            help="How such a token may be signed; only with public keys.",
            parse=parse.some_of(*JWT_ALGORITHMS),
            metavar="NAME,…",
            default_said="RS256, ES256, EdDSA",
        ),
    ] = ("RS256", "ES256", "EdDSA")
    jwt_leeway: Annotated[
        float,
        Option(
            part=Part.ACCESS,
            help="How far an issuer's clock may differ.",
            parse=parse.seconds(0, 600),
            metavar="SECONDS",
        ),
    ] = 30.0
    data: Annotated[
        Path,
        Option(
            part=Part.STORAGE,
            help="Folder of the SQLite files that are used where no database is set.",
            parse=parse.path,
            metavar="FOLDER",
        ),
    ] = Path("data")
    database: Annotated[
        str | None,
        Option(
            part=Part.STORAGE,
            help="The service's database: sqlite:///FILE, postgresql://… or mongodb://…. Under `up` it is the "
            "Events Service's; the Booking Service's has the same name with `_bookings` added.",
            parse=urls.database,
            metavar="URL",
            is_url=True,
        ),
    ] = None
    events_database: Annotated[
        str,
        Option(
            part=Part.STORAGE,
            help="The Events Service's database; goes before `database`.",
            parse=urls.database,
            metavar="URL",
            shapes=_WITH_EVENTS,
            default_said="`events.sqlite3` in the data folder",
            is_url=True,
        ),
    ] = ""
    bookings_database: Annotated[
        str,
        Option(
            part=Part.STORAGE,
            help="The Booking Service's database; goes before `database`.",
            parse=urls.database,
            metavar="URL",
            shapes=_WITH_BOOKINGS,
            default_said="`bookings.sqlite3` in the data folder",
            is_url=True,
        ),
    ] = ""
    broker: Annotated[
        str,
        Option(
            part=Part.MESSAGES,
            help="The broker between the services: local: (under `up` only), amqp://… or amqps://….",
            parse=urls.broker,
            metavar="URL",
            defaults={Shape.UP: "local:"},
            default_said="`local:` under `up`, else it must be set",
            is_url=True,
        ),
    ] = ""
    exchange: Annotated[
        str,
        Option(
            part=Part.MESSAGES,
            help="Topic exchange that messages are published to.",
            parse=urls.broker_name,
            metavar="NAME",
        ),
    ] = "okevents"
    dead_letter_exchange: Annotated[
        str,
        Option(
            part=Part.MESSAGES,
            help="Exchange of the messages that couldn't be handled.",
            parse=urls.broker_name,
            metavar="NAME",
        ),
    ] = "okevents.dead"
    events_queue: Annotated[
        str,
        Option(
            part=Part.MESSAGES,
            help="Queue that the Events Service hears from.",
            parse=urls.broker_name,
            metavar="NAME",
        ),
    ] = EVENTS_QUEUE
    bookings_queue: Annotated[
        str,
        Option(
            part=Part.MESSAGES,
            help="Queue that the Booking Service hears from.",
            parse=urls.broker_name,
            metavar="NAME",
        ),
    ] = BOOKINGS_QUEUE
    prefetch: Annotated[
        int,
        Option(
            part=Part.MESSAGES,
            help="How many messages of a queue are handled at once.",
            parse=parse.whole(1, 10_000),
            metavar="COUNT",
        ),
    ] = 64
    max_attempts: Annotated[
        int,
        Option(
            part=Part.MESSAGES,
            help="How often a message is tried before it becomes a dead letter.",
            parse=parse.whole(1, 100),
            metavar="COUNT",
        ),
    ] = 5
    hold: Annotated[float, _lasting("How long places are held where a request doesn't say.", 1, 30 * _DAY)] = 900.0
    max_hold: Annotated[float, _lasting("The longest hold that a request may ask for.", 1, 30 * _DAY)] = 3600.0
    hold_limit: Annotated[
        float, _lasting("The longest that places are held in total, with all extensions.", 1, 30 * _DAY)
    ] = 7200.0
    offer: Annotated[
        float,
        _lasting(
            "How long places are offered to a waiting party; at most half of the time until booking closes.",
            1,
            30 * _DAY,
        ),
    ] = _DAY
    min_offer: Annotated[float, _lasting("The shortest offer, however near the closing of booking.", 1, 30 * _DAY)] = (
        900.0
    )
    max_passes: Annotated[
        int,
        Option(
            part=Part.BOOKINGS,
            help="How often a waiting party that is too large for what is free is passed over; then places are kept "
            "for it.",
            parse=parse.whole(0, 1_000),
            metavar="COUNT",
            shapes=_WITH_BOOKINGS,
        ),
    ] = 3
    page_size: Annotated[
        int,
        Option(
            part=Part.LIMITS,
            help="Entries in a page of a list where the request doesn't say.",
            parse=parse.whole(1, 10_000),
            metavar="COUNT",
        ),
    ] = 50
    max_page_size: Annotated[
        int,
        Option(
            part=Part.LIMITS,
            help="The most that a request may ask for in a page.",
            parse=parse.whole(1, 10_000),
            metavar="COUNT",
        ),
    ] = 500
    max_body: Annotated[
        int,
        Option(
            part=Part.LIMITS,
            help="The largest body of a request.",
            parse=parse.size(1024, 64 * 1024**2),
            metavar="BYTES",
        ),
    ] = 1024**2
    body_timeout: Annotated[
        float,
        Option(
            part=Part.LIMITS,
            help="How long a client may take to send a body.",
            parse=parse.seconds(0.1, 600),
            metavar="SECONDS",
        ),
    ] = 15.0
    request_timeout: Annotated[
        float,
        Option(
            part=Part.LIMITS,
            help="How long a request may take to be answered; streams are exempt.",
            parse=parse.seconds(0.1, 600),
            metavar="SECONDS",
        ),
    ] = 30.0
    rate: Annotated[
        int,
        Option(
            part=Part.LIMITS,
            help="Requests a second for each address and each token; 0: as many as they like. Requests from this "
            "machine itself aren't counted.",
            parse=parse.whole(0, 1_000_000),
            metavar="COUNT",
        ),
    ] = 100
    burst: Annotated[
        int,
        Option(
            part=Part.LIMITS,
            help="So many may come at once after a pause.",
            parse=parse.whole(1, 1_000_000),
            metavar="COUNT",
        ),
    ] = 500
    trusted_proxies: Annotated[
        tuple[str, ...],
        Option(
            part=Part.LIMITS,
            help="Addresses or networks of proxies, whose header X-Forwarded-For says who asks.",
            parse=parse.networks,
            metavar="ADDRESS,…",
            default_said="none",
        ),
    ] = ()
    shutdown_grace: Annotated[
        float,
        Option(
            part=Part.LIMITS,
            help="How long a stopping process may take to finish what it accepted.",
            parse=parse.seconds(0, 600),
            metavar="SECONDS",
        ),
    ] = 10.0
    log_level: Annotated[
        LogLevel,
        Option(
            part=Part.LOGS,
            help="The least that is logged: debug, info, warning or error.",
            parse=parse.choice("debug", "info", "warning", "error"),
            metavar="LEVEL",
        ),
    ] = "info"
    log_format: Annotated[
        LogFormat,
        Option(
            part=Part.LOGS,
            help="text for people, json for machines: one object a line.",
            parse=parse.choice("text", "json"),
            metavar="FORMAT",
        ),
    ] = "text"

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
        )

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={masked(repr(getattr(self, name)))}" for name in self.__struct_fields__)
        return f"Settings({shown})"
