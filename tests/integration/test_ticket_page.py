"""The page of tickets as a browser shows and prints it, under the policy of content that every answer has."""

import asyncio
import re
import shutil
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from okevents.bookings.tickets import TicketSheet
from okevents.http.guard import SECURITY_HEADERS
from okevents.tickets import open_printer
from tests import servers
from tests.tickets import a_sheet

OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--enable-logging=stderr",
)

DARK = "--blink-settings=preferredColorScheme=0"


@asynccontextmanager
async def served(sheet: TicketSheet) -> AsyncIterator[str]:
    """The page's address; its stylesheet is beside it."""
    printer = open_printer()
    found = {
        "/page": ("text/html; charset=utf-8", printer.page(sheet)),
        "/tickets/tickets.css": ("text/css; charset=utf-8", printer.asset("tickets.css")),
        "/schema/icon.svg": ("image/svg+xml", printer.svg("x")),
    }
    policy = b"".join(b"%b: %b\r\n" % header for header in SECURITY_HEADERS)

    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        media_type, body = found.get(head.split()[1].decode(), ("text/plain", b""))
        status = b"200 OK" if body else b"404 Not Found"
        length = b"content-length: %d\r\nconnection: close\r\n" % len(body)
        writer.write(b"HTTP/1.1 %b\r\ncontent-type: %b\r\n" % (status, media_type.encode()))
        writer.write(policy + length + b"\r\n" + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/page"


async def browse(folder: Path, url: str, *options: str) -> list[str]:
    """What the browser wrote to its console."""
    browser = shutil.which("chromium") or servers.unusable("chromium isn't installed: apt-get install chromium")
    process = await asyncio.create_subprocess_exec(
        browser, *OPTIONS, f"--user-data-dir={folder / 'profile'}", *options, url, stdout=PIPE, stderr=PIPE
    )
    async with asyncio.timeout(60):
        _, log = await process.communicate()
    return [line for line in log.decode(errors="replace").splitlines() if "CONSOLE" in line]


@pytest.mark.parametrize(
    ("options", "seen"),
    [
        (["--window-size=1000,1800"], 3),
        (["--window-size=1000,1800", DARK], 3),
        (["--window-size=500,1400", "--force-device-scale-factor=2"], 1),
    ],
    ids=["desk", "dark", "phone"],
)
async def test_the_tickets_can_be_read_from_the_screen(options: list[str], seen: int, tmp_path: Path) -> None:
    """A phone shows one at a time, so that a scanner can't take the next one for it."""
    sheet, picture = a_sheet(3), tmp_path / "page.png"
    async with served(sheet) as url:
        complaints = await browse(tmp_path, url, f"--screenshot={picture}", *options)
    assert complaints == []
    codes = zxingcpp.read_barcodes(Image.open(picture))
    assert sorted(code.text for code in codes) == sorted(ticket.token for ticket in sheet.tickets[:seen])


async def test_dark_is_dark_but_for_the_codes(tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    async with served(a_sheet(1)) as url:
        await browse(tmp_path, url, f"--screenshot={picture}", "--window-size=1000,900", DARK)
    image = Image.open(picture).convert("L")
    (code,) = zxingcpp.read_barcodes(image)
    corner = code.position.top_left
    assert max(image.crop((0, 0, 10, 10)).tobytes()) < 60
    assert min(image.crop((corner.x - 8, corner.y - 8, corner.x - 2, corner.y - 2)).tobytes()) == 255


@pytest.mark.parametrize(("count", "name", "pages"), [(1, "Organ night", 1), (3, "Organ night", 1), (4, "W " * 100, 4)])
async def test_no_ticket_is_torn_by_the_end_of_a_sheet_of_paper(
    count: int, name: str, pages: int, tmp_path: Path
) -> None:
    """Tickets with very long names take more than half a sheet each. The browser's PDF has an object for each page."""
    paper = tmp_path / "page.pdf"
    async with served(a_sheet(count, event=name, guest=name)) as url:
        await browse(tmp_path, url, "--no-pdf-header-footer", f"--print-to-pdf={paper}")
    assert len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes())) == pages
