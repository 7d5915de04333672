"""No secret is told to anybody whom it wasn't made for: not by logs, not by problems, not by what a command prints."""

import json
import threading
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from msgspec import Struct

from okevents.access.tokens import new_token
from okevents.config.load import load
from okevents.config.shape import Shape
from okevents.persistence.mongodb import open_bookings
from tests.api.bodies import a_booking, an_event
from tests.e2e.guests import availability
from tests.e2e.program import Program, command, running
from tests.servers import BrokerServer, fresh_name

pytestmark = [pytest.mark.e2e, pytest.mark.postgresql, pytest.mark.mongodb, pytest.mark.rabbitmq]

ISSUER = "https://id.example.org"
DATABASE_PASSWORD, BROKER_PASSWORD = "hidden-of-the-database", "hidden-of-the-broker"
KEY = ec.generate_private_key(ec.SECP256R1())


class Told(Struct):
    """What was told to those who mustn't learn a secret, by where; and the secrets, by what they are."""

    texts: dict[str, str]
    secrets: dict[str, str]

    def leaks(self) -> list[str]:
        return [
            f"{name} in {where}: {line.strip()[:300]}"
            for where, text in self.texts.items()
            for line in text.splitlines()
            for name, secret in self.secrets.items()
            if secret in line
        ]


@pytest.fixture
def key_set() -> Iterator[str]:
    """The address of the issuer's keys."""
    public = {**ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "one"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": [public]}).encode())

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/jwks.json"
        server.shutdown()
        thread.join()


@pytest.fixture
async def arguments(
    postgresql_url: str, mongodb_url: str, rabbitmq_server: BrokerServer, rabbitmq_url: str, key_set: str
) -> AsyncIterator[dict[str, str]]:
    """Settings with a password wherever there can be one. The private PostgreSQL takes any."""
    user, vhost = fresh_name(), urlsplit(rabbitmq_url).path.strip("/")
    async with httpx.AsyncClient(base_url=f"{rabbitmq_server.management_url}/api") as api:
        made = await api.put(f"/users/{user}", json={"password": BROKER_PASSWORD, "tags": ""})
        made.raise_for_status()
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        (await api.put(f"/permissions/{vhost}/{user}", json=everything)).raise_for_status()
        yield {
            "events-database": with_password(postgresql_url, "postgres", DATABASE_PASSWORD),
            "bookings-database": mongodb_url,
            "broker": with_password(rabbitmq_url, user, BROKER_PASSWORD),
            "access": "required",
            "jwt-issuers": f"{ISSUER}={key_set}",
            "log-level": "debug",
        }
        await api.delete(f"/users/{user}")


def with_password(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{user}:{password}@{parts.netloc.rpartition('@')[2]}").geturl()


def options(given: Mapping[str, str], *names: str) -> list[str]:
    return [word for name, value in given.items() if name in names or not names for word in (f"--{name}", value)]


def a_jwt(**claims: object) -> str:
    said = {"iss": ISSUER, "aud": "okevents", "sub": "ada", "exp": time.time() + 60, "scope": "admin", **claims}
    return jwt.encode(said, KEY, "ES256", headers={"kid": "one"})


async def ask(program: Program, told: Told) -> None:
    """Everything that secrets are made, shown and mistaken by."""
    secrets, http = told.secrets, program.http

    async def refused(method: str, path: str, shown: str, status: int, **asked: object) -> None:
        headers = {"authorization": shown, "idempotency-key": secrets["key"]}
        answer = await http.request(method, path, headers=headers, **asked)  # type: ignore[arg-type]
        assert answer.status_code == status, answer.text
        told.texts[f"{method} {path} with {shown[:12]}…"] = f"{answer.headers}\n{answer.text}"

    async def allowed(method: str, path: str, shown: str, **asked: object) -> httpx.Response:
        headers = {"authorization": f"Bearer {shown}"} if shown else {}
        answer = await http.request(method, path, headers=headers, **asked)  # type: ignore[arg-type]
        assert answer.status_code < 300, answer.text
        return answer

    event = (await allowed("POST", "/events", secrets["token"], json=an_event())).json()["id"]
    await availability(http, event)
    booked = (await allowed("POST", "/bookings", "", json=a_booking(event))).json()
    other = (await allowed("POST", "/bookings", secrets["jwt"], json=a_booking(event))).json()
    secrets |= {"secret": booked["secret"], "another's secret": other["secret"]}
    path = f"/bookings/{booked['id']}"
    tickets = (await allowed("GET", f"{path}/tickets", secrets["secret"])).json()
    secrets["ticket"] = tickets[0]["token"]
    for page in ("tickets.html", "tickets/1.svg", "tickets/1.png"):
        await allowed("GET", f"{path}/{page}", secrets["secret"])
    await allowed("POST", "/check-in", secrets["token"], json={"token": secrets["ticket"]})

    for name in ("another's secret", "unknown token", "expired jwt", "forged jwt", "mistyped token"):
        status = 404 if name == "another's secret" else 401
        for asked in (path, f"{path}/tickets.html"):
            await refused("GET", asked, f"Bearer {secrets[name]}", status)
        await refused("POST", f"{path}/cancel", f"Bearer {secrets[name]}", status)
    await refused("GET", path, f"Basic {secrets['secret']}", 401)
    await refused("GET", f"{path}?access_token={secrets['secret']}", "Basic x", 401)
    await refused("GET", path, f"Bearer {secrets['secret']} {secrets['token']}", 404)
    await refused("POST", "/check-in", f"Bearer {secrets['token']}", 409, json={"token": secrets["ticket"]})
    await refused("POST", "/check-in", f"Bearer {secrets['token']}", 400, json={"token": f"{secrets['ticket']}x"})
    await refused("PATCH", path, f"Bearer {secrets['secret']}", 415, content=b"{}")
    merge = {"guest": {"name": "Grace", "email": "grace@example.org"}}
    moved = await allowed("PATCH", path, secrets["secret"], json=merge)
    secrets["new secret"] = moved.json()["secret"]
    await refused("GET", path, f"Bearer {secrets['secret']}", 404)
    await refused("POST", f"{path}/cancel", f"Bearer {secrets['secret']}", 404)
    for page in ("/metrics", "/health/ready", "/schema/openapi.json", path):
        told.texts[page] = (await allowed("GET", page, secrets["token"])).text


async def test_no_secret_is_told_in_a_log_a_problem_or_by_a_command(arguments: dict[str, str], tmp_path: Path) -> None:
    databases = options(arguments, "events-database", "bookings-database")
    unknown = new_token()
    secrets = {
        "password of the database": DATABASE_PASSWORD,
        "password of the broker": BROKER_PASSWORD,
        "jwt": a_jwt(),
        "expired jwt": a_jwt(exp=time.time() - 3600),
        "forged jwt": a_jwt()[:-8] + "AAAAAAAA",
        "unknown token": unknown,
        "mistyped token": unknown[:-1] + "!",
        "key": "hidden-idempotency-key",
    }
    told = Told({}, secrets)

    async def by_command(*asked: str, code: int = 0) -> str:
        ended, said = await command(*asked, folder=tmp_path)
        assert ended == code, said
        return said

    told.texts["migrate"] = await by_command("migrate", *databases)
    made = json.loads(await by_command("tokens", "create", "boss", "--scope", "admin", "--json", *databases))
    secrets["token"] = made["token"]
    async with running("up", *options(arguments), folder=tmp_path) as program:
        await ask(program, told)
        assert await program.stop() == 0
        told.texts["the log"] = "\n".join(program.lines)
    assert "DEBUG" in told.texts["the log"]
    told.texts["config"] = await by_command("config", *options(arguments))
    told.texts["config --json"] = await by_command("config", "--json", *options(arguments))
    told.texts["tokens list"] = await by_command("tokens", "list", "--json", *databases)
    nowhere = f"postgresql://okevents:{DATABASE_PASSWORD}@127.0.0.1:1/x"
    told.texts["no database"] = await by_command("migrate", "--events-database", nowhere, code=3)
    wrong = nowhere.replace("postgresql", "postgrseql")
    told.texts["a wrong URL"] = await by_command("migrate", "--events-database", wrong, code=2)
    for name, unquoted in (("a slash", f"/{DATABASE_PASSWORD}"), ("a bracket", f"[{DATABASE_PASSWORD}")):
        mistaken = f"postgresql://okevents:{unquoted}@127.0.0.1:1/x"
        told.texts[name] = await by_command("migrate", "--events-database", mistaken, code=2)
    no_broker = f"amqp://okevents:{BROKER_PASSWORD}@127.0.0.1:1/"
    told.texts["no broker"] = await by_command("dead-letters", "list", "--broker", no_broker, code=3)
    given = {name.replace("-", "_"): value for name, value in arguments.items()}
    told.texts["repr of the settings"] = repr(load(Shape.UP, given, {}, folder=tmp_path))

    database = open_bookings(arguments["bookings-database"])
    await database.connect()
    for name, seed in (await database.keyring.list("")).items():
        ways = {"base64": b64encode(seed), "base64url": urlsafe_b64encode(seed), "hex": seed.hex().encode()}
        secrets |= {f"{name} in {way}": text.decode().rstrip("=") for way, text in ways.items()}
        secrets[f"{name} as Python writes it"] = repr(seed)[2:-1]
    await database.close()
    assert len(secrets) > 20
    assert told.leaks() == []
    assert "ada@example.org" not in told.texts["the log"]
