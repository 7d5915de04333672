"""How many connections there are, and which of them makes room for another."""

import logging
from typing import Protocol

TOLD = 100
"""Connections beyond the most that are told so; further ones are only closed."""

WARN_EVERY = 60.0
"""Seconds between two warnings that there are too many connections."""

log = logging.getLogger(__name__)


class Member(Protocol):
    def give_way(self) -> None:
        """Ends it: it has nothing in work."""


class Crowd:
    """The connections of a process, `most` of them at the most: beyond that the one that has been idle longest makes
    room, and where none is idle the new one is refused."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._idle: dict[Member, None] = {}  # in the order in which they became so
        self._warned_at = float("-inf")

    def idles(self, member: Member) -> None:
        self._idle[member] = None

    def works(self, member: Member) -> None:
        self._idle.pop(member, None)

    def make_room(self, now: float) -> bool:
        """Whether there is any now."""
        if now >= self._warned_at + WARN_EVERY:
            self._warned_at = now
            log.warning("%d connections are open, which is the most: idle ones are closed for new ones", self.most)
        longest = next(iter(self._idle), None)
        if longest is None:
            return False
        del self._idle[longest]
        longest.give_way()
        return True
