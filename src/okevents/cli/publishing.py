"""Where a programme of events goes: to a running okevents, or into its database."""

import http.client
from collections.abc import Iterable
from urllib.parse import urlsplit

from okevents.cli.programme import Planned
from okevents.config.settings import Settings
from okevents.errors import OkeventsError, Unavailable
from okevents.kernel.caller import Caller

ANSWER_WITHIN = 10.0


class Refused(OkeventsError):
    """The running okevents didn't take an event."""


def is_running(url: str) -> bool:
    """Whether an okevents answers there."""
    try:
        status, _ = _ask(url, "GET", "/health/live")
    except Unavailable:
        return False
    return status == 200


def publish_to(url: str, event: Planned, token: str | None) -> None:
    """Raises Refused and Unavailable."""
    headers = {"content-type": "application/json", "idempotency-key": event.key}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    status, body = _ask(url, "POST", "/events", event.body, headers)
    if status != 201:
        raise Refused(f"{url} answered {status}: {body.decode(errors='replace')[:500]}")


async def publish_directly(settings: Settings, events: Iterable[Planned]) -> None:
    """Raises StoreUnavailable and ConfigurationError."""
    from okevents.bootstrap import operating

    async with operating.event_service(settings) as service:
        for event in events:
            await service.create(event.body, Caller(method="POST", path="/events", key=event.key))


def _ask(
    url: str, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=ANSWER_WITHIN)
    try:
        connection.request(method, f"{parts.path.rstrip('/')}{path}", body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(f"{url} can't be reached: {error}") from None
    finally:
        connection.close()
