"""``Comments``: what a host registers, and how it is wired into one app.

Nothing about an app is kept on the object: ``Comments`` may serve two apps in one process, and
its state for each lives in ``app.extensions["comments"]``.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, appcontext_pushed, request_started
from markupsafe import Markup
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from comments import config, i18n, notify, providers, screening, tokens, tree
from comments.cli import group
from comments.errors import ConfigError
from comments.identity import Identity
from comments.keys import Keys
from comments.models import TABLE_PREFIX
from comments.replica import Replica, check_primary
from comments.screening import Screen
from comments.web import answers, fragments, guards, problems, readers
from comments.web.admin import admin
from comments.web.api import api
from comments.web.doorkeeper import Doorkeeper
from comments.web.feeds import feeds
from comments.web.forms import forms
from comments.web.front import Front
from comments.web.gate import SEATS_FOR_EACH, Gate
from comments.web.gathering import Gathering
from comments.web.hints import Told
from comments.web.kept import PageCache
from comments.web.limiting import Limits
from comments.web.own import own
from comments.web.pages import pages
from comments.web.signin import signin
from comments.web.state import EXTENSION, State, current, listen
from comments.web.subscriptions import subscriptions

log = logging.getLogger("comments")

#: Settings that only the service reads; a host's may stand in its config for other reasons.
MOUNT_KEYS = ("COMMENTS_DEMO",)

Loader = TypeVar("Loader", bound=Callable[[], Identity | None])
Look = TypeVar("Look", bound=Screen)


class Comments:
    """Threaded comments for a Flask app.

    Three lines: ``comments = Comments(app, db=db)`` (or ``init_app`` later), ``flask comments
    db upgrade`` once, and ``{{ comments.thread("my-article") }}`` in a template.
    """

    def __init__(
        self, app: Flask | None = None, *, db: Any = None, url_prefix: str = "/comments"
    ) -> None:
        self._db = db
        self._url_prefix = url_prefix
        self._load_identity: Callable[[], Identity | None] | None = None
        self._screens: tuple[Screen, ...] = screening.SCREENS
        if app is not None:
            self.init_app(app, db=db)

    def init_app(self, app: Flask, db: Any = None, *, url_prefix: str | None = None) -> None:
        """Register the comments with *app*; *db* is its Flask-SQLAlchemy object.

        Extensions may be set up in any order: the session, a CSRFProtect, Flask-Migrate and
        Flask-Login are looked for when they are first needed. Raises :class:`ConfigError`.
        """
        if EXTENSION in app.extensions:
            raise RuntimeError(
                "This app already has comments. Keep one Comments object and call init_app once; "
                "to serve a second app, call its init_app with that app."
            )
        db = db or self._db
        if db is None:
            raise ConfigError("Comments needs the app's database: Comments(app, db=db).")
        prefix = self._url_prefix if url_prefix is None else url_prefix
        state = self._state(app, db, prefix)
        app.extensions[EXTENSION] = state
        app.register_blueprint(_blueprint(), url_prefix=prefix or None)
        app.cli.add_command(group)
        app.jinja_env.globals.setdefault("comments", self)
        # A middleware that is there already may be the door of a private site.
        is_plain = getattr(app.wsgi_app, "__func__", None) is Flask.wsgi_app
        if state.doorkeeper is not None:
            app.wsgi_app = Gate(app, app.wsgi_app, state.doorkeeper)  # type: ignore[method-assign]
        if state.cache is not None and is_plain:
            app.wsgi_app = Front(  # type: ignore[method-assign]
                app.wsgi_app,
                state.cache,
                state.engine,
                state.settings.origins,
                stand_aside=_watcher(app),
                replica=state.replica,
                score_age=state.settings.public_max_age,
                most_questions=SEATS_FOR_EACH * state.settings.at_once or None,
                prefix=state.prefix,
            )
        _meet_neighbours(app)

    def identity_loader(self, load: Loader) -> Loader:
        """Decorate the function that tells who is signed in: an ``Identity`` or ``None``."""
        self._load_identity = load
        return load

    def screen(
        self,
        look: Look | None = None,
        *,
        before: str | None = None,
        after: str | None = None,
    ) -> Any:
        """Decorate a function that looks at each comment before anybody sees it.

        It gets a ``Submitted`` and gives a ``Verdict``, or ``None`` when it has nothing to say.
        It stands *before* or *after* the screen of that name; unless told, after all that look
        at a comment and before what COMMENTS_HOLD holds.
        """
        if look is None:
            return partial(self.screen, before=before, after=after)
        self._screens = screening.add(self._screens, look, before=before, after=after)
        return look

    def thread(self, key: str, *, title: str | None = None, url: str | None = None) -> Markup:
        """The whole thread as HTML for the article's own template.

        *title* and *url* describe the article, for feeds and permalinks.
        """
        state = current()
        order = tree.order_named(
            fragments.asked("sort", tree.ORDERS) or state.settings.default_sort
        )
        try:
            context = fragments.thread_context(
                state, key, order, article_url=url, article_title=title, forgiving=True
            )
        except (OperationalError, ProgrammingError) as error:
            if problems.lacks_tables(str(error.orig)):
                error.add_note("Flask-Comments: make its tables with `flask comments db upgrade`.")
            raise
        return fragments.drawn(state, "embed_light.html", **context)

    def ask(
        self,
        question: str,
        passage: str | None = None,
        *,
        name: str | None = None,
        caller: Callable[[], str] | None = None,
    ) -> Markup:
        """A passage of the article about which its author asks the readers something.

        ``{{ comments.ask("What do you think of this?", "the passage") }}``, or around it
        ``{% call comments.ask("…") %}the passage{% endcall %}``. With a *name* the passage stays
        the same one for its comments when the question is worded anew.
        """
        inner = caller() if caller is not None else passage or ""
        named = Markup(' name="{}"').format(name) if name else ""
        asked = Markup('<comment-anchor question="{}"{}>{}</comment-anchor>')
        return asked.format(question, named, inner)

    def count(self, key: str) -> Markup:
        """The number of comments of a thread, as an element that the script keeps fresh."""
        return fragments.drawn(current(), "count.html", key=key)

    def script(self) -> Markup:
        """The script tag alone, for pages whose threads or counts are put in by other means."""
        return fragments.drawn(current(), "script.html")

    def include_name(self, name: str | None, type_: str, _parents: Any = None) -> bool:
        """For a plain Alembic ``env.py``: leaves our tables out of autogenerate."""
        return not (type_ == "table" and name is not None and name.startswith(TABLE_PREFIX))

    def _state(self, app: Flask, db: Any, prefix: str) -> State:
        settings = config.Settings.load(app.config)
        tokens.check_installed(settings)
        providers.check_installed(settings)
        for sentence in config.unknown_keys(app.config, also_known=MOUNT_KEYS):
            log.warning(sentence)
        _check(settings)
        keys = _keys(app, settings)

        def engine() -> Engine:
            with app.app_context():
                return db.engine  # type: ignore[no-any-return]

        found: list[Engine] = []

        def engine_once() -> Engine:
            if not found:
                found.append(engine())
            return found[0]

        def session() -> Session:
            reading = readers.reading_session()
            if reading is not None:
                return reading
            found: Session = db.session()
            notify.webhooks.listen(found, settings.webhooks)
            return found

        limits = Limits(settings, engine=engine_once)
        return State(
            settings=settings,
            keys=keys,
            prefix=prefix.rstrip("/"),
            session=session,
            has_session=lambda: db.session.registry.has(),
            engine=engine_once,
            identity_loader=self._identity,
            owner=self,
            limits=limits,
            gathering=Gathering(limits),
            cache=PageCache(settings.cache_bytes) if settings.cache_bytes else None,
            doorkeeper=_doorkeeper(settings),
            told=Told(),
            screens=lambda: self._screens,
            providers=providers.configured(settings),
            replica=_replica(app, settings),
        )

    def _identity(self) -> Identity | None:
        load = self._load_identity or guards.flask_login_identity
        return load()


def _doorkeeper(settings: config.Settings) -> Doorkeeper | None:
    at_once = settings.at_once
    return Doorkeeper(at_once, SEATS_FOR_EACH * at_once, settings.patience) if at_once else None


def _check(settings: config.Settings) -> None:
    """Settings that make no sense without another one, or without a file of ours."""
    if not i18n.language_or(settings.language, ""):
        raise ConfigError(
            f"COMMENTS_LANGUAGE is {settings.language!r}; it must be a language with a "
            f"catalogue: {', '.join(i18n.available())}."
        )
    if settings.smtp_uri and not settings.mail_from:
        raise ConfigError(
            "COMMENTS_SMTP_URI is set and COMMENTS_MAIL_FROM is not; it must be the address "
            "that mail comes from, such as Comments <comments@example.org>."
        )
    if settings.moderators_mail and not settings.url:
        raise ConfigError(
            "COMMENTS_MODERATORS_MAIL is set and COMMENTS_URL is not; it must be the public "
            "address of the comments, to which the links in that mail lead."
        )


def _replica(app: Flask, settings: config.Settings) -> Replica | None:
    if settings.database_read_uri is None:
        return None
    check_primary(str(app.config.get("SQLALCHEMY_DATABASE_URI") or ""))
    return Replica(settings.database_read_uri)


def _keys(app: Flask, settings: config.Settings) -> Keys:
    """Keys of the secret of our own or, where none is set, of the app."""
    secret = settings.secret_key or app.config.get("SECRET_KEY")
    if not secret:
        raise ConfigError(
            "COMMENTS_SECRET_KEY is not set and the app has no SECRET_KEY; "
            "it must be a long random text."
        )
    fallbacks = app.config.get("SECRET_KEY_FALLBACKS") or ()
    return Keys(secret, settings.secret_key_fallbacks or tuple(fallbacks))


def _blueprint() -> Blueprint:
    """A blueprint of this app's own, so that two apps share nothing."""
    blueprint = Blueprint("comments", "comments", template_folder="templates")
    blueprint.register_blueprint(api)
    blueprint.register_blueprint(pages)
    blueprint.register_blueprint(feeds)
    blueprint.register_blueprint(forms)
    blueprint.register_blueprint(own)
    blueprint.register_blueprint(admin)
    blueprint.register_blueprint(signin)
    blueprint.register_blueprint(subscriptions)
    problems.register(blueprint)

    blueprint.after_request(_finish)
    return blueprint


def _watcher(app: Flask) -> Callable[[], bool]:
    """Tells whether the host looks at requests or answers of ours, so that none may pass it by.

    It may do so for the whole app or for our blueprint alone, wrap our views in a check of its
    own, or bring a Flask whose dispatch does more. Once the app has answered, its set-up is over
    and so is the looking.
    """
    views = {name: view for name, view in app.view_functions.items() if _is_ours(name)}
    known: list[bool] = []

    def is_watched() -> bool:
        if known:
            return known[0]
        watched = _has_hooks(app) or any(app.view_functions[n] is not v for n, v in views.items())
        if app._got_first_request:
            known.append(watched)
        return watched

    return is_watched


def _has_hooks(app: Flask) -> bool:
    for hooks in (app.before_request_funcs, app.url_value_preprocessors, app.after_request_funcs):
        for name, functions in hooks.items():
            if (name is None or _is_ours(name)) and not all(map(_is_our_own, functions)):
                return True
    return any(getattr(type(app), name) is not getattr(Flask, name) for name in _DISPATCH)


def _is_our_own(hook: object) -> bool:
    """Our doors stand before private pages alone."""
    return _is_ours(getattr(hook, "__module__", ""))


_DISPATCH = ("full_dispatch_request", "preprocess_request", "dispatch_request", "process_response")


def _is_ours(name: str) -> bool:
    return name == "comments" or name.startswith("comments.")


def _finish(response: Response) -> Response:
    return answers.finish(current(), response)


# ── neighbours ───────────────────────────────────────────────────────────────────────────


def _meet_neighbours(app: Flask) -> None:
    """Look for the extensions of *app* each time it is used, until all are set up.

    An app factory may use the app between two of them (``with app.app_context():
    db.create_all()``); with the first request its set-up is over.
    """

    def pushed(sender: Flask, **_: Any) -> None:
        _exempt_from_csrf(sender)
        _hide_from_autogenerate(sender)

    def answering(_sender: Flask, **_: Any) -> None:
        appcontext_pushed.disconnect(pushed, app)
        request_started.disconnect(answering, app)

    listen(app, appcontext_pushed, pushed, app)
    listen(app, request_started, answering, app)


def _exempt_from_csrf(app: Flask) -> None:
    """Flask-WTF would ask for a token that our public pages must not hold; we check the origin."""
    protect = app.extensions.get("csrf")
    if protect is not None:
        for blueprint in (app.blueprints["comments"], *_nested(app)):
            protect.exempt(blueprint)


def _nested(app: Flask) -> list[Any]:
    return [found for name, found in app.blueprints.items() if name.startswith("comments.")]


def _hide_from_autogenerate(app: Flask) -> None:
    """``flask db migrate`` of the host must not propose to drop our tables."""
    migrate = app.extensions.get("migrate")
    if migrate is None:
        return
    theirs = migrate.configure_args.get("include_name")
    if getattr(theirs, "hides_comments", False):
        return

    def include_name(name: str | None, type_: str, parents: Any) -> bool:
        ours = type_ == "table" and name is not None and name.startswith(TABLE_PREFIX)
        return not ours and (theirs is None or theirs(name, type_, parents))

    include_name.hides_comments = True  # type: ignore[attr-defined]
    migrate.configure_args["include_name"] = include_name
