"""Readiness, when a part is in trouble."""

import json
from typing import Any

import pytest
from starlette.requests import Request

from okevents.errors import BrokerUnavailable, OkeventsError, StoreUnavailable
from okevents.http.health import HealthCheck, HealthHandlers

NOBODY = Request({"type": "http"})


class Part:
    """In trouble for as long as it has an error."""

    def __init__(self, error: OkeventsError | None) -> None:
        self.error = error

    async def check(self) -> None:
        if self.error is not None:
            raise self.error


async def looked(health: HealthHandlers) -> tuple[int, str, dict[str, Any]]:
    """The status, the body, and the parts' states."""
    answer = await health.ready(NOBODY)
    parts = json.loads(answer.body)["parts"]
    return answer.status, answer.body.decode(), {part["name"]: part["state"] for part in parts}


async def test_where_the_parts_lie_is_in_the_log_alone_once_for_each_trouble(caplog: pytest.LogCaptureFixture) -> None:
    database = Part(StoreUnavailable("the file /srv/secret/place can't be used"))
    broker = Part(BrokerUnavailable("RabbitMQ can't be reached at secret:5672"))
    checks = [HealthCheck(name="database", check=database.check)]
    checks.append(HealthCheck(name="broker", check=broker.check, is_required=False))
    health = HealthHandlers(checks)
    for _ in range(3):
        status, body, states = await looked(health)
        assert (status, states) == (503, {"database": "unavailable", "broker": "unavailable"})
        assert "secret" not in body
    assert [record.getMessage() for record in caplog.records] == [
        "database isn't ready: the file /srv/secret/place can't be used"
    ]
    trouble, database.error = database.error, None
    assert (await looked(health))[0] == 200
    database.error = trouble
    await looked(health)
    assert len(caplog.records) == 2
