"""Numbered SQL files, each applied once, in the order of their names, under a lock that all processes share."""

from collections.abc import Sequence
from importlib.resources import files

from okevents.kernel.database import MINIMUM_VERSION, pending_of, require_usable
from okevents.persistence.postgresql.pool import Connection

_OWN_TABLES = """
CREATE TABLE IF NOT EXISTS okevents_schema (service text NOT NULL, minimum_version text NOT NULL);
CREATE TABLE IF NOT EXISTS okevents_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
"""

LOCK = 0x6F6B6576656E7473
"""The advisory lock that a migrating process holds."""


async def _fold_guests(connection: Connection) -> None:
    """Guests are told apart by Python's folding of case, of which PostgreSQL's `lower` does what its locale knows."""
    rows = await connection.fetch(
        "SELECT id, document::jsonb #>> '{guest,email}' AS email FROM bookings"
        " WHERE octet_length(guest) > length(guest)"
    )
    folded = [(row["id"], row["email"].casefold()) for row in rows]
    await connection.executemany("UPDATE bookings SET guest = $2 WHERE id = $1", folded)


_AFTER = {"0003_life.sql": _fold_guests}
"""What SQL alone can't do, in the same transaction."""


def known(service: str) -> dict[str, str]:
    """Name and SQL of each migration of the service, in order. What both services have in common stands once."""
    folders = (files(__package__).joinpath("migrations", name) for name in ("common", service))
    scripts = {file.name: file.read_text() for folder in folders for file in folder.iterdir()}
    return dict(sorted(scripts.items()))


async def check_owner(connection: Connection, service: str, address: str) -> None:
    """Raises ConfigurationError unless the database is this service's, or nobody's yet, and not too new."""
    if await connection.fetchval("SELECT to_regclass('okevents_schema')") is None:
        return
    for owner, minimum in await connection.fetch("SELECT service, minimum_version FROM okevents_schema"):
        require_usable(address, service, owner, minimum)


async def owner(connection: Connection) -> str | None:
    """Whose it is; None if it is nobody's yet."""
    if await connection.fetchval("SELECT to_regclass('okevents_schema')") is None:
        return None
    found: str | None = await connection.fetchval("SELECT service FROM okevents_schema")
    return found


async def set_owner(connection: Connection, name: str) -> None:
    await connection.execute("UPDATE okevents_schema SET service = $1", name)


async def pending(connection: Connection, service: str) -> Sequence[str]:
    """Names of those that weren't applied yet."""
    applied: set[str] = set()
    if await connection.fetchval("SELECT to_regclass('okevents_migrations')") is not None:
        applied = {row[0] for row in await connection.fetch("SELECT name FROM okevents_migrations")}
    return pending_of(known(service), applied)


async def migrate(connection: Connection, service: str, address: str) -> Sequence[str]:
    """Applies what is pending, all of it or nothing. Raises ConfigurationError as `check_owner` does."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        # Again: while this process waited for the lock, the other service may have made the database its own.
        await check_owner(connection, service, address)
        await connection.execute(_OWN_TABLES)
        names = await pending(connection, service)
        scripts = known(service)
        for name in names:
            await connection.execute(scripts[name])
            if name in _AFTER:
                await _AFTER[name](connection)
            await connection.execute("INSERT INTO okevents_migrations (name) VALUES ($1)", name)
        if names:
            await connection.execute("DELETE FROM okevents_schema")
            await connection.execute("INSERT INTO okevents_schema VALUES ($1, $2)", service, MINIMUM_VERSION)
    return names
