"""Output on real pipes: nobody who reads slowly, or no more, holds up who writes."""

import os
import time

import pytest

from okevents.observability.output import Output


def test_a_pipe_that_nobody_empties_holds_nobody_up_and_the_loss_is_told() -> None:
    reading, writing = os.pipe()
    output = Output(writing, room=10)
    line = "x" * 999 + "\n"
    for _ in range(1000):
        output.write(line)
    got = b""
    while b"missing" not in got:
        got += os.read(reading, 65536)
    lost = int(got.partition(b"(")[2].split()[0])
    assert got.partition(b"(")[0].count(b"\n") + lost == 1000
    output.close()
    os.close(writing)
    os.close(reading)


def test_the_end_waits_for_what_is_left_but_not_for_ever() -> None:
    reading, writing = os.pipe()
    output = Output(writing)
    output.write("one\n")
    output.close()
    assert os.read(reading, 100) == b"one\n"
    stuck = Output(writing)
    for _ in range(100):
        stuck.write("x" * 999 + "\n")
    began = time.monotonic()
    stuck.close(timeout=0.1)
    assert time.monotonic() - began < 5
    os.close(reading)  # lets the thread go
    stuck.close()
    os.close(writing)


@pytest.mark.parametrize("lines", [1, 1000])
def test_a_reader_who_has_gone_is_no_error(lines: int) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    output = Output(writing)
    for _ in range(lines):
        output.write("nobody hears this\n")
    output.close()
    os.close(writing)
