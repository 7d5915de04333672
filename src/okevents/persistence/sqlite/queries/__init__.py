"""The named queries, a `.sql` file for each subject."""

from pathlib import Path
from typing import Any

import aiosql
import apsw
from aiosql.adapters.generic import GenericAdapter


class _ApswAdapter(GenericAdapter):
    """aiosql's own takes the count of rows from the cursor, and APSW's cursors don't have it."""

    def insert_update_delete(self, conn: apsw.Connection, query_name: str, sql: str, parameters: Any) -> int:  # noqa: ARG002 - aiosql's
        """How many rows were changed."""
        conn.execute(sql, parameters)
        return conn.changes()

    def insert_update_delete_many(self, conn: apsw.Connection, query_name: str, sql: str, parameters: Any) -> int:  # noqa: ARG002 - aiosql's
        """How many rows were changed, by one run of the statement for each of the parameters."""
        before = conn.total_changes()
        conn.executemany(sql, parameters)
        return conn.total_changes() - before


queries: Any = aiosql.from_path(Path(__file__).parent, _ApswAdapter, mandatory_parameters=False)
