"""The Events Service: webhooks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack
from urllib.parse import quote

from okevents.client.listing import Listing, query_of
from okevents.client.transport import MERGE_PATCH, Call, Transport
from okevents.webhooks.draft import WebhookDraft
from okevents.webhooks.model import DeliveryState
from okevents.webhooks.representation import DeliveryShown, ReplayShown, WebhookMade, WebhookShown

Draft = WebhookDraft | Mapping[str, Any]


class DeliveryFilter(TypedDict, total=False):
    """Which deliveries are wanted; None, or left out: whatever it is. Instants are aware; `created_before` isn't
    included."""

    state: DeliveryState | str | None
    created_from: datetime | None
    created_before: datetime | None


_QUERY = {"created_from": "from", "created_before": "to"}


class Webhooks:
    """Every method raises Problem, Unreachable and UnexpectedAnswer, and those about one webhook WebhookNotFound. The
    token needs the scope `admin`.

    `key` is the idempotency key; without one each call draws its own. `if_version`: only if that is the present
    version, else PreconditionFailed.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(self) -> Sequence[WebhookShown]:
        """The oldest first."""
        return (await self._transport.ask(Call(path="/webhooks"))).read(list[WebhookShown])

    async def get(self, webhook_id: str) -> WebhookShown:
        return (await self._transport.ask(Call(path=_path(webhook_id)))).read(WebhookShown)

    async def create(self, draft: Draft, *, key: str | None = None) -> WebhookMade:
        """With the secret that its posts are signed with. Raises BadInput and TooManyWebhooks."""
        return (await self._transport.write("POST", "/webhooks", draft, key)).read(WebhookMade)

    async def patch(
        self, webhook_id: str, changes: Mapping[str, Any], *, if_version: int | None = None, key: str | None = None
    ) -> WebhookShown:
        """Some of it, by a JSON merge patch (RFC 7396). Raises BadInput, PreconditionFailed."""
        answer = await self._transport.write("PATCH", _path(webhook_id), changes, key, if_version, MERGE_PATCH)
        return answer.read(WebhookShown)

    async def delete(self, webhook_id: str, *, if_version: int | None = None, key: str | None = None) -> None:
        """Its deliveries are deleted with it. Raises PreconditionFailed."""
        await self._transport.write("DELETE", _path(webhook_id), {}, key, if_version)

    async def rotate(
        self, webhook_id: str, overlap: int | None = None, *, if_version: int | None = None, key: str | None = None
    ) -> WebhookMade:
        """With a new secret. For `overlap` seconds, a day if it isn't said, the one before signs too."""
        body = {} if overlap is None else {"overlap": overlap}
        answer = await self._transport.write("POST", f"{_path(webhook_id)}/rotate", body, key, if_version)
        return answer.read(WebhookMade)

    async def test(self, webhook_id: str, *, key: str | None = None) -> DeliveryShown:
        """Has a message of its own posted, once; what comes of it `delivery` tells."""
        return (await self._transport.write("POST", f"{_path(webhook_id)}/test", {}, key)).read(DeliveryShown)

    def deliveries(
        self, webhook_id: str, *, page_size: int | None = None, **wanted: Unpack[DeliveryFilter]
    ) -> Listing[DeliveryShown]:
        """The newest first."""
        query = query_of(wanted, _QUERY, page_size)
        return Listing(self._transport, Call(path=f"{_path(webhook_id)}/deliveries", query=query), list[DeliveryShown])

    async def delivery(self, webhook_id: str, delivery_id: str) -> DeliveryShown:
        """Raises DeliveryNotFound."""
        return (await self._transport.ask(Call(path=_delivery(webhook_id, delivery_id)))).read(DeliveryShown)

    async def replay(self, webhook_id: str, delivery_id: str, *, key: str | None = None) -> DeliveryShown:
        """Has that message posted once more, as a delivery of its own. Raises DeliveryNotFound."""
        path = f"{_delivery(webhook_id, delivery_id)}/replay"
        return (await self._transport.write("POST", path, {}, key)).read(DeliveryShown)

    async def replay_span(
        self,
        webhook_id: str,
        created_from: datetime,
        created_before: datetime,
        *,
        state: DeliveryState | str | None = None,
        after: str | None = None,
        key: str | None = None,
    ) -> ReplayShown:
        """Has the messages of that span posted once more, the oldest first: as many as the service does at once. Go on
        with the `after` of the answer, until that is None. Raises BadInput."""
        body = {"from": created_from, "until": created_before, "state": state, "after": after}
        return (await self._transport.write("POST", f"{_path(webhook_id)}/replay", body, key)).read(ReplayShown)


def _path(webhook_id: str) -> str:
    return f"/webhooks/{quote(webhook_id, safe='')}"


def _delivery(webhook_id: str, delivery_id: str) -> str:
    return f"{_path(webhook_id)}/deliveries/{quote(delivery_id, safe='')}"
