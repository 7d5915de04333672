"""The program that docs/hearing-messages.md shows hears what it says that it hears."""

import asyncio
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from msgspec.structs import replace

from okevents.brokers.rabbitmq import RabbitmqBroker
from okevents.messaging.topology import Topology
from okevents.schemas import examples

pytestmark = pytest.mark.rabbitmq

PAGE = Path(__file__).parent.parent.parent / "docs" / "hearing-messages.md"


@pytest.mark.parametrize("is_first", [True, False], ids=["before okevents", "after okevents"])
async def test_the_program_hears_each_state_once_and_no_older_one(
    is_first: bool, rabbitmq_url: str, tmp_path: Path
) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    file = tmp_path / "hear.py"
    file.write_text(code)
    told = examples.messages()
    confirmed, cancelled = told["booking.confirmed"], told["booking.cancelled"]
    broker = RabbitmqBroker(rabbitmq_url, Topology())
    if not is_first:
        await broker.connect()
    process = await asyncio.create_subprocess_exec(sys.executable, file, rabbitmq_url, stdout=PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            assert await process.stdout.readline() == b"listening\n"
            await broker.connect()
            last = replace(confirmed, body=confirmed.body.replace(b"ada@", b"grace@").replace(b"397", b"398"))
            for message in (confirmed, confirmed, told["booking.held"], cancelled, confirmed, last):
                await broker.publish(message)
            heard = [await process.stdout.readline() for _ in range(3)]
    finally:
        process.kill()
        await process.wait()
        await broker.close()
    assert heard == [
        b"booking.confirmed 2 ada@example.org\n",
        b"booking.cancelled 3 ada@example.org\n",
        b"booking.confirmed 2 grace@example.org\n",
    ]
