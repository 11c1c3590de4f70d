"""The demo pages of ``make run``: an article with a living thread, and the embed beside it."""

from flask import Flask, Response, request

from comments import demo, demo_queue
from comments.extension import Comments
from comments.web import fragments
from comments.web.policy import PAGE_POLICY
from comments.web.state import current, now


def add_showcase(app: Flask, comments: Comments, *, port: int, waiting: int = 0) -> None:
    """Add ``/`` (the plugin's way) and ``/embed`` (the tag, from another origin) to *app*.

    With *waiting*, a new demo's queue holds that many comments to decide about.
    """
    with app.app_context():
        state = current()
        session = state.session()
        if not demo.is_there(session):
            demo.seed(session, state.settings, now=now(), url=f"http://localhost:{port}/")
            demo_queue.seed(session, state.settings, waiting, now=now())
            session.commit()

    @app.get("/")
    def article() -> Response:
        thread = comments.thread(demo.THREAD, title=demo.TITLE, url=request.base_url)
        return _page("demo_article.html", thread=thread, title=demo.TITLE, key=demo.THREAD)

    @app.get("/embed")
    def embed() -> Response:
        # This machine's other name is another origin to a browser.
        other = "127.0.0.1" if request.host.startswith("localhost") else "localhost"
        base = f"{request.scheme}://{other}:{port}{current().prefix}"
        html = _page("demo_embed.html", base=base, title=demo.TITLE, key=demo.THREAD)
        html.headers["Content-Security-Policy"] = PAGE_POLICY.replace("'self'", f"'self' {base}/")
        return html


def _page(template: str, **context: object) -> Response:
    html = fragments.draw(current(), template, **context)
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["Cache-Control"] = "no-store"
    return response
