"""What makes thousands of tests quick. Nothing here changes what a test sees or checks."""

import gc
import os
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from coverage import Coverage
from jinja2 import Environment
from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
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


class Attention:
    """When coverage looks: while a test runs, unless it has seen all there is on that way.

    The same function with another parameter, and the same fixtures of the same file, mostly go
    through the same lines. Who has gone there often without anything new goes there untraced.
    """

    _OFTEN = 12

    def __init__(self) -> None:
        self._coverage: Coverage | None = None
        self._nothing_new: Counter[Hashable] = Counter()

    def rest(self) -> None:
        """Look away until the next test; what was seen so far stays."""
        self._coverage = Coverage.current()
        if self._coverage is not None:
            self._coverage.stop()

    @contextmanager
    def to(self, item: pytest.Item, *way: Hashable) -> Iterator[None]:
        """Look at what *item* does meanwhile; *way* names what is alike in its file."""
        way = (item.path, *way)
        if self._coverage is None or repeats(item) or self._nothing_new[way] >= self._OFTEN:
            yield
            return
        before = self._seen()
        self._coverage.start()
        try:
            yield
        finally:
            self._coverage.stop()
            new = self._seen() > before
            self._nothing_new[way] = 0 if new else self._nothing_new[way] + 1

    def _seen(self) -> int:
        # Its public way to tell writes everything to a file first.
        collector = self._coverage and self._coverage._collector
        return sum(map(len, collector.data.values())) if collector else 0


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


def share_compiled_statements() -> None:
    """A statement that a second engine sends is not compiled again.

    SQLAlchemy keeps them for each engine, and each service that a test makes has one: a third of
    what its first requests take. They depend on nothing but the kind of database and its version.
    """
    compiled: LRUCache[Any, Any] = LRUCache(10_000)

    def kind(dialect: DefaultDialect) -> tuple[object, ...]:
        version = getattr(dialect, "server_version_info", None)
        return type(dialect), dialect.dbapi, version, dialect.paramstyle

    def alike(self: DefaultDialect, other: object) -> bool:
        return self is other or (isinstance(other, DefaultDialect) and kind(self) == kind(other))

    # An engine that makes its own has it taken away: what it is set to is dropped.
    Engine._compiled_cache = property(lambda _: compiled, lambda *_: None)  # type: ignore[assignment]
    DefaultDialect.__eq__ = alike  # type: ignore[method-assign,assignment]
    # Not of its version, which it does not know before it is connected.
    DefaultDialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign,assignment]


def share_compiled_templates() -> None:
    """A template of a second app that reads as one of the first is not compiled again."""
    compile_template, made = Environment.compile, {}

    def compiled(self: Environment, source: Any, name: Any = None, *more: Any, **told: Any) -> Any:
        escaped = self.autoescape(name) if callable(self.autoescape) else self.autoescape
        written = self.trim_blocks, self.lstrip_blocks, self.keep_trailing_newline
        known = frozenset(self.filters), frozenset(self.tests), frozenset(self.extensions)
        key = (source, name, more, *told.items(), type(self), escaped, written, known)
        if key not in made:
            made[key] = compile_template(self, source, name, *more, **told)
        return made[key]

    Environment.compile = compiled  # type: ignore[method-assign,assignment]
