"""Ways to servers on which calls are slow, refused, answered in vain, or the death of their caller."""

import asyncio
import random
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any, Generic, TypeVar

from msgspec import Struct

from okevents.errors import OkeventsError
from tests.simulation.life import Life
from tests.simulation.plan import Faults

T = TypeVar("T")

GIVES_UP = 5.0
"""Seconds after which a caller is told that no answer came."""

CALM = Faults()


class Server:
    """Where ways lead to. What is down answers nobody."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_up = True


class Network:
    """Everything that is on its way, whatever becomes of who sent it."""

    def __init__(self, chance: random.Random) -> None:
        self.is_calm = False
        self.chance = chance
        self._context = copy_context()

    def later(self, seconds: float, what: Callable[..., object], *args: Any) -> None:
        """Has it happen then, as something of nobody's."""
        asyncio.get_running_loop().call_later(seconds, what, *args, context=self._context)

    def delay(self, slow: float = 0.0) -> float:
        """How long something is on its way."""
        if not self.is_calm and self.chance.random() < slow:
            return self.chance.uniform(0.05, 2.0)
        return self.chance.uniform(0.0002, 0.008)

    def happens(self, probability: float) -> bool:
        return not self.is_calm and self.chance.random() < probability


class _Call(Struct, Generic[T], eq=False):
    work: Callable[[], T]
    answer: asyncio.Future[T]
    slow: float
    dies_with_caller: bool


class Way:
    """See `Wire`: one life's way to one server. `refused` and `uncertain` are what its faults are told as."""

    def __init__(
        self,
        network: Network,
        life: Life,
        server: Server,
        faults: Faults,
        refused: type[OkeventsError],
        uncertain: type[OkeventsError],
    ) -> None:
        self._network = network
        self._life = life
        self._server = server
        self._faults = faults
        self._refused = refused
        self._uncertain = uncertain

    async def __call__(self, work: Callable[[], T]) -> T:
        network, faults = self._network, self._faults
        there = network.delay(faults.slow)
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if network.happens(faults.late):
            there = GIVES_UP + network.chance.uniform(-0.5, 2.0)
        network.later(GIVES_UP, self._fail, answer, self._uncertain, "no answer came in time")
        call = _Call(work, answer, faults.slow, network.chance.random() < 0.5)
        network.later(there, self._arrive, call)
        return await answer

    def _arrive(self, call: _Call[Any]) -> None:
        """The work is done now, or never."""
        network, faults = self._network, self._faults
        if self._life.is_dead and call.dies_with_caller:
            return
        if network.happens(faults.deadly / 2):
            self._life.kill("before a call arrived")
            return
        back = network.delay(call.slow)
        if not self._server.is_up or network.happens(faults.refused):
            network.later(back, self._fail, call.answer, self._refused, "refused")
            return
        try:
            result = call.work()
        except OkeventsError as error:
            network.later(back, partial(_fail, call.answer, error))
            return
        if network.happens(faults.deadly / 2):
            self._life.kill("before it was answered")
        if network.happens(faults.lost):
            network.later(back, self._fail, call.answer, self._uncertain, "the answer was lost")
        else:
            network.later(back, _answer, call.answer, result)

    def _fail(self, answer: asyncio.Future[Any], error: type[OkeventsError], why: str) -> None:
        if not answer.done():
            _fail(answer, error(f"{self._server.name}: {why}"))


def _answer(answer: asyncio.Future[Any], result: object) -> None:
    if not answer.done():
        answer.set_result(result)


def _fail(answer: asyncio.Future[Any], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
        answer.exception()  # whoever asked may be gone, and nobody else will look
