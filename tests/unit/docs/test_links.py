"""Every link of the documents within the repository leads somewhere."""

import shutil
from pathlib import Path

import pytest

from scripts import links
from scripts.links import Link
from tests import servers


@pytest.fixture(scope="module")
def every() -> list[Link]:
    if shutil.which("git") is None or not (links.ROOT / ".git").exists():
        servers.unusable("the documents are listed by git, and this is no clone")
    return [link for page in links.pages() for link in links.links(page)]


def test_every_link_leads_to_a_file_and_a_heading(every: list[Link]) -> None:
    within = [link for link in every if not link.is_external]
    assert len(within) > 50
    faults = {f"{link.page.name}: {link.target}": fault for link in within if (fault := link.fault())}
    assert faults == {}


def test_links_to_other_hosts_are_by_https(every: list[Link]) -> None:
    others = {link.target for link in every if link.is_external}
    assert others
    assert {target for target in others if not target.startswith("https://")} == set()


@pytest.mark.parametrize("entry", ["README.md", "docs/index.md"])
def test_each_entry_names_every_page(entry: str, every: list[Link]) -> None:
    page = links.ROOT / entry
    named = {(page.parent / link.target.partition("#")[0]).resolve() for link in every if link.page == page}
    there = set((links.ROOT / "docs").glob("*.md")) - {links.ROOT / "docs" / "index.md"}
    assert len(there) > 10
    assert {each.name for each in there - named} == set()


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("other.md", None),
        ("other.md#two-words", None),
        ("other.md#two-words-1", None),
        ("#here--there", None),
        ("lost.md", "there is no such file"),
        ("other.md#three-words", "there is no such heading"),
        ("#nowhere", "there is no such heading"),
        ("../../etc", "leads out of the repository"),
    ],
)
def test_what_is_wrong_with_a_link_is_told(
    target: str, fault: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(f"# Here & there\n\n[a link]({target}) and `[none](x.md)`\n\n```\n# [none](y.md)\n```\n")
    (tmp_path / "other.md").write_text("# Two `words`\n\n## Two words\n\n```\n# three words\n```\n")
    (link,) = links.links(page)
    assert link.target == target
    assert link.fault() == fault
