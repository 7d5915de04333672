"""The units in deploy/systemd: read by systemd's own program, and what they run is run."""

import os
import shlex
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from okevents.cli.main import cli
from okevents.config.load import load
from okevents.config.settings import Settings
from okevents.config.shape import Shape
from tests import servers
from tests.e2e.program import COMMAND

UNITS = Path(__file__).parent.parent.parent / "deploy" / "systemd"
PROGRAM = "/opt/okevents/bin/okevents"
SERVICES = sorted(UNITS.glob("*.service"))
SERVING = {"okevents": Shape.UP, "okevents-events": Shape.EVENTS, "okevents-bookings": Shape.BOOKINGS}
FORTNIGHT = 15 * 86_400


class Unit(RawConfigParser):
    """Of settings that are given twice the last."""

    def __init__(self, file: Path) -> None:
        super().__init__(strict=False)
        self.read(file)

    def optionxform(self, optionstr: str) -> str:
        return optionstr

    def command(self, name: str, **instead: str) -> list[str]:
        """What is run, as systemd understands it, with other paths."""
        said = self["Service"][name].replace("%%", "%").replace("$$", "$")
        for path, other in instead.items():
            said = said.replace(path, other)
        return shlex.split(said)


@pytest.fixture
def analyze() -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        servers.unusable("there is no systemd-analyze; apt-get install systemd")
    return program


def test_systemd_takes_them(analyze: str, tmp_path: Path) -> None:
    units: list[Path] = []
    for unit in (*SERVICES, *UNITS.glob("*.timer")):
        # It looks for each program where a unit says it is.
        units.append(tmp_path / unit.name)
        units[-1].write_text(unit.read_text().replace(PROGRAM, "/bin/true"))
    done = subprocess.run([analyze, "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_they_are_little_exposed_and_all_in_one_way(analyze: str, unit: Path) -> None:
    command: list[str | Path] = [analyze, "security", "--offline=yes", "--threshold=20", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    hardened = [file.read_text().partition("\n\n# Nothing")[2].partition("\n\n")[0].strip() for file in SERVICES]
    assert len(set(hardened)) == 1
    assert "NoNewPrivileges=yes" in hardened[0]


def test_services_are_given_time_to_leave_and_settings_that_they_take() -> None:
    example = (UNITS / "okevents.env.example").read_text().splitlines()
    lines = [line.removeprefix("#") for line in example if "=" in line]
    known = dict(line.split("=", 1) for line in lines)
    assert all(name.startswith("OKEVENTS_") for name in known)
    for name, shape in SERVING.items():
        service = Unit(UNITS / f"{name}.service")["Service"]
        environment = {**known, **dict([service["Environment"].split("=", 1)])}
        settings = load(shape, {}, environment, folder=Path("/nowhere")).settings
        assert settings.has_access_control
        assert settings.data == Path("/var/lib") / service["StateDirectory"]
        assert float(service["TimeoutStopSec"]) > settings.shutdown_delay + Settings().shutdown_grace


@pytest.mark.parametrize("name", SERVING)
def test_they_run_commands_that_there_are(name: str) -> None:
    unit = Unit(UNITS / f"{name}.service")
    assert unit.command("ExecStart") == [PROGRAM, SERVING[name].value]
    if "ExecStartPre" in unit["Service"]:
        program, *arguments = unit.command("ExecStartPre")
        assert (program, [each for each in arguments if each not in cli.commands]) == (PROGRAM, [])


@pytest.mark.e2e
@pytest.mark.sqlite
def test_a_backup_is_made_and_old_ones_go(tmp_path: Path) -> None:
    unit = Unit(UNITS / "okevents-backup.service")
    data, backups = tmp_path / "data", tmp_path / "backups"
    subprocess.run([COMMAND, "migrate", "--data", data], cwd=tmp_path, capture_output=True, check=True)
    old, new = backups / "2031-05-09T033000", backups / "2031-05-23T033000"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "events.sqlite3").touch()
    os.utime(old, (old.stat().st_mtime - FORTNIGHT,) * 2)
    # The longer path first: the other is its beginning.
    instead = {"/var/lib/okevents-backups": str(backups), "/var/lib/okevents": str(data), PROGRAM: str(COMMAND)}
    for name in ("ExecStart", "ExecStartPost"):
        done = subprocess.run(unit.command(name, **instead), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    (made,) = set(backups.iterdir()) - {old, new}
    assert (made / "bookings.sqlite3").exists()
    assert new.exists()
    assert not old.exists()
