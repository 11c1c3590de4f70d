"""The lines of the log on their way: all of them, in order, and at nobody's cost."""

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest

from comments.web import request_log
from comments.web.request_log import WRITER, Lines


class Told(io.StringIO):
    """Where a log goes to that is full for as long as *fails* says so."""

    def __init__(self, fails: Callable[[], bool] = lambda: False) -> None:
        super().__init__()
        self.writes = 0
        self.fails = fails

    def write(self, text: str) -> int:
        self.writes += 1
        if self.fails():
            raise OSError("no space left on device")
        return super().write(text)


def settle() -> None:
    """Wait until what lies there is written."""
    for thread in threading.enumerate():
        if thread.name == WRITER:
            thread.join()


def test_lines_are_written_in_order_and_many_at_once():
    out = Told()
    lines = Lines(out)
    for number in range(1000):
        lines.add(f"{number}\n")
    settle()
    assert out.getvalue().splitlines() == [str(number) for number in range(1000)]
    assert out.writes < 100


def test_none_is_lost_between_threads_and_pauses(monkeypatch):
    """A writer that finds nothing ends, and a line that comes just then begins another."""
    monkeypatch.setattr(request_log, "GATHER_SECONDS", 0)
    out = Told()
    lines = Lines(out)
    busy = [
        threading.Thread(target=lambda: [lines.add("line\n") for _ in range(500)]) for _ in range(4)
    ]
    for thread in busy:
        thread.start()
    for thread in busy:
        thread.join()
    settle()
    assert out.getvalue() == "line\n" * 2000


def test_a_full_disk_costs_the_lines_and_nothing_else():
    full = True
    out = Told(lambda: full)
    lines = Lines(out)
    lines.add("lost\n")
    settle()
    full = False
    lines.add("written\n")
    settle()
    assert out.getvalue() == "written\n"


def test_where_no_thread_is_to_be_had_the_next_line_asks_again(monkeypatch):
    """As when the process is ending."""
    out = Told()
    lines = Lines(out)

    def refuse(_self: Any) -> None:
        raise RuntimeError("can't start new thread")

    with pytest.MonkeyPatch.context() as ending:
        ending.setattr(threading.Thread, "start", refuse)
        lines.add("first\n")
    lines.add("second\n")
    settle()
    assert out.getvalue() == "first\nsecond\n"


def test_a_log_that_nobody_takes_off_does_not_grow(monkeypatch):
    monkeypatch.setattr(request_log, "MOST_WAITING", 10)
    at_it, goes_on = threading.Event(), threading.Event()

    def stands_still() -> bool:
        at_it.set()
        return not goes_on.wait()

    out = Told(stands_still)
    lines = Lines(out)
    lines.add("first\n")
    at_it.wait()
    for number in range(20):
        lines.add(f"{number}\n")
    goes_on.set()
    settle()
    assert out.getvalue().split() == ["first", *map(str, range(10, 20))]
