"""Signatures are those of the Standard Webhooks specification, as another implementation of it reads them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from okevents.kernel.ids import WebhookId
from okevents.webhooks import signing

KEY = b"k" * 32
ID = WebhookId("5a8f0b1c2d3e4f5061728399")
BODY = json.dumps({"type": "event.created", "data": {"name": "Büro – 東京"}}, ensure_ascii=False).encode()


def test_it_is_the_one_that_the_specifications_own_libraries_are_tested_by() -> None:
    secret, message, timestamp = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signing.signature(secret, message, timestamp, b'{"test": 2432232314}') == expected


def test_another_implementation_signs_the_same() -> None:
    secret, at = signing.webhook_secret(KEY, ID, 1), datetime.now(UTC).replace(microsecond=0)
    assert Webhook(secret).sign("msg_1", at, BODY.decode()) == signing.signature(
        secret, "msg_1", int(at.timestamp()), BODY
    )


def test_another_implementation_takes_the_headers_and_nothing_else() -> None:
    secret, now = signing.webhook_secret(KEY, ID, 1), datetime.now(UTC)
    headers = dict(signing.headers("msg_1", now, BODY, [secret]))
    assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)
    others = [
        (signing.webhook_secret(KEY, ID, 2), BODY, headers),
        (secret, BODY + b" ", headers),
        (secret, BODY, headers | {"webhook-id": "msg_2"}),
        (secret, BODY, dict(signing.headers("msg_1", now - timedelta(hours=1), BODY, [secret]))),
    ]
    for key, body, told in others:
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body, told)


def test_while_a_secret_is_rotated_both_verify() -> None:
    new, old = signing.webhook_secret(KEY, ID, 2), signing.webhook_secret(KEY, ID, 1)
    headers = dict(signing.headers("msg_1", datetime.now(UTC), BODY, [new, old]))
    assert headers["webhook-signature"].count("v1,") == 2
    for secret in (new, old):
        Webhook(secret).verify(BODY, headers)


def test_each_webhook_and_each_issue_has_a_secret_of_its_own() -> None:
    of = {
        signing.webhook_secret(key, webhook, issue)
        for key in (KEY, b"o" * 32)
        for webhook in (ID, WebhookId("0" * 24))
        for issue in (1, 2, 11)
    }
    assert len(of) == 12
    assert all(each.startswith("whsec_") and len(each) == 50 for each in of)
