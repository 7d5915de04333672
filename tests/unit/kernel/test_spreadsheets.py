"""Texts as cells, and back."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from okevents.kernel.spreadsheets import BEGIN_FORMULAS, cell, text_of, written

TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(["'", *BEGIN_FORMULAS, ",", '"']))


@given(TEXTS)
def test_a_text_is_the_same_again_and_never_a_formula(text: str) -> None:
    assert text_of(cell(text)) == text
    assert not cell(text).startswith(BEGIN_FORMULAS)


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), max_size=3))
def test_rows_are_read_as_they_were_written(rows: list[list[str]]) -> None:
    assert list(csv.reader(io.StringIO(written(rows).decode(), newline=""))) == rows
