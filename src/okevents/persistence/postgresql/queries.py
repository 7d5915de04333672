"""The named queries of `queries.sql`, with asyncpg's numbered parameters: `:name` is numbered by its first use."""

from importlib.resources import files
from typing import Any

import aiosql

_loaded: Any = aiosql.from_str(
    files(__package__).joinpath("queries.sql").read_text(), "asyncpg", mandatory_parameters=False
)


def statement(name: str) -> str:
    """The SQL of that query."""
    sql: str = getattr(_loaded, name).sql
    return sql
