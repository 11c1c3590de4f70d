"""What makes thousands of tests quick. Nothing here changes what a test sees or checks."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from coverage import Coverage
from werkzeug.routing import Rule

from tests.services.memory import memory

#: A test that runs on both databases is measured on one: storage on PostgreSQL and the service
#: on SQLite, so that the lines of both are seen. The trace makes Python two to four times slower.
_MEASURED_ON = {
    "engine": "postgres",
    "migrated_uri": "postgres",
    "database_uri": "postgres",
    "make_app": "sqlite",
    "large": "neither",  # it asks how a query is answered, not which lines ask it
}


def repeats(item: pytest.Item) -> bool:
    """Whether *item* goes through lines that other tests go through, so that to trace it is idle.

    Its twin on the other database does; a browser opens pages that the tests of the web have
    opened; and what is marked ``again`` reads many texts in the ways that others read one.
    """
    if item.get_closest_marker("again") or "browser" in getattr(item, "fixturenames", ()):
        return True
    params = getattr(getattr(item, "callspec", None), "params", {})
    named = _MEASURED_ON.keys() & params
    return any(params[name] != _MEASURED_ON[name] for name in named)


@contextmanager
def unmeasured() -> Iterator[None]:
    """Coverage rests meanwhile; what it has seen stays."""
    measuring = Coverage.current()
    if measuring is None:
        yield
        return
    measuring.stop()
    try:
        yield
    finally:
        measuring.start()


def forget_what_stays() -> None:
    """The collector no longer looks through what lives as long as the tests: half a second each
    time, with the modules and the thousands of tests that were collected."""
    gc.collect()
    gc.freeze()


def keep_files_in_memory() -> None:
    """The folders of tests are in memory where there is room: a commit waits for no disk.

    What a killed process has written stays there as well; only a power cut would tell.
    """
    place = memory()
    if place is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", place)


def share_compiled_addresses() -> None:
    """An address of a second app that reads as one of the first is not compiled again.

    Werkzeug writes and compiles two functions for each, which depend on nothing else. That is
    more than half of what it takes to make the service, and a thousand tests make one.
    """
    compile_builder, made = Rule._compile_builder, {}

    def builder(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
        if key not in made:
            made[key] = compile_builder(rule, append_unknown)
        return made[key]

    Rule._compile_builder = builder  # type: ignore[method-assign]
