"""The documentation as a site: built without a warning, and asking nothing of any other host."""

import functools
import http.server
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.e2e.test_page import seen

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parent.parent.parent
LOADED = {"link": "href", **dict.fromkeys(("script", "img", "iframe", "source", "video", "audio"), "src")}
"""By an element's name: the attribute of it that a browser loads by itself."""

REPORTS = ("Loaded worker", "Loading script: ", "building Lunr index", "search ready")
"""What the search tells the console of its progress, if it comes so far while the browser looks on."""

BY = r"@import|url\(|fetch\(|importScripts\(|import\(|\.open\([^,]*,"
ASKS = re.compile(rf"""(?:{BY})\s*["']?((?:https?:)?//[^"')\s]*)""")


class Loads(HTMLParser):
    """What a page makes a browser load."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in LOADED and (address := given.get(LOADED[tag])) is not None:
            self.addresses.append(address)
        if tag == "link":
            assert given.get("rel") != "preconnect"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `make site` builds it."""
    folder = tmp_path_factory.mktemp("site")
    program = Path(sys.executable).with_name("properdocs")
    options: list[str | Path] = ["--strict", "--config-file", ROOT / "mkdocs.yml", "--site-dir", folder]
    done = subprocess.run([program, "build", *options], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """The site, served."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_every_document_has_a_page(site: Path) -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix(".html")
        assert (site / (name.with_name("index.html") if name.stem == "README" else name)).exists()


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        loads = Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        assert loads.addresses
        assert [each for each in loads.addresses if re.match(r"(\w+:)?//", each)] == [], page.name


def test_no_stylesheet_and_no_script_asks_another_host(site: Path) -> None:
    files = [each for each in site.rglob("*") if each.suffix in (".css", ".js", ".html")]
    for file in files:
        assert ASKS.findall(file.read_text(encoding="utf-8")) == [], file.name


async def test_a_browser_shows_a_page_with_its_navigation_and_complains_of_nothing(
    address: str, tmp_path: Path
) -> None:
    document, complaints = await seen(f"{address}/tutorial.html", tmp_path)
    for named in ("Tutorial", "How-to", "Reference", "Explanation", "Ten minutes with okevents"):
        assert named in document
    assert [each for each in complaints if not any(report in each for report in REPORTS)] == []
