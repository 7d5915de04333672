"""The examples of docs/client.md do what is printed there."""

import ast
import inspect
import re
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from tests.e2e.guests import availability
from tests.e2e.program import running

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite]

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "client.md"


def programs(url: str) -> list[CodeType]:
    """Each example, as the body of a coroutine."""
    blocks = re.findall(r"^```python\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [
        compile(
            block.replace("http://127.0.0.1:8181", url),
            f"example {number}",
            "exec",
            flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
        )
        for number, block in enumerate(blocks, 1)
    ]


async def test_the_examples_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    async with running("up", folder=tmp_path) as program:
        first, *others = programs(str(program.http.base_url).rstrip("/"))
        assert len(others) == 5
        await _run(first, names)
        await availability(program.http, names["event"].id)
        for example in others:
            await _run(example, names)
    said = capsys.readouterr().out
    for expected in (
        "Organ night 2031-05-09 18:00:00+00:00\n",
        "1 events\n",
        "1 Great hall\n2 Great hall\n",
        "418 places can be booked\n",
        "/startdate ",
    ):
        assert expected in said
    assert names["changed"].version == 2
    header, row = (tmp_path / "bookings.csv").read_text(encoding="utf-8").splitlines()
    assert header.startswith("booking_id,")
    assert "INV-2031-0042" in row


async def _run(example: CodeType, names: dict[str, Any]) -> None:
    running_example = eval(example, names)  # noqa: S307
    assert inspect.isawaitable(running_example)
    await running_example
