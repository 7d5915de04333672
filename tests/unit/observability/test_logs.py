"""What gets into the log of a process, though nobody of ours says it."""

import subprocess
import sys

FORGETFUL = """
import asyncio
from okevents.observability import logs

async def fail():
    raise LookupError("nobody awaits me")

async def main():
    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    del task

logs.set_up("warning", "json")
asyncio.run(main())
"""


def test_what_a_task_that_nobody_awaits_raises_is_logged_as_an_error() -> None:
    done = subprocess.run([sys.executable, "-c", FORGETFUL], capture_output=True, text=True, check=True, timeout=60)
    assert '"level": "error"' in done.stderr
    assert '"logger": "asyncio"' in done.stderr
    assert "nobody awaits me" in done.stderr
