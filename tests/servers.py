"""Finds or starts the servers that tests need, and gives each test its own corner of them."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NoReturn, Protocol, TypeVar
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from pymongo import AsyncMongoClient

from scripts.servers import ferretdb
from scripts.servers.process import ServerMissing

IS_REQUIRED = os.environ.get("CI") == "true" or os.environ.get("OKEVENTS_REQUIRE_SERVERS") == "1"

used: dict[str, str] = {}
"""What the summary says of each server that tests ran on."""
missing: dict[str, str] = {}
"""Why tests of a server were skipped."""


class Server(Protocol):
    """A server that a test may stop, kill and freeze. What the test got of it is there again after `start`."""

    @property
    def url(self) -> str: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def restart(self) -> None: ...

    def kill(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


class BrokerServer(Server, Protocol):
    """RabbitMQ, which has an HTTP API and a tool besides."""

    @property
    def management_url(self) -> str: ...

    def rabbitmqctl(self, *arguments: str) -> str: ...

    def settle(self) -> None: ...


class GivenServer:
    """One that somebody else runs, named by the environment. Tests that would harm it don't run."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def management_url(self) -> str:
        parts = urlsplit(self.url)
        credentials = f"{parts.username or 'guest'}:{parts.password or 'guest'}"
        default = f"http://{credentials}@{parts.hostname}:15672"
        return os.environ.get("OKEVENTS_TEST_RABBITMQ_MANAGEMENT_URL", default)

    def rabbitmqctl(self, *_: str) -> str:
        self._refuse()

    def settle(self) -> None:
        self._refuse()

    def start(self) -> None:
        """It runs."""

    def stop(self) -> None:
        self._refuse()

    def restart(self) -> None:
        self._refuse()

    def kill(self) -> None:
        self._refuse()

    def pause(self) -> None:
        self._refuse()

    def resume(self) -> None:
        """It wasn't paused."""

    def _refuse(self) -> NoReturn:
        unusable(f"this test stops or freezes its server, and {self.url} isn't the tests' own: unset its variable")


S = TypeVar("S", bound=Server)


@contextmanager
def running(name: str, private: Callable[[], AbstractContextManager[S]]) -> Iterator[S | GivenServer]:
    """The server of that name: by its URL in the environment, else a private one."""
    given = os.environ.get(f"OKEVENTS_TEST_{name.upper()}_URL")
    if given:
        used[name] = "given by the environment"
        yield GivenServer(given)
        return
    try:
        server = private()
    except ServerMissing as error:
        missing[name] = f"{error}; or set OKEVENTS_TEST_{name.upper()}_URL"
        unusable(missing[name])
    with server as started:
        used[name] = "private"
        yield started


def unusable(reason: str) -> NoReturn:
    """Skips the test, or fails it where every server is required."""
    if IS_REQUIRED:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def is_run_by(name: str, version: str) -> None:
    """Notes the server's version for the summary."""
    how = used.get(name, "private")
    if "(" not in how:
        used[name] = f"{version} ({how})"


def fresh_name() -> str:
    return f"okevents_test_{uuid.uuid4().hex[:12]}"


def named(url: str, name: str) -> str:
    """The URL of that database or virtual host of the server."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@contextmanager
def virtual_host(server: BrokerServer | GivenServer) -> Iterator[str]:
    """The URL of a new virtual host, made and deleted by the management plugin's HTTP API."""
    name = fresh_name()
    with httpx.Client(base_url=f"{server.management_url}/api", timeout=30) as api:
        try:
            overview = api.get("/overview").raise_for_status().json()
            api.put(f"/vhosts/{name}").raise_for_status()
        except httpx.HTTPError as error:
            unusable(f"RabbitMQ's management plugin doesn't answer at {api.base_url}: {error}")
        is_run_by("rabbitmq", f"RabbitMQ {overview['rabbitmq_version']}")
        yield named(server.url, name)
        server.start()
        api.delete(f"/vhosts/{name}").raise_for_status()


async def create_database(server: Server, tablespace: str = "pg_default") -> str:
    """The URL of a new PostgreSQL database, which lies in that tablespace."""
    name = fresh_name()
    connection = await asyncpg.connect(server.url)
    try:
        await connection.execute(f"CREATE DATABASE {name} TABLESPACE {tablespace}")
        version = connection.get_server_version()
        is_run_by("postgresql", f"PostgreSQL {version.major}.{version.micro}")
    finally:
        await connection.close()
    return named(server.url, name)


async def drop_database(server: Server, url: str) -> None:
    server.start()
    connection = await asyncpg.connect(server.url)
    try:
        await connection.execute(f"DROP DATABASE {urlsplit(url).path.strip('/')} WITH (FORCE)")
    finally:
        await connection.close()


async def tell_mongodb(server: Server) -> None:
    """Notes what speaks MongoDB's protocol here."""
    async with AsyncMongoClient[dict[str, Any]](server.url) as client:
        about = await client.admin.command("buildInfo")
    product = f"FerretDB {ferretdb.VERSION}" if "ferretdbVersion" in about else f"MongoDB {about['version']}"
    is_run_by("mongodb", product)


async def drop_mongodb(server: Server, name: str) -> None:
    server.start()
    async with AsyncMongoClient[dict[str, Any]](server.url) as client:
        await client.drop_database(name)
