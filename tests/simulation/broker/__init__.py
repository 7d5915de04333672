"""A broker that keeps the promises of the real ones, in lists: at least once, in any order."""

from tests.simulation.broker.client import SimulatedBroker
from tests.simulation.broker.server import BrokerServer

__all__ = ["BrokerServer", "SimulatedBroker"]
