"""Clients: they ask, don't always wait for the answer, and ask again when they don't know what became of it."""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from okevents.bookings.service import Booked
from okevents.config.shape import Shape
from okevents.errors import KeyInFlight, OkeventsError, Overloaded, Refusal, Unavailable
from okevents.events.write import Written
from tests.simulation.history import History
from tests.simulation.life import Gone, Life
from tests.simulation.network import Network
from tests.simulation.plan import Plan
from tests.simulation.requests import Asked, Requests

PATIENCE = 60.0
"""Seconds in which every request is answered once nothing goes wrong any more."""


class Outcome(Struct, eq=False):
    """What a client knows of its request. `bodies` are the answers that said it was done, `ids` what they were of."""

    asked: Asked
    bodies: list[bytes] = []
    may_be_done: bool = False
    is_refused: bool = False


class Client:
    """`lives`: the processes of a shape that can be found."""

    def __init__(
        self,
        name: str,
        plan: Plan,
        chance: random.Random,
        network: Network,
        history: History,
        requests: Requests,
        lives: Callable[[Shape], Sequence[Life]],
        acknowledged: Callable[[Asked, Any], None],
    ) -> None:
        self.outcomes: list[Outcome] = []
        self._name = name
        self._plan = plan
        self._chance = chance
        self._network = network
        self._history = history
        self._requests = requests
        self._lives = lives
        self._acknowledged = acknowledged

    async def run(self, until: float) -> None:
        """Asks one thing after the other until then; what isn't clear then is cleared up."""
        loop = asyncio.get_running_loop()
        while loop.time() < until:
            await asyncio.sleep(self._chance.expovariate(1 / self._plan.think))
            outcome = Outcome(self._requests.draw())
            self.outcomes.append(outcome)
            await self._see_through(outcome)
        for outcome in self.outcomes:
            if outcome.asked.key is not None and self._chance.random() < 0.2:
                await self._see_through(outcome)

    async def _see_through(self, outcome: Outcome) -> None:
        """Sends it until it is clear what became of it, if its key allows that; sometimes once more."""
        for attempt in range(100):
            if await self._send(outcome) and not (attempt == 0 and self._chance.random() < 0.15):
                return
            if outcome.asked.key is None or (self._chance.random() < 0.03 and not self._network.is_calm):
                return
            await asyncio.sleep(min(2.0, 0.05 * 2.0 ** min(attempt, 8)))
        self._history.accuse("I7", f"{outcome.asked.tag} was never answered, however often it was sent")

    async def _send(self, outcome: Outcome) -> bool:
        """Whether it is clear what became of it."""
        asked = outcome.asked
        said = f"{asked.tag} {asked.name}"
        found = self._lives(asked.shape)
        if not found:
            return False
        life = self._chance.choice(list(found))
        self._history.say(self._name, f"{said} to {life.name}")
        await asyncio.sleep(self._network.delay())
        answer, patience = life.ask(asked.send), self._patience()
        try:
            async with asyncio.timeout(patience):
                written: Written | Booked = await answer
        except TimeoutError:
            life.forget(answer)
            outcome.may_be_done = True
            if patience >= PATIENCE:
                self._history.accuse("I7", f"{asked.tag} wasn't answered by {life.name} within {PATIENCE:g} s")
            return self._clear(asked, "no answer was waited for", False)
        except Gone:
            outcome.may_be_done = True
            return self._clear(asked, "nobody answered", False)
        except (KeyInFlight, Overloaded) as error:
            return self._clear(asked, error.slug, False)
        except Unavailable as error:
            outcome.may_be_done = True
            return self._clear(asked, error.slug, False)
        except Refusal as error:
            outcome.is_refused = True
            return self._clear(asked, f"{error.slug} ({error.detail})", True)
        except OkeventsError as error:
            self._history.accuse("I7", f"{asked.tag} was answered {error!r}")
            return True
        except Exception as error:  # noqa: BLE001 - clients would be told of an internal error
            outcome.may_be_done = True
            self._history.accuse("I7", f"{asked.tag} was answered {error!r}")
            return True
        outcome.bodies.append(written.body)
        self._clear(asked, f"version {written.version}{' again' if written.is_replay else ''}", True)
        self._acknowledged(asked, written)
        return True

    def _clear(self, asked: Asked, said: str, is_clear: bool) -> bool:
        self._history.say(self._name, f"{asked.tag} is answered: {said}")
        return is_clear

    def _patience(self) -> float:
        """Some go away early. The others wait until nothing goes wrong any more, and a little longer."""
        left = max(0.0, self._plan.lasts - asyncio.get_running_loop().time())
        if left and self._chance.random() < 0.3:
            return self._chance.choice([0.003, 0.02, 0.5])
        return left + PATIENCE
