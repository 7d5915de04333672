"""Where the demo's events go."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from okevents.cli.main import cli


@pytest.mark.parametrize("command", ["demo", "booking diff"])
@pytest.mark.parametrize("url", ["ftp://127.0.0.1:1", "127.0.0.1:1", "http://", "http://127.0.0.1:many", "http://[::1"])
def test_a_url_that_no_okevents_can_have_is_refused(
    command: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = CliRunner().invoke(cli, [*command.split(), "--url", url])
    assert answer.exit_code == 2, answer.output
    assert url in answer.output
    assert "http://" in answer.output
    assert list(tmp_path.iterdir()) == []
