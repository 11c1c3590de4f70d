"""``GET /api/v1/me/data``, ``DELETE /api/v1/me``, and the same on pages without a script."""

import re

import pytest

from comments import Status
from tests.services.smtp import MailServer
from tests.web import cast
from tests.web.cast import BLOG, ELSEWHERE, HERE, Visitor, problem


def in_browser(visitor: Visitor) -> Visitor:
    """The same reader on our own pages: the token is in the cookie."""
    visitor.client.set_cookie("comments_guest", visitor.token or "")
    return visitor


@pytest.fixture
def story(alice, carol, dave) -> dict[str, int]:
    first = alice.says("Mine, with an answer.")["id"]
    answer = carol.says("The answer.", parent=first)["id"]
    alice.vote(answer)
    members = dave.says("A member's.")["id"]
    return {"alice": first, "carol": answer, "dave": members}


# ── for scripts ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("who", ["alice", "carol", "dave"])
def test_everybody_gets_what_is_theirs_and_nothing_else(app, alice, carol, dave, story, who):
    answer = {"alice": alice, "carol": carol, "dave": dave}[who].get("/me/data")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert [it["id"] for it in answer.json["comments"]] == [story[who]]
    assert len(answer.json["votes"]) == (who == "alice")


def test_whoever_has_no_token_is_refused_and_nothing_happens(app, story, alice):
    stranger = cast.visitor(app, "carol")
    for method, path in (("GET", "/me/data"), ("DELETE", "/me")):
        assert problem(stranger.call(method, path)) == (401, "token_required")
        stranger.token = "made-up"
        assert problem(stranger.call(method, path)) == (401, "token_invalid")
        stranger.token = None
    assert len(alice.reads()["comments"]) == 2


def test_a_page_of_another_site_reaches_no_session(dave, story):
    """The session counts on our own pages alone; a token works where embedding is allowed."""
    for origin, refusal in ((BLOG, "token_required"), (ELSEWHERE, "origin_not_allowed")):
        for method, path in (("GET", "/me/data"), ("DELETE", "/me")):
            answer = dave.call(method, path, headers={"Origin": origin})
            assert problem(answer)[1] == refusal
    assert dave.get("/me/data").json["comments"]


def test_erasing_leaves_the_place_that_others_answered(alice, carol, story):
    answer = alice.call("DELETE", "/me")
    assert (answer.status_code, answer.text) == (204, "")
    first, other = alice.reads()["comments"]
    assert (first["state"], first["author"], first["html"]) == ("deleted", None, "")
    assert first["replies"]["comments"][0]["html"] == "<p>The answer.</p>"
    assert first["replies"]["comments"][0]["score"] == 0
    assert other["id"] == story["dave"]
    assert alice.get("/me/data").json["comments"] == []


def test_what_waits_and_what_was_rejected_is_in_the_copy_and_erased(moderated):
    alice = cast.visitor(moderated, "alice")
    waiting = alice.says("Waiting.")["id"]
    rejected = alice.says("Rejected.")["id"]
    cast.decide(moderated, rejected, Status.REJECTED)
    states = {it["id"]: it["state"] for it in alice.get("/me/data").json["comments"]}
    assert states == {waiting: "pending", rejected: "rejected"}
    alice.call("DELETE", "/me")
    assert alice.get("/me/data").json["comments"] == []


def test_nobody_reads_everything_again_and_again(make_app):
    app = make_app()
    alice = cast.visitor(app, "alice")
    alice.says()
    answers = [alice.get("/me/data").status_code for _ in range(21)]
    assert answers == [200] * 20 + [429]


# ── on pages ─────────────────────────────────────────────────────────────────────────────────


def test_the_page_of_ones_comments_leads_to_both(alice, story):
    page = in_browser(alice).client.get("/comments/mine?key=story").text
    assert 'href="/comments/mine/data"' in page
    assert 'href="/comments/mine/erase?key=story"' in page


def test_the_copy_is_a_file_to_download(alice, story):
    answer = in_browser(alice).client.get("/comments/mine/data")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="comments.json"'
    assert [it["text"] for it in answer.json["comments"]] == ["Mine, with an answer."]


def test_a_link_on_another_site_downloads_nothing(alice, story):
    answer = in_browser(alice).client.get(
        "/comments/mine/data", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 401


def test_erasing_is_asked_for_first_and_then_done_and_told(alice, story):
    client = in_browser(alice).client
    asked = client.get("/comments/mine/erase?key=story").text
    assert "Erase everything you wrote?" in asked and "It cannot be undone." in asked
    assert len(alice.reads()["comments"]) == 2

    answer = alice.submit("/mine/erase", key="story")
    assert answer.status_code == 303
    assert answer.headers["Set-Cookie"].startswith("comments_guest=;")
    assert "Everything is erased" in client.get(answer.location).text
    assert alice.reads()["comments"][0]["state"] == "deleted"


@pytest.mark.parametrize("origin", [None, BLOG, ELSEWHERE])
def test_no_other_page_makes_a_browser_erase(alice, story, origin):
    answer = in_browser(alice).submit("/mine/erase", origin=origin)
    assert answer.status_code == 403
    assert alice.get("/me/data").json["comments"]


def test_a_stranger_is_told_that_there_is_nothing(carol):
    assert "Nothing was written from this browser." in carol.client.get("/comments/mine/erase").text
    assert carol.submit("/mine/erase", origin=HERE).status_code == 401


# ── by a mailed link ─────────────────────────────────────────────────────────────────────────

ANN = "ann@example.org"


@pytest.fixture
def mailing(make_app, mail_server: MailServer):
    return make_app(COMMENTS_SMTP_URI=mail_server.uri, COMMENTS_MAIL_FROM="c@blog.example")


def mailed_token(visitor: Visitor, mail_server: MailServer, number: int = 1) -> str:
    assert "on its way" in visitor.submit("/mine/by-mail", email=ANN.upper()).text
    return re.search(r"token=([\w~-]+)", mail_server.wait_for(number)[-1].text)[1]


@pytest.fixture
def two_browsers(mailing, mail_server) -> list[int]:
    """Ann wrote in two browsers and gave her address in both; carol gave none."""
    said = [cast.visitor(mailing, who).says(email=ANN)["id"] for who in ("alice", "alice")]
    cast.visitor(mailing, "carol").says("Not Ann's.", name="Carol")
    mail_server.wait_for(1)
    return said


def test_a_link_brings_what_was_written_under_an_address_in_every_browser(
    mailing, mail_server, two_browsers
):
    ann = cast.visitor(mailing, "alice")
    token = mailed_token(ann, mail_server, 2)
    assert ANN in ann.client.get(f"/comments/mine/by-mail/link?token={token}").text
    answer = ann.submit("/mine/by-mail/link", token=token)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert [it["id"] for it in answer.json["comments"]] == two_browsers
    assert ann.submit("/mine/by-mail/link", token=token, erase="1").status_code == 403


def test_a_link_erases_it_once(mailing, mail_server, two_browsers):
    ann = cast.visitor(mailing, "alice")
    token = mailed_token(ann, mail_server, 2)
    answer = ann.submit("/mine/by-mail/link", token=token, erase="1")
    assert "Everything is erased" in answer.text
    assert [it["author"]["name"] for it in ann.reads()["comments"]] == ["Carol"]
    assert ann.submit("/mine/by-mail/link", token=token).status_code == 403


def test_asking_tells_nothing_of_an_address_nobody_has_used(mailing, mail_server):
    stranger = cast.visitor(mailing, "carol")
    token = mailed_token(stranger, mail_server)
    assert stranger.submit("/mine/by-mail/link", token=token).json["comments"] == []
    assert stranger.submit("/mine/by-mail", email="no address").status_code == 422


def test_without_a_mail_server_there_is_no_such_way(carol):
    assert carol.client.get("/comments/mine/by-mail").status_code == 404
    assert carol.submit("/mine/by-mail", email=ANN).status_code == 404
