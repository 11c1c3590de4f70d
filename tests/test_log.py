"""The log is read as it was written, and nothing rewrites it; the figures are counted from rows."""

import ast
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from comments import moderation
from comments.models import Comment, Status
from comments.moderation import figures, log
from comments.moderation.figures import Busy, Window, Worker
from comments.moderation.log import Asked
from tests import factories as make
from tests.factories import ALICE, CAROL, NOON, minutes

DAY = timedelta(days=1)
PACKAGE = Path(moderation.__file__).parents[1]
HOLD = make.with_settings(hold="all")


# ── never edited ─────────────────────────────────────────────────────────────────────────────

#: Erasing a person blanks what is theirs; nothing else has a way to a line that is written.
MAY_ERASE = re.compile(r"comments/(erasing|data|people)\b")
REWRITES = re.compile(
    r"\b(?:update|sql_delete|delete)\(\s*Decision\b"
    r"|UPDATE comments_decisions|DELETE FROM comments_decisions"
)


def rewrites(source: str) -> list[str]:
    found = REWRITES.findall(source)
    for node in ast.walk(ast.parse(source)):
        targets = node.targets if isinstance(node, ast.Assign) else []
        found += [
            ast.unparse(target)
            for target in targets
            if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "entry"
        ]
    return found


def test_no_statement_of_the_package_changes_a_line():
    sources = {
        path.relative_to(PACKAGE.parent).as_posix(): path.read_text()
        for path in PACKAGE.rglob("*.py")
    }
    found = {name: rewrites(source) for name, source in sources.items() if rewrites(source)}
    assert {name for name in found if not MAY_ERASE.match(name)} == set()


@pytest.mark.parametrize(
    "source",
    [
        "session.execute(update(Decision).values(reason=''))",
        "session.execute(sql_delete(Decision))",
        "run('DELETE FROM comments_decisions')",
        "entry.reason = ''",
    ],
)
def test_a_rewriting_is_found(source):
    assert len(rewrites(source)) == 1


# ── reading ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def told(session) -> dict[str, int]:
    """Bob calls a comment spam, Eve takes it back; he closes the thread a day later."""
    make.noise(session)
    comment = make.post(session)
    first = make.action(1, reason="sells shoes")
    moderation.decide(session, comment.id, Status.SPAM, first)
    moderation.undo(session, first.batch, make.action(2, by="host:eve", name="Eve"))
    moderation.close(session, comment.thread_id, make.action(24 * 60), closed=True)
    return {"comment": comment.id, "thread": comment.thread_id}


def read(session, **asked) -> list[tuple[str, str]]:
    lines = log.page(session, Asked(**asked)).lines
    return [(line.entry.actor_name, line.entry.action) for line in lines]


def test_people_are_shown_the_newest_first_and_screens_when_asked(session, told):
    assert read(session) == [("Bob", "close"), ("Eve", "status"), ("Bob", "status"), ("Bob", "pin")]
    assert len(read(session, everything=True)) > 4


def test_a_line_knows_what_it_is_about_and_whether_it_was_taken_back(session, told):
    closed, back, spam, _pin = log.page(session, Asked()).lines
    assert (spam.comment_author, spam.thread_key, spam.undone) == ("Alice", "article", True)
    assert (back.entry.undoes, back.undone) == (spam.entry.batch, False)
    assert (closed.comment_author, closed.undone) == (None, False)


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ({"person": "EVE"}, 1),
        ({"person": "host:eve"}, 1),
        ({"person": "nobody"}, 0),
        ({"action": "status"}, 2),
        ({"since": NOON + DAY}, 1),
        ({"until": NOON + DAY}, 3),
        ({"since": minutes(2), "until": minutes(3)}, 1),
        ({"since": NOON + 2 * DAY}, 0),
        ({"until": NOON - DAY}, 0),
        ({"sites": frozenset({"https://a.example"})}, 0),
        ({"person": "screen", "everything": True, "until": NOON - DAY}, 0),
    ],
)
def test_the_log_is_filtered(session, told, asked, number):
    assert len(read(session, **asked)) == number


def test_one_comment_or_one_thread(session, told):
    assert len(read(session, comment_id=told["comment"])) == 2
    assert len(read(session, thread_id=told["thread"])) == 3
    of_thread = log.of_thread(session, told["thread"])
    assert [line.entry.action for line in of_thread] == ["close"]


def test_a_thread_has_the_log_of_its_old_keys_too(session, told):
    moderation.alias(session, told["thread"], "older", make.action(3))
    actions = [line.entry.action for line in log.of_thread(session, told["thread"])]
    assert actions == ["alias", "close"]


def test_pages_and_the_file_hold_every_line_once(session, told, monkeypatch):
    monkeypatch.setattr(log, "CHUNK", 2)
    everything = [line.entry.id for line in log.page(session, Asked(everything=True)).lines]
    session.commit()
    assert [line.entry.id for line in log.every_line(session, Asked(everything=True))] == everything
    first = log.page(session, Asked(), limit=3)
    second = log.page(session, Asked(), below=first.next, limit=3)
    assert (len(first.lines), len(second.lines), second.next) == (3, 1, None)


# ── figures ──────────────────────────────────────────────────────────────────────────────────


def window(days: int = 30, **more) -> Window:
    return Window.of(days, NOON + DAY, **more)


def test_comments_are_counted_by_the_day_in_utc_and_by_state(session):
    midnight = NOON - timedelta(hours=12)
    make.post(session, now=midnight - timedelta(microseconds=1))
    make.post(session, now=midnight)
    make.decide(session, make.post(session, now=NOON), Status.SPAM)
    make.post(session, now=NOON - 40 * DAY)
    make.post(session, now=NOON + 3 * DAY)
    days = figures.per_day(session, window())
    assert len(days) == 30
    assert (min(days), max(days)) == (date(2026, 10, 25), date(2026, 11, 23))
    told = {day: dict(states) for day, states in days.items() if states}
    assert told == {
        date(2026, 11, 21): {Status.PUBLISHED: 1},
        date(2026, 11, 22): {Status.PUBLISHED: 1, Status.SPAM: 1},
    }
    assert figures.totals(days) == {Status.PUBLISHED: 2, Status.SPAM: 1}


def test_the_wait_ends_with_the_first_decision_of_a_person(session):
    waits = (5, 20, 60)
    for wait in waits:
        comment = make.post(session, now=NOON, settings=HOLD)
        first = make.action(wait)
        moderation.decide(session, comment.id, Status.PUBLISHED, first)
    moderation.undo(session, first.batch, make.action(61))
    moderation.decide(session, comment.id, Status.SPAM, make.action(90))
    moderation.decide(session, comment.id, Status.PUBLISHED, make.action(95))
    make.decide(session, make.post(session), Status.SPAM)  # nobody waited
    make.post(session, settings=HOLD)  # nobody decided
    found = figures.waited(session, window())
    assert sorted(found) == [timedelta(minutes=wait) for wait in waits]
    assert figures.median_wait(found) == timedelta(minutes=20)
    assert figures.median_wait([]) is None


def test_the_busiest_threads_and_people_come_first(session):
    for key, number in (("one", 1), ("three", 3), ("two", 2)):
        for _ in range(number):
            last = make.post(session, CAROL, thread=key)
    old = make.post(session, ALICE, thread="one", now=NOON - 60 * DAY)
    session.execute(update(Comment).where(Comment.id == old.id).values(status_at=NOON))
    ids = {key: make.thread(session, key).id for key in ("one", "two", "three")}
    assert figures.busiest(session, window()) == [
        Busy(ids["three"], "three", None, 3),
        Busy(ids["two"], "two", None, 2),
        Busy(ids["one"], "one", None, 1),
    ]
    both = make.action(5)
    moderation.decide_many(session, [last.id, old.id], Status.SPAM, both)
    eve = make.action(by="host:2", name="Eve")
    [first] = session.scalars(select(Comment.id).order_by(Comment.id).limit(1))
    moderation.pin(session, first, eve, pinned=True)
    assert figures.workload(session, window()) == [
        Worker("host:bob", "Bob", 2, 1),
        Worker("host:2", "Eve", 1, 1),
    ]


def test_each_site_has_figures_of_its_own(session):
    make.post(session, thread="one", site="https://one.example")
    make.post(session, thread="two", site="https://two.example")
    one = window(sites=frozenset({"https://one.example"}))
    assert sum(figures.totals(figures.per_day(session, one)).values()) == 1
    assert [thread.key for thread in figures.busiest(session, one)] == ["one"]
    assert figures.waited(session, one) == figures.workload(session, one) == []
