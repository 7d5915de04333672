"""Programs that the tests need and that are built of Go's modules, once, into the user's cache."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path


class ProgramMissing(Exception):
    """It can't be built on this machine; the message says what to install."""


def build(source: Path) -> Path:
    """The program of that module, which is named as its folder is. Raises ProgramMissing."""
    digest = hashlib.sha256(b"".join((source / name).read_bytes() for name in ("main.go", "go.mod", "go.sum")))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "okevents"
    program = cache / f"{source.name}-{digest.hexdigest()[:16]}"
    if program.exists():
        return program
    go = shutil.which("go", path=f"{os.environ.get('PATH', '')}:/usr/local/go/bin")
    if go is None:
        raise ProgramMissing(
            f"{source.name} isn't built, and there is no Go toolchain to build it; install Go 1.24 or later"
        )
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = program.with_suffix(f".{os.getpid()}")
    done = subprocess.run(
        [go, "build", "-trimpath", "-ldflags=-s -w", "-o", str(unfinished), "."],
        cwd=source,
        env=os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    if done.returncode:
        raise ProgramMissing(f"{source.name} couldn't be built: {done.stderr.strip()[-2000:]}")
    unfinished.rename(program)
    return program
