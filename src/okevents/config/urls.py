"""Backends are chosen by URL alone: which there are, what each needs, and what is wrong with a URL."""

import re
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit

from msgspec import Struct

from okevents.config import transport

BROKER_NAME = re.compile(r"[\w.:-]{1,200}", re.ASCII)


class Backend(Struct, frozen=True, kw_only=True):
    """A backend: how its URLs look, and the extra that brings its driver."""

    example: str
    module: str | None = None
    extra: str | None = None


DATABASES = {
    "sqlite": Backend(example="sqlite:///path/to/file"),
    "postgresql": Backend(example="postgresql://user:password@host/database", module="asyncpg", extra="postgresql"),
    "mongodb": Backend(example="mongodb://host/database", module="pymongo", extra="mongodb"),
}
BROKERS = {
    "local": Backend(example="local:"),
    "amqp": Backend(example="amqp://user:password@host/", module="aio_pika", extra="rabbitmq"),
    "amqps": Backend(example="amqps://user:password@host/", module="aio_pika", extra="rabbitmq"),
}
_OTHER_NAMES = {"postgres": "postgresql", "pg": "postgresql", "sqlite3": "sqlite", "mongo": "mongodb", "file": "sqlite"}


def database(given: object) -> str:
    """A database's URL. Raises ValueError with what is expected."""
    url, parts = _split(given, DATABASES)
    name = parts.path.strip("/")
    if parts.scheme == "sqlite":
        if parts.netloc or not name:
            raise ValueError("three slashes and a file are expected: sqlite:///path/to/file")
    elif not parts.netloc or not name:
        raise ValueError(f"a host and a database's name are expected: {DATABASES[parts.scheme].example}")
    return url


def broker(given: object) -> str:
    """A broker's URL. Raises ValueError with what is expected."""
    url, parts = _split(given, BROKERS)
    if parts.scheme == "local":
        if url != "local:":
            raise ValueError("nothing is expected after the colon: local:")
    elif not parts.hostname:
        raise ValueError(f"a host is expected: {BROKERS[parts.scheme].example}")
    return url


def broker_name(given: object) -> str:
    """The name of an exchange or queue. Raises ValueError with what is expected."""
    if isinstance(given, str) and BROKER_NAME.fullmatch(given) and not given.startswith("amq."):
        return given
    raise ValueError("up to 200 letters, digits and any of . : _ - are expected, not beginning with 'amq.'")


def sqlite_url(file: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite://{quote(str(file.absolute()))}"


def beside(url: str, suffix: str) -> str:
    """The URL of another database in the same place, whose name has the suffix."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        file = Path(unquote(parts.path))
        return sqlite_url(file.with_name(f"{file.stem}{suffix}{file.suffix}"))
    return parts._replace(path=f"{parts.path.rstrip('/')}{suffix}").geturl()


def place(url: str) -> tuple[str, str, str]:
    """What tells one database from another: two URLs of one place mean one database."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return parts.scheme, "", str(Path(unquote(parts.path)).resolve())
    return parts.scheme, parts.netloc.rpartition("@")[2].lower(), unquote(parts.path.strip("/"))


def _split(given: object, known: dict[str, Backend]) -> tuple[str, SplitResult]:
    """The URL and its parts. Raises ValueError unless its scheme is known, it is well formed and its driver there."""
    examples = ", ".join(backend.example for backend in known.values())
    if not isinstance(given, str) or ":" not in given:
        raise ValueError(f"a URL is expected, one of {examples}")
    url = given.strip()
    scheme = url.partition(":")[0].lower()
    if scheme not in known:
        meant = _OTHER_NAMES.get(scheme) or next(iter(get_close_matches(scheme, known)), None)
        hint = f"did you mean {meant}: ? " if meant in known else ""
        raise ValueError(f"the scheme {scheme!r} isn't known; {hint}the known ones are {examples}")
    try:
        parts = urlsplit(url)
        if "," not in parts.netloc:
            parts.port  # noqa: B018 - raises for what isn't a port
        is_cut = parts.netloc.endswith(":") or "@" in parts.path + parts.fragment
        if parts.netloc and "@" not in parts.netloc and "@" in url and is_cut:
            raise ValueError("the password's rest would be taken for a path, and told")
    except ValueError:
        # Python's reason quotes what it takes for the port or host, which may be a password.
        raise ValueError(
            f"a well-formed URL is expected, with each of /?#@[] in a password percent-encoded: {known[scheme].example}"
        ) from None
    backend = known[scheme]
    if backend.module is not None and find_spec(backend.module) is None:
        raise ValueError(f"its driver isn't installed; run: pip install 'okevents[{backend.extra}]'")
    transport.require_clear(parts)
    return url, parts
