"""TLS to the servers: who answers is checked, and whatever is wrong is told in a sentence and never passed over."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from scripts.servers.ferretdb import FerretdbServer
from scripts.servers.postgresql import VERIFIED
from scripts.servers.rabbitmq import RabbitmqServer
from scripts.servers.server import Certificate
from tests import servers
from tests.api.bodies import a_booking, an_event
from tests.certificates import Authority
from tests.e2e.guests import availability
from tests.e2e.program import command, running
from tests.servers import BrokerServer, Server

pytestmark = [pytest.mark.e2e, pytest.mark.postgresql, pytest.mark.mongodb, pytest.mark.rabbitmq]

TWO_DAYS = "+2d"


class World(Struct):
    """A server of each kind that speaks TLS, whom to trust, and a client's own certificate."""

    ferretdb: FerretdbServer
    rabbitmq: RabbitmqServer
    trusted: Path
    stranger: Path
    client: tuple[Path, Path]

    def postgresql(self, trusted: Path, database: str = "postgres") -> str:
        return f"{servers.named(self.ferretdb.postgresql.url, database)}?sslmode=verify-full&sslrootcert={trusted}"

    def mongodb(self, trusted: Path) -> str:
        return f"{self.ferretdb.url}events?tls=true&tlsCAFile={trusted}"

    def amqps(self, trusted: Path) -> str:
        return f"{self.rabbitmq.tls_url}?cafile={trusted}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("certificates")
    authority, stranger = Authority(folder), Authority(folder, "stranger")
    certificate = Certificate(*authority.issue(), authority.file)
    with (
        servers.running("tls-mongodb", lambda: FerretdbServer(certificate)) as ferretdb,
        servers.running("tls-rabbitmq", lambda: RabbitmqServer(certificate)) as rabbitmq,
    ):
        assert isinstance(ferretdb, FerretdbServer)
        assert isinstance(rabbitmq, RabbitmqServer)
        ferretdb.postgresql.execute("CREATE DATABASE bookings")
        ferretdb.postgresql.execute(f"CREATE DATABASE {VERIFIED}")
        yield World(ferretdb, rabbitmq, authority.file, stranger.file, authority.issue("client"))


def elsewhere(url: str) -> str:
    """By a name that the certificate isn't for."""
    return url.replace("127.0.0.1", "localhost")


async def in_two_days() -> dict[str, str]:
    """The environment of a program by whose clock the certificates have expired."""
    faketime = shutil.which("faketime") or servers.unusable("faketime isn't installed: apt-get install faketime")
    asked = await asyncio.create_subprocess_exec(
        faketime, "-f", TWO_DAYS, "printenv", "LD_PRELOAD", stdout=asyncio.subprocess.PIPE
    )
    said, _ = await asked.communicate()
    return {"LD_PRELOAD": said.decode().strip(), "FAKETIME": TWO_DAYS, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


async def require_refused(folder: Path, asked: tuple[str, ...], faults: dict[str, str], expired: str) -> None:
    """Each URL is refused with one line that has those words; so is the last one when its certificate has expired."""
    late = await in_two_days()
    told = await asyncio.gather(
        *(command(*asked, url, folder=folder) for url in faults),
        command(*asked, expired, folder=folder, environment=late),
    )
    for (code, said), words in zip(told, (*faults.values(), "its certificate has expired: renew it"), strict=True):
        assert code == 3, said
        assert said.count("\n") == 1, said
        assert words in said


STRANGER = "its certificate is from nobody who is trusted here"
OTHER_HOST = "its certificate is for another host"
NO_TLS = "TLS isn't spoken there"


async def test_postgresql_that_isnt_the_right_one_is_refused(
    world: World, postgresql_server: Server, tmp_path: Path
) -> None:
    right = world.postgresql(world.trusted)
    verified = world.postgresql(world.trusted, VERIFIED)
    faults = {
        world.postgresql(world.stranger): STRANGER,
        elsewhere(right): OTHER_HOST,
        f"{postgresql_server.url}?sslmode=verify-full&sslrootcert={world.trusted}": NO_TLS,
        verified: "name its files by sslcert and sslkey",
    }
    migrate = ("migrate", "--events-database")
    await require_refused(tmp_path, migrate, faults, right)
    chain, key = world.client
    code, said = await command(*migrate, f"{verified}&sslcert={chain}&sslkey={key}", folder=tmp_path)
    assert code == 0, said


async def test_mongodb_that_isnt_the_right_one_is_refused(
    world: World, ferretdb_server: Server, tmp_path: Path
) -> None:
    right = world.mongodb(world.trusted)
    faults = {
        world.mongodb(world.stranger): STRANGER,
        elsewhere(right): OTHER_HOST,
        f"{ferretdb_server.url}events?tls=true&tlsCAFile={world.trusted}": "and that TLS is spoken there if",
    }
    await require_refused(tmp_path, ("migrate", "--events-database"), faults, right)


async def test_rabbitmq_that_isnt_the_right_one_is_refused(
    world: World, rabbitmq_server: BrokerServer, tmp_path: Path
) -> None:
    right = world.amqps(world.trusted)
    faults = {
        world.amqps(world.stranger): STRANGER,
        elsewhere(right): OTHER_HOST,
        f"{rabbitmq_server.url.replace('amqp:', 'amqps:')}?cafile={world.trusted}": NO_TLS,
    }
    await require_refused(tmp_path, ("dead-letters", "list", "--broker"), faults, right)


async def test_events_and_bookings_over_tls_alone(world: World, tmp_path: Path) -> None:
    databases = (
        *("--events-database", world.mongodb(world.trusted)),
        *("--bookings-database", world.postgresql(world.trusted, "bookings")),
    )
    code, said = await command("migrate", *databases, folder=tmp_path)
    assert code == 0, said
    broker = ("--broker", world.amqps(world.trusted))
    async with running("up", *databases, *broker, folder=tmp_path) as program:
        event_id = (await program.http.post("/events", json=an_event())).json()["id"]
        await availability(program.http, event_id)
        assert (await program.http.post("/bookings", json=a_booking(event_id))).status_code == 201
        sessions = "SELECT bool_and(ssl), count(*) > 0 FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)"
        ours = "WHERE application_name = 'okevents'"
        assert world.ferretdb.postgresql.execute(f"{sessions} {ours}") == "t|t"
        assert set(world.rabbitmq.rabbitmqctl("list_connections", "ssl").split()) == {"ssl", "true"}


async def test_a_network_that_others_could_listen_on_is_warned_of(tmp_path: Path) -> None:
    """The address is this machine's own, and might be any other."""
    async with running("events", "--broker", "amqp://guest:hidden@0.0.0.0:1/", folder=tmp_path) as program:
        await program.line("the connection to amqp at 0.0.0.0 is in plain text: use amqps:")
        assert not program.count("hidden")
