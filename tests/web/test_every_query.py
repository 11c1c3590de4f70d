"""Every statement that the product sends finds its rows by an index, however large the tables are.

The statements are collected while everybody does everything on a small site, and planned on a
large one: SQLite plans without figures about the tables, as the service runs it; PostgreSQL with
what it has counted.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import request, request_started
from sqlalchemy import Connection, Engine, create_engine, func, select, text

from comments import engines
from comments.models import metadata
from comments.schema import upgrade
from tests.bench import site
from tests.web import cast, every_query
from tests.web.roles import SETTINGS

COMMENTS, THREADS = 20_000, 2_000
#: PostgreSQL reads smaller tables through, and rightly so; here the threads are one of them.
LARGE = 2_500

#: Why something may be read as a whole: the table, and a pattern that is in the statement.
EXCEPTIONS: dict[str, tuple[str, str]] = {
    "words are a list of some hundred": ("comments_words", ""),
    "appointments are as many as moderators": ("comments_appointments", ""),
    "bans are some thousand, read when one is made or looked at": ("comments_bans", ""),
    "names that are reserved are as many as moderators": ("comments_reserved_names", ""),
    "links in mails live for a day": ("comments_links", "author_id ="),
    "who erases themselves is looked for in what is kept for a day": (
        "comments_submissions",
        "UPDATE",
    ),
    "… and in the counters of limits, which are gone in an hour": (
        "comments_limit_counters",
        "LIKE",
    ),
    "… and in a week of letters": ("comments_outbox", "DELETE"),
    "flask comments check, render and index go through all rows": (
        "",
        r"^SELECT count\(\*\) AS count_1 \nFROM \w+$",
    ),
}

#: Not reached by a plain call: behind a link in a mail, or no statement at all.
NOT_CALLED = {
    "<lambda>",
    "healthz",
    "comments.lost",
    "comments.api.preview",
    "comments.forms.preview",
    "comments.pages.asset",
    "comments.pages.embed",
    "comments.signin.end_queue_mail",
    "comments.signin.use_data_link",
    "comments.signin.use_new_password",
    "comments.signin.verify",
    "comments.subscriptions.change",
    "comments.subscriptions.confirm",
    "comments.subscriptions.unsubscribe",
}

#: As many rows of everything else as make a table large.
_NUMBERS = "FROM generate_series(1, 3000) AS n"
FILLED = (
    f"INSERT INTO comments_accounts (id, name, created_at) SELECT n, 'A', now() {_NUMBERS}",
    "INSERT INTO comments_sign_ins (token_hash, account_id, created_at, seen_at, expires_at)"
    f" SELECT n, n, now(), now(), now() + interval '1 day' {_NUMBERS}",
    "INSERT INTO comments_people (author_id, email_hash, created_at)"
    f" SELECT 'guest:' || n, n, now() {_NUMBERS}",
    "INSERT INTO comments_submissions (key_hash, body_hash, comment_id, created_at)"
    f" SELECT n, '', n, now() {_NUMBERS}",
    "INSERT INTO comments_spent (key_hash, expires_at)"
    f" SELECT n, now() + interval '1 day' {_NUMBERS}",
    "INSERT INTO comments_outbox (recipient, subject, text, created_at, sent_at, attempts)"
    f" SELECT 'a@b.example', '', '', now(), now(), 1 {_NUMBERS}",
    "INSERT INTO comments_subscribers (email, created_at)"
    f" SELECT n || '@example.org', now() {_NUMBERS}",
    "INSERT INTO comments_subscriptions"
    " (subscriber_id, thread_id, scope, created_at, confirmed_at)"
    f" SELECT n, 1 + n % 2000, 'all', now(), now() {_NUMBERS}",
    "INSERT INTO comments_notices"
    " (subscriber_id, comment_id, why, created_at, due_at, told_at, letter_id)"
    f" SELECT n, n, 'all', now(), now(), now(), n {_NUMBERS}",
    "INSERT INTO comments_mentions (comment_id, name, target_id, author_id)"
    f" SELECT n, 'Bob', 1, 'guest:' || n {_NUMBERS}",
    "INSERT INTO comments_edits (comment_id, version, body, created_at)"
    f" SELECT n, 1, '', now() {_NUMBERS}",
    "INSERT INTO comments_score_steps"
    " (thread_id, revision, comment_id, rank_before, created_at)"
    f" SELECT 1 + n % 2000, n, n, 0, now() {_NUMBERS}",
    "INSERT INTO comments_learned (feature, spam, ham)"
    " SELECT 'word:' || n, 1, 1 FROM generate_series(1, 30000) AS n",
    "INSERT INTO comments_limit_counters (key, hits, expires_at)"
    f" SELECT 'limit/' || n, 1, 0 {_NUMBERS}",
)


@pytest.fixture(params=["sqlite", "postgres"])
def small_and_large(request: pytest.FixtureRequest) -> Iterator[tuple[str, Engine]]:
    """The address of a small database, and a large one of the same kind."""
    if request.param == "sqlite":
        small = request.getfixturevalue("migrated_sqlite_uri")
        large = engines.create(f"{small}.large")
        upgrade(large)
        yield small, large
        large.dispose()
        return
    server = request.getfixturevalue("postgres_server")
    uri = server.create()
    large = create_engine(uri)
    upgrade(large)
    _fill(large)
    yield request.getfixturevalue("service_postgres_uri"), large
    large.dispose()
    server.drop(uri)


def _fill(engine: Engine) -> None:
    site.build(engine, COMMENTS, THREADS)
    with engine.begin() as connection:
        for statement in FILLED:
            connection.execute(text(statement))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def test_every_statement_finds_its_rows_by_an_index(small_and_large, tmp_path):
    small, large = small_and_large
    called: set[str | None] = set()

    def note(_app: Any, **_: Any) -> None:
        called.add(request.endpoint)

    settings = SETTINGS | {
        "COMMENTS_SMTP_URI": "smtp://127.0.0.1:1",
        "COMMENTS_MAIL_FROM": "c@blog.example",
        "COMMENTS_URL": f"{cast.HERE}/comments",
    }
    with cast.service(small, tmp_path, **settings) as app, every_query.statements() as sent:
        request_started.connect(note, app)
        every_query.do_everything(app)
    assert {rule.endpoint for rule in app.url_map.iter_rules()} - called == NOT_CALLED
    with large.connect() as connection:
        unindexed = "SELECT id FROM comments_comments WHERE html = 'x'"
        for statement in (unindexed, unindexed.replace("id", "count(*) AS count_1 \n", 1)):
            assert list(_read_through(connection, statement, ())) == [
                f"comments_comments: {_told(statement)}"
            ]
        found = [it for one in sent.items() for it in _read_through(connection, *one)]
    assert found == []


def _read_through(connection: Connection, statement: str, parameters: Any) -> Iterator[str]:
    is_sqlite = connection.dialect.name == "sqlite"
    tables = (_scanned if is_sqlite else _seq_scanned)(connection, statement, parameters)
    for table in tables:
        if not any(
            table.startswith(name) and re.search(pattern, statement)
            for name, pattern in EXCEPTIONS.values()
        ):
            yield f"{table}: {_told(statement)}"


def _told(statement: str) -> str:
    """The statement without its list of columns."""
    words = " ".join(statement.split())
    return f"{words[:60]} … {words[words.find(' FROM ') :]}"


_WALK = re.compile(r"SCAN (comments_\w+?)(_\d)?( USING|$)")


def _scanned(connection: Connection, statement: str, parameters: Any) -> list[str]:
    """From an end on it may walk, in the order that is asked for, until it has enough."""
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    steps = [row.detail for row in rows]
    if "LIMIT" in statement and not any("TEMP B-TREE" in step for step in steps):
        return []
    return [found[1] for step in steps if (found := _WALK.match(step))]


def _seq_scanned(connection: Connection, statement: str, parameters: Any) -> list[str]:
    explained = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
    nodes = [explained.scalar_one()[0]["Plan"]]
    for node in nodes:
        nodes += node.get("Plans", [])
    read = [node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"]
    return [name for name in read if _is_large(connection, name)]


def _is_large(connection: Connection, name: str) -> bool:
    if name not in metadata.tables:
        return name == "comments_search"
    counted = select(func.count()).select_from(metadata.tables[name])
    return connection.scalar(counted) > LARGE
