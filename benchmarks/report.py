"""The page of results."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.rows import Row

CAUSES = Path(__file__).parent / "causes.md"


def table(rows: Sequence[Row]) -> str:
    """As Markdown."""
    lines = [f"| {row.work} | {row.yardstick} | {row.measured} | {row.ratio} | {row.reach} |" for row in rows]
    return "\n".join(["| work | yardstick | work and yardstick | ratio | reach |", "|---|---|---|---|---|", *lines])


def report(rows: Sequence[Row], profiles: Sequence[str]) -> str:
    """Everything that was measured, on what, and what it comes from."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("uvicorn", "starlette", "apsw", "asyncpg", "aio-pika"))
    shares = "\n\n".join(profiles)
    return f"""# Results

Measured {datetime.now(UTC):%Y-%m-%d} on {os.cpu_count()} shared cores, {platform.system()} {platform.release()}, Python
{platform.python_version()}, {versions}. The load generator (wrk, 64 clients where nothing else is said; at a fixed rate
benchmarks/steady.py) has a core of its own, the server the other one; PostgreSQL and RabbitMQ take what they find. Each
yardstick is measured in the same run, on the server's core. Speed is told as a ratio, because the machine is not yours.

{table(rows)}

## Where a booking's time goes

{shares}

{CAUSES.read_text(encoding="utf-8")}"""
