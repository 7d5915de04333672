"""When those who were refused together come back."""

import random
from collections import Counter

from okevents.errors import Overloaded, TooManyRequests
from okevents.http.problems import problem
from okevents.kernel.spreading import spread


def test_every_second_of_the_range_is_as_likely() -> None:
    chance = random.Random(3)
    drawn = Counter(spread(5, chance.uniform) for _ in range(5000))
    assert sorted(drawn) == [1, 2, 3, 4, 5]
    assert all(800 < count < 1200 for count in drawn.values()), drawn


def test_the_ends_of_what_is_drawn_are_within_the_range() -> None:
    assert spread(5, lambda least, most: least) == 1
    assert spread(5, lambda least, most: most) == 5
    assert spread(1, lambda least, most: most) == 1


def test_those_who_are_refused_together_are_told_different_times_and_one_who_asks_too_often_the_right_one() -> None:
    crowd = {problem(Overloaded("too much"), "/")[1]["retry-after"] for _ in range(200)}
    assert crowd == {"1", "2", "3", "4", "5"}
    assert {problem(TooManyRequests("too often", 7), "/")[1]["retry-after"] for _ in range(50)} == {"7"}
