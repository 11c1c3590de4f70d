"""Schemathesis reads the document and asks a running service what it allows, and what it does not.

It runs as its own command against a server of its own: that is how a stranger would check us,
and only so do all of its phases (edges of each schema, chance, chains of calls) take part.
"""

import json
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.services.service import LiveServer
from tests.web import cast
from tests.web.contract import operations

#: Chance is the same at each run. What it draws from is what the service was given before, so
#: that most calls meet a comment that is there.
CONFIG = """
seed = 22112026
[generation]
max-examples = 8
deterministic = true

[checks.positive_data_acceptance]
# With 422: no schema can tell which cursors were made here, which names, texts and keys are
# invisible, or what is a web address.
expected-statuses = ["2xx", "304", "401", "403", "404", "409", "422"]

[dictionaries]
ids = {{ values = {ids} }}
threads = {{ values = ["story", "other"] }}
cursors = {{ values = {cursors} }}
names = {{ values = ["Ann", "Jürgen", "admin"] }}
sites = {{ values = ["ann.example", "javascript:1"] }}
emails = {{ values = ["ann@mail.example", "ann"] }}

[parameters]
"path.comment_id" = {{ dictionary = "ids", probability = 0.8 }}
"query.thread" = {{ dictionary = "threads", probability = 0.6 }}
"query.after" = {{ dictionary = "cursors", probability = 0.6 }}
"body.thread" = {{ dictionary = "threads", probability = 0.5 }}
"body.parent" = {{ dictionary = "ids", probability = 0.6 }}
"body.name" = {{ dictionary = "names", probability = 0.8 }}
"body.website" = {{ dictionary = "sites", probability = 0.6 }}
"body.email" = {{ dictionary = "emails", probability = 0.8 }}
"""


class Service:
    """A running service with two small threads. *token* is the one alice wrote with."""

    def __init__(self, server: LiveServer) -> None:
        self._server = server
        self.ids: list[int] = []
        self.token = ""
        first = self._says("One.")
        self._says("Three.", parent=self._says("Two.", parent=first))
        self._says("Four.")
        self._says("Five.", thread="other")
        self.cursors = [self._cursor(sort) for sort in ("oldest", "newest", "most_voted")]

    @property
    def url(self) -> str:
        return f"{self._server.url}{cast.API}"

    @property
    def document(self) -> str:
        return f"{self.url}/openapi.json"

    @property
    def log(self) -> str:
        return self._server.log.read_text()

    def calls(self, *tags: str) -> list[str]:
        """The calls of its document, only those of one kind if *tags* name it."""
        found = operations(self.call("GET", "/openapi.json"))
        return [name for name, call in found.items() if set(tags) <= set(call["tags"])]

    def call(self, method: str, path: str, fields: Any = None) -> Any:
        connection = HTTPConnection("127.0.0.1", self._server.port)
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        connection.request(method, cast.API + path, fields and json.dumps(fields), headers)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def _says(self, body: str, **more: Any) -> int:
        written = {"thread": cast.STORY, "name": "Alice", "body": body} | more
        answer = self.call("POST", "/comments", written)
        self.token = answer.get("token") or self.token
        self.ids.append(answer["comment"]["id"])
        return self.ids[-1]

    def _cursor(self, sort: str) -> str:
        page = self.call("GET", f"/comments?thread={cast.STORY}&limit=1&sort={sort}")
        cursor: str = page["next"]
        return cursor


@pytest.fixture
def service(live_server) -> Service:
    return Service(live_server(COMMENTS_HOLD="none", COMMENTS_RATE_LIMITS="off"))


def fuzz(
    service: Service, folder: Path, document: str | Path, *options: str
) -> subprocess.CompletedProcess[str]:
    """What schemathesis says: it ends with 0 when *service* agrees with the document."""
    config = folder / "schemathesis.toml"
    facts = {"ids": json.dumps(service.ids), "cursors": json.dumps(service.cursors)}
    config.write_text(CONFIG.format(**facts))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"]
    return subprocess.run(
        [*command, str(document), "--url", service.url, "--no-color", *options],
        cwd=folder,  # it keeps notes there
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )


def test_it_does_what_its_document_says_for_a_stranger(service, tmp_path):
    ran = fuzz(service, tmp_path, service.document, "--phases", "coverage,fuzzing")
    assert ran.returncode == 0, ran.stdout
    # The call that gives the document is not asked again.
    assert f"Tested: {len(service.calls()) - 1}" in ran.stdout, ran.stdout
    assert "Traceback" not in service.log


def test_it_does_what_its_document_says_for_somebody_who_has_written(service, tmp_path):
    bearer = f"Authorization: Bearer {service.token}"
    asked = ("--header", bearer, "--include-tag", "private", "--phases", "fuzzing,stateful")
    ran = fuzz(service, tmp_path, service.document, *asked)
    assert ran.returncode == 0, ran.stdout
    assert f"Tested: {len(service.calls('private'))}" in ran.stdout, ran.stdout
    assert "Traceback" not in service.log


def test_a_document_that_says_something_else_is_found_out(service, tmp_path):
    document = service.call("GET", "/openapi.json")
    del document["paths"]["/pulse"]["get"]["responses"]["422"]
    changed = tmp_path / "openapi.json"
    changed.write_text(json.dumps(document))
    asked = ("--include-operation-id", "show_pulse", "--phases", "coverage")
    ran = fuzz(service, tmp_path, changed, *asked)
    assert ran.returncode == 1
    assert "Received: 422" in ran.stdout, ran.stdout
