"""The documentation tells what the code does."""

import pytest

from okevents.http.problems import every_problem
from scripts.docs import DOCS, PARTS, renewed


@pytest.mark.parametrize("name", PARTS)
def test_what_documents_quote_of_the_code_is_what_it_says(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    assert renewed(name, text) == text, "run: make docs"


def test_every_problem_is_listed_and_says_what_it_means() -> None:
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    for slug, kind in every_problem().items():
        assert f"| `{slug}` |" in text
        assert kind.__doc__
