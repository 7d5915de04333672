"""How a command ends: the exit codes, and the error that carries one."""

from collections.abc import Sequence

DONE, FAILED, USAGE, UNREACHABLE, NOT_FOUND, REFUSED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


class Ended(Exception):
    """The command ends with that code, having told why in those lines."""

    def __init__(self, code: int, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.code = code
        self.lines: Sequence[str] = lines
