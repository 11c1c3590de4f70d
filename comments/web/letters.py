"""Mail that what a visitor does calls for."""

from flask import request

from comments import accounts
from comments.draft import Draft
from comments.identity import Author
from comments.web import guards
from comments.web.state import State, now


def with_email(state: State, author: Author, draft: Draft) -> Author:
    """The author, with the address that they give, or have shown before, as a keyed hash."""
    email = draft.email if guards.sends_mail(state) else None
    return accounts.with_email(state.session(), state.keys, author, email)


def ask_to_verify(state: State, author: Author, draft: Draft) -> None:
    """Ask a guest who gave an address whether it is theirs; the mail goes out with the commit."""
    here = guards.own_origin()
    site = request.headers.get("Origin", here)
    origin = site if site != here and site in state.settings.origins else ""
    accounts.ask_to_verify(
        state.session(),
        author,
        draft.email,
        origin=origin,
        back=draft.thread_url or "" if origin else state.urls()("thread", key=draft.thread_key),
        language=state.language(),
        settings=state.settings,
        base_url=guards.public_base(state),
        now=now(),
    )
