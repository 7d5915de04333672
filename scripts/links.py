"""The links of the documents. `python -m scripts.links` tells those that lead nowhere, and lists those to other hosts,
which nothing here asks.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parent.parent

_FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} +(.*?) *#* *$", re.MULTILINE)


class Link(NamedTuple):
    """Where it stands, and where it leads."""

    page: Path
    target: str

    @property
    def is_external(self) -> bool:
        return bool(urlsplit(self.target).scheme)

    def fault(self) -> str | None:
        """What is wrong with one within the repository; None if it leads somewhere."""
        path, _, anchor = self.target.partition("#")
        page = (self.page.parent / unquote(path)).resolve() if path else self.page
        if not page.is_relative_to(ROOT):
            return "leads out of the repository"
        if not page.exists():
            return "there is no such file"
        if anchor and (page.suffix != ".md" or anchor not in anchors(page)):
            return "there is no such heading"
        return None


def pages() -> list[Path]:
    """Every document that is, or is about to be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).exists()]


def links(page: Path) -> Iterator[Link]:
    """Those of the page, but for what stands in code."""
    text = _CODE.sub("", _FENCE.sub("", page.read_text(encoding="utf-8")))
    for inline, defined in _LINK.findall(text):
        yield Link(page, inline or defined)


def anchors(page: Path) -> set[str]:
    """The names of its headings, as GitHub makes them: a second one of a name is numbered."""
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        name = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        number = 0
        while (numbered := f"{name}-{number}" if number else name) in found:
            number += 1
        found.add(numbered)
    return found


def main() -> int:
    every = [link for page in pages() for link in links(page)]
    faults = 0
    for link in every:
        if not link.is_external and (fault := link.fault()):
            faults += 1
            print(f"{link.page.relative_to(ROOT)}: {link.target}: {fault}")
    for page, target in sorted({link for link in every if link.is_external}):
        print(f"not asked: {target} ({page.relative_to(ROOT)})")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
