"""Streams in lines."""

from collections.abc import AsyncIterator

import pytest

from okevents.client.errors import Interrupted
from okevents.client.lines import lines_of

TEXT = '{"name": "one\u2028two\x85three\x0bfour"}\n\n{"name": "é"}\n'.encode()


async def pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
async def test_only_a_line_feed_ends_a_line(size: int) -> None:
    assert [line async for line in lines_of(pieces(TEXT, size))] == TEXT.split(b"\n")[:-1]


async def test_a_line_without_its_end_is_none() -> None:
    lines = lines_of(pieces(b"one\ntw", 2))
    assert await anext(lines) == b"one"
    with pytest.raises(Interrupted):
        await anext(lines)
