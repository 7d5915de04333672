"""The handlers of webhooks."""

from starlette.requests import Request

from okevents.http import answers
from okevents.http.answers import Answer
from okevents.http.limits import Limits
from okevents.http.parameters import caller, object_id
from okevents.http.queries import delivery_query
from okevents.http.routing import MERGE_PATCH, json_body
from okevents.kernel.ids import DeliveryId, WebhookId
from okevents.webhooks.representation import encoded, encoded_delivery
from okevents.webhooks.service import WebhookService
from okevents.webhooks.writer import Written

PRIVATE = {"cache-control": "no-store"}
"""For answers with a secret."""


class WebhookHandlers:
    """A method for each operation, by its name in the table."""

    def __init__(self, service: WebhookService, limits: Limits) -> None:
        self._service = service
        self._limits = limits

    async def list_webhooks(self, _: Request) -> Answer:
        return answers.json(b"[" + b",".join([encoded(each) for each in await self._service.list()]) + b"]")

    async def create_webhook(self, request: Request) -> Answer:
        written = await self._service.create(await json_body(request), caller(request))
        return _written(written, 201, {"location": f"/webhooks/{written.id}", **PRIVATE})

    async def find_webhook(self, request: Request) -> Answer:
        webhook = await self._service.find(_id(request))
        return answers.conditional(request, encoded(webhook), f'"{webhook.version}"')

    async def patch_webhook(self, request: Request) -> Answer:
        webhook_id, body = _id(request), await json_body(request, MERGE_PATCH)
        return _written(await self._service.patch(webhook_id, body, caller(request)))

    async def delete_webhook(self, request: Request) -> Answer:
        webhook_id, body = _id(request), await json_body(request)
        written = await self._service.delete(webhook_id, body, caller(request))
        return Answer(204, _replayed(written))

    async def rotate_webhook(self, request: Request) -> Answer:
        webhook_id, body = _id(request), await json_body(request)
        return _written(await self._service.rotate(webhook_id, body, caller(request)), headers=PRIVATE)

    async def test_webhook(self, request: Request) -> Answer:
        webhook_id, body = _id(request), await json_body(request)
        return _queued(webhook_id, await self._service.test(webhook_id, body, caller(request)))

    async def list_deliveries(self, request: Request) -> Answer:
        query = delivery_query(request.scope["query_string"], request.scope["path"], self._limits, _id(request))
        page = await self._service.deliveries(query.filter, query.page.cursor, query.page.limit)
        return answers.listed(map(encoded_delivery, page.deliveries), query.page.links(page.next_cursor))

    async def find_delivery(self, request: Request) -> Answer:
        return answers.json(encoded_delivery(await self._service.delivery(_id(request), _delivery(request))))

    async def replay_delivery(self, request: Request) -> Answer:
        webhook_id, delivery_id, body = _id(request), _delivery(request), await json_body(request)
        return _queued(webhook_id, await self._service.replay(webhook_id, delivery_id, body, caller(request)))

    async def replay_deliveries(self, request: Request) -> Answer:
        webhook_id, body = _id(request), await json_body(request)
        written = await self._service.replay_span(webhook_id, body, caller(request))
        return answers.json(written.body, 202, _replayed(written))


def _id(request: Request) -> WebhookId:
    return WebhookId(object_id(request.path_params["id"], "id"))


def _delivery(request: Request) -> DeliveryId:
    return DeliveryId(object_id(request.path_params["delivery"], "delivery"))


def _written(written: Written, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return answers.written(written.body, written.version, written.is_replay, status, headers)


def _queued(webhook_id: WebhookId, written: Written) -> Answer:
    """Accepted; where it can be followed."""
    location = f"/webhooks/{webhook_id}/deliveries/{written.id}"
    return answers.json(written.body, 202, {"location": location, **_replayed(written)})


def _replayed(written: Written) -> dict[str, str]:
    return {"idempotent-replay": "true"} if written.is_replay else {}
