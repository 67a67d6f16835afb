"""Work ahead in a thread: order, errors, bounds, and no thread left behind."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time

import pytest

from engine.overlap import Backlog, ahead


def names() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("test ")]


def test_items_come_in_order_and_the_thread_ends():
    assert list(ahead(range(100), 3, "test a")) == list(range(100))
    assert names() == []


def test_it_works_ahead_but_no_further_than_told():
    made = []

    def items():
        for i in range(50):
            made.append(i)
            yield i

    with contextlib.closing(ahead(items(), 4, "test b")) as reader:
        assert next(reader) == 0
        deadline = time.monotonic() + 5
        while len(made) < 6 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)
        assert len(made) == 6  # read, four that wait, and one in hand
    assert names() == []


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux alone")
def test_every_stage_ahead_steps_back_behind_the_reader_by_the_same():
    def niceness():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    here = niceness()

    def stage(items):
        for found in items:
            yield [*found, niceness()]

    first = ahead(stage([[]]), 2, "test one")
    assert list(ahead(stage(first), 2, "test two")) == [[min(here + 4, 19)] * 2]
    assert niceness() == here


def test_what_waits_can_be_asked():
    backlog = Backlog()
    assert len(backlog) == 0
    with contextlib.closing(ahead(range(50), 4, "test b", backlog)) as reader:
        next(reader)
        deadline = time.monotonic() + 5
        while len(backlog) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(backlog) == 4


def test_an_error_comes_after_what_was_made_before_it():
    def items():
        yield 1
        raise ValueError("broken")

    reader = ahead(items(), 3, "test c")
    assert next(reader) == 1
    with pytest.raises(ValueError, match="broken"):
        next(reader)
    assert names() == []


def test_closing_closes_every_stage_in_its_own_thread():
    closed = []

    def stage(items, name):
        try:
            yield from items
        finally:
            closed.append((name, threading.current_thread().name))

    first = ahead(stage(iter(range(10**9)), "one"), 2, "test one")
    second = ahead(stage(first, "two"), 2, "test two")
    assert next(second) == 0
    second.close()
    assert sorted(closed) == [("one", "test one"), ("two", "test two")]
    assert names() == []


def test_a_reader_that_fails_leaves_no_thread():
    def reads():
        with contextlib.closing(ahead(iter(range(10**9)), 2, "test d")) as reader:
            for _ in reader:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reads()
    assert names() == []
