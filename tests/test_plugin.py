"""The plugin in a small foreign app: a blog with articles and all the extensions there are."""

import itertools
import logging
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import (
    Flask,
    Response,
    abort,
    redirect,
    render_template,
    render_template_string,
    request,
    session,
)
from flask.testing import FlaskClient
from flask_login import LoginManager, UserMixin, login_user
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import String, inspect, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import TestResponse

from comments import Comments, ConfigError, Identity, comment_posted, posting, schema
from comments.config import Settings
from comments.draft import Draft
from comments.identity import from_identity
from comments.models import Comment
from comments.web.state import EXTENSION, now

HERE = {"Origin": "http://localhost"}
WRITTEN = {"thread": "first", "name": "alice", "body": "A comment."}
FORM = {"key": "first", "name": "alice", "body": "A comment."}
TEMPLATES = {
    "article.html": """<!doctype html><title>{{ article }}</title><h1>{{ article }}</h1>
{{ comments.thread("first", title=article, url=request.base_url) }}""",
    "index.html": """<p>{{ comments.count("first") }}</p>{{ comments.script() }}""",
}


@dataclass
class Blog:
    """A host: its app, its database, the model of its articles."""

    app: Flask
    db: SQLAlchemy
    comments: Comments
    articles: Any

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def post(self, client: FlaskClient | None = None, **fields: Any) -> TestResponse:
        client = client or self.client
        return client.post("/comments/api/v1/comments", json=WRITTEN | fields)

    def run(self, *words: str) -> str:
        """What a command of ``flask`` said."""
        done = self.app.test_cli_runner().invoke(args=words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output


Start = Callable[..., Blog]


@pytest.fixture
def blog(migrated_uri: str, tmp_path: Path) -> Iterator[Start]:
    """Starts a blog: ``blog(COMMENTS_HOLD="all")``."""
    with ExitStack() as running:
        yield partial(_start, running, tmp_path, migrated_uri)


@pytest.fixture
def bare_blog(database_uri: str, tmp_path: Path) -> Iterator[Start]:
    """The same without any tables."""
    with ExitStack() as running:
        yield partial(_start, running, tmp_path, database_uri, tables=False)


@pytest.fixture
def sqlite_blog(migrated_sqlite_uri: str, tmp_path: Path) -> Iterator[Start]:
    """The same for what no database has a part in."""
    with ExitStack() as running:
        yield partial(_start, running, tmp_path, migrated_sqlite_uri)


def _start(
    running: ExitStack,
    folder: Path,
    database: str,
    *,
    uri: str | None = None,
    tables: bool = True,
    **config: Any,
) -> Blog:
    started = _blog(uri or database, folder, **config)
    if tables:
        with started.app.app_context():
            started.db.create_all()
            schema.upgrade(started.db.engine)
    running.callback(_end, started)
    return started


def _blog(uri: str, folder: Path, **config: Any) -> Blog:
    app = _app(uri, folder, **config)
    db, articles = _database()
    db.init_app(app)
    return Blog(app, db, Comments(app, db=db), articles)


def _app(uri: str, folder: Path, **config: Any) -> Flask:
    app = Flask("blog", template_folder=str(_templates(folder)), root_path=str(folder))
    defaults = {"SECRET_KEY": "the blog's own secret", "COMMENTS_HOLD": "none"}
    app.config.update({"SQLALCHEMY_DATABASE_URI": uri} | defaults | config)

    @app.get("/first")
    def article() -> str:
        return render_template("article.html", article="The first article")

    @app.get("/")
    def index() -> str:
        return render_template("index.html")

    @app.post("/guestbook")
    def guestbook() -> str:
        return "written"

    return app


def _templates(folder: Path) -> Path:
    templates = folder / "templates"
    templates.mkdir(exist_ok=True)
    for name, source in TEMPLATES.items():
        (templates / name).write_text(source)
    return templates


def _database() -> tuple[SQLAlchemy, Any]:
    class Base(DeclarativeBase):
        pass

    db = SQLAlchemy(model_class=Base)

    class Article(db.Model):  # type: ignore[name-defined]
        __tablename__ = "articles"
        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str] = mapped_column(String(100))

    return db, Article


def _end(blog: Blog) -> None:
    with blog.app.app_context():
        blog.app.extensions[EXTENSION].limits.close()
        for engine in blog.db.engines.values():
            engine.dispose()


def texts(answer: TestResponse) -> list[str]:
    return [comment["html"] for comment in answer.json["comments"]]


def read(client: FlaskClient, thread: str = "first") -> list[str]:
    return texts(client.get(f"/comments/api/v1/comments?thread={thread}"))


# ── three lines ──────────────────────────────────────────────────────────────────────────────


def test_three_lines_put_a_thread_under_an_article(bare_blog):
    site = bare_blog()
    assert "tables are at revision" in site.run("comments", "db", "upgrade")
    empty = site.client.get("/first").text
    assert "<h1>The first article</h1>" in empty
    assert 'action="/comments/post"' in empty
    assert site.post().status_code == 201
    article = site.client.get("/first").text
    assert "<p>A comment.</p>" in article
    assert article.count("<h1>") == 1 and "<!doctype html>" not in article[20:]
    assert "1 comment" in article


@pytest.mark.parametrize(
    ("template", "asked"),
    [
        (
            '{{ comments.ask("Is <that> so?", "a & b") }}',
            '<comment-anchor question="Is &lt;that&gt; so?">a &amp; b</comment-anchor>',
        ),
        (
            '{% call comments.ask("Why?", name="here") %}<em>this</em>{% endcall %}',
            '<comment-anchor question="Why?" name="here"><em>this</em></comment-anchor>',
        ),
    ],
)
def test_an_article_asks_about_a_passage(sqlite_blog, template, asked):
    with sqlite_blog().app.test_request_context():
        assert render_template_string(template) == asked


def test_an_index_page_counts(sqlite_blog):
    page = sqlite_blog().client.get("/").text
    assert '<comment-count thread="first"' in page
    assert "/comments/embed.js" in page


def test_the_form_in_the_article_works_without_a_script(blog):
    site = blog()
    client = site.client
    article = client.get("/first").text
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', article))
    assert fields["url"] == "http://localhost/first"
    answer = client.post("/comments/post", data=fields | FORM, headers=HERE)
    assert answer.status_code == 303
    # The path alone: nobody but the caller says that this host is called localhost.
    assert answer.location == "/first?comment=1#comment-1"
    back = client.get("/first?comment=1")
    assert "<p>A comment.</p>" in back.text
    assert "comments_guest" not in back.headers.get("Set-Cookie", "")


STRANGE_QUERIES = [
    "sort=best",
    "after=damaged",
    "after=",
    "under=1&after=damaged",
    "under=4711&after=damaged",
    "comment=4711",
    f"comment={2**70}",
    "comment=x&reply=y",
    "reply=1",
    "lang=../..",
    "lang=zz",
    "sort=%ff&after=%00",
]


def test_nothing_in_its_address_breaks_the_hosts_article(sqlite_blog):
    site = sqlite_blog()
    site.post()
    for query in STRANGE_QUERIES:
        answer = site.client.get(f"/first?{query}")
        assert answer.status_code == 200, query
        assert "<p>A comment.</p>" in answer.text, query


def test_a_deep_link_opens_the_article_at_the_comment(blog):
    site = blog()
    client = site.client
    ids = [
        site.post(client, body=f"Number {number:02}").json["comment"]["id"] for number in range(4)
    ]
    for number in range(30):
        with site.app.app_context():
            draft = Draft(thread_key="first", body=f"More {number}", name="carol")
            author = from_identity(Identity(id="carol", name="Carol"))
            posting.post(site.db.session(), author, draft, settings=Settings(), now=now())
            site.db.session.commit()
    last = f"/first?comment={ids[-1]}"
    assert "Number 03" in client.get(last).text
    assert f'id="comment-{ids[-1]}"' in client.get(last).text
    assert "More 29" not in client.get("/first").text


# ── the host's database ──────────────────────────────────────────────────────────────────────


def test_tables_stand_beside_the_hosts(blog):
    site = blog()
    with site.app.app_context():
        names = set(inspect(site.db.engine).get_table_names())
        assert {"articles", "comments_comments", "comments_alembic_version"} <= names
        assert not [name for name in names - {"articles"} if not name.startswith("comments_")]
        assert set(site.db.metadata.tables) == {"articles"}
        site.db.drop_all()
        left = set(inspect(site.db.engine).get_table_names())
    assert left == names - {"articles"}


def test_it_is_the_hosts_session_and_transaction(blog):
    site = blog()
    draft = Draft(thread_key="first", body="Together.", name="alice")
    author = from_identity(Identity(id=7, name="Alice"))
    with site.app.app_context():
        own = site.app.extensions[EXTENSION].session()
        assert own is site.db.session()
        for ending in (site.db.session.rollback, site.db.session.commit):
            site.db.session.add(site.articles(title="The first"))
            posting.post(own, author, draft, settings=Settings(hold="none"), now=now())
            ending()
        assert len(site.db.session.scalars(select(site.articles)).all()) == 1
        assert len(site.db.session.scalars(select(Comment)).all()) == 1


def test_what_the_host_began_is_kept_with_the_comment_and_lost_with_a_refusal(blog):
    site = blog()

    @site.app.before_request
    def note_the_visit() -> None:
        if request.method == "POST":
            site.db.session.add(site.articles(title=f"visit to {request.path}"))

    assert site.post().status_code == 201
    assert site.post(body="").status_code == 422
    with site.app.app_context():
        assert len(site.db.session.scalars(select(site.articles)).all()) == 1


def test_a_hosts_plain_engine_is_good_enough_for_many_writers(blog):
    """Python's own SQLite, a deferred BEGIN, no settings of ours."""
    site = blog(COMMENTS_RATE_LIMITS="off")
    together = threading.Barrier(4)

    def write(number: int) -> list[int]:
        client = site.client
        together.wait()
        return [site.post(client, body=f"{number}-{n}").status_code for n in range(5)]

    with ThreadPoolExecutor(4) as pool:
        answers = list(itertools.chain.from_iterable(pool.map(write, range(4))))
    assert answers == [201] * 20
    assert len(read(site.client)) == 20


def test_a_database_in_memory_is_good_enough_for_a_demo(sqlite_blog):
    site = sqlite_blog(uri="sqlite://")
    assert site.post().status_code == 201
    assert read(site.client) == ["<p>A comment.</p>"]
    assert "<p>A comment.</p>" in site.client.get("/first").text


def test_host_listeners_hear_of_a_comment_that_is_on_the_disk(blog):
    site = blog()
    heard: list[tuple[str, list[str]]] = []

    def listen(sender: object, comment_id: int, thread: str) -> None:
        with site.db.engine.connect() as another:
            found = another.scalars(select(Comment.body).where(Comment.id == comment_id)).all()
        heard.append((thread, list(found)))

    with comment_posted.connected_to(listen, sender=site.comments):
        site.post()
        site.post(body="")
    assert heard == [("first", ["A comment."])]


# ── extensions of the host ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("when", ["before us", "after us"])
def test_csrf_protection_of_the_host_goes_on_without_stopping_ours(sqlite_blog, when):
    if when == "after us":
        site = sqlite_blog()
        CSRFProtect(site.app)
    else:
        site = _with(sqlite_blog, CSRFProtect().init_app)
    client = site.client
    first = site.post(client)
    assert first.status_code == 201
    bearer = {"Authorization": f"Bearer {first.json['token']}"}
    edited = client.patch("/comments/api/v1/comments/1", json={"body": "x"}, headers=bearer)
    assert edited.status_code == 200
    assert client.post("/comments/post", data=FORM, headers=HERE).status_code == 303
    assert client.post("/comments/comment/1/vote", data={"value": "1"}).status_code == 403
    assert client.post("/guestbook").status_code == 400
    assert client.post("/comments/post", data=FORM).status_code == 403


def _with(blog: Start, prepare: Callable[[Flask], Any]) -> Blog:
    """A blog whose app went through *prepare* before our ``init_app``."""
    site = blog()
    app = Flask("blog", root_path=site.app.root_path)
    app.config.update(site.app.config)
    prepare(app)
    app.view_functions |= {}

    @app.post("/guestbook")
    def guestbook() -> str:
        return "written"

    site.db.init_app(app)
    return Blog(app, site.db, Comments(app, db=site.db), site.articles)


class Member(UserMixin):
    def __init__(self, member_id: str) -> None:
        self.id = member_id
        self.name = f"Member {member_id}"


def login(app: Flask) -> LoginManager:
    manager = LoginManager(app)
    manager.user_loader(Member)

    @app.post("/login")
    def sign_in() -> str:
        login_user(Member("7"))
        return "welcome"

    return manager


def test_a_member_known_to_flask_login_writes_under_their_name(sqlite_blog):
    site = sqlite_blog()
    login(site.app)
    client = site.client
    guest = site.post(client).json["comment"]["author"]
    assert guest["kind"] == "guest"
    client.post("/login")
    member = site.post(client, name="Somebody else").json["comment"]["author"]
    assert (member["kind"], member["name"]) == ("user", "Member 7")
    me = client.get("/comments/api/v1/me?thread=first").json
    assert me["viewer"]["name"] == "Member 7"
    with site.app.app_context():
        ids = site.db.session.scalars(select(Comment.author_id)).all()
    assert "host:7" in ids


def test_an_identity_loader_tells_who_is_signed_in(sqlite_blog):
    site = sqlite_blog()
    login(site.app)

    @site.comments.identity_loader
    def who() -> Identity | None:
        if "user" not in session:
            return None
        return Identity(
            id=session["user"],
            name="Bob",
            avatar="https://blog.example/bob.png",
            website="https://bob.example",
            is_moderator=True,
        )

    client = site.client
    assert site.post(client).json["comment"]["author"]["kind"] == "guest"
    with client.session_transaction() as kept:
        kept["user"] = 1
    author = site.post(client).json["comment"]["author"]
    assert author == {
        "name": "Bob",
        "kind": "moderator",
        "badge": None,
        "avatar": "https://blog.example/bob.png",
        "website": "https://bob.example",
        "verified": False,
    }
    foreign = client.get(
        "/comments/api/v1/me?thread=first", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert foreign.json["viewer"] is None


ORDERS = [
    "db csrf login migrate comments",
    "comments migrate login csrf db",
    "comments db csrf login migrate",
    "csrf comments login db migrate",
    "migrate login comments csrf db",
]


@pytest.mark.parametrize("order", ORDERS)
def test_extensions_may_be_set_up_in_any_order(sqlite_uri, tmp_path, order):
    app = _app(sqlite_uri, tmp_path)
    db, articles = _database()
    comments = Comments(db=db)
    set_up = {
        "db": lambda: db.init_app(app),
        "csrf": lambda: CSRFProtect(app),
        "login": lambda: login(app),
        "migrate": lambda: Migrate(app, db),
        "comments": lambda: comments.init_app(app),
    }
    for name in order.split():
        set_up[name]()
    site = Blog(app, db, comments, articles)
    site.run("comments", "db", "upgrade")
    assert site.post().status_code == 201
    assert "<p>A comment.</p>" in site.client.get("/first").text
    hidden = app.extensions["migrate"].configure_args["include_name"]
    assert not hidden("comments_threads", "table", {})
    assert hidden("articles", "table", {})
    _end(site)


@pytest.fixture
def loggers_kept() -> Iterator[None]:
    """The ``env.py`` of Flask-Migrate switches off every logger it does not know."""
    loggers = list(logging.root.manager.loggerDict.values())
    before = {logger: logger.disabled for logger in loggers if isinstance(logger, logging.Logger)}
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    for logger, disabled in before.items():
        logger.disabled = disabled
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.mark.usefixtures("loggers_kept")
@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")  # in Flask-Migrate's env.py
def test_the_hosts_migrations_propose_nothing_about_ours(bare_blog, tmp_path):
    site = bare_blog()
    folder = str(tmp_path / "migrations")
    Migrate(site.app, site.db, directory=folder)
    site.run("comments", "db", "upgrade")
    site.run("db", "init")
    site.run("db", "migrate", "-m", "articles")
    [script] = (tmp_path / "migrations" / "versions").glob("*.py")
    assert "articles" in script.read_text()
    assert "comments_" not in script.read_text()
    site.run("db", "upgrade")
    site.run("db", "migrate")
    assert list((tmp_path / "migrations" / "versions").glob("*.py")) == [script]
    assert site.post().status_code == 201
    site.run("db", "downgrade", "base")
    assert read(site.client) == ["<p>A comment.</p>"]
    assert "what this version needs" in site.run("comments", "db", "check")


def test_our_migrations_leave_the_hosts_tables_alone(blog):
    site = blog()
    with site.app.app_context():
        site.db.session.add(site.articles(title="The first"))
        site.db.session.commit()
    site.run("comments", "db", "downgrade", "base")
    with site.app.app_context():
        assert set(inspect(site.db.engine).get_table_names()) == {
            "articles",
            "comments_alembic_version",
        }
        assert site.db.session.scalars(select(site.articles.title)).all() == ["The first"]


def test_a_hosts_own_choice_of_tables_is_kept(sqlite_blog, tmp_path):
    site = sqlite_blog()
    migrate = Migrate(
        site.app,
        site.db,
        directory=str(tmp_path / "migrations"),
        include_name=lambda name, type_, parents: name != "legacy",
    )
    site.client.get("/")
    chooses = site.app.extensions["migrate"].configure_args["include_name"]
    assert migrate is not None
    assert [chooses(name, "table", {}) for name in ("articles", "legacy", "comments_votes")] == [
        True,
        False,
        False,
    ]


def test_a_plain_env_py_can_leave_our_tables_out():
    chooses = Comments().include_name
    assert chooses("articles", "table")
    assert not chooses("comments_threads", "table")
    assert chooses("comments_of_the_host", "column")


# ── the host's pages ─────────────────────────────────────────────────────────────────────────


def test_the_host_may_draw_a_template_of_ours_its_own_way(sqlite_blog, tmp_path):
    site = sqlite_blog()
    site.post()
    ours = tmp_path / "templates" / "comments"
    ours.mkdir()
    (ours / "problem.html").write_text("<p>Our own words: {{ problem.detail }}</p>")
    (ours / "_items.html").write_text("<li>Comments by mail, please.</li>")
    answer = site.client.get("/comments/thread")
    assert answer.text.startswith("<p>Our own words: ")
    assert "Comments by mail, please." in site.client.get("/first").text


def test_context_processors_of_the_host_do_not_reach_public_pages(sqlite_blog):
    site = sqlite_blog()
    asked = []

    @site.app.context_processor
    def whoever_reads() -> dict[str, str]:
        asked.append(request.path)
        secrets = dict.fromkeys(("notice", "viewer", "done", "article_title", "back"), "a secret")
        return secrets | {"name": "a secret", "lang": "a secret", "preview_html": "a secret"}

    client = site.client
    site.post()
    for path in ("/thread?key=first", "/fragment/thread?key=first", "/fragment/comment?id=1"):
        assert "a secret" not in client.get(f"/comments{path}").text
    assert asked == []
    assert client.get("/first").status_code == 200
    assert asked == ["/first"]
    assert "a secret" not in client.get("/first").text


def test_public_answers_do_not_touch_the_hosts_session(sqlite_blog):
    site = sqlite_blog(SESSION_REFRESH_EACH_REQUEST=True)
    login(site.app)
    client = site.client
    client.post("/login")
    with client.session_transaction() as kept:
        kept.permanent = True
    stranger = site.client.get("/comments/thread?key=first")
    answer = client.get("/comments/thread?key=first")
    assert answer.data == stranger.data
    assert "Cookie" not in answer.headers.get("Vary", "")


@pytest.mark.parametrize(
    ("close", "status"),
    [
        (lambda: abort(403), 403),
        (lambda: abort(401), 401),
        (lambda: abort(503), 503),
        (lambda: redirect("/login"), 302),
        (lambda: abort(redirect("/login")), 302),
    ],
)
def test_a_host_with_a_door_shows_nothing_past_it(sqlite_blog, close, status):
    """A page that is ready is not given to somebody whom the host would not let in."""
    site = sqlite_blog()

    @site.app.before_request
    def members_only() -> Any:
        return None if request.headers.get("Door") == "open" else close()

    inside = site.app.test_client()
    inside.environ_base = inside.environ_base | {"HTTP_DOOR": "open"}
    site.post(inside)
    address = "/comments/api/v1/comments?thread=first"
    for _ in range(2):
        assert inside.get(address).status_code == 200
        assert site.client.get(address).status_code == status


def _for_the_app(app: Flask, check: Callable[[], Any]) -> None:
    app.url_value_preprocessors[None].append(lambda _endpoint, _values: check())


def _for_our_blueprint(app: Flask, check: Callable[[], Any]) -> None:
    app.before_request_funcs["comments"].append(check)


def _for_a_part_of_it(app: Flask, check: Callable[[], Any]) -> None:
    app.before_request_funcs["comments.api"].append(check)


def _around_our_views(app: Flask, check: Callable[[], Any]) -> None:
    for name, view in list(app.view_functions.items()):
        if name.startswith("comments."):
            app.view_functions[name] = partial(_checked, check, view)


def _checked(check: Callable[[], Any], view: Callable[..., Any], **args: Any) -> Any:
    check()
    return view(**args)


@pytest.mark.parametrize(
    "hang", [_for_the_app, _for_our_blueprint, _for_a_part_of_it, _around_our_views]
)
def test_no_door_a_host_can_hang_is_passed_by(sqlite_blog, hang):
    site = sqlite_blog()

    def check() -> None:
        if request.headers.get("Door") != "open":
            abort(403)

    hang(site.app, check)
    inside = site.app.test_client()
    inside.environ_base = inside.environ_base | {"HTTP_DOOR": "open"}
    site.post(inside)
    address = "/comments/api/v1/comments?thread=first"
    for _ in range(2):
        assert inside.get(address).status_code == 200
        assert site.client.get(address).status_code == 403


def test_a_middleware_of_the_host_is_not_passed_by(sqlite_uri, tmp_path):
    app = _app(sqlite_uri, tmp_path)
    db, articles = _database()
    db.init_app(app)
    inner = app.wsgi_app

    def door(environ: Any, start_response: Any) -> Any:
        if environ.get("HTTP_DOOR") != "open":
            return Response("closed", 403)(environ, start_response)
        return inner(environ, start_response)

    app.wsgi_app = door  # type: ignore[method-assign]
    site = Blog(app, db, Comments(app, db=db), articles)
    with app.app_context():
        schema.upgrade(db.engine)
    for _ in range(2):
        assert (
            app.test_client().get("/comments/thread?key=a", headers={"Door": "open"}).status_code
            == 200
        )
        assert app.test_client().get("/comments/thread?key=a").status_code == 403
    _end(site)


def test_what_the_host_adds_to_every_answer_is_on_every_answer(sqlite_blog):
    site = sqlite_blog()

    @site.app.after_request
    def add(response: Response) -> Response:
        response.headers["Strict-Transport-Security"] = "max-age=63072000"
        return response

    for _ in range(3):
        answer = site.client.get("/comments/thread?key=first")
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"


def test_a_host_without_such_rules_has_its_pages_ready(sqlite_blog):
    site = sqlite_blog()
    site.client.get("/comments/thread?key=first")
    site.client.get("/comments/thread?key=first")
    assert len(site.app.extensions[EXTENSION].cache) == 1


def test_the_hosts_own_errors_stay_its_own(sqlite_blog):
    site = sqlite_blog()

    @site.app.errorhandler(404)
    def lost(_error: Exception) -> tuple[str, int]:
        return "the blog has lost that", 404

    client = site.client
    assert client.get("/nowhere").text == "the blog has lost that"
    for path in ("/nowhere", "/comments/x", "/comments/4711"):
        answer = client.get(f"/comments/api/v1{path}")
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    wrong = client.delete("/comments/api/v1/counts")
    assert (wrong.status_code, wrong.json["code"]) == (405, "method_not_allowed")
    assert client.get("/comments/comment/4711/report").mimetype == "text/html"


def test_a_host_header_that_is_none_breaks_nothing(sqlite_blog):
    """A host that names no TRUSTED_HOSTS answers for every name."""
    client = sqlite_blog().client
    for host in ("a b", "[::1", "elsewhere.example:99999", "a:b:c", ""):
        for answer in (
            client.post("/comments/api/v1/comments", json=WRITTEN, headers={"Host": host}),
            client.post("/comments/post", data=FORM, headers=HERE | {"Host": host}),
            client.get("/comments/api/v1/me?thread=first", headers=HERE | {"Host": host}),
            client.get("/comments/thread?key=first", headers={"Host": host}),
        ):
            assert answer.status_code < 500, host


def test_no_mail_leads_to_a_name_that_a_caller_makes_up(sqlite_blog):
    """Flask answers for every name, also where ``SERVER_NAME`` says which is its own."""
    mail = {"COMMENTS_SMTP_URI": "smtp://127.0.0.1:1", "COMMENTS_MAIL_FROM": "c@blog.example"}
    client = sqlite_blog(SERVER_NAME="blog.example", **mail).client
    wish = {"thread": "first", "email": "ann@example.org", "notify": "all"}
    answers = [
        client.put("/comments/api/v1/subscriptions", json=wish, headers={"Host": host}).status_code
        for host in ("blog.example", "Blog.Example", "evil.example", "blog.example:8000", "")
    ]
    assert answers == [202, 202, 404, 404, 404]


def test_ten_megabytes_are_refused_in_a_host_without_limits_too(sqlite_blog):
    site = sqlite_blog()
    huge = "x" * 10_000_000
    assert site.post(body=huge).status_code == 413
    answer = site.client.post("/comments/post", data=FORM | {"body": huge}, headers=HERE)
    assert answer.status_code == 413
    file = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n%b\r\n--x--\r\n'
    answer = site.client.post(
        "/comments/post",
        data=file % huge.encode(),
        content_type="multipart/form-data; boundary=x",
        headers=HERE,
    )
    assert answer.status_code == 413


# ── where it is mounted ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("prefix", ["/diskussion", "/a/b", "/comments/", ""])
def test_it_may_be_mounted_elsewhere(sqlite_uri, tmp_path, prefix):
    app = _app(sqlite_uri, tmp_path)
    db, articles = _database()
    db.init_app(app)
    comments = Comments(app, db=db, url_prefix=prefix)
    site = Blog(app, db, comments, articles)
    site.run("comments", "db", "upgrade")
    at, client = prefix.rstrip("/"), app.test_client()
    assert client.post(f"{at}/api/v1/comments", json=WRITTEN).status_code == 201
    article = client.get("/first").text
    assert f'action="{at}/post"' in article
    answer = client.post(f"{at}/post", data=FORM, headers=HERE)
    assert answer.location.startswith(f"{at}/thread?key=first")
    assert f"Path={at or '/'};" in answer.headers["Set-Cookie"]
    assert client.get(answer.location).status_code == 200
    assert client.get(f"{at}/api/v1/nowhere").json["code"] == "not_found"
    _end(site)


def test_an_app_below_another_one_links_to_itself(sqlite_blog):
    site = sqlite_blog()
    site.app.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
        Response("not found", 404), {"/blog": site.app.wsgi_app}
    )
    client = site.client
    answer = client.post("/blog/comments/api/v1/comments", json=WRITTEN)
    assert answer.json["comment"]["url"].startswith("/blog/comments/thread?key=first")
    for _ in range(2):
        page = client.get("/blog/comments/thread?key=first").text
        assert 'action="/blog/comments/post"' in page
        assert '"/comments/' not in page


# ── more than one ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("extension", ["one for both", "one for each"])
def test_two_apps_in_one_process_share_nothing(tmp_path, database_uri, sqlite_uri, extension):
    uris = [database_uri, f"{sqlite_uri}-second"]
    shared = Comments()
    sites = []
    for number, uri in enumerate(uris):
        app = _app(uri, tmp_path, SECRET_KEY=f"secret {number}", COMMENTS_EDIT_MINUTES=number)
        db, articles = _database()
        db.init_app(app)
        comments = shared if extension == "one for both" else Comments()
        comments.init_app(app, db=db, url_prefix=["/comments", "/other"][number])
        with app.app_context():
            schema.upgrade(db.engine)
        sites.append(Blog(app, db, comments, articles))
    one, two = sites
    first = one.post()
    assert first.status_code == 201
    assert read(one.client) == ["<p>A comment.</p>"]
    assert texts(two.client.get("/other/api/v1/comments?thread=first")) == []
    assert two.client.get("/comments/api/v1/comments?thread=first").status_code == 404
    bearer = {"Authorization": f"Bearer {first.json['token']}"}
    assert one.client.get("/comments/api/v1/me?thread=first", headers=bearer).status_code == 200
    assert two.client.get("/other/api/v1/me?thread=first", headers=bearer).status_code == 401
    for site in sites:
        _end(site)


def test_a_second_registration_is_refused_with_a_sentence(sqlite_blog):
    site = sqlite_blog()
    with pytest.raises(RuntimeError, match=r"This app already has comments.*call init_app once"):
        Comments(site.app, db=site.db)
    with pytest.raises(RuntimeError, match="already has comments"):
        site.comments.init_app(site.app)


# ── what is wrong stops the start ────────────────────────────────────────────────────────────


def test_without_the_hosts_database_it_does_not_start(tmp_path):
    with pytest.raises(ConfigError, match=r"Comments\(app, db=db\)"):
        Comments(_app("sqlite://", tmp_path))


def test_without_a_secret_it_does_not_start(tmp_path):
    app = _app("sqlite://", tmp_path, SECRET_KEY=None)
    with pytest.raises(ConfigError, match="COMMENTS_SECRET_KEY is not set"):
        Comments(app, db=SQLAlchemy(app))


@pytest.mark.parametrize(
    ("key", "value", "right"),
    [
        ("COMMENTS_HOLD", "sometimes", "one of none, links, first, all"),
        ("COMMENTS_EDIT_MINUTES", "soon", "a whole number from 0"),
        ("COMMENTS_EDIT_MINUTES", True, "a whole number from 0"),
        ("COMMENTS_ORIGINS", ["https://blog.example/path"], "exact origins"),
        ("COMMENTS_GUEST_LIMIT", "many", "limits such as"),
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_start(tmp_path, key, value, right):
    app = _app("sqlite://", tmp_path, **{key: value})
    with pytest.raises(ConfigError) as wrong:
        Comments(app, db=SQLAlchemy(app))
    assert key in str(wrong.value) and right in str(wrong.value)
    assert repr(value) in str(wrong.value)


def test_a_misspelt_setting_is_told(tmp_path, caplog):
    app = _app("sqlite://", tmp_path, COMMENTS_HOLDS="all")
    Comments(app, db=SQLAlchemy(app))
    assert "COMMENTS_HOLDS is not a setting" in caplog.text
    assert "Did you mean COMMENTS_HOLD?" in caplog.text


def test_secrets_of_the_host_may_be_rotated(sqlite_blog):
    site = sqlite_blog(SECRET_KEY="the old secret")
    client = site.client
    token = site.post(client).json["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    asked = "/comments/api/v1/me?thread=first"
    rotated = sqlite_blog(SECRET_KEY="the new secret", SECRET_KEY_FALLBACKS=["the old secret"])
    assert rotated.client.get(asked, headers=bearer).json["own"] != {}
    forgotten = sqlite_blog(SECRET_KEY="the new secret")
    assert forgotten.client.get(asked, headers=bearer).status_code == 401
