"""The private servers do what tests ask of them."""

import aio_pika
import asyncpg
import pytest
from pymongo import AsyncMongoClient

from scripts.servers.rabbitmq import RabbitmqServer
from tests.servers import Server


@pytest.mark.postgresql
async def test_postgresql_keeps_a_commit_through_a_kill(postgresql_server: Server, postgresql_url: str) -> None:
    connection = await asyncpg.connect(postgresql_url)
    await connection.execute("CREATE TABLE kept (n int)")
    await connection.execute("INSERT INTO kept VALUES (7)")
    postgresql_server.kill()
    postgresql_server.start()
    connection.terminate()
    connection = await asyncpg.connect(postgresql_url)
    assert await connection.fetchval("SELECT n FROM kept") == 7
    await connection.close()


@pytest.mark.mongodb
async def test_ferretdb_inserts_an_id_once(mongodb_url: str) -> None:
    async with AsyncMongoClient[dict[str, object]](mongodb_url) as client:
        collection = client.get_default_database()["things"]
        await collection.insert_one({"_id": 1})
        assert await collection.count_documents({}) == 1


@pytest.mark.rabbitmq
async def test_two_rabbitmqs_live_side_by_side_and_one_restarts(rabbitmq_server: Server, rabbitmq_url: str) -> None:
    other = RabbitmqServer()
    try:
        other.start()
        other.restart()
        for url in (rabbitmq_url, other.url):
            async with await aio_pika.connect(url) as connection:
                await connection.channel()
    finally:
        other.close()
