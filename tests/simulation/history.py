"""What has happened, in order, a line for each thing; and what should never have happened."""

import asyncio


class History:
    """The lines of two runs of one seed are the same, byte for byte."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.violations: list[str] = []

    def say(self, who: str, what: str) -> None:
        self.lines.append(f"{asyncio.get_running_loop().time():12.6f}  {who:<14}{what}")

    def accuse(self, promise: str, what: str) -> None:
        """The promise was broken: `I1` to `I7`, see `promises`."""
        said = f"{promise} {what}"
        self.violations.append(said)
        self.say("BROKEN", said)
