"""The private servers do what tests ask of them."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import aio_pika
import asyncpg
import httpx
import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import DuplicateKeyError

from scripts.servers import process
from scripts.servers.postgresql import PostgresqlServer
from scripts.servers.rabbitmq import RabbitmqServer
from tests import servers
from tests.proxy import Proxy
from tests.servers import BrokerServer, GivenServer, Server

ROOT = Path(__file__).parents[2]


@pytest.mark.postgresql
@pytest.mark.parametrize("end", ["kill", "stop"])
async def test_postgresql_keeps_a_commit_through_its_end(
    postgresql_server: Server, postgresql_url: str, end: str
) -> None:
    connection = await asyncpg.connect(postgresql_url)
    await connection.execute("CREATE TABLE kept (n int)")
    await connection.execute("INSERT INTO kept VALUES (7)")
    getattr(postgresql_server, end)()
    with pytest.raises((OSError, asyncpg.CannotConnectNowError)):
        await asyncpg.connect(postgresql_url)
    connection.terminate()
    postgresql_server.start()
    connection = await asyncpg.connect(postgresql_url)
    assert await connection.fetchval("SELECT n FROM kept") == 7
    await connection.close()


@pytest.mark.postgresql
async def test_postgresql_answers_nothing_while_it_is_paused(postgresql_server: Server, postgresql_url: str) -> None:
    connection = await asyncpg.connect(postgresql_url)
    postgresql_server.pause()
    answer = asyncio.create_task(connection.fetchval("SELECT 1"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(answer), timeout=0.2)
    postgresql_server.resume()
    assert await answer == 1
    await connection.close()


@pytest.mark.postgresql
async def test_postgresql_is_reached_through_a_proxy(postgresql_url: str) -> None:
    async with Proxy.before(postgresql_url) as proxy:
        connection = await asyncpg.connect(proxy.url)
        assert await connection.fetchval("SELECT 1") == 1
        await proxy.reset()
        with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
            await connection.fetchval("SELECT 1")


@pytest.mark.postgresql
async def test_each_test_has_a_database_that_is_dropped(postgresql_server: Server) -> None:
    url = await servers.create_database(postgresql_server)
    other = await servers.create_database(postgresql_server)
    assert url != other
    open_connection = await asyncpg.connect(url)
    await servers.drop_database(postgresql_server, url)
    await servers.drop_database(postgresql_server, other)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(url)
    open_connection.terminate()


@pytest.mark.mongodb
async def test_ferretdb_inserts_an_id_once_also_after_a_kill(ferretdb_server: Server, mongodb_url: str) -> None:
    async with AsyncMongoClient[dict[str, Any]](mongodb_url) as client:
        await client.get_default_database()["things"].insert_one({"_id": 1})
    ferretdb_server.kill()
    ferretdb_server.start()
    async with AsyncMongoClient[dict[str, Any]](mongodb_url) as client:
        things = client.get_default_database()["things"]
        with pytest.raises(DuplicateKeyError):
            await things.insert_one({"_id": 1})
        assert await things.count_documents({}) == 1


@pytest.mark.rabbitmq
async def test_rabbitmq_keeps_a_persistent_message_through_a_kill(
    rabbitmq_server: BrokerServer, rabbitmq_url: str
) -> None:
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("kept", durable=True, arguments={"x-queue-type": "quorum"})
        message = aio_pika.Message(b"hello", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, queue.name, mandatory=True)
    rabbitmq_server.settle()
    rabbitmq_server.kill()
    rabbitmq_server.start()
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue("kept")
        kept = await queue.get(timeout=20)
        assert kept.body == b"hello"
        await kept.ack()


@pytest.mark.rabbitmq
async def test_two_rabbitmqs_live_side_by_side(rabbitmq_server: BrokerServer, rabbitmq_url: str) -> None:
    with RabbitmqServer() as other:
        for url in (rabbitmq_url, other.url):
            async with await aio_pika.connect(url) as connection:
                await connection.channel()
        other.stop()
        async with await aio_pika.connect(rabbitmq_url) as connection:
            await connection.channel()
        assert "okevents_test" in rabbitmq_server.rabbitmqctl("list_vhosts")


@pytest.mark.rabbitmq
def test_virtual_hosts_come_and_go_also_on_a_given_server(
    rabbitmq_server: BrokerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKEVENTS_TEST_RABBITMQ_MANAGEMENT_URL", rabbitmq_server.management_url)
    given = GivenServer(rabbitmq_server.url)
    with servers.virtual_host(given) as url, httpx.Client(base_url=rabbitmq_server.management_url) as api:
        name = url.rpartition("/")[2]
        assert api.get(f"/api/vhosts/{name}").status_code == 200
    assert name not in rabbitmq_server.rabbitmqctl("list_vhosts")


OWNER = """
import sys, time
from scripts.servers.postgresql import PostgresqlServer
server = PostgresqlServer()
server.start()
print(server.folder, server.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.postgresql
def test_a_server_ends_with_an_owner_that_is_killed(postgresql_server: Server) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        folder, _, pid = owner.stdout.readline().strip().rpartition(" ")
        assert Path(folder, "data").exists()
        owner.send_signal(signal.SIGKILL)
    process.wait_until(lambda: not process.is_running(int(pid)), "the server's end", timeout=20)
    process.wait_until(lambda: not Path(folder).exists(), "the end of its folder", timeout=20)


@pytest.mark.postgresql
def test_one_that_can_not_start_says_why(postgresql_server: Server) -> None:
    with (
        pytest.raises(RuntimeError, match=r"PostgreSQL ended at its start.*no_such_setting"),
        PostgresqlServer(no_such_setting="1"),
    ):
        pass


@pytest.mark.postgresql
def test_the_command_gives_a_program_the_servers_and_its_exit_code(postgresql_server: Server) -> None:
    program = (
        "import os, sys; print(sorted(name for name in os.environ if name.startswith('OKEVENTS_TEST_'))); sys.exit(3)"
    )
    command = [sys.executable, "-m", "scripts.servers", "run", "--", sys.executable, "-c", program]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OKEVENTS_")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "OKEVENTS_TEST_POSTGRESQL_URL" in done.stdout


def test_what_is_not_installed_is_skipped_or_where_it_is_required_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def private() -> PostgresqlServer:
        raise process.ServerMissing("apt-get install it")

    monkeypatch.delenv("OKEVENTS_TEST_POSTGRESQL_URL", raising=False)
    monkeypatch.setattr(servers, "missing", {})
    monkeypatch.setattr(servers, "IS_REQUIRED", False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install it"), servers.running("postgresql", private):
        pass
    assert "apt-get install it" in servers.missing["postgresql"]
    monkeypatch.setattr(servers, "IS_REQUIRED", True)
    with pytest.raises(pytest.fail.Exception, match="apt-get install it"), servers.running("postgresql", private):
        pass


def test_a_given_server_is_used_and_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKEVENTS_TEST_POSTGRESQL_URL", "postgresql://somebody@127.0.0.1:1/theirs")
    monkeypatch.setattr(servers, "used", {})
    monkeypatch.setattr(servers, "IS_REQUIRED", False)
    with servers.running("postgresql", PostgresqlServer) as server:
        assert server.url == "postgresql://somebody@127.0.0.1:1/theirs"
        with pytest.raises(pytest.skip.Exception, match="isn't the tests' own"):
            server.kill()
    assert servers.used == {"postgresql": "given by the environment"}


async def test_tests_reach_nothing_but_this_machine() -> None:
    with pytest.raises(RuntimeError, match="tests use loopback alone"):
        await asyncio.open_connection("192.0.2.1", 80)
