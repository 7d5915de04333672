"""Whether the process lives, and whether it is ready for requests."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import msgspec
from msgspec import Struct
from starlette.requests import Request

from okevents.errors import OkeventsError
from okevents.http import answers
from okevents.http.answers import Answer

log = logging.getLogger(__name__)

CHECK_WITHIN = 3.0


class HealthCheck(Struct, frozen=True, kw_only=True):
    """A part that is needed. Without one that isn't required the service still answers requests: messages wait."""

    name: str
    check: Callable[[], Awaitable[None]]
    is_required: bool = True


class PartShown(Struct, kw_only=True):
    """The state of one part."""

    name: str
    state: str
    is_required: bool
    detail: str | None = None


class HealthShown(Struct, kw_only=True):
    """Ready or not, and every part."""

    status: str
    parts: list[PartShown]


class HealthHandlers:
    """A method for each operation, by its name in the table. The log is told once of each trouble, not at each look."""

    def __init__(self, checks: Sequence[HealthCheck]) -> None:
        self._checks = checks
        self._troubles: dict[str, str] = {}

    async def live(self, _: Request) -> Answer:
        return answers.json(b'{"status":"ok"}')

    async def ready(self, _: Request) -> Answer:
        parts = await asyncio.gather(*(self._look(each) for each in self._checks))
        is_ready = all(part.state == "ok" for part in parts if part.is_required)
        shown = HealthShown(status="ok" if is_ready else "unavailable", parts=parts)
        return answers.json(msgspec.json.encode(shown), 200 if is_ready else 503)

    async def _look(self, each: HealthCheck) -> PartShown:
        try:
            async with asyncio.timeout(CHECK_WITHIN):
                await each.check()
        except OkeventsError as error:
            trouble, said = error.detail, error.public_detail or error.detail
        except TimeoutError:
            trouble = said = f"no answer within {CHECK_WITHIN:g} s"
        else:
            self._troubles.pop(each.name, None)
            return PartShown(name=each.name, state="ok", is_required=each.is_required)
        if each.is_required and self._troubles.get(each.name) != trouble:
            self._troubles[each.name] = trouble
            log.warning("%s isn't ready: %s", each.name, trouble)
        return PartShown(name=each.name, state="unavailable", is_required=each.is_required, detail=said)
