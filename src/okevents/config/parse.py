"""From what was given, on a command line, in the environment or in TOML, to a value.

Each parser raises ValueError, whose text says what is expected.
"""

import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

_SIZE = re.compile(r"(\d{1,15})\s*(b|kib|mib|gib)?", re.IGNORECASE | re.ASCII)
_SIZES = {"": 1, "b": 1, "kib": 1024, "mib": 1024**2, "gib": 1024**3}
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(ms|s|m|h)?", re.IGNORECASE | re.ASCII)
_SECONDS_IN = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_ORIGIN = re.compile(r"(https?)://(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?", re.ASCII)
_LAST_PORT = 65535
_YES = {"true", "yes", "on", "1"}
_NO = {"false", "no", "off", "0"}


def text(given: object) -> str:
    """Text that isn't empty."""
    if not isinstance(given, str) or not given.strip():
        raise ValueError("a text that isn't empty is expected")
    return given.strip()


def line(given: object) -> str:
    """A short text in one line, without control characters."""
    said = text(given)
    if len(said) <= 60 and said.isprintable():
        return said
    raise ValueError("up to 60 characters in one line are expected")


def path(given: object) -> Path:
    """A file's or folder's path; `~` is the home folder."""
    try:
        return Path(text(given)).expanduser()
    except RuntimeError:
        raise ValueError("a path is expected; the home folder of '~' isn't known here") from None


def flag(given: object) -> bool:
    """Yes or no."""
    said = str(given).strip().lower()
    if isinstance(given, bool | str) and said in _YES | _NO:
        return said in _YES
    raise ValueError("true or false is expected")


def port(given: object) -> int:
    """A TCP port; 0 lets the system choose a free one."""
    if isinstance(given, str) and given.startswith("tcp://"):
        said = "that is what Kubernetes sets for a service of this name: set enableServiceLinks to false"
        raise ValueError(f"a number from 0 to {_LAST_PORT} is expected; {said}")
    return whole(0, _LAST_PORT)(given)


def whole(least: int, most: int) -> Callable[[object], int]:
    """Whole numbers in that range."""

    def parse(given: object) -> int:
        said = str(given).strip()
        if isinstance(given, int | str) and re.fullmatch(r"\d{1,15}", said, re.ASCII) and least <= int(said) <= most:
            return int(said)
        raise ValueError(f"a number from {least} to {most} is expected")

    return parse


def seconds(least: float, most: float) -> Callable[[object], float]:
    """Lengths of time in that range, in seconds; '500ms', '10s', '2m' and '1h' are understood."""

    def parse(given: object) -> float:
        match = None if isinstance(given, bool) else _SECONDS.fullmatch(str(given).strip())
        if match and least <= (value := float(match[1]) * _SECONDS_IN[(match[2] or "").lower()]) <= most:
            return value
        raise ValueError(f"seconds from {least:g} to {most:g} are expected, such as '10' or '500ms'")

    return parse


def size(least: int, most: int) -> Callable[[object], int]:
    """Numbers of bytes in that range; '64 KiB' and '1 MiB' are understood."""

    def parse(given: object) -> int:
        match = None if isinstance(given, bool) else _SIZE.fullmatch(str(given).strip())
        if match and least <= (value := int(match[1]) * _SIZES[(match[2] or "").lower()]) <= most:
            return value
        raise ValueError(f"bytes from {least} to {most} are expected, such as '65536' or '1MiB'")

    return parse


def some_of(*known: str) -> Callable[[object], tuple[str, ...]]:
    """Some of these words, with commas between them, or a list of them."""

    def parse(given: object) -> tuple[str, ...]:
        words = tuple(_words(given))
        if words and all(word in known for word in words):
            return words
        raise ValueError(f"some of {', '.join(known)} are expected, with commas between them")

    return parse


def issuers(given: object) -> tuple[tuple[str, str], ...]:
    """Issuers of JWTs, each with the address of its key set: `ISSUER=ADDRESS`, with commas between them."""
    pairs: list[tuple[str, str]] = []
    for word in _words(given):
        issuer, _, address = word.partition("=")
        parts = urlsplit(address)
        is_near = parts.hostname is not None and is_loopback(parts.hostname)
        if not issuer or not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_near)):
            raise ValueError(
                "an issuer, '=' and the https:// address of its key set are expected, such as "
                "'https://id.example.org=https://id.example.org/jwks.json'"
            )
        pairs.append((issuer, address))
    if not pairs:
        raise ValueError("at least one issuer is expected")
    return tuple(pairs)


def networks(given: object) -> tuple[str, ...]:
    """Addresses and networks, with commas between them."""
    words = tuple(_words(given))
    try:
        for word in words:
            ip_network(word)
    except ValueError:
        raise ValueError("addresses or networks are expected, such as '10.0.0.7' or '10.0.0.0/24'") from None
    return words


def origins(given: object) -> tuple[str, ...]:
    """Web origins as a browser writes them (RFC 6454, 6.2), with commas between them."""
    words = tuple(_words(given))
    if not words or not all(_is_origin(word) for word in words):
        raise ValueError(
            "origins are expected, in lower case, without a path and without the port that goes without saying, "
            "such as 'https://www.example.org' or 'http://localhost:3000'"
        )
    return words


def origin(given: object) -> str:
    """One web origin as a browser writes it (RFC 6454, 6.2)."""
    if isinstance(given, str) and _is_origin(given.strip()):
        return given.strip()
    raise ValueError(
        "an origin is expected, in lower case, without a path and without the port that goes without saying, such as "
        "'https://tickets.example.org' or 'http://localhost:8282'"
    )


def _is_origin(word: str) -> bool:
    match = _ORIGIN.fullmatch(word)
    if match is None:
        return False
    port = match[2] or ""
    return port != {"http": ":80", "https": ":443"}[match[1]] and int(port[1:] or 0) <= _LAST_PORT


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _words(given: object) -> list[str]:
    said = given.split(",") if isinstance(given, str) else given if isinstance(given, list) else []
    return [word.strip() for word in said if isinstance(word, str) and word.strip()]


def choice(*known: str) -> Callable[[object], str]:
    """One of these words."""

    def parse(given: object) -> str:
        if isinstance(given, str) and given.strip().lower() in known:
            return given.strip().lower()
        raise ValueError(f"one of {', '.join(known)} is expected")

    return parse
