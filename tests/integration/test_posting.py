"""What posts to webhooks: to addresses that are allowed, bounded in time and size, to real receivers."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from okevents.posting import HttpPoster
from okevents.posting.poster import MAX_READ, retry_after_of
from okevents.webhooks.addresses import Allowed
from okevents.webhooks.ports import Answered
from scripts.servers.process import free_port
from tests.certificates import Authority
from tests.receiver import Got, Receiver, receiving, saying

HERE = Allowed(["127.0.0.1"])
HEADERS = {"content-type": "application/json", "webhook-id": "msg_1"}
BODY = b'{"type":"event.created"}'


class Names:
    """A name server that says so, each answer once and the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, _: int) -> Sequence[str]:
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


async def post(
    url: str,
    allowed: Allowed = HERE,
    within: float = 5.0,
    tls: ssl.SSLContext | None = None,
    names: Names | None = None,
) -> Answered:
    more = {} if names is None else {"resolve": names}
    poster = HttpPoster(allowed, within=within, most=4, tls=tls, **more)
    try:
        return await poster.post(url, BODY, dict(HEADERS))
    finally:
        await poster.close()


async def test_it_arrives_as_it_was_given(receiver: Receiver) -> None:
    receiver.answer = saying(200, "content-type: text/plain", body=b"thanks")
    assert await post(f"{receiver.url}?a=b") == Answered(status=200, answer=b"thanks")
    (got,) = receiver.got
    assert got.line == "POST /hooks?a=b HTTP/1.1"
    assert got.body == BODY
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert got.headers["user-agent"].startswith("okevents/")
    assert dict(got.headers) | HEADERS == got.headers


async def test_nobodys_proxy_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert (await post(receiver.url)).status == 204


async def test_a_redirect_is_an_answer_like_any_other(receiver: Receiver) -> None:
    receiver.answer = saying(307, f"location: {receiver.url}/further")
    assert (await post(receiver.url)).status == 307
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{}/", "http://localhost:{}/", "http://127.1:{}/", "http://[::1]:{}/"]
)
async def test_what_is_not_allowed_is_not_even_connected_to(receiver: Receiver, url: str) -> None:
    answered = await post(url.format(receiver.port), Allowed(["10.0.0.0/8"]))
    assert answered.status is None
    assert answered.error is not None
    assert receiver.connections == 0


async def test_a_name_is_judged_by_where_it_leads(receiver: Receiver) -> None:
    for inside in ("127.0.0.1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254", "fd00::1"):
        answered = await post(f"https://shop.example.org:{receiver.port}/", Allowed(), names=Names([inside]))
        assert answered.error == f"shop.example.org leads to {inside}, where nothing may be posted to"
    assert receiver.connections == 0


async def test_http_never_leaves_the_named_networks() -> None:
    answered = await post("http://shop.example.org/", names=Names(["8.8.8.8"]))
    assert answered.error == "shop.example.org leads to 8.8.8.8, where nothing may be posted to"


async def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to(receiver: Receiver) -> None:
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    url = f"http://shop.example.org:{receiver.port}/hooks"
    assert (await post(url, names=names)).status == 204
    assert names.asked == ["shop.example.org"]
    assert receiver.got[0].headers["host"] == f"shop.example.org:{receiver.port}"


async def test_of_several_addresses_those_that_may_be_are_tried_in_turn(receiver: Receiver) -> None:
    names = Names(["10.0.0.1", "127.0.0.2", "127.0.0.1"])
    url = f"http://shop.example.org:{receiver.port}/hooks"
    assert (await post(url, Allowed(["127.0.0.0/8"]), names=names)).status == 204


async def test_tls_is_spoken_with_the_name_and_the_certificate_must_be_trusted(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*authority.issue())
    asked: list[str | None] = []
    server.sni_callback = lambda _, name, __: asked.append(name)
    trusting = ssl.create_default_context(cafile=str(authority.file))
    async with receiving(tls=server) as receiver:
        url = f"https://127.0.0.1:{receiver.port}/"
        assert (await post(url, tls=trusting)).status == 204
        untrusted = await post(url)
        assert untrusted.error is not None
        assert untrusted.error.startswith("its certificate isn't trusted")
        named = await post(f"https://shop.example.org:{receiver.port}/", tls=trusting, names=Names(["127.0.0.1"]))
        assert named.error is not None, "the certificate is of another name"
        assert "shop.example.org" in named.error
        assert asked[-1] == "shop.example.org"
        assert len(receiver.got) == 1


async def test_a_name_that_leads_nowhere_is_told() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    poster = HttpPoster(HERE, within=5, most=4, resolve=unknown)
    answered = await poster.post("https://nowhere.example.org/", BODY, dict(HEADERS))
    assert answered.error == "the name nowhere.example.org can't be resolved: Name or service not known"
    await poster.close()


async def test_where_nobody_listens_it_is_told() -> None:
    assert (await post(f"http://127.0.0.1:{free_port()}/")).error == "connection refused"


async def silent(_: Got, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def dripping(_: Got, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("answer", [silent, dripping])
async def test_a_post_is_bounded_in_time_whatever_the_receiver_does(receiver: Receiver, answer: object) -> None:
    receiver.answer = answer  # type: ignore[assignment]
    began = time.monotonic()
    assert (await post(receiver.url, within=0.5)).error == "it took longer than 0.5 seconds"
    assert time.monotonic() - began < 5


async def test_a_name_server_that_never_answers_holds_up_nothing_else(receiver: Receiver) -> None:
    def slow(host: str, port: int) -> Sequence[str]:
        if host == "slow.example.org":
            time.sleep(3)
        return ["127.0.0.1"]

    poster = HttpPoster(HERE, within=0.5, most=100, resolve=slow)
    late = [
        asyncio.create_task(poster.post(f"http://slow.example.org:{receiver.port}/", BODY, dict(HEADERS)))
        for _ in range(50)
    ]
    await asyncio.sleep(0.05)
    assert (await poster.post(f"http://fast.example.org:{receiver.port}/", BODY, dict(HEADERS))).status == 204
    assert {answered.error for answered in await asyncio.gather(*late)} == {"it took longer than 0.5 seconds"}
    await poster.close()


async def test_an_endless_answer_is_cut(receiver: Receiver) -> None:
    async def endless(_: Got, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
            await writer.drain()

    receiver.answer = endless
    answered = await post(receiver.url)
    assert (answered.status, len(answered.answer)) == (200, 1000)


async def test_a_connection_is_used_again_unless_the_answer_was_too_long(receiver: Receiver) -> None:
    poster = HttpPoster(HERE, within=5, most=4)
    for _ in range(3):
        await poster.post(receiver.url, BODY, dict(HEADERS))
    assert receiver.connections == 1
    receiver.answer = saying(200, body=b"x" * (4 * MAX_READ))
    for _ in range(2):
        assert (await poster.post(receiver.url, BODY, dict(HEADERS))).status == 200
    assert receiver.connections == 2
    await poster.close()


async def test_what_is_no_http_is_told(receiver: Receiver) -> None:
    async def nonsense(_: Got, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 smtp ready\r\n")
        await writer.drain()
        writer.close()

    receiver.answer = nonsense
    answered = await post(receiver.url)
    assert answered.status is None
    assert answered.error


NOW = datetime(2031, 5, 9, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        (format_datetime(NOW + timedelta(minutes=1), usegmt=True), 60.0),
        (format_datetime(NOW - timedelta(minutes=1), usegmt=True), 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("9" * 50, 999_999_999.0),
    ],
)
def test_when_it_may_be_asked_again(text: str, seconds: float | None) -> None:
    assert retry_after_of(text, NOW) == seconds
