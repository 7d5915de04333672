"""AsyncAPI's official JSON Schemas, as its initiative publishes them for npm: pinned by hash, fetched once into the
user's cache. `python -m scripts.asyncapi` fetches them, and validates the document.
"""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PINNED = ("package.json", "package-lock.json")


class SchemaMissing(Exception):
    """It isn't there and can't be fetched; the text says why."""


def official_schema(version: str) -> dict[str, Any]:
    """The schema of documents of that version of AsyncAPI. Raises SchemaMissing."""
    schemas = _fetched() / "node_modules" / "@asyncapi" / "specs" / "schemas"
    schema: dict[str, Any] = json.loads((schemas / f"{version}.json").read_text(encoding="utf-8"))
    return schema


def _fetched() -> Path:
    """The folder with what the lock file names."""
    digest = hashlib.sha256(b"".join((FOLDER / name).read_bytes() for name in PINNED)).hexdigest()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "okevents"
    folder = cache / f"asyncapi-{digest[:16]}"
    if folder.exists():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise SchemaMissing("AsyncAPI's schemas aren't fetched, and there is no npm to fetch them: apt-get install npm")
    unfinished = folder.with_suffix(f".{os.getpid()}")
    unfinished.mkdir(parents=True)
    try:
        for name in PINNED:
            shutil.copy(FOLDER / name, unfinished)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=unfinished, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            raise SchemaMissing(f"AsyncAPI's schemas couldn't be fetched: {done.stderr.strip()[-2000:]}")
        try:
            unfinished.rename(folder)
        except OSError:  # another process was first
            if not folder.exists():
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder
