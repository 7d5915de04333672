"""Tables for people."""

from okevents.cli.tables import fields, table


def test_columns_stand_under_each_other_whatever_they_hold() -> None:
    lines = table(("NAME", "FREE"), [("Organ", "1"), ("名古屋", "22"), ("Cafe\u0301", "3"), ("\x1b[31m\n", "4")])
    assert lines == ["NAME    FREE", "Organ   1", "名古屋  22", "Cafe\u0301    3", "\ufffd[31m\ufffd  4"]


def test_a_name_is_said_once_and_what_isnt_there_is_left_out() -> None:
    told = [("state", "held"), ("guest", None), ("places", "2 in hall"), ("places", "1 in salon"), ("tags", "")]
    assert fields(told) == ["  state   held", "  places  2 in hall", "          1 in salon"]
    assert fields([]) == []
