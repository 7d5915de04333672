"""A real Chromium: what somebody sees of the pages, and that nothing is wrong with them.

A picture of each page that is looked at is left in `build/pictures`.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page, Request, ViewportSize, async_playwright

from tests import servers

PICTURES = Path(__file__).parent.parent.parent / "build" / "pictures"
SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 360, "height": 740},
    "desk": {"width": 1280, "height": 860},
}
SERIOUS = ("serious", "critical")


class Visitor:
    """Somebody with a browser. `complaints` is what its console said, but for what the test `forgives`; `hosts` whom it
    asked for anything."""

    def __init__(self, page: Page, name: str, has_scripts: bool) -> None:
        self.page = page
        self.has_scripts = has_scripts
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self.forgives: str | None = None
        self._name = name
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._note)

    async def look(self, name: str) -> None:
        """Takes a picture, and sees that the page is as every page must be."""
        page = self.page
        PICTURES.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=PICTURES / f"{name}-{self._name}.png", full_page=True)
        assert (await page.title()).strip(" –"), name
        assert await page.locator("html").get_attribute("lang") in ("en", "es")
        assert await page.locator("h1").count() == 1, name
        for landmark in ("header", "main", "footer"):
            assert await page.locator(f"body > {landmark}").count() == 1, (name, landmark)
        width = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, f"{name} is {width} pixels wider than the window"
        if self.has_scripts:
            found = await Axe().run(page)
            serious = [each for each in found.response["violations"] if each["impact"] in SERIOUS]
            told = [(each["id"], [node["html"] for node in each["nodes"]]) for each in serious]
            assert told == [], f"{name}: {told}"
        assert self.complaints == [], (name, self.complaints)

    def _hear(self, message: ConsoleMessage) -> None:
        # That the page itself is an error page is no complaint of the page.
        is_of_page = message.location["url"] == self.page.url and "status of 4" in message.text
        is_forgiven = self.forgives is not None and self.forgives in message.text
        if message.type in ("error", "warning") and not is_of_page and not is_forgiven:
            self.complaints.append(message.text)

    def _note(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob"):
            self.hosts.add(parts.netloc)


@asynccontextmanager
async def chromium(*arguments: str) -> AsyncIterator[Browser]:
    path = shutil.which("chromium") or servers.unusable("chromium isn't installed: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", *arguments])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visiting(
    browser: Browser,
    base: object,
    size: str = "desk",
    *,
    language: str = "en-GB",
    is_dark: bool = False,
    has_scripts: bool = True,
    is_forced: bool = False,
) -> AsyncIterator[Visitor]:
    """A new visitor of that address, whom nobody knows. Nothing but that host was asked for anything afterwards."""
    marks = {"dark": is_dark, "plain": not has_scripts, "forced": is_forced}
    name = "-".join([size, language[:2], *(mark for mark, is_so in marks.items() if is_so)])
    context = await browser.new_context(
        base_url=str(base),
        viewport=SIZES[size],
        locale=language,
        color_scheme="dark" if is_dark else "light",
        java_script_enabled=has_scripts,
        reduced_motion="reduce",
        forced_colors="active" if is_forced else "none",
    )
    context.set_default_timeout(15_000)
    visitor = Visitor(await context.new_page(), name, has_scripts)
    yield visitor
    assert visitor.complaints == []
    hostname = urlsplit(str(base)).hostname
    assert {host.rpartition(":")[0] for host in visitor.hosts} <= {hostname}
    await context.close()
