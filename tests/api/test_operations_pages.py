"""The operators' pages as programs meet them."""

from pathlib import Path

from tests.api.serving import serving
from tests.api.test_dead_letters import QUEUE, Process, letters, poison


async def test_a_letter_is_shown_replayed_and_dropped_by_forms(process: Process) -> None:
    parts, http = process
    name = await poison(parts, "<b>&1")
    page = await http.get("/operations/dead-letters", params={"id": name, "queue": QUEUE})
    assert page.status_code == 200
    assert "<code>&lt;b&gt;&amp;1</code>" in page.text
    assert page.headers["cache-control"] == "private, no-store"
    led = await http.post("/operations/dead-letters/drop", data={"id": name, "queue": QUEUE})
    assert (led.status_code, led.headers["location"]) == (303, "/operations?done=dropped&count=1")
    assert len(await letters(http)) == 1
    again = await http.post("/operations/dead-letters/drop", data={"id": name, "queue": QUEUE})
    assert (again.status_code, again.headers["content-type"]) == (404, "text/html; charset=utf-8")
    led = await http.post("/operations/dead-letters/replay")
    assert led.headers["location"] == "/operations?done=replayed&count=1"


async def test_what_was_done_is_said_and_nothing_else(process: Process) -> None:
    _, http = process
    assert "2 messages are deleted." in (await http.get("/operations?done=dropped&count=2")).text
    for query in ("done=%3Cb%3E&count=2", "done=dropped&count=-1", "count=7"):
        assert "<b>" not in (await http.get(f"/operations?{query}")).text.partition("<main")[2].partition("charts")[0]


async def test_a_page_without_a_broker_tells_what_it_knows(tmp_path: Path) -> None:
    async with serving(tmp_path, broker="amqp://127.0.0.1:1/") as http:
        page = await http.get("/operations")
        assert page.status_code == 200
        assert "They can’t be looked at now" in page.text
        assert page.text.count(">unknown<") == 3 * 3
        refused = await http.post("/operations/dead-letters/replay")
        assert (refused.status_code, refused.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert "127.0.0.1" not in refused.text
