"""A disk of its own that can be filled up."""

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.servers.process import acting
from tests import servers

CHUNK = 64 * 1024


class Disk:
    """A small one, in memory. `folder` is its root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, spare: int = 0) -> None:
        """Leaves no more than so many bytes free."""
        with self._filler.open("ab", buffering=0) as filler:
            for size in (CHUNK, 1):
                try:
                    while True:
                        filler.write(bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
            if spare:
                filler.truncate(max(0, filler.tell() - spare))

    def free(self) -> None:
        """Gives all the space back."""
        self._filler.unlink(missing_ok=True)

    @property
    def space(self) -> int:
        """Bytes that are free."""
        return shutil.disk_usage(self.folder).free


@contextmanager
def small_disk(size: str, user: str | None = None) -> Iterator[Disk]:
    """Mounted in a new folder that everybody may enter, that user's where this process is root."""
    if os.geteuid() != 0:
        servers.unusable("a small disk is mounted by root alone")
    folder = Path(tempfile.mkdtemp(prefix="okevents-disk-"))
    folder.chmod(0o755)
    try:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "okevents-tests", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if mounted.returncode:
            servers.unusable(f"a small disk can't be mounted: {mounted.stderr.strip()}")
        try:
            if account := acting(user):
                shutil.chown(folder, account, account)
            yield Disk(folder)
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
    finally:
        folder.rmdir()
