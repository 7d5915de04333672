"""Who may do what, and whose tokens are trusted."""

from typing import Annotated, Literal

from okevents.config import parse
from okevents.config.option import Option, Part, seconds
from okevents.config.table.listening import ListeningSettings

Access = Literal["open", "required"]

JWT_ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
"""RFC 7518, 3.1 and RFC 8037; those with a shared secret are left out: whoever can verify with it can issue."""


class AccessSettings(ListeningSettings, frozen=True, kw_only=True):
    """Whether it matters who asks, and JSON Web Tokens."""

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
    jwt_leeway: Annotated[float, seconds(Part.ACCESS, "How far an issuer's clock may differ.", 0, 600)] = 30.0
