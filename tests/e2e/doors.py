"""What the door's tests begin with: an event whose guests come now, their tickets, and a browser that sees them."""

import base64
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import segno
import zxingcpp
from PIL import Image
from playwright.async_api import Page, expect

from tests.e2e.browser import Visitor
from tests.e2e.guests import availability

SEEING = """
globalThis.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code"]; }
  async detect(source) {
    const [width, height] = [source.videoWidth ?? source.width, source.videoHeight ?? source.height];
    if (!width) return [];
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").drawImage(source, 0, 0);
    const text = await readCode(canvas.toDataURL("image/png"));
    return text ? [{ rawValue: text }] : [];
  }
};
"""
"""Chromium on Linux has no detector of its own: this one shows what it is given to the test, which reads the codes."""

WALL = "#d9d4c8"
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


async def tonight(http: httpx.AsyncClient, bookings: httpx.AsyncClient | None = None, **changes: Any) -> str:
    """The id of an event that begins in half an hour, which the Booking Service knows."""
    at = datetime.now(UTC) + timedelta(minutes=30)
    body = {
        "name": "Night of the Organ",
        "startdate": at.isoformat(),
        "duration": 150,
        "timezone": "Europe/Madrid",
        "location": {"name": "Palau Nou", "country": "ES", "halls": [{"name": "Great hall", "capacity": 420}]},
    }
    answer = await http.post("/events", json={**body, **changes})
    assert answer.status_code == 201, answer.text
    event_id: str = answer.json()["id"]
    await availability(bookings or http, event_id)
    return event_id


async def booked(http: httpx.AsyncClient, event_id: str, places: int = 1, name: str = "Ada Example") -> str:
    """The id of a confirmed booking."""
    guest = {"name": name, "email": f"{name.split()[0].lower()}@example.org"}
    body = {"event_id": event_id, "hall": "Great hall", "places": places, "hold": 0, "guest": guest}
    answer = await http.post("/bookings", json=body)
    assert answer.status_code == 201, answer.text
    booking_id: str = answer.json()["id"]
    return booking_id


async def tickets(http: httpx.AsyncClient, event_id: str, places: int = 1, name: str = "Ada Example") -> list[str]:
    """Of a new booking."""
    booking_id = await booked(http, event_id, places, name)
    return [each["token"] for each in (await http.get(f"/bookings/{booking_id}/tickets")).json()]


async def admitted(http: httpx.AsyncClient, event_id: str) -> int:
    """How many have come, as the service says."""
    total = (await http.get(f"/availability/{event_id}")).json()["total"]
    come: int = total["admitted"]
    return come


async def let_see(page: Page) -> None:
    """The browser can read codes."""

    async def read(url: str) -> str | None:
        picture = Image.open(BytesIO(base64.b64decode(url.partition(",")[2])))
        found = zxingcpp.read_barcodes(picture)
        return found[0].text if found else None

    await page.expose_function("readCode", read)
    await page.add_init_script(SEEING)


def picture(token: str, size: tuple[int, int] = (640, 480)) -> bytes:
    """A photo of a ticket, as JPEG."""
    drawn = BytesIO()
    segno.make(token, error="m", micro=False).save(drawn, kind="png", scale=4, border=4)
    code = Image.open(drawn).convert("RGB")
    code.thumbnail((size[0], size[1] - 20), Image.Resampling.LANCZOS)
    photo = Image.new("RGB", size, WALL)
    photo.paste(code, ((size[0] - code.width) // 2, (size[1] - code.height) // 2))
    return _jpeg(photo)


def blank() -> bytes:
    """A photo of a wall."""
    return _jpeg(Image.new("RGB", (640, 480), WALL))


def _jpeg(photo: Image.Image) -> bytes:
    written = BytesIO()
    photo.save(written, "JPEG", quality=92)
    return written.getvalue()


def film(folder: Path, token: str) -> str:
    """An argument of Chromium, by which its camera sees that ticket."""
    path = folder / "ticket.mjpeg"
    path.write_bytes(picture(token) * 3)
    return f"--use-file-for-fake-video-capture={path}"


KEPT = """async () => {
  const { all } = await import("/assets/door-store.js");
  return [...(await all("")).keys()].map((key) => key.split(":")[0]).sort();
}"""
"""The kinds of what the device keeps."""


async def scan(page: Page, code: str) -> None:
    """As a scanner does that types."""
    await page.fill("#code", code)
    await page.keyboard.press("Enter")


async def says(page: Page, kind: str) -> None:
    await expect(page.locator("#told [data-answer]")).to_have_attribute("data-answer", kind)


async def ready(page: Page) -> None:
    await page.locator('[data-door][data-ready="yes"]').wait_for(state="attached")


async def offline(visitor: Visitor, is_offline: bool) -> None:
    """What the browser itself says of a connection that isn't there is no complaint of the page."""
    visitor.forgives = "ERR_INTERNET_DISCONNECTED"
    await visitor.page.context.set_offline(is_offline)
    state = "offline" if is_offline else "online"
    await expect(visitor.page.locator(f"[data-link-is={state}]")).to_be_visible()


async def unsent(page: Page, count: int) -> None:
    shown = page.locator("[data-unsent]")
    if count:
        await expect(shown.locator("b")).to_have_text(str(count))
    else:
        await expect(shown).to_be_hidden(timeout=15_000)
