"""``flask comments …`` as an owner types it, on the service's app."""

import csv
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import create_engine, select, update
from sqlalchemy.orm import Session

from comments import index, notify, posting, signals, text
from comments.cli import commands
from comments.config import Settings, table
from comments.models import (
    Account,
    Comment,
    Decision,
    Letter,
    MailedLink,
    Status,
    Submission,
    Thread,
)
from comments.moderation import search
from comments.standalone import create_app
from comments.web.state import EXTENSION
from tests import factories as make
from tests.factories import ALICE, ARTICLE, CAROL, NOON, SETTINGS, minutes
from tests.reading import before_each_statement
from tests.services.receiver import Receiver
from tests.services.smtp import MailServer

Run = Callable[..., Result]

SECRET = "a secret of the tests, long enough to be one"


@pytest.fixture
def app(migrated_uri, tmp_path) -> Iterator[Flask]:
    app = create_app(
        {
            "COMMENTS_DATABASE_URI": migrated_uri,
            "COMMENTS_INSTANCE": str(tmp_path / "instance"),
            "COMMENTS_SECRET_KEY": SECRET,
            "COMMENTS_HOLD": "all",
        }
    )
    yield app
    app.extensions[EXTENSION].engine().dispose()


@pytest.fixture
def run(app) -> Run:
    """Runs ``flask comments`` with these words and gives what came out."""

    def run(*words: object) -> Result:
        return app.test_cli_runner().invoke(args=["comments", *map(str, words)])

    return run


@pytest.fixture
def session(app, migrated_uri) -> Iterator[Session]:
    """Somebody else's session on the database of the app."""
    engine = create_engine(migrated_uri)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def comment(session) -> Comment:
    make.noise(session)
    comment = make.post(session)
    session.commit()
    return comment


def now_in(session: Session, comment: Comment) -> Comment:
    session.rollback()
    return make.fresh(session, comment)


# ── the database ─────────────────────────────────────────────────────────────────────────────


def test_the_tables_go_down_and_up_and_say_where_they_are(run):
    assert re.search(r"at revision \d{4}", run("db", "upgrade").output)
    assert run("db", "check").output == "The tables are what this version needs.\n"
    assert "at revision None" in run("db", "downgrade", "base").output
    assert run("db", "current").output == "no tables yet\n"
    assert run("db", "upgrade").exit_code == 0
    assert re.fullmatch(r"\d{4}\n", run("db", "current").output)


def test_tables_that_differ_are_told_with_what_to_do(run, session):
    session.connection().exec_driver_sql("DROP INDEX ix_comments_votes_by_voter")
    session.commit()
    result = run("db", "check")
    assert result.exit_code == 1
    assert "ix_comments_votes_by_voter" in result.output
    assert "flask comments db upgrade" in result.output


# ── settings ─────────────────────────────────────────────────────────────────────────────────


def test_every_setting_is_printed_with_what_it_is_here(run):
    output = run("config").output
    assert all(row.key in output and row.help in output for row in table())
    assert "COMMENTS_HOLD = `all`  changed" in output
    assert "COMMENTS_EDIT_MINUTES = `15`\n" in output
    assert "COMMENTS_ORIGINS = none\n" in output


def test_no_secret_is_printed(run, migrated_uri):
    output = run("config").output
    assert "COMMENTS_SECRET_KEY = (set)" in output
    assert "COMMENTS_DATABASE_URI = (set)" in output
    assert SECRET not in output
    assert migrated_uri not in output


def test_the_table_of_the_docs_has_a_line_for_every_setting_and_no_values(run):
    output = run("config", "--markdown").output
    assert output.strip() == commands.settings_table()
    assert output.count("\n| `COMMENTS_") == len(Settings.__dataclass_fields__)
    assert "(set)" not in output


# ── upkeep ───────────────────────────────────────────────────────────────────────────────────


def test_sound_counters_are_said_to_be_so(run, comment):
    result = run("check")
    assert result.exit_code == 0
    assert re.search(r"Looked at \d+ rows: every counter is what they say\.$", result.output)


def test_of_an_empty_database_it_is_not_said_that_all_is_well(run):
    result = run("check")
    assert result.exit_code == 0
    assert "There is no discussion in this database" in result.output
    assert "every counter" not in result.output


def test_wrong_counters_are_told_in_sentences_and_put_right_on_demand(run, session, comment):
    session.execute(update(Comment).where(Comment.id == comment.id).values(score=7, vote_rank=7))
    session.execute(update(Thread).where(Thread.key == ARTICLE).values(count=9))
    session.commit()
    found = run("check")
    told = found.output.splitlines()
    assert found.exit_code == 1
    assert f"{ARTICLE}: the number of its comments is 9 and should be 1." in told
    assert f"{ARTICLE}, comment {comment.id}: its score is 7 and should be 0." in told
    assert "Wrong: 3 values in 1 discussion." in told[-1]
    mended = run("check", "--repair")
    assert (mended.exit_code, run("check").exit_code) == (0, 0)
    assert mended.output.endswith("Mended: 3 values in 1 discussion.\n")


def test_of_very_many_wrong_counters_the_sum_is_told(run, session, comment, monkeypatch):
    monkeypatch.setattr("comments.cli.checking.MOST_TOLD", 1)
    session.execute(update(Comment).where(Comment.id == comment.id).values(up=7, down=7))
    session.commit()
    assert "And 1 more." in run("check").output


def test_a_sweep_drops_all_that_is_past_its_time(run, session, monkeypatch):
    monkeypatch.setattr("comments.upkeep.MOST_ROWS", 2)
    session.add_all(
        Submission(key_hash=f"key {number}", body_hash="", created_at=NOON.replace(year=2020))
        for number in range(5)
    )
    fresh = datetime.now(UTC)
    session.add(Submission(key_hash="fresh", body_hash="", created_at=fresh))
    session.commit()
    assert run("sweep").output == "5 swept.\n"
    assert session.scalars(select(Submission.key_hash)).all() == ["fresh"]


# ── drawing anew ─────────────────────────────────────────────────────────────────────────────


def outdate(session: Session, comment: Comment, html: str = "<p>old</p>") -> None:
    old = {"html": html, "renderer_version": text.RENDERER_VERSION - 1}
    session.execute(update(Comment).where(Comment.id == comment.id).values(old))
    session.commit()


def test_outdated_comments_are_drawn_anew_and_their_threads_show_it(run, session, comment):
    outdate(session, comment)
    assert "1 drawn." in run("render").output
    row = now_in(session, comment)
    assert (row.html, row.renderer_version) == (text.render("Hello"), text.RENDERER_VERSION)
    assert make.thread(session).revision == 2


def test_what_looks_the_same_is_no_visible_change(run, session, comment):
    outdate(session, comment, text.render("Hello"))
    run("render")
    assert now_in(session, comment).renderer_version == text.RENDERER_VERSION
    assert make.thread(session).revision == 1


def test_comments_of_this_version_are_drawn_when_all_are_asked_for(run, session, comment):
    session.execute(update(Comment).where(Comment.id == comment.id).values(html="<p>odd</p>"))
    session.commit()
    assert "0 drawn." in run("render").output
    assert now_in(session, comment).html == "<p>odd</p>"
    assert "0 drawn." not in run("render", "--all").output
    assert now_in(session, comment).html == text.render("Hello")


def test_many_are_drawn_in_batches(run, session, monkeypatch):
    monkeypatch.setattr(commands, "RENDER_BATCH", 2)
    made = make.rows(session, 5)
    session.execute(update(Comment).values(renderer_version=0))
    session.commit()
    assert "5 drawn." in run("render").output
    session.rollback()
    assert all(make.fresh(session, id).renderer_version for id in made)


def test_a_deleted_comment_has_nothing_to_draw(run, session, comment):
    make.delete(session, comment)
    outdate(session, comment, "")
    assert "0 drawn." in run("render").output
    assert now_in(session, comment).html == ""


@pytest.mark.parametrize("what", ["edited", "deleted"])
def test_what_its_author_changes_meanwhile_is_not_overwritten(app, run, session, comment, what):
    outdate(session, comment)
    reads = 0

    def change_it_once_the_batch_was_read() -> None:
        nonlocal reads
        reads += 1
        if reads == 3:  # how many there are; the batch; and now the lock
            if what == "edited":
                posting.edit(session, ALICE, comment.id, "New", settings=SETTINGS, now=minutes(1))
            else:
                make.delete(session, comment)
            session.commit()

    with before_each_statement(
        app.extensions[EXTENSION].engine(), change_it_once_the_batch_was_read
    ):
        run("render")
    row = now_in(session, comment)
    assert reads > 3
    assert (row.body, row.html) == (("New", text.render("New")) if what == "edited" else ("", ""))


# ── moderation ───────────────────────────────────────────────────────────────────────────────


def listed_as_csv(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(result.output)))


def held(session: Session, body: str = "Hello", **more) -> Comment:
    comment = make.post(session, body=body, settings=make.with_settings(hold="all"), **more)
    session.commit()
    return comment


def test_what_waits_is_listed_the_oldest_first(run, session, comment):
    second = held(session, "See https://a.example and https://b.example", now=minutes(2))
    first = held(session, "Two\nlines", now=minutes(1))
    rows = [row for row in listed_as_csv(run("pending")) if row["thread"] == ARTICLE]
    assert [int(row["id"]) for row in rows] == [first.id, second.id]
    assert [row["links"] for row in rows] == ["0", "2"]
    assert (rows[0]["text"], rows[0]["author"]) == ("Two lines", "Alice")
    assert rows[0]["created"] == "2026-11-22T12:01:00+00:00"


def test_a_long_text_is_cut_with_a_sign(run, session):
    held(session, "word " * 200)
    (row,) = listed_as_csv(run("pending"))
    assert row["text"].endswith("…")
    assert len(row["text"]) == commands.OPENING + 1


@pytest.mark.parametrize("start", "=+-@")
def test_no_cell_is_a_formula_to_a_spreadsheet(run, session, start):
    held(session, f"{start}1 cmd", name=f"{start}Alice")
    (row,) = listed_as_csv(run("pending"))
    assert (row["text"][0], row["author"][0]) == ("'", "'")


def test_reports_are_listed_the_newest_first(run, session, comment):
    for reader, reason in ((CAROL, "spam"), (make.BOB, "other")):
        posting.report(session, reader, comment.id, reason, "a note", settings=SETTINGS, now=NOON)
    session.commit()
    rows = listed_as_csv(run("reports"))
    assert [row["reason"] for row in rows] == ["other", "spam"]
    assert {(int(row["comment"]), row["note"], row["state"], row["text"]) for row in rows} == {
        (comment.id, "a note", "published", "Hello")
    }


def test_comments_are_decided_on_by_their_ids_and_the_log_knows_why(run, session):
    first, second = held(session), held(session)
    result = run("moderate", "published", first.id, second.id, "--reason", "good")
    assert result.output == f"{first.id}: published\n{second.id}: published\n"
    assert now_in(session, first).status is now_in(session, second).status is Status.PUBLISHED
    last = session.scalars(select(Decision).order_by(Decision.id.desc())).first()
    assert (last.actor, last.reason) == ("command-line", "good")


def test_a_very_long_reason_is_kept_as_far_as_it_fits(run, session, comment):
    assert run("moderate", "spam", comment.id, "--reason", "x" * 5000).exit_code == 0
    assert now_in(session, comment).status is Status.SPAM


def test_of_several_decisions_those_before_a_wrong_id_stand(run, session, comment):
    result = run("moderate", "spam", comment.id, 999_999)
    assert result.exit_code == 1
    assert "999999: There is no such comment." in result.output
    assert now_in(session, comment).status is Status.SPAM


def test_an_unknown_status_is_refused_with_those_there_are(run, comment):
    result = run("moderate", "nice", comment.id)
    assert result.exit_code == 2
    assert "published" in result.output


def test_a_host_hears_of_a_decision(run, comment):
    heard = []

    def listen(_sender, *, comment_id, after, **_facts):
        heard.append((comment_id, after))

    with signals.status_changed.connected_to(listen):
        run("moderate", "spam", comment.id)
    assert heard == [(comment.id, Status.SPAM)]


def test_a_thread_is_closed_and_opened(run, session, comment):
    assert run("close", ARTICLE).output == f"{ARTICLE}: closed\n"
    session.rollback()
    assert make.thread(session).closed
    assert run("close", ARTICLE, "--open").output == f"{ARTICLE}: open\n"
    session.rollback()
    assert not make.thread(session).closed


def test_a_thread_nobody_has_written_in_is_not_closed(run):
    result = run("close", "nothing")
    assert result.exit_code == 1
    assert "Nobody has written in a thread called 'nothing'." in result.output


def test_a_comment_is_pinned_and_put_back(run, session, comment):
    assert run("pin", comment.id).output == f"{comment.id}: pinned\n"
    assert now_in(session, comment).pinned_at
    assert run("pin", comment.id, "--off").output == f"{comment.id}: in its place\n"
    assert now_in(session, comment).pinned_at is None


def test_what_cannot_be_pinned_is_refused_with_a_sentence(run, session, comment):
    reply = make.post(session, to=comment)
    session.commit()
    result = run("pin", reply.id)
    assert result.exit_code == 1
    assert "Only a published top-level comment can be pinned." in result.output


# ── the index of the search ──────────────────────────────────────────────────────────────────


def test_the_index_is_made_anew(run, session):
    comment = make.post(session, body="apples")
    index.drop(session, [comment.id])
    session.commit()
    assert search.find(session, search.Query(text="apples"), sites=None).rows == []
    session.rollback()
    assert "1 indexed." in run("index").output
    assert len(search.find(session, search.Query(text="apples"), sites=None).rows) == 1


# ── moderators and mail ──────────────────────────────────────────────────────────────────────


def test_the_first_moderator_is_the_owner_and_gets_a_link(run, session):
    said = run("moderators", "add", "Ann@Example.org", "--name", "Ann")
    assert "ann@example.org: owner of all sites" in said.output
    link = r"http://localhost:5000/comments/sign-in/new-password\?token=\S{43}\n"
    assert re.search(link, said.output)
    assert "COMMENTS_URL" in said.output
    # Nothing is mailed; only a hash of the token is in the database.
    assert session.scalars(select(Letter)).all() == []
    assert session.scalars(select(MailedLink.email)).all() == ["ann@example.org"]


@pytest.mark.parametrize("url", ["https://c.example/", "https://c.example/comments"])
def test_the_link_leads_to_where_the_service_is_reached(run, url):
    said = run("moderators", "add", "a@example.org", "--url", url).output
    assert "https://c.example/comments/sign-in/new-password?token=" in said
    assert "COMMENTS_URL" not in said


def test_moderators_are_listed_and_let_go(run):
    assert run("moderators", "list").output == "Nobody yet: flask comments moderators add EMAIL\n"
    run("moderators", "add", "a@example.org", "--name", "Ann")
    run("moderators", "add", "b@example.org", "--site", "https://blog.example")
    assert run("moderators", "list").output.splitlines() == [
        "a@example.org\tAnn\towner\tall sites\tno password yet",
        "b@example.org\t\tmoderator\thttps://blog.example\tno password yet",
    ]
    gone = run("moderators", "remove", "b@example.org", "--site", "https://blog.example")
    assert gone.output == "b@example.org moderates no more on https://blog.example.\n"
    assert run("moderators", "remove", "b@example.org").exit_code == 1
    assert run("moderators", "remove", "a@example.org").exit_code == 0
    assert "Nobody yet" in run("moderators", "list").output


def test_another_link_ends_the_one_before(run, session):
    run("moderators", "add", "a@example.org")
    assert "new-password?token=" in run("moderators", "link", "A@example.org").output
    assert len(session.scalars(select(MailedLink)).all()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("add", "nobody"),
        ("add", "a@example.org", "--site", "blog"),
        ("add", "a@example.org", "--site", "https://blog.example", "--role", "owner"),
        ("link", "a@example.org"),
        ("remove", "a@example.org"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(run, session, words):
    said = run("moderators", *words)
    assert said.exit_code == 1
    assert said.output.startswith("Error: ")
    assert session.scalars(select(Account)).all() == []


def test_a_site_that_is_none_lets_nobody_go(run):
    run("moderators", "add", "a@example.org")
    assert run("moderators", "remove", "a@example.org", "--site", "blog").exit_code == 1
    assert "a@example.org" in run("moderators", "list").output


def test_without_a_mail_server_and_webhooks_there_is_nothing_to_deliver(run):
    said = run("deliver").output
    assert "Neither COMMENTS_SMTP_URI nor COMMENTS_WEBHOOKS is set" in said


def test_waiting_mail_is_sent_by_command(migrated_sqlite_uri, tmp_path, mail_server):
    app = mailing_app(migrated_sqlite_uri, tmp_path, mail_server)
    with app.app_context():
        session = app.extensions[EXTENSION].session()
        notify.write(session, "ann@example.org", "Hello", "A link", datetime.now(UTC))
        session.commit()
    assert app.test_cli_runner().invoke(args=["comments", "deliver"]).output == "1 sent.\n"
    assert mail_server.letters[0].recipients == ["ann@example.org"]
    app.extensions[EXTENSION].engine().dispose()


def test_who_is_owed_a_mail_gets_it_by_command(migrated_sqlite_uri, tmp_path, mail_server):
    app = mailing_app(migrated_sqlite_uri, tmp_path, mail_server)
    with app.app_context():
        session = app.extensions[EXTENSION].session()
        make.subscribe(session, "dave")
        make.subscribe(session, "erin", base_url="")
        make.post(session, now=datetime.now(UTC))
        session.commit()
    said = app.test_cli_runner().invoke(args=["comments", "deliver"])
    assert said.stdout == "1 sent.\n"
    assert "set COMMENTS_URL" in said.stderr
    assert mail_server.letters[0].recipients == ["dave@example.org"]
    app.extensions[EXTENSION].engine().dispose()


def test_webhooks_are_brought_by_command(migrated_sqlite_uri, tmp_path, serve):
    receiver = Receiver(serve)
    app = create_app(service(migrated_sqlite_uri, tmp_path) | webhooks(receiver))
    with app.app_context():
        session = app.extensions[EXTENSION].session()
        make.post(session, now=datetime.now(UTC))
        session.commit()
    said = app.test_cli_runner().invoke(args=["comments", "deliver"])
    assert said.output == "1 webhooks brought.\n"
    assert len(receiver.heard) == 1
    app.extensions[EXTENSION].engine().dispose()


def test_a_worker_beside_the_app_brings_mail_and_webhooks_until_it_is_stopped(
    migrated_sqlite_uri, tmp_path, serve, mail_server
):
    slow = Receiver(serve, seconds=1)
    environ = service(migrated_sqlite_uri, tmp_path) | webhooks(slow) | mail(mail_server)
    app = create_app(environ)
    with app.app_context():
        session = app.extensions[EXTENSION].session()
        for _ in range(3):
            make.post(session, now=datetime.now(UTC))
        notify.write(session, "ann@example.org", "Hello", "A link", datetime.now(UTC))
        session.commit()
    app.extensions[EXTENSION].engine().dispose()
    command = [sys.executable, "-m", "flask", "--app", "comments.standalone"]
    worker = subprocess.Popen(
        [*command, "comments", "deliver", "--loop"],
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    mail_server.wait_for(1)
    assert len(slow.heard) < 3
    mail_server.wait_until(lambda: len(slow.heard) == 3)
    worker.terminate()
    assert "0 gathered, 1 sent." in worker.communicate()[0]


def webhooks(receiver: Receiver) -> dict[str, str]:
    return {"COMMENTS_WEBHOOKS": f"{receiver.url} whsec_{'c' * 32} published"}


def mail(mail_server: MailServer) -> dict[str, str]:
    return {
        "COMMENTS_SMTP_URI": mail_server.uri,
        "COMMENTS_MAIL_FROM": "c@blog.example",
        "COMMENTS_MAIL_WAIT": "0",
    }


def service(uri: str, folder: Path) -> dict[str, str]:
    return {"COMMENTS_DATABASE_URI": uri, "COMMENTS_INSTANCE": str(folder)}


def mailing_app(uri, folder, mail_server):
    return create_app(service(uri, folder) | mail(mail_server))
