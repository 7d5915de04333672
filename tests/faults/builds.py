"""Builds of the program with one planted fault each, by which the tests show that they would find it."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATCHES = Path(__file__).with_name("planted")


def lay(patch: str, folder: Path) -> dict[str, str]:
    """Copies the program there with that patch applied; the environment in which it runs in place of the present one.

    Raises AssertionError where the patch doesn't fit the program any more.
    """
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    file = PATCHES / f"{patch}.patch"
    done = subprocess.run(
        ["git", "apply", "--unsafe-paths", f"--directory={folder}", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{file.name} doesn't fit the program any more; make it anew: {done.stderr}"
    return {"PYTHONPATH": str(folder / "src")}
