"""HTTPS by certificate files."""

import asyncio
import ssl
from pathlib import Path

import httpx
import pytest

from okevents.http.connection import HEADER_WITHIN
from tests.certificates import Authority
from tests.e2e.program import command, running
from tests.faults.slow_sockets import UNSHAKEN, SlowSockets

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite]


def given(chain: Path, key: Path) -> tuple[str, ...]:
    return ("--tls-certificate", str(chain), "--tls-key", str(key))


async def test_https_is_spoken_and_nothing_else(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "stranger")
    async with running("up", *given(*authority.issue()), folder=tmp_path) as program:
        url = program.http.base_url
        assert url.scheme == "https"
        trusting = ssl.create_default_context(cafile=authority.file)
        async with httpx.AsyncClient(base_url=url, verify=trusting) as http:
            assert (await http.get("/health/live")).json() == {"status": "ok"}
        async with httpx.AsyncClient(base_url=url, verify=ssl.create_default_context(cafile=stranger.file)) as http:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await http.get("/health/live")
        async with httpx.AsyncClient(base_url=url.copy_with(scheme="http")) as http:
            with pytest.raises(httpx.RemoteProtocolError):
                await http.get("/health/live")


@pytest.mark.slow
async def test_handshakes_that_never_end_are_closed_in_time_and_others_go_on(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with running("up", *given(*authority.issue()), folder=tmp_path) as program:
        trusting = ssl.create_default_context(cafile=authority.file)
        async with httpx.AsyncClient(base_url=program.http.base_url, verify=trusting) as http:
            port = http.base_url.port
            assert port is not None
            sockets = SlowSockets(port, 200, UNSHAKEN)
            async with sockets.connected():
                while sockets.open:
                    assert (await http.get("/health/live", timeout=5)).status_code == 200
                    await asyncio.sleep(0.5)
            ends = [end for ends in sockets.lasted.values() for end in ends]
            assert min(ends) > HEADER_WITHIN - 1
            assert max(ends) < HEADER_WITHIN + 3


async def test_a_certificate_that_cant_be_used_is_told_in_a_sentence(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    chain, _ = authority.issue("one")
    _, key = authority.issue("other")
    for files in ((chain, key), (chain, tmp_path / "missing.key"), (key, chain)):
        code, said = await command("up", *given(*files), folder=tmp_path)
        assert code == 2
        assert str(files[0]) in said.splitlines()[-1]
        assert "can't be used" in said
        assert "Traceback" not in said
    code, said = await command("up", "--tls-key", str(key), folder=tmp_path)
    assert (code, "belong together" in said) == (2, True)
