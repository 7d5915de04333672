"""The secrets of webhooks."""

from okevents.kernel.ids import WebhookId
from okevents.webhooks import signing
from okevents.webhooks.ports import KeyStore


class WebhookSecrets:
    """They follow from one key, which is asked for once."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys
        self._key: bytes | None = None

    async def secret(self, webhook_id: WebhookId, issue: int) -> str:
        """Raises StoreUnavailable."""
        if self._key is None:
            self._key = await self._keys.get_or_create(signing.KEY_NAME)
        return signing.webhook_secret(self._key, webhook_id, issue)
