"""Numbered SQL files, each applied once, in the order of their names."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files

import apsw

from okevents.kernel.database import MINIMUM_VERSION, pending_of, require_usable

_OWN_TABLES = """
CREATE TABLE IF NOT EXISTS okevents_schema (service TEXT NOT NULL, minimum_version TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS okevents_migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL);
"""


def known(service: str) -> dict[str, str]:
    """Name and SQL of each migration of the service, in order. What both services have in common stands once."""
    folders = (files(__package__).joinpath("migrations", name) for name in ("common", service))
    scripts = {file.name: file.read_text() for folder in folders for file in folder.iterdir()}
    return dict(sorted(scripts.items()))


def check_owner(connection: apsw.Connection, service: str) -> None:
    """Raises ConfigurationError unless the database is this service's, or nobody's yet, and not too new."""
    if not _has_table(connection, "okevents_schema"):
        return
    for owner, minimum in connection.execute("SELECT service, minimum_version FROM okevents_schema"):
        require_usable(connection.filename, service, str(owner), str(minimum))


def owner(connection: apsw.Connection) -> str | None:
    """Whose it is; None if it is nobody's yet."""
    if not _has_table(connection, "okevents_schema"):
        return None
    row = connection.execute("SELECT service FROM okevents_schema").fetchone()
    return None if row is None else str(row[0])


def set_owner(connection: apsw.Connection, name: str) -> None:
    connection.execute("UPDATE okevents_schema SET service = ?", (name,))


def minimum_version(connection: apsw.Connection) -> str | None:
    """The oldest program that may use the database; None if it is nobody's yet."""
    if not _has_table(connection, "okevents_schema"):
        return None
    row = connection.execute("SELECT minimum_version FROM okevents_schema").fetchone()
    return None if row is None else str(row[0])


def applied(connection: apsw.Connection) -> Sequence[str]:
    """Names of those that were, in order."""
    if not _has_table(connection, "okevents_migrations"):
        return []
    return [str(name) for (name,) in connection.execute("SELECT name FROM okevents_migrations ORDER BY name")]


def pending(connection: apsw.Connection, service: str) -> Sequence[str]:
    """Names of those that weren't applied yet."""
    return pending_of(known(service), applied(connection))


def migrate(connection: apsw.Connection, service: str) -> Sequence[str]:
    """Applies what is pending, within the caller's transaction. Raises ConfigurationError as `check_owner` does."""
    check_owner(connection, service)
    connection.execute(_OWN_TABLES)
    names = pending(connection, service)
    scripts = known(service)
    connection.create_scalar_function("casefold", lambda *text: str(text[0]).casefold(), 1)
    for name in names:
        connection.execute(scripts[name])
        now = datetime.now(UTC).isoformat()
        connection.execute("INSERT INTO okevents_migrations (name, applied_at) VALUES (?, ?)", (name, now))
    if names:
        connection.execute("DELETE FROM okevents_schema")
        connection.execute("INSERT INTO okevents_schema VALUES (?, ?)", (service, MINIMUM_VERSION))
    return names


def _has_table(connection: apsw.Connection, name: str) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,))
    return found.fetchone() is not None
