"""Fixtures for all tests: real servers, and for each test its own corner of them.

A server is started when the first test asks for it, and lasts for the session. A test that stops, kills or freezes
one needn't bring it back: the corner's end does.
"""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from scripts.servers.ferretdb import FerretdbServer
from scripts.servers.postgresql import PostgresqlServer
from scripts.servers.rabbitmq import RabbitmqServer
from tests import network, servers
from tests.servers import BrokerServer, Server


def pytest_configure(config: pytest.Config) -> None:
    """Settings of whoever runs the tests must not change what they see."""
    for name in list(os.environ):
        if name.startswith("OKEVENTS_") and not name.startswith(("OKEVENTS_TEST_", "OKEVENTS_REQUIRE_")):
            del os.environ[name]
    sys.addaudithook(network.guard())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, how in servers.used.items():
        terminalreporter.write_line(f"server used: {name}: {how}", green=True)
    for name, why in servers.missing.items():
        terminalreporter.write_line(f"server missing: {name}; its tests were SKIPPED. {why}", yellow=True)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    with servers.running("postgresql", PostgresqlServer) as server:
        yield server


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[BrokerServer]:
    with servers.running("rabbitmq", RabbitmqServer) as server:
        yield server


@pytest.fixture(scope="session")
def ferretdb_server() -> Iterator[Server]:
    with servers.running("mongodb", FerretdbServer) as server:
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file that isn't there yet, in a new folder."""
    return f"sqlite://{quote(str(tmp_path / 'okevents.sqlite3'))}"


@pytest.fixture
async def postgresql_url(postgresql_server: Server) -> AsyncIterator[str]:
    """A new database."""
    url = await servers.create_database(postgresql_server)
    yield url
    await servers.drop_database(postgresql_server, url)


@pytest.fixture
async def mongodb_url(ferretdb_server: Server) -> AsyncIterator[str]:
    """A new database."""
    name = servers.fresh_name()
    await servers.tell_mongodb(ferretdb_server)
    yield servers.named(ferretdb_server.url, name)
    await servers.drop_mongodb(ferretdb_server, name)


@pytest.fixture
async def other_postgresql_url(postgresql_server: Server) -> AsyncIterator[str]:
    """Another new database, for the second service."""
    url = await servers.create_database(postgresql_server)
    yield url
    await servers.drop_database(postgresql_server, url)


@pytest.fixture
async def other_mongodb_url(ferretdb_server: Server) -> AsyncIterator[str]:
    """Another new database, for the second service."""
    name = servers.fresh_name()
    yield servers.named(ferretdb_server.url, name)
    await servers.drop_mongodb(ferretdb_server, name)


@pytest.fixture
def rabbitmq_url(rabbitmq_server: BrokerServer) -> Iterator[str]:
    """A new virtual host."""
    with servers.virtual_host(rabbitmq_server) as url:
        yield url
