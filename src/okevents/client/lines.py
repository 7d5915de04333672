"""Bytes as they arrive, in lines."""

from collections.abc import AsyncGenerator, AsyncIterator

from okevents.client.errors import Interrupted


async def lines_of(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Each line without its end. Only a line feed ends one, as in NDJSON: what other separators Unicode has may stand
    in texts. Raises Interrupted if the last one has no end."""
    parts: list[bytes] = []
    async for chunk in chunks:
        *whole, rest = chunk.split(b"\n")
        for line in whole:
            yield b"".join((*parts, line))
            parts.clear()
        if rest:
            parts.append(rest)
    if parts:
        raise Interrupted("the stream broke off in the middle of a line")
