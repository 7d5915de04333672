"""What a server's URL says of TLS: what it must not say, and what is to be warned of.

The parameters are those of the drivers: asyncpg's are libpq's, PyMongo's MongoDB's own, aio-pika's are `cafile`,
`certfile`, `keyfile` and `no_verify_ssl`. They ignore some of them where TLS isn't spoken or nothing is checked.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlsplit

from okevents.config.parse import is_loopback

MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
"""PostgreSQL's `sslmode`, from nothing to all: the last two check who signed the certificate, the last its name too."""

_FALSE = ("false", "0", "f", "no", "n")
_FILES = {
    "postgresql": ("sslrootcert", "sslcert", "sslkey", "sslcrl"),
    "mongodb": ("tlscafile", "tlscertificatekeyfile", "tlscrlfile"),
    "amqp": ("cafile", "certfile", "keyfile"),
    "amqps": ("cafile", "certfile", "keyfile"),
}
_UNCHECKED = ("tlsinsecure", "tlsallowinvalidcertificates", "tlsallowinvalidhostnames")


def require_clear(parts: SplitResult) -> None:
    """Raises ValueError, with what is expected, where TLS is spoken of in vain: then the driver wouldn't check."""
    given = _parameters(parts)
    files = {name: given[name] for name in _FILES.get(parts.scheme, ()) if name in given}
    named = ", ".join(files)
    match parts.scheme:
        case "postgresql":
            mode = _mode(given)
            if mode not in (None, *MODES):
                raise ValueError(f"sslmode is {mode!r}; one of {', '.join(MODES)} is expected")
            if files and mode in (None, *MODES[:3]):
                raise ValueError(f"{named} can't be heeded without a certain sslmode; add sslmode=verify-full")
        case "mongodb":
            if files and _is_off(given):
                raise ValueError(f"{named} can't be heeded where TLS is off; set tls=true")
        case "amqp":
            if files:
                raise ValueError(f"{named} can't be heeded where no TLS is spoken; begin the URL with amqps:")
    for name, file in files.items():
        try:
            Path(file).open("rb").close()
        except OSError as error:
            raise ValueError(f"the file {file} of {name} can't be read: {error.strerror}") from None


def exposure(url: str) -> str | None:
    """What somebody on the way to the server could do, and what to do against it; None where they can do nothing, there
    is no way, or the URL says that it is meant so."""
    parts = urlsplit(url)
    host = next((host for host in _hosts(parts) if not is_loopback(host)), None)
    if host is None:
        return None
    given = _parameters(parts)
    match parts.scheme:
        case "postgresql":
            wrong = _postgresql(given)
        case "mongodb":
            wrong = _mongodb(given)
        case "amqp":
            wrong = "is in plain text: use amqps://…?cafile=FILE"
        case "amqps" if given.get("no_verify_ssl", "0") != "0":
            wrong = "doesn't check who answers: leave no_verify_ssl out"
        case _:
            wrong = None
    return wrong and f"the connection to {parts.scheme} at {host} {wrong}"


def _postgresql(given: Mapping[str, str]) -> str | None:
    mode = _mode(given)
    if mode in (None, "allow", "prefer"):
        return (
            "may be in plain text, and who answers isn't checked: add sslmode=verify-full&sslrootcert=FILE, or "
            "sslmode=disable if the network is to be trusted"
        )
    if mode == "require" and "sslrootcert" not in given:
        return "doesn't check who answers: set sslmode=verify-full&sslrootcert=FILE"
    return None


def _mongodb(given: Mapping[str, str]) -> str | None:
    if _is_off(given):
        return None
    unchecked = [name for name in _UNCHECKED if given.get(name, "false").lower() not in _FALSE]
    if unchecked:
        return f"doesn't check who answers: leave {', '.join(unchecked)} out"
    is_on = "tls" in given or "ssl" in given or any(name in given for name in _FILES["mongodb"])
    if is_on:
        return None
    return "is in plain text: add tls=true&tlsCAFile=FILE, or tls=false if the network is to be trusted"


def _parameters(parts: SplitResult) -> dict[str, str]:
    """PyMongo takes names in any case."""
    return {name.lower() if parts.scheme == "mongodb" else name: value for name, value in parse_qsl(parts.query)}


def _mode(given: Mapping[str, str]) -> str | None:
    """The driver takes it from the environment as well."""
    return given.get("sslmode") or os.environ.get("PGSSLMODE") or None


def _is_off(given: Mapping[str, str]) -> bool:
    said = given.get("tls", given.get("ssl"))
    return said is not None and said.lower() in _FALSE


def _hosts(parts: SplitResult) -> Iterator[str]:
    for each in parts.netloc.rpartition("@")[2].split(","):
        host = urlsplit(f"//{each}").hostname
        if host:
            yield host
