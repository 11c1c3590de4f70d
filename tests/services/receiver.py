"""A program that listens for webhooks, on a port of its own, and behaves as it is told."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIApplication

from flask import Flask, Response, request


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as it came over the wire."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Receiver:
    """``answers = [500, 200]`` are given one after the other, the last one for ever.

    An answer is a status, or a status with headers; before it *seconds* go by.
    """

    def __init__(self, serve: Callable[[WSGIApplication], str], seconds: float = 0) -> None:
        self.heard: list[Heard] = []
        self.answers: list[Any] = [204]
        self.seconds = seconds
        app = Flask("receiver")
        app.add_url_rule("/in", view_func=self._hear, methods=["POST", "GET"])
        self.url = f"{serve(app)}/in"

    def ids(self) -> list[str]:
        return [each.id for each in self.heard]

    def _hear(self) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.heard.append(Heard(headers, request.get_data()))
        time.sleep(self.seconds)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        status, more = answer if isinstance(answer, tuple) else (answer, {})
        return Response("x" * 2_000_000, status, more)
