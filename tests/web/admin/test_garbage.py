"""Whatever is sent to an address of these views, it answers, and nothing of it becomes markup."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from comments import Status
from comments.models import Comment
from tests.web import cast
from tests.web.admin.rooms import owner, press, see
from tests.web.cast import HERE

MARKUP = '"><img src=x onerror=alert(1)><script>alert(1)</script>'

#: What nobody types, by what is bad about it.
GARBAGE: dict[str, list[str]] = {
    "markup": [MARKUP],
    "nul": ["a\x00b"],
    "controls and directions": ["\x01\x7f\x85\u2028\u202egnp\u202c\u2066"],
    "percent and braces": ["100%s %(n)s %% {{ 7*7 }} {0}"],
    "long": ["x" * 5_000],
    "beyond a number": [str(2**63)],
    "beyond a column": ["9" * 18],
    "other digits": ["٣²①"],
    "a day too late": ["9999-12-31"],
    "a day too early": ["0001-01-01"],
    "a mark of no number": ["1." + "9" * 30],
    "an author of no number": ["member:" + "9" * 18],
    "search words": ['"NEAR( * -a:b ^c %_'],
    "a way out": ["//evil.example/"],
}
FIELDS = """
act action after all author back ban batch before below body closed comment did duration
everything expected find fragment held id into key lang left list name order parent person q
reason seen shadow show since site sort state take_down target text thread title trusted until
url version which words
"""
#: What lets a form past its first check, so that the garbage in the others is looked at.
SENSE = {"act": "spam", "list": "hold", "duration": "good", "show": "everything", "all": ""}


class _Marks(HTMLParser):
    """The markup that no page of ours has, and that garbage would make."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "script" and "src" not in names:
            self.found.append("script")
        self.found += [name for name in names if name.startswith("on") or name == "style"]
        links = [names.get(name) or "" for name in ("href", "src", "action", "formaction")]
        self.found += [link for link in links if link.startswith(("//", "javascript:"))]


def addresses(app: Flask, number: int) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("comments.admin."):
            path = re.sub(r"<(?:\w+:)?\w+>", str(number), rule.rule)
            for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
                yield method, path


@pytest.mark.parametrize("kind", GARBAGE)
def test_every_address_answers_garbage(app, monkeypatch, kind):
    alice = cast.visitor(app, "alice")
    held = alice.says(MARKUP, name="<b onclick=x>", thread_title=MARKUP)
    cast.decide(app, held["id"], Status.PENDING)
    bob = owner(app, monkeypatch)
    everywhere = MultiDict((field, value) for field in FIELDS.split() for value in GARBAGE[kind])
    sensible = everywhere.copy()
    for name, value in SENSE.items():
        sensible.setlist(name, [value])
    for method, path in addresses(app, 1):
        for form in (everywhere, sensible):
            sent = {"query_string": form} if method == "GET" else {"data": form}
            answer = bob.client.open(path, method=method, headers={"Origin": HERE}, **sent)
            assert answer.status_code < 500, (method, path)
            found = _Marks(answer.text).found
            assert found == [] or answer.mimetype != "text/html", (method, path)
            assert not answer.headers.get("Location", "/").startswith(("//", "http")), path


def test_ten_thousand_ticks_are_one_decision(app, monkeypatch):
    mine = cast.visitor(app, "alice").says()
    bob = owner(app, monkeypatch)
    seen = re.search(r'name="seen" value="([^"]+)"', see(bob, "/queue", show="everything").text)
    ticks = [str(mine["id"] + number) for number in range(10_000)]
    assert seen
    done = press(bob, "/queue/bulk", act="spam", show="everything", seen=seen[1], id=ticks)
    assert done.status_code == 303
    assert press(bob, "/words/remove", id=ticks).status_code == 303
    with app.app_context():
        it = cast.state_of(app).session().get_one(Comment, mine["id"])
        assert it.status is Status.SPAM


@pytest.mark.parametrize("number", [2**31, 2**63 - 1, 2**63, 10**30])
def test_a_number_that_no_row_has_is_not_found(app, monkeypatch, number):
    bob = owner(app, monkeypatch)
    for method, path in addresses(app, number):
        if str(number) in path:
            answer = bob.client.open(path, method=method, headers={"Origin": HERE})
            assert 400 <= answer.status_code < 500, (method, path)
