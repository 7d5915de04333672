"""Where the process listens, and by what."""

from pathlib import Path
from typing import Annotated

from msgspec import Struct

from okevents.config import parse
from okevents.config.option import Option, Part
from okevents.config.shape import Shape


def _pem(help: str) -> Option:
    return Option(part=Part.LISTENING, help=help, parse=parse.path, metavar="FILE")


class ListeningSettings(Struct, frozen=True, kw_only=True):
    """What is listened on."""

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
    cors_origins: Annotated[
        tuple[str, ...],
        Option(
            part=Part.LISTENING,
            help="Origins of other sites whose pages may use the API in a browser, exactly as a browser names them.",
            parse=parse.origins,
            metavar="ORIGIN,…",
            default_said="none",
        ),
    ] = ()
