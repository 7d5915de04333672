"""Profiles: running services by name, each with where it is and what opens it. The commands that act on one take it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from okevents.config.file import PROFILES, content
from okevents.errors import ConfigurationError

DEFAULT = "default"
"""Its profile holds where nothing else is said."""


class Profile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """`url` is that of both services; else each has its own. `token_file` holds the token, for files that others may
    read. Its text shows no token."""

    url: str | None = None
    events_url: str | None = None
    bookings_url: str | None = None
    token: str | None = None
    token_file: str | None = None

    def __repr__(self) -> str:
        return f"Profile({self.url or self.events_url or self.bookings_url})"

    def read_token(self) -> str | None:
        """Raises ConfigurationError."""
        if self.token_file is None:
            return self.token
        path = Path(self.token_file).expanduser()
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            said = error.strerror if isinstance(error, OSError) else "it isn't text"
            raise ConfigurationError([f"the token file {path} can't be read: {(said or '').lower()}"]) from None


def profiles(
    environment: Mapping[str, str], *, file: Path | None = None, folder: Path | None = None
) -> Mapping[str, Any]:
    """What the TOML file has of them, by name. Raises ConfigurationError."""
    try:
        found = content(file, folder or Path(), environment)
    except ValueError as error:
        raise ConfigurationError([str(error)]) from None
    named = found.values.get(PROFILES, {})
    if not isinstance(named, dict):
        raise ConfigurationError([f"{PROFILES} in {found.path} isn't a table; [{PROFILES}.NAME] is expected"])
    return named


def profile(
    name: str | None, environment: Mapping[str, str], *, file: Path | None = None, folder: Path | None = None
) -> Profile | None:
    """The one of that name; without a name the default one, if there is one. Raises ConfigurationError."""
    named = profiles(environment, file=file, folder=folder)
    wanted = name or DEFAULT
    if wanted not in named:
        if name is None:
            return None
        known = f"there are {', '.join(sorted(named))}" if named else "there are none in the TOML file"
        raise ConfigurationError([f"there is no profile {name}; {known}"])
    try:
        found = msgspec.convert(named[wanted], Profile)
    except msgspec.ValidationError as error:
        raise ConfigurationError([f"the profile {wanted}: {error}"]) from None
    has_own = found.events_url is not None or found.bookings_url is not None
    if (found.url is None) != has_own:
        raise ConfigurationError([f"the profile {wanted}: url is expected, or events-url, bookings-url or both"])
    if found.token is not None and found.token_file is not None:
        raise ConfigurationError([f"the profile {wanted}: token and token-file are two; one is expected"])
    return found
