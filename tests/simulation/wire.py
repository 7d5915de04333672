"""The way from a process to a server, and back."""

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Wire(Protocol):
    """Has work done by a server, at one instant. The work is done whether or not its caller is still there."""

    async def __call__(self, work: Callable[[], T]) -> T:
        """What the work returned. Raises what it raised, and the way's own errors."""
        ...


async def straight(work: Callable[[], T]) -> T:
    """A way on which nothing happens."""
    await asyncio.sleep(0)
    return work()
