"""Idempotency keys: the same request twice has one effect and one answer.

A key belongs to a scope (who asks, and for what). The answer of a change is kept in the commit of the change itself;
refusals are not kept, they are decided anew.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from typing import Any, NewType, Protocol, TypeVar

from msgspec import Struct

from okevents.errors import KeyInFlight, KeyReused
from okevents.kernel.group_commit import Pending
from okevents.kernel.ids import Nonce

Answer = TypeVar("Answer")

ScopedKey = NewType("ScopedKey", str)
"""64 hexadecimal digits: the digest of the scope and the key that the client sent."""

KEPT_FOR = timedelta(hours=24)
LEASE = timedelta(seconds=30)


class Claim(Struct, frozen=True):
    """A request's wish to be the one that a key stands for.

    `fingerprint` is the digest of the request's body; `nonce` is what the ids of its effect follow from.
    """

    key: ScopedKey
    fingerprint: str
    nonce: Nonce


class KeptAnswer(Struct, frozen=True):
    """The first answer under a key: the id and version it speaks of, and its body, byte for byte."""

    key: ScopedKey
    fingerprint: str
    subject: str
    version: int
    body: bytes


class Granted(Struct, frozen=True):
    """Nobody answered under this key yet. `nonce` is the one to use: an interrupted earlier try's, if there was one."""

    nonce: Nonce


class InFlight(Struct, frozen=True):
    """Somebody is at work on a request under this key, has died of it, or hasn't given it back yet; its lease hasn't
    ended."""


ClaimResult = Granted | InFlight | KeptAnswer


class IdempotencyStore(Protocol):
    """Where the answers are kept. They get there in the commit of the change, never by this port."""

    async def claim(self, claims: Sequence[Claim]) -> Mapping[ScopedKey, ClaimResult]:
        """A result for each key. A kept answer is returned whatever its fingerprint: the caller compares.

        Where a backend commits keys and changes in one transaction this only reads; where it can't, it writes a
        claim with a lease. Raises StoreUnavailable.
        """
        ...

    async def release(self, keys: Sequence[ScopedKey]) -> None:
        """Gives up claims whose request was refused: it may be asked again at once. Raises StoreUnavailable."""
        ...

    def release_later(self, keys: Sequence[ScopedKey]) -> None:
        """Gives up claims whose request failed, as soon as the database can be asked; nobody waits for that.

        What the request did may be stored or not. Who claims the key next is granted the same nonce, and so either
        finds the answer or does the same once more, which conflicts with what was stored.
        """
        ...

    async def sweep(self, kept_for: timedelta) -> int:
        """Drops claims and answers that have been kept for longer, by the database's time; returns how many.

        Raises StoreUnavailable.
        """
        ...


@contextmanager
def released_on_failure(answers: IdempotencyStore, claims: Sequence[Claim | None]) -> Iterator[None]:
    """Gives the claims up if the block fails. Whether anything was stored isn't known then; nobody is at work on it any
    more, and whoever asks again finds out."""
    try:
        yield
    except Exception:
        answers.release_later([claim.key for claim in claims if claim is not None])
        raise


def scoped_key(principal: str, method: str, path: str, key: str) -> ScopedKey:
    """The key within its scope. Whoever sends the same key to another route, or as somebody else, means another one."""
    scope = f"{principal}\x1f{method}\x1f{path}\x1f{key}"
    return ScopedKey(sha256(scope.encode("utf-8", "surrogatepass")).hexdigest())


def fingerprint(body: bytes) -> str:
    """The digest by which a repeated request is told from another one under the same key."""
    return sha256(body).hexdigest()


def replay(kept: KeptAnswer, claim: Claim) -> KeptAnswer:
    """The kept answer, if the request is the one it was given to. Raises KeyReused if it is another one."""
    if kept.fingerprint != claim.fingerprint:
        raise KeyReused("this Idempotency-Key came with another body before; use a new key for a new request")
    return kept


def in_flight() -> KeyInFlight:
    """What to say while another request with the same key is being worked on."""
    return KeyInFlight("a request with this Idempotency-Key is being worked on; try again in a moment")


def settle_taken(
    pending: Pending[Any, Answer],
    claim: Claim | None,
    taken: KeptAnswer | InFlight,
    answer: Callable[[KeptAnswer], Answer],
) -> None:
    """Gives the request the answer of the one that was first under its key, if it was the same."""
    if isinstance(taken, InFlight) or claim is None:
        pending.fail(in_flight())
        return
    try:
        pending.answer(answer(replay(taken, claim)))
    except KeyReused as error:
        pending.fail(error)


class KeysInProgress:
    """The keys that this process is working on."""

    def __init__(self) -> None:
        self._keys: set[ScopedKey] = set()

    @contextmanager
    def hold(self, claim: Claim | None) -> Iterator[None]:
        """Holds the claim's key meanwhile. Raises KeyInFlight if it is held already."""
        if claim is None:
            yield
            return
        if claim.key in self._keys:
            raise in_flight()
        self._keys.add(claim.key)
        try:
            yield
        finally:
            self._keys.discard(claim.key)
