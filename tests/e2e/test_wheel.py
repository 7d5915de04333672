"""The wheel, installed into an environment that has nothing else."""

import re
import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from okevents import __version__
from tests.e2e.guests import availability, book, publish
from tests.e2e.program import running

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "src" / "okevents"

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite, pytest.mark.slow, pytest.mark.timeout(400)]


def pip(python: Path | str, *arguments: str) -> None:
    command = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip(sys.executable, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), ".")
    (built,) = folder.glob("*.whl")
    return built


def test_it_has_everything_that_the_package_has(wheel: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", "src/okevents"], cwd=ROOT, capture_output=True, text=True, check=True)
    expected = {name.removeprefix("src/") for name in tracked.stdout.splitlines()}
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not re.match(r"okevents-[\w.]+\.dist-info/", name)}
    assert held == expected


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """The command."""
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    python, okevents = environment / "bin" / "python", environment / "bin" / "okevents"
    pip(python, "install", "--require-hashes", "-r", str(ROOT / "requirements" / "run.lock"))
    pip(python, "install", "--no-deps", "--no-index", str(wheel))
    said = subprocess.run([okevents, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said == f"okevents, version {__version__}\n"
    return okevents


async def test_it_runs_from_any_folder(installed: Path, tmp_path: Path) -> None:
    anywhere = tmp_path / "anywhere"
    anywhere.mkdir()
    async with running("up", folder=anywhere, program=installed) as program:
        event_id = await publish(program.http, "Organ night", 4)
        await availability(program.http, event_id)
        assert (await book(program.http, event_id, "ada", 3)).status_code == 201
        assert (await book(program.http, event_id, "bob", 2)).status_code == 409
        page = await program.http.get(f"/whats-on/{event_id}", headers={"accept-language": "es"})
        assert "Reservar" in page.text
        assert (await program.http.get("/schema")).status_code == 200
        assert await program.stop() == 0
    assert [each.name for each in anywhere.iterdir()] == ["data"]
