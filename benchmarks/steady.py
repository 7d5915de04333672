"""Load at a fixed rate: `python -m benchmarks.steady URL RATE SECONDS CLIENTS BODY`.

Requests begin when they are due, whether or not those before were answered, and each is measured from that instant:
what waits behind a slow answer counts as slow (Tene, "coordinated omission"). Prints the answers a second that came,
and the median and 99th percentile in milliseconds.
"""

import asyncio
import sys
import time
from urllib.parse import urlsplit

import uvloop


async def load(url: str, rate: float, seconds: float, clients: int, body: bytes) -> tuple[float, list[float]]:
    """How many were answered a second, and how long each took, in seconds."""
    due: asyncio.Queue[float | None] = asyncio.Queue()
    taken: list[float] = []
    workers = [asyncio.create_task(_work(url, due, taken, body)) for _ in range(clients)]
    began = time.monotonic()
    for number in range(int(rate * seconds)):
        at = began + number / rate
        if (left := at - time.monotonic()) > 0.001:
            await asyncio.sleep(left)
        due.put_nowait(at)
    for _ in workers:
        due.put_nowait(None)
    await asyncio.gather(*workers)
    return len(taken) / (time.monotonic() - began), taken


async def _work(url: str, due: "asyncio.Queue[float | None]", taken: list[float], body: bytes) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = (f"POST {parts.path} HTTP/1.1", "host: x", "content-type: application/json", f"content-length: {len(body)}")
    request = "\r\n".join((*head, "", "")).encode() + body
    while (at := await due.get()) is not None:
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 2"), answer
        length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        await reader.readexactly(length)
        taken.append(time.monotonic() - at)
    writer.close()


def main() -> None:
    url, rate, seconds, clients, body = sys.argv[1:]
    answered, taken = uvloop.run(load(url, float(rate), float(seconds), int(clients), body.encode()))
    taken.sort()
    print(answered, taken[len(taken) // 2] * 1000, taken[int(len(taken) * 0.99)] * 1000)


if __name__ == "__main__":
    main()
