"""Fixtures for all tests: real servers, and for each test its own corner of them."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from pymongo import AsyncMongoClient

from scripts.servers.ferretdb import FerretdbServer
from scripts.servers.postgresql import PostgresqlServer
from scripts.servers.rabbitmq import RabbitmqServer
from tests import servers
from tests.servers import GivenServer


def pytest_configure(config: pytest.Config) -> None:
    """Settings of whoever runs the tests must not change what they see."""
    for name in list(os.environ):
        if name.startswith("OKEVENTS_") and not name.startswith(("OKEVENTS_TEST_", "OKEVENTS_REQUIRE_")):
            del os.environ[name]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, how in servers.used.items():
        terminalreporter.write_line(f"server used: {name} ({how})")
    for name, why in servers.missing.items():
        terminalreporter.write_line(f"server missing: {name}; its tests were SKIPPED. {why}", yellow=True)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer | GivenServer]:
    with servers.running("postgresql", PostgresqlServer) as server:
        yield server


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[RabbitmqServer | GivenServer]:
    with servers.running("rabbitmq", RabbitmqServer) as server:
        yield server


@pytest.fixture(scope="session")
def ferretdb_server() -> Iterator[FerretdbServer | GivenServer]:
    with servers.running("mongodb", FerretdbServer) as server:
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A new file."""
    return f"sqlite:///{tmp_path / 'okevents.sqlite3'}"


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer | GivenServer) -> Iterator[str]:
    """A new database."""
    name = servers.fresh_name()
    servers.psql(postgresql_server.url, f"CREATE DATABASE {name}")
    yield urlsplit(postgresql_server.url)._replace(path=f"/{name}").geturl()
    servers.psql(postgresql_server.url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def mongodb_url(ferretdb_server: FerretdbServer | GivenServer) -> AsyncIterator[str]:
    """A new database."""
    name = servers.fresh_name()
    yield urlsplit(ferretdb_server.url)._replace(path=f"/{name}").geturl()
    async with AsyncMongoClient[dict[str, object]](ferretdb_server.url) as client:
        await client.drop_database(name)


@pytest.fixture
def rabbitmq_url(rabbitmq_server: RabbitmqServer | GivenServer) -> Iterator[str]:
    """A new virtual host of a private server; the given one of somebody else's."""
    if isinstance(rabbitmq_server, GivenServer):
        yield rabbitmq_server.url
        return
    name = servers.fresh_name()
    rabbitmq_server.rabbitmqctl("add_vhost", name)
    rabbitmq_server.rabbitmqctl("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
    yield urlsplit(rabbitmq_server.url)._replace(path=f"/{quote(name)}").geturl()
    rabbitmq_server.rabbitmqctl("delete_vhost", name)
