"""Numbers that are asked for elsewhere, where the answer comes, doesn't come, or comes late."""

import asyncio

from okevents.errors import BrokerUnavailable
from okevents.http.looks import Looks


async def test_what_is_not_told_in_time_is_left_out_and_asked_once() -> None:
    asked, may_answer = 0, asyncio.Event()

    async def slow() -> int:
        nonlocal asked
        asked += 1
        await may_answer.wait()
        return 7

    async def away() -> int:
        raise BrokerUnavailable("it is away")

    async def there() -> int:
        return 3

    looks = Looks({"slow": slow, "away": away, "there": there})
    for _ in range(3):
        assert await looks.all(within=0.01) == {"there": 3}
    assert asked == 1
    may_answer.set()
    assert await looks.all() == {"slow": 7, "there": 3}


async def test_with_nothing_to_ask_nothing_is_told() -> None:
    assert await Looks({}).all() == {}


async def test_all_who_ask_at_once_are_told() -> None:
    may_answer = asyncio.Event()
    asked = 0

    async def ask() -> int:
        nonlocal asked
        asked += 1
        await may_answer.wait()
        return 5

    looks = Looks({"one": ask})
    waiting = [asyncio.create_task(looks.all()) for _ in range(3)]
    await asyncio.sleep(0)
    may_answer.set()
    assert await asyncio.gather(*waiting) == [{"one": 5}] * 3
    assert asked == 1


async def test_what_is_not_answered_is_given_up_at_the_end() -> None:
    given_up = False

    async def never() -> int:
        nonlocal given_up
        try:
            await asyncio.Event().wait()
        finally:
            given_up = True
        return 0

    looks = Looks({"one": never})
    assert await looks.all(within=0.01) == {}
    await looks.close()
    assert given_up
