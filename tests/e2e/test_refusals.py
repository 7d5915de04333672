"""A server's database that isn't ready, or is too new, is refused with one sentence that says what to do."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pymongo import AsyncMongoClient

from okevents import __version__
from tests.e2e.program import command

pytestmark = pytest.mark.e2e

BROKER = ("--broker", "amqp://127.0.0.1:1/", "--port", "0")


async def state_on_postgresql(url: str, minimum: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE okevents_schema SET minimum_version = $1", minimum)
    await connection.close()


async def state_on_mongodb(url: str, minimum: str) -> None:
    async with AsyncMongoClient[dict[str, Any]](url) as client:
        schemas = client.get_default_database()["okevents_schema"]
        await schemas.update_one({"_id": "schema"}, {"$set": {"minimum_version": minimum}})


STATE: dict[str, Callable[[str, str], Awaitable[None]]] = {
    "postgresql": state_on_postgresql,
    "mongodb": state_on_mongodb,
}


@pytest.fixture(params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in STATE])
def kind(request: pytest.FixtureRequest) -> str:
    given: str = request.param
    return given


@pytest.fixture
def url(request: pytest.FixtureRequest, kind: str) -> str:
    """An empty database's."""
    given: str = request.getfixturevalue(f"{kind}_url")
    return given


async def refusal(*arguments: str, folder: Path) -> str:
    """The one line with which that is refused, as a matter of configuration."""
    code, said = await command(*arguments, folder=folder)
    assert code == 2, said
    (line,) = said.splitlines()
    return line


@pytest.mark.parametrize("service", ["events", "bookings"])
async def test_one_that_is_not_migrated(url: str, service: str, tmp_path: Path) -> None:
    said = await refusal(service, "--database", url, *BROKER, folder=tmp_path)
    assert f"the {service} database lacks " in said
    assert "from 0001_" in said
    assert said.endswith("run: okevents migrate")
    code, told = await command("migrate", f"--{service}-database", url, folder=tmp_path)
    assert code == 0, told
    assert "0001_" in told


async def test_both_services_in_one_process_on_one_that_is_not_migrated(url: str, tmp_path: Path) -> None:
    said = await refusal("up", "--events-database", url, "--port", "0", folder=tmp_path)
    assert "the events database lacks " in said
    assert said.endswith("run: okevents migrate")


@pytest.mark.parametrize("service", ["events", "bookings"])
async def test_one_that_needs_a_newer_program(url: str, kind: str, service: str, tmp_path: Path) -> None:
    migrate = ("migrate", f"--{service}-database", url)
    code, told = await command(*migrate, folder=tmp_path)
    assert code == 0, told
    await STATE[kind](url, "99.1")
    for arguments in ((service, "--database", url, *BROKER), migrate):
        said = await refusal(*arguments, folder=tmp_path)
        assert f"its schema needs okevents 99.1 or later; this is {__version__}: upgrade it" in said
    await STATE[kind](url, __version__)
    code, told = await command(*migrate, folder=tmp_path)
    assert code == 0, told
