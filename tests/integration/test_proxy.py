"""The proxy does to connections what it says."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from tests.proxy import Direction, Proxy

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """Before a server that sends back what it gets, and a full stop at its end."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1000):
                writer.write(data)
                await writer.drain()
            writer.write(b".")
        except ConnectionError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with Proxy.before(f"echo://user:word@localhost:{port}/path") as proxy:
            yield proxy


async def connected(proxy: Proxy) -> Stream:
    """A connection that has been used."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    return reader, writer


async def test_its_url_is_the_servers_with_its_own_address(proxy: Proxy) -> None:
    assert proxy.url == f"echo://user:word@127.0.0.1:{proxy.port}/path"
    assert urlsplit(proxy.url).port == proxy.port


async def test_what_one_side_ends_the_other_sees_ended(proxy: Proxy) -> None:
    reader, writer = await connected(proxy)
    writer.write_eof()
    assert await reader.read() == b"."
    writer.close()
    await proxy.idle()
    assert (proxy.accepted, proxy.connections) == (1, 0)


@pytest.mark.parametrize("direction", [None, "to_server", "to_client"])
async def test_nothing_passes_a_pause_and_nothing_is_lost_in_it(proxy: Proxy, direction: Direction | None) -> None:
    reader, writer = await connected(proxy)
    proxy.pause(direction)
    writer.write(b"later")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(5), timeout=0.1)
    proxy.resume()
    assert await reader.readexactly(5) == b"later"
    writer.close()


async def test_a_pause_holds_for_new_connections(proxy: Proxy) -> None:
    proxy.pause()
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"later")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(5), timeout=0.1)
    proxy.resume()
    assert await reader.readexactly(5) == b"later"
    writer.close()


async def test_a_delay_holds_back_both_ways(proxy: Proxy) -> None:
    reader, writer = await connected(proxy)
    proxy.delay(0.05)
    before = asyncio.get_running_loop().time()
    writer.write(b"later")
    assert await reader.readexactly(5) == b"later"
    assert asyncio.get_running_loop().time() - before >= 0.1
    writer.close()


async def test_a_reset_is_one(proxy: Proxy) -> None:
    reader, _ = await connected(proxy)
    await proxy.reset()
    with pytest.raises(ConnectionResetError):
        await reader.read()
    assert proxy.connections == 0


async def test_a_reset_ends_a_paused_connection(proxy: Proxy) -> None:
    reader, writer = await connected(proxy)
    proxy.pause()
    writer.write(b"lost")
    await proxy.reset()
    with pytest.raises(ConnectionResetError):
        await reader.read()


async def test_a_close_is_an_orderly_end(proxy: Proxy) -> None:
    reader, writer = await connected(proxy)
    await proxy.close()
    assert await reader.read() == b""
    writer.close()


async def test_a_half_close_leaves_the_other_half(proxy: Proxy) -> None:
    reader, writer = await connected(proxy)
    await proxy.half_close("to_server")
    assert await reader.read() == b"."
    writer.close()


async def test_a_cut_lets_so_many_bytes_pass_and_then_resets(proxy: Proxy) -> None:
    reader, writer = await connected(proxy)
    proxy.cut_after(3, "to_client")
    writer.write(b"abcdef")
    assert await reader.readexactly(3) == b"abc"
    with pytest.raises(ConnectionResetError):
        await reader.read()


async def test_a_cut_counts_the_direction_that_it_is_told(proxy: Proxy) -> None:
    reader, writer = await connected(proxy)
    proxy.cut_after(8, "to_server")
    writer.write(b"abc")
    assert await reader.readexactly(3) == b"abc"
    writer.write(b"abcdef")
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(6)


async def test_who_is_refused_may_come_again_to_the_same_port(proxy: Proxy) -> None:
    reader, writer = await connected(proxy)
    port = proxy.port
    await proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"still")
    assert await reader.readexactly(5) == b"still"
    await proxy.accept()
    _, other = await connected(proxy)
    assert proxy.port == port
    writer.close()
    other.close()


async def test_a_server_that_is_down_resets() -> None:
    async with Proxy("127.0.0.1", 1) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
