"""``POST /api/v1/comments/ID/reports``."""

import pytest
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import select, update

from comments import Status, moderation
from comments.models import Report, Thread
from comments.web.state import now
from tests.web import cast
from tests.web.cast import problem, wrong_fields


def kept(app) -> list[tuple[int, str, str]]:
    with app.app_context():
        columns = select(Report.comment_id, Report.reason, Report.note).order_by(Report.id)
        return [tuple(row) for row in cast.state_of(app).session().execute(columns)]


@pytest.mark.parametrize("reason", ["spam", "abuse", "off_topic", "other"])
def test_it_works(app, alice, carol, reason):
    alice.says("Noise.")
    written = alice.says()
    answer = carol.report(written["id"], reason, note="Look at this.")
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json) == {"token"}
    assert kept(app) == [(written["id"], reason, "Look at this.")]


def test_nobody_sees_it(alice, carol):
    written = alice.says()
    before = alice.reads()
    carol.report(written["id"])
    assert alice.reads() == before


def test_it_is_kept_once_per_reader(app, alice, carol, dave):
    written = alice.says()
    assert carol.report(written["id"], "spam").status_code == 201
    assert carol.report(written["id"], "abuse").status_code == 201
    assert dave.report(written["id"], "other").json == {}
    assert [reason for _, reason, _ in kept(app)] == ["spam", "other"]


# ── refusals ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("reason", ["", "boring", None, 7, True, ["spam"], {"spam": 1}, "SPAM"])
def test_it_refuses_an_unknown_reason(app, alice, carol, reason):
    written = alice.says()
    assert wrong_fields(carol.report(written["id"], reason)) == {"reason"}
    assert kept(app) == []


@pytest.mark.parametrize("note", ["x" * 1001, 7, True, ["a"], {"a": 1}, "a\0b", "\ud800"])
def test_it_refuses_what_is_no_note(app, alice, carol, note):
    written = alice.says()
    assert wrong_fields(carol.report(written["id"], note=note)) == {"note"}
    assert kept(app) == []


@pytest.mark.parametrize("comment_id", [4711, 0, 2**63, 2**70])
def test_it_refuses_what_is_not_there(carol, comment_id):
    carol.says()
    assert problem(carol.report(comment_id)) == (404, "no_such_comment")


def test_it_refuses_what_waits(app, moderated, carol):
    waiting = cast.visitor(moderated, "alice").says()
    assert problem(carol.report(waiting["id"])) == (404, "no_such_comment")


def test_nobody_waits_while_the_page_of_a_refused_report_is_drawn(app, alice, dave):
    written = alice.says()
    can_write: list[bool] = []
    with app.app_context():
        state = cast.state_of(app)
        action = moderation.Action(by="host:1", name="Bob", now=now())
        moderation.bans.ban(state.session(), f"host:{cast.SIGNED_IN['dave'].id}", action)
        state.session().commit()

    def try_to_write() -> str:
        with state.engine().connect() as other:
            is_sqlite = other.dialect.name == "sqlite"
            wait = "PRAGMA busy_timeout = 1" if is_sqlite else "SET LOCAL lock_timeout = 1"
            other.exec_driver_sql(wait)
            other.execute(update(Thread).values(title="Theirs"))
            can_write.append(True)
        return ""

    app.jinja_env.globals["try_to_write"] = try_to_write
    page = {"comments/report.html": "{{ try_to_write() }}"}
    app.jinja_env.loader = ChoiceLoader([DictLoader(page), app.jinja_env.loader])

    answer = dave.submit(f"/comment/{written['id']}/report", reason="spam")
    assert (answer.status_code, can_write) == (403, [True])


def test_there_is_nothing_to_report_of_a_removed_comment(app, alice, carol):
    written = alice.says()
    carol.says("A reply keeps its place.", parent=written["id"])
    cast.decide(app, written["id"], Status.REJECTED)
    assert problem(carol.report(written["id"])) == (404, "no_such_comment")
