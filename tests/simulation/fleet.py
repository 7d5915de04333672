"""The processes: each is started, and started again whenever it has ended or died."""

import asyncio
import random
from collections.abc import Callable, Sequence

from okevents.bootstrap.parts import running
from okevents.config.settings import Settings
from okevents.config.shape import Shape
from tests.simulation.history import History
from tests.simulation.life import Clock, Life
from tests.simulation.network import Network
from tests.simulation.plan import Plan
from tests.simulation.storage.data import START


class Fleet:
    """All processes of one seed."""

    def __init__(self, plan: Plan, settings: Settings, seed: str, network: Network, history: History) -> None:
        self._plan = plan
        self._settings = settings
        self._seed = seed
        self._network = network
        self._history = history
        self._living: dict[Life, Shape] = {}

    def start(self) -> Sequence[asyncio.Task[None]]:
        """The tasks that see to it that they run."""
        shapes = [Shape.EVENTS] * self._plan.events + [Shape.BOOKINGS] * self._plan.bookings
        return [
            asyncio.create_task(self._supervise(shape, f"{shape}-{place}")) for place, shape in enumerate(shapes, 1)
        ]

    def living(self) -> Sequence[Life]:
        """Those that run, ready or not."""
        return list(self._living)

    def found(self, shape: Shape) -> Sequence[Life]:
        """Those of that shape that take requests."""
        return [life for life, of in self._living.items() if of is shape and life.is_accepting]

    async def _supervise(self, shape: Shape, name: str) -> None:
        number = 0
        while True:
            number += 1
            life = self._born(f"{name}.{number}")
            self._living[life] = shape
            life.begin(running(self._settings, shape, lambda *_: None))
            await life.ended
            del self._living[life]
            await asyncio.sleep(0.1 if self._network.is_calm else self._network.chance.uniform(0.1, 4.0))

    def _born(self, name: str) -> Life:
        chance = random.Random(f"{self._seed} {name}")
        skew, drift = (chance.uniform(-most, most) for most in (self._plan.skew, self._plan.drift))
        return Life(name, chance, Clock(START, skew, drift), self._history)


class Troubles:
    """What goes wrong by itself, at times drawn before anything begins."""

    def __init__(self, plan: Plan, chance: random.Random, fleet: Fleet, network: Network) -> None:
        self._plan = plan
        self._chance = chance
        self._fleet = fleet
        self._network = network

    def plan(self, outages: Sequence[tuple[Callable[[], None], Callable[[], None]]]) -> None:
        """`outages`: how each part is taken away, and given back."""
        lasts = self._plan.lasts
        for _ in range(self._plan.crashes):
            self._network.later(self._chance.uniform(0.0, lasts), self._kill)
        for _ in range(self._plan.stops):
            self._network.later(self._chance.uniform(0.0, lasts), self._stop)
        for _ in range(self._plan.outages):
            take, give_back = self._chance.choice(outages)
            begins = self._chance.uniform(0.0, lasts)
            self._network.later(begins, take)
            self._network.later(min(lasts, begins + self._chance.uniform(0.5, 12.0)), give_back)

    def _kill(self) -> None:
        if living := self._fleet.living():
            self._chance.choice(living).kill("by itself")

    def _stop(self) -> None:
        if accepting := [life for life in self._fleet.living() if life.is_accepting]:
            self._chance.choice(accepting).stop()
