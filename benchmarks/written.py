"""Whether a database was written to, however little."""

import asyncio
import hashlib
from pathlib import Path

import asyncpg

TABLES = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"


def state_of(url: str) -> str:
    """Is another after any commit that wrote something; to be taken of small databases.

    SQLite: a digest of the file and of its log. Each commit adds to the log, or begins it anew under another salt.
    PostgreSQL: each table's size, and for each row where it stands and which transactions wrote and locked it. What
    was written and taken away again leaves the size of a table that was empty, or the place of the next row.
    """
    scheme, _, path = url.partition("://")
    if scheme == "sqlite":
        return " ".join(hashlib.sha256(_bytes(Path(path + suffix))).hexdigest() for suffix in ("", "-wal"))
    return asyncio.run(_state_of_tables(url))


def _bytes(file: Path) -> bytes:
    return file.read_bytes() if file.exists() else b""


async def _state_of_tables(url: str) -> str:
    connection = await asyncpg.connect(url)
    said: list[str] = []
    for (table,) in await connection.fetch(TABLES):
        size = await connection.fetchval("SELECT pg_relation_size($1::text::regclass)", table)
        rows = await connection.fetch(f"SELECT ctid::text, xmin::text, xmax::text FROM {table} ORDER BY ctid")
        said.append(f"{table} {size} {[tuple(row) for row in rows]}")
    await connection.close()
    return "\n".join(said)
