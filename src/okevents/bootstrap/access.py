"""Who is let in: access control as the settings want it."""

import asyncio
import logging
from collections.abc import Mapping

from okevents.access.authenticator import Authenticator
from okevents.access.ports import Issuers, TokenStore
from okevents.config.settings import Settings
from okevents.issuers import IssuerKeys, JwtIssuers, Trust, fetch
from okevents.kernel.clock import Clock

log = logging.getLogger(__name__)

NOTE_USE_EVERY = 60.0
"""Seconds between two notes of when tokens were used: so old may be what is told of it."""


async def authenticators(
    settings: Settings, tokens: Mapping[str, TokenStore], clock: Clock
) -> Mapping[str, Authenticator]:
    """One for each service, by its name; none where everything is open, which the log says. Raises StoreUnavailable."""
    if not settings.has_access_control:
        log.warning("there is no access control: whoever reaches %s may do everything", settings.host)
        return {}
    issuers = _issuers(settings, clock)
    for service, store in tokens.items():
        if issuers is None and not await store.list():
            log.warning("the %s database has no token yet; make one: okevents tokens create", service)
    return {service: Authenticator(store, issuers, clock) for service, store in tokens.items()}


async def note_use(known: Mapping[str, Authenticator]) -> None:
    """Stores now and then when tokens were last used, for ever."""
    while True:
        await asyncio.sleep(NOTE_USE_EVERY)
        for authenticator in known.values():
            await authenticator.note_use()


def _issuers(settings: Settings, clock: Clock) -> Issuers | None:
    if not settings.jwt_issuers:
        return None
    keys = {name: IssuerKeys(address, fetch, clock) for name, address in settings.jwt_issuers}
    trust = Trust(audience=settings.jwt_audience, algorithms=settings.jwt_algorithms, leeway=settings.jwt_leeway)
    return JwtIssuers(keys, trust)
