"""Work in the background never ends without a word: what it raises is told, and it is begun again."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from okevents.messaging.backoff import Backoff

log = logging.getLogger(__name__)

BACKOFF = Backoff(first=0.5, longest=30.0)

Work = Callable[[], Awaitable[None]]


async def supervised(
    work: Work,
    name: str,
    *,
    backoff: Backoff = BACKOFF,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Does the work until it returns or is cancelled.

    Work answers for the errors that it expects. Any other is a mistake of the program's: it is logged with its
    traceback, and the work is begun anew after a wait. Waits are short again for work that has gone well for longer
    than the longest of them.
    """
    attempt = 0
    while True:
        began = monotonic()
        try:
            await work()
        except Exception:
            attempt = 1 if monotonic() - began > backoff.longest else attempt + 1
            wait = backoff.wait(attempt)
            log.exception("the task %r failed, and is begun again in %.1f s", name, wait)
        else:
            return
        await sleep(wait)
