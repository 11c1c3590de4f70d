"""Readers whom the embedding site signed in: the token that came with a request."""

from flask import request

from comments import tokens
from comments.identity import Author
from comments.web.state import State, now


def reader(state: State, token: str) -> Author:
    """The author of a site's *token*; 401 when it is not good, or another site's page sent it."""
    origin = request.headers.get("Origin")
    return tokens.reader(token, state.settings, origin=origin, now=now())
