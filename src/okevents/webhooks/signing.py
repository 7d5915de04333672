"""Secrets and signatures of webhooks, by the Standard Webhooks specification (symmetric keys, version `v1`)."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime

from okevents.kernel.ids import WebhookId

PREFIX = "whsec_"
KEY_NAME = "webhook-secrets"
"""What the key is called, in the keyring, that secrets are derived with."""


def webhook_secret(key: bytes, webhook: WebhookId, issue: int) -> str:
    """The secret of that number: derived, stored nowhere, so that it can sign and a repeated request can show it."""
    return PREFIX + b64encode(hmac.digest(key, f"webhook:{webhook}:{issue}".encode(), "sha256")).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the base 64 of the HMAC-SHA-256 of `id.timestamp.body`. `timestamp`: Unix seconds."""
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    digest = hmac.digest(b64decode(secret.removeprefix(PREFIX)), signed, "sha256")
    return f"v1,{b64encode(digest).decode()}"


def headers(message_id: str, at: datetime, body: bytes, secrets: Iterable[str]) -> Mapping[str, str]:
    """The three headers; a signature for each secret."""
    timestamp = int(at.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, message_id, timestamp, body) for secret in secrets),
    }
