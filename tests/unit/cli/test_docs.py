"""The documentation tells what the code does."""

from scripts.docs import OPERATIONS, renewed


def test_the_table_of_settings_is_that_of_the_code() -> None:
    text = OPERATIONS.read_text(encoding="utf-8")
    assert renewed(text) == text, "run: make docs"
