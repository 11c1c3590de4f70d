"""Signing in over HTTP: what each page tells, what each cookie is, and where nobody is sent."""

import re

import pytest
import time_machine
from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.test import TestResponse

from comments import accounts
from tests import factories as make
from tests.services.smtp import MailServer, Received
from tests.web import cast
from tests.web.cast import BLOG, ELSEWHERE, HERE, Visitor, problem
from tests.web.test_screened import there_is

ANN = "ann@example.org"
GOOD = "seven green bicycles"
COOKIE = "comments_session"


@pytest.fixture
def mailing(make_app, mail_server: MailServer) -> Flask:
    """The service with a mail server."""
    return make_app(COMMENTS_SMTP_URI=mail_server.uri, COMMENTS_MAIL_FROM="c@blog.example")


@pytest.fixture
def quiet(sqlite_app) -> Flask:
    """The service without a mail server, for what no database has a part in."""
    return sqlite_app


def stranger(app: Flask, name: str = "alice") -> Visitor:
    return cast.visitor(app, name)


def password_link(app: Flask, email: str = ANN) -> str:
    out = app.test_cli_runner().invoke(args=["comments", "moderators", "add", email])
    assert out.exit_code == 0, out.output
    return re.search(r"token=(\S+)", out.output)[1]


def set_password(visitor: Visitor, token: str, **fields: str) -> TestResponse:
    given = {"token": token, "password": GOOD, "name": "Ann"} | fields
    return visitor.submit("/sign-in/new-password", **given)


@pytest.fixture
def ann(quiet) -> Visitor:
    """The owner, signed in."""
    visitor = stranger(quiet)
    assert set_password(visitor, password_link(quiet)).status_code == 303
    return visitor


def token_in(mail: Received) -> str:
    return re.search(r"token=([\w~-]+)", mail.text)[1]


def cookie(visitor: Visitor) -> str | None:
    found = visitor.client.get_cookie(COOKIE, path="/comments")
    return found.value if found else None


def signed_in(visitor: Visitor) -> bool:
    return visitor.client.get("/comments/account").status_code == 200


def page(answer: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


# ── by a link in a mail ──────────────────────────────────────────────────────────────────────


def test_a_reader_signs_in_by_a_mailed_link(mailing, mail_server):
    ann = stranger(mailing)
    asked = ann.submit("/sign-in", email="Ann@example.org", back="/comments/thread?key=story")
    assert asked.status_code == 200
    mail = mail_server.wait_for(1)[0]
    assert (mail.recipients, mail.message["From"]) == ([ANN], "c@blog.example")
    assert "http://localhost/comments/sign-in/link?token=" in mail.text
    shown = ann.client.get("/comments/sign-in/link", query_string={"token": token_in(mail)})
    assert ANN in shown.text
    assert not signed_in(ann)  # opening a link does nothing
    done = ann.submit("/sign-in/link", token=token_in(mail), name="Ann")
    assert (done.status_code, done.location) == (303, "/comments/thread?key=story")
    assert signed_in(ann)
    assert ann.says()["author"] == {
        "name": "Ann",
        "kind": "user",
        "badge": None,
        "avatar": None,
        "website": None,
        "verified": False,
    }


def test_a_link_signs_in_once(mailing, mail_server):
    ann, carol = stranger(mailing), stranger(mailing, "carol")
    ann.submit("/sign-in", email=ANN)
    token = token_in(mail_server.wait_for(1)[0])
    assert ann.submit("/sign-in/link", token=token, name="Ann").status_code == 303
    assert carol.submit("/sign-in/link", token=token, name="Ann").status_code == 403
    assert carol.client.get(f"/comments/sign-in/link?token={token}").status_code == 403
    assert not signed_in(carol)


def test_a_name_that_cannot_be_does_not_use_the_link_up(mailing, mail_server):
    ann = stranger(mailing)
    ann.submit("/sign-in", email=ANN)
    token = token_in(mail_server.wait_for(1)[0])
    assert ann.submit("/sign-in/link", token=token, name="").status_code == 422
    assert ann.submit("/sign-in/link", token=token, name="Admin").status_code == 403
    assert ann.submit("/sign-in/link", token=token, name="Ann").status_code == 303


def test_the_answer_is_the_same_whether_an_address_is_known_or_not(mailing, mail_server):
    set_password(stranger(mailing), password_link(mailing))
    carol = stranger(mailing, "carol")
    known, unknown = (carol.submit("/sign-in", email=e) for e in (ANN, "who@example.org"))
    assert known.status_code == unknown.status_code == 200
    assert known.text == unknown.text.replace("who@example.org", ANN)
    wrong = [
        carol.submit("/sign-in/password", email=email, password="not the password")
        for email in (ANN, "who@example.org")
    ]
    assert wrong[0].status_code == wrong[1].status_code == 422
    assert wrong[0].text.replace(ANN, "") == wrong[1].text.replace("who@example.org", "")


def test_links_are_limited_per_network(start, migrated_sqlite_uri, mail_server):
    app = start(
        migrated_sqlite_uri, COMMENTS_SMTP_URI=mail_server.uri, COMMENTS_MAIL_FROM="c@b.example"
    )
    alice, carol = stranger(app), stranger(app, "carol")
    answers = [alice.submit("/sign-in", email=f"r{n}@example.org") for n in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "tries to sign in" in answers[-1].text
    assert carol.submit("/sign-in", email="x@example.org").status_code == 200


def test_passwords_of_one_address_are_tried_so_often_from_wherever(start, migrated_sqlite_uri):
    app = start(migrated_sqlite_uri)
    for number in range(16):
        visitor = stranger(app)
        visitor.client.environ_base["REMOTE_ADDR"] = f"203.0.113.{number + 10}"
        answer = visitor.submit("/sign-in/password", email=ANN, password="wrong wrong")
    assert answer.status_code == 429


@pytest.mark.parametrize("email", ["", "ann", "ann@", "a\r\nBcc: x@example.org", "a@b.example\0"])
def test_what_is_no_address_is_mailed_nothing(mailing, mail_server, email):
    answer = stranger(mailing).submit("/sign-in", email=email)
    assert answer.status_code == 422
    assert page(answer).find(attrs={"aria-invalid": "true"})["name"] == "email"
    assert mail_server.letters == []


def test_without_a_mail_server_nothing_offers_a_mail(quiet):
    alice = stranger(quiet)
    shown = page(alice.client.get("/comments/sign-in"))
    assert [form["action"] for form in shown.find_all("form")] == ["/comments/sign-in/password"]
    assert alice.submit("/sign-in", email=ANN).status_code == 404
    assert 'name="email"' not in alice.client.get("/comments/thread?key=story").text


# ── where one is sent afterwards ─────────────────────────────────────────────────────────────

ELSEWHERE_IN_DISGUISE = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "https://evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "evil.example",
    "/\u200b/evil.example",
    "/a\r\nSet-Cookie: x=y",
    "/" + "a" * 3000,
    "",
]


def go_on(visitor: Visitor, **fields: str) -> TestResponse:
    """Whoever is signed in here already signs in once more, to go to another place."""
    sent = {"data": fields, "headers": {"Origin": HERE}}
    return visitor.client.post("/comments/sign-in/continue", **sent)


def test_nobody_is_sent_to_another_site(quiet, ann):
    for back in ELSEWHERE_IN_DISGUISE:
        answer = go_on(ann, back=back)
        assert (answer.status_code, answer.location) == (303, "/comments/admin/queue"), back
        assert len(answer.headers.getlist("Set-Cookie")) == 1, back
    for back in ("/comments/thread?key=story", "/a?b=c#d"):
        assert go_on(ann, back=back).location == back


def test_an_embeds_sign_in_goes_to_no_page_but_its_own(quiet, ann):
    for back in (f"{BLOG}/post?x=1", f"{BLOG}?x=1", BLOG):
        assert handed(go_on(ann, origin=BLOG, back=back))["data-back"] == back
    elsewhere = ["https://blog.example.evil/", "https://blog.example@evil.example/"]
    for back in [*ELSEWHERE_IN_DISGUISE, *elsewhere, f"{BLOG}/\\evil", f"{BLOG}/a\r\nX: y"]:
        facts = handed(go_on(ann, origin=BLOG, back=back))
        assert (facts["data-origin"], facts["data-back"]) == (BLOG, ""), back


def test_an_embeds_sign_in_is_good_at_its_exact_origin_alone(quiet, ann):
    carol = stranger(quiet, "carol")
    fields = {"email": ANN, "password": GOOD, "origin": BLOG}
    sent = {"data": fields, "headers": {"Origin": HERE}}
    token = handed(carol.client.post("/comments/sign-in/password", **sent))["data-token"]
    assert cookie(carol) is None
    assert me(carol, token, BLOG).json["viewer"]["kind"] == "moderator"
    for origin in (None, HERE):
        assert problem(me(carol, token, origin)) == (401, "token_invalid")


def handed(answer: TestResponse) -> dict:
    """What the page tells that hands a sign-in to an embed."""
    assert answer.status_code == 200, answer.text
    return page(answer).find(attrs={"data-handover": True}).attrs


def me(visitor: Visitor, token: str, origin: str | None) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"} | ({"Origin": origin} if origin else {})
    return visitor.get("/me", query_string={"thread": "story"}, headers=headers)


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", "https://blog.example.evil", f"{BLOG}/"])
def test_a_site_that_may_not_embed_gets_nothing(quiet, ann, origin):
    assert ann.client.get("/comments/sign-in", query_string={"origin": origin}).status_code == 403
    answer = go_on(ann, origin=origin)
    assert answer.status_code == 403
    assert "data-token" not in answer.text


def test_whoever_is_signed_in_here_goes_on_to_an_embed_with_one_press(quiet, ann):
    shown = ann.client.get("/comments/sign-in", query_string={"origin": BLOG})
    assert "Go on as Ann" in shown.text
    token = handed(go_on(ann, origin=BLOG))["data-token"]
    assert me(stranger(quiet, "carol"), token, BLOG).json["viewer"]["name"] == "Ann"
    assert go_on(stranger(quiet, "carol"), origin=BLOG).status_code == 401


# ── the cookie ───────────────────────────────────────────────────────────────────────────────


def test_the_cookie_is_for_our_addresses_and_for_no_script(quiet):
    answer = set_password(stranger(quiet), password_link(quiet))
    flags = {part.split("=")[0].strip() for part in answer.headers["Set-Cookie"].split(";")}
    assert {"HttpOnly", "SameSite", "Path"} <= flags
    assert "Secure" not in flags
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]
    assert "Path=/comments" in answer.headers["Set-Cookie"]


def test_over_https_it_is_sent_over_https_alone(quiet):
    visitor = stranger(quiet)
    fields = {"token": password_link(quiet), "password": GOOD, "name": "Ann"}
    answer = visitor.client.post(
        "/comments/sign-in/new-password",
        data=fields,
        base_url="https://localhost",
        headers={"Origin": "https://localhost"},
    )
    assert "; Secure" in answer.headers["Set-Cookie"]


def test_a_sign_in_is_a_new_secret_and_ends_the_one_before(quiet, ann):
    before = cookie(ann)
    ann.submit("/sign-in/password", email=ANN, password=GOOD)
    after = cookie(ann)
    assert before != after
    thief = stranger(quiet, "carol")
    thief.client.set_cookie(COOKIE, before, path="/comments")
    assert not signed_in(thief)


def test_a_cookie_that_somebody_planted_is_not_signed_in_with(quiet, ann):
    planted = "m~" + "x" * 43
    victim = stranger(quiet, "carol")
    victim.client.set_cookie(COOKIE, planted, path="/comments")
    victim.submit("/sign-in/password", email=ANN, password=GOOD)
    assert cookie(victim) != planted
    attacker = stranger(quiet, "dave")
    attacker.client.set_cookie(COOKIE, planted, path="/comments")
    assert attacker.client.get("/comments/admin/overview").status_code == 403  # dave of the host
    assert not signed_in(attacker)


def test_a_cookie_counts_on_our_own_pages_alone(quiet, ann):
    """A page of BLOG may embed, and still not write in the name of somebody's cookie here."""
    answer = ann.post(headers={"Origin": BLOG})
    assert answer.json["comment"]["author"]["kind"] == "guest"
    assert ann.submit("/sign-out", origin=BLOG).status_code == 403
    assert ann.submit("/account/name", origin=ELSEWHERE, name="Eve").status_code == 403
    assert ann.submit("/account/name", origin=None, name="Eve").status_code == 403
    assert signed_in(ann)


def test_being_seen_is_written_down_by_a_page_that_is_only_read(quiet, ann):
    with time_machine.travel("2030-01-01T12:00:00Z", tick=False) as clock:
        carol = stranger(quiet, "carol")
        carol.submit("/sign-in/password", email=ANN, password=GOOD)
        for _ in range(3):
            clock.shift(25 * 86_400)
            assert signed_in(carol)
        clock.shift(31 * 86_400)
        assert not signed_in(carol)


def test_signing_out_ends_it_here_and_with_us(quiet, ann):
    secret = cookie(ann)
    assert ann.submit("/sign-out").status_code == 303
    assert cookie(ann) is None
    ann.client.set_cookie(COOKIE, secret, path="/comments")
    assert not signed_in(ann)
    assert ann.submit("/sign-out").status_code == 303


# ── one's account ────────────────────────────────────────────────────────────────────────────


def test_an_account_page_is_for_whoever_is_signed_in_here(quiet):
    for path in ("/account", "/account/name", "/account/password", "/account/end"):
        assert stranger(quiet).submit(path).status_code in (401, 405), path
    assert stranger(quiet).client.get("/comments/account").status_code == 401
    # The host's own people have their account at the host.
    assert stranger(quiet, "dave").client.get("/comments/account").status_code == 401


def test_one_changes_ones_name(quiet, ann):
    assert ann.submit("/account/name", name="Annabelle").status_code == 303
    assert ann.says()["author"]["name"] == "Annabelle"
    assert ann.submit("/account/name", name=" ").status_code == 422
    assert "Your name is changed" in ann.client.get("/comments/account?done=name").text


def test_one_changes_ones_password_by_showing_it_and_every_other_browser_is_out(quiet, ann):
    carol = stranger(quiet, "carol")
    carol.submit("/sign-in/password", email=ANN, password=GOOD)
    fresh = {"password": "eight green bicycles"}
    assert ann.submit("/account/password", current="wrong", **fresh).status_code == 422
    assert ann.submit("/account/password", current=GOOD, password="short").status_code == 422
    assert signed_in(carol)
    assert ann.submit("/account/password", current=GOOD, **fresh).status_code == 303
    assert (signed_in(ann), signed_in(carol)) == (True, False)
    assert carol.submit("/sign-in/password", email=ANN, password=GOOD).status_code == 422
    assert carol.submit("/sign-in/password", email=ANN, **fresh).status_code == 303


def test_one_sees_where_one_is_signed_in_and_ends_it(quiet, ann):
    carol, bob = stranger(quiet, "carol"), stranger(quiet)
    for visitor in (carol, bob):
        visitor.submit("/sign-in/password", email=ANN, password=GOOD)
    buttons = page(ann.client.get("/comments/account")).find_all(attrs={"name": "which"})
    theirs = accounts.fingerprint(cookie(carol))
    assert theirs in [button["value"] for button in buttons]
    assert accounts.fingerprint(cookie(ann)) not in [button["value"] for button in buttons]
    ann.submit("/account/end", which=theirs)
    assert (signed_in(ann), signed_in(carol), signed_in(bob)) == (True, False, True)
    ann.submit("/account/end", which="others")
    assert (signed_in(ann), signed_in(bob)) == (True, False)


def test_who_came_without_a_password_sets_one(mailing, mail_server):
    ann = stranger(mailing)
    ann.submit("/sign-in", email=ANN)
    ann.submit("/sign-in/link", token=token_in(mail_server.wait_for(1)[0]), name="Ann")
    assert ann.submit("/account/password", password=GOOD).status_code == 303
    carol = stranger(mailing, "carol")
    assert carol.submit("/sign-in/password", email=ANN, password=GOOD).status_code == 303


# ── moderators ───────────────────────────────────────────────────────────────────────────────


def test_a_moderators_link_sets_a_password_once(quiet):
    token, ann = password_link(quiet), stranger(quiet)
    assert set_password(ann, token, password="short").status_code == 422
    assert set_password(ann, token).location == "/comments/admin/queue"
    assert ann.client.get("/comments/admin/overview").status_code == 200
    assert set_password(stranger(quiet, "carol"), token).status_code == 403


def test_a_new_link_ends_the_one_before_and_using_it_puts_everybody_out(quiet, ann):
    lost = password_link(quiet)
    token = password_link(quiet)
    carol = stranger(quiet, "carol")
    assert set_password(carol, lost).status_code == 403
    assert set_password(carol, token).status_code == 303
    assert not signed_in(ann)


def test_where_mail_is_sent_a_moderator_needs_no_password(mailing):
    ann, token = stranger(mailing), password_link(mailing)
    shown = ann.client.get("/comments/sign-in/new-password", query_string={"token": token})
    assert 'name="without"' in shown.text
    assert set_password(ann, token, password="", without="1").status_code == 303
    assert ann.client.get("/comments/admin/overview").status_code == 200


def test_where_none_is_sent_there_is_no_way_around_a_password(quiet):
    answer = set_password(stranger(quiet), password_link(quiet), password="", without="1")
    assert answer.status_code == 422


def test_who_is_not_signed_in_is_shown_the_way_in_and_back(quiet, ann):
    carol = stranger(quiet, "carol")
    refused = carol.client.get("/comments/admin/overview?days=7&x=//evil")
    assert refused.status_code == 401
    way = page(refused).find("a", string="Sign in")["href"]
    form = page(carol.client.get(way)).find("form")
    back = form.find(attrs={"name": "back"})["value"]
    answer = carol.submit("/sign-in/password", email=ANN, password=GOOD, back=back)
    assert answer.location == "/comments/admin/overview?days=7&x=//evil"


def test_dismissal_closes_the_door_at_once(quiet, ann):
    assert ann.client.get("/comments/admin/overview").status_code == 200
    quiet.test_cli_runner().invoke(args=["comments", "moderators", "remove", ANN])
    assert ann.client.get("/comments/admin/overview").status_code == 403


def test_the_hosts_own_sign_in_comes_first(quiet, ann):
    with ann.client.session_transaction() as kept:
        kept["user"] = "dave"
    assert ann.says()["author"]["name"] == "Dave"


# ── what a guest wrote ───────────────────────────────────────────────────────────────────────


def test_what_was_written_in_this_browser_comes_along(quiet, ann):
    carol = stranger(quiet, "carol")
    carol.submit("/post", key="story", name="Carol", body="Mine")
    carol.submit("/sign-in/password", email=ANN, password=GOOD)
    assert carol.client.get_cookie("comments_guest", path="/comments") is None
    assert [c["author"]["name"] for c in carol.reads()["comments"]] == ["Ann"]
    assert len(carol.me()["own"]) == 1


def test_in_an_embed_both_tokens_are_shown(quiet, ann):
    carol = stranger(quiet, "carol")
    carol.headers = {"Origin": BLOG}
    comment = carol.says()
    guest, carol.token = carol.token, handed(go_on(ann, origin=BLOG))["data-token"]
    claim = carol.call("POST", "/claims", {"guest": guest})
    assert (claim.status_code, claim.json) == (200, {"comments": 1})
    (row,) = carol.reads()["comments"]
    assert (row["id"], row["author"]["name"]) == (comment["id"], "Ann")


@pytest.mark.parametrize("guest", ["", "nonsense", 7, None])
def test_nothing_is_claimed_without_the_guests_token(quiet, ann, guest):
    headers = {
        "Authorization": f"Bearer {handed(go_on(ann, origin=BLOG))['data-token']}",
        "Origin": BLOG,
    }
    answer = ann.call("POST", "/claims", {"guest": guest}, headers=headers)
    assert answer.status_code in (401, 422)


def test_a_guest_claims_nothing(quiet):
    alice, carol = stranger(quiet), stranger(quiet, "carol")
    alice.says()
    carol.says()
    answer = carol.call("POST", "/claims", {"guest": alice.token})
    assert problem(answer) == (401, "sign_in_required")


def test_an_embed_signs_out(quiet, ann):
    token = handed(go_on(ann, origin=BLOG))["data-token"]
    headers = {"Authorization": f"Bearer {token}", "Origin": BLOG}
    assert ann.call("DELETE", "/sign-in", headers=headers).status_code == 204
    assert problem(me(ann, token, BLOG)) == (401, "token_invalid")
    assert signed_in(ann)


def test_signing_in_is_no_way_around_the_ban_of_an_address(mailing, mail_server):
    ann = stranger(mailing)
    ann.submit("/sign-in", email=ANN)
    ann.submit("/sign-in/link", token=token_in(mail_server.wait_for(1)[0]), name="Ann")
    digest = cast.state_of(mailing).keys.digest("email", ANN)
    there_is(mailing, make.ban, f"email:{digest}")
    answer = ann.call("POST", "/comments", {"thread": "story", "body": "Hello"})
    assert problem(answer) == (403, "banned")


# ── a guest's address ────────────────────────────────────────────────────────────────────────


def shows(visitor: Visitor, link: str, **more) -> TestResponse:
    """What the thread's script does with the link in the browser in which they wrote."""
    return visitor.call("POST", "/verifications", {"link": link}, **more)


def test_who_types_somebodys_address_does_not_become_them_by_their_press(mailing, mail_server):
    carol, ann = stranger(mailing, "carol"), stranger(mailing, "alice")
    carol.says(email=ANN)
    ann.says()
    link = token_in(mail_server.wait_for(1)[0])
    shown = page(ann.client.get("/comments/verify", query_string={"token": link}))
    assert shown.find("form", action=re.compile("/verify")) is None
    assert "in the browser in which you wrote" in shown.text
    pressed = ann.submit("/verify", token=link)
    assert (pressed.status_code, "browser in which you wrote" in pressed.text) == (403, True)
    assert problem(shows(ann, link)) == (403, "not_yours")
    assert problem(shows(stranger(mailing, "dave"), link)) == (403, "not_yours")
    assert not any(it["author"]["verified"] for it in ann.reads()["comments"])
    assert shows(carol, link).status_code == 204  # it is still good where it was asked for


def test_in_the_embed_the_link_leads_back_to_the_page_they_wrote_on(mailing, mail_server):
    alice = stranger(mailing)
    alice.headers |= {"Origin": BLOG, "Sec-Fetch-Site": "cross-site"}
    alice.says(email=ANN, thread={"key": "story", "url": f"{BLOG}/story.html#end"})
    link = token_in(mail_server.wait_for(1)[0])
    shown = page(stranger(mailing).client.get("/comments/verify", query_string={"token": link}))
    assert shown.find("a", href=f"{BLOG}/story.html#comments-verify={link}")
    assert shows(alice, link).status_code == 204


def test_a_link_is_shown_by_a_guest_and_is_a_text(mailing):
    alice = stranger(mailing)
    assert problem(shows(alice, "made up")) == (401, "token_required")
    alice.says()
    assert problem(shows(alice, "made up")) == (403, "link_not_good")
    assert problem(shows(alice, 5)) == (422, "invalid")


def test_a_guest_who_shows_an_address_has_its_tag(mailing, mail_server):
    alice = stranger(mailing)
    before = alice.says(email=ANN)["author"]
    link = {"token": token_in(mail_server.wait_for(1)[0])}
    shown = alice.client.get("/comments/verify", query_string=link).text
    assert ANN in shown
    assert "alice gave" in shown
    assert "/comments/thread?key=story#comments-verify=" + link["token"] in shown
    assert alice.reads()["comments"][0]["author"] == before  # opening the link did nothing
    assert shows(alice, link["token"]).status_code == 204
    assert problem(shows(alice, link["token"])) == (403, "link_not_good")
    after = alice.reads()["comments"][0]["author"]
    assert (before["verified"], after["verified"]) == (False, True)
    assert after["badge"] != before["badge"]
    assert alice.me()["viewer"]["badge"] == after["badge"]
    assert f"hashed {after['badge']}" in alice.client.get("/comments/thread?key=story").text


def test_one_address_is_one_tag_in_every_browser(mailing, mail_server):
    alice, phone = stranger(mailing), stranger(mailing, "carol")
    for number, visitor in enumerate((alice, phone), start=1):
        visitor.says(email="Ann@Example.org")
        shows(visitor, token_in(mail_server.wait_for(number)[-1]))
    tags = {comment["author"]["badge"] for comment in alice.reads()["comments"]}
    assert len(tags) == 1
    assert phone.says("Again")["author"]["badge"] in tags


def test_the_form_without_javascript_asks_and_mails_as_well(mailing, mail_server):
    alice = stranger(mailing)
    assert 'name="email"' in alice.client.get("/comments/thread?key=story").text
    alice.submit("/post", key="story", name="Alice", body="Hello", email=ANN)
    alice.submit("/post", key="story", name="Alice", body="Again", email=ANN)
    mail = mail_server.wait_for(1)[0]
    answer = alice.submit("/verify", token=token_in(mail))
    assert "/comments/thread?key=story" in answer.text
    assert len(mail_server.letters) == 1
    assert alice.reads()["comments"][0]["author"]["verified"]


def test_no_address_is_in_any_public_answer(mailing, mail_server):
    alice = stranger(mailing)
    alice.says(email=ANN)
    mail_server.wait_for(1)
    state = cast.state_of(mailing)
    secret = state.keys.digest("email", ANN)
    for path in ("/comments/thread?key=story", "/comments/api/v1/comments?thread=story"):
        answer = alice.client.get(path).text
        assert ANN not in answer
        assert secret[:6] not in answer


# ── every page of it ─────────────────────────────────────────────────────────────────────────

PAGES = [
    "/sign-in",
    "/sign-in/link?token=x",
    "/sign-in/new-password?token=x",
    "/account",
    "/verify",
    "/mine/by-mail/link?token=x",
]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_of_it_is_kept_or_framed_or_runs_what_is_not_ours(quiet, ann, path):
    answer = ann.client.get(f"/comments{path}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    # "no-referrer" would make browsers send forms with "Origin: null".
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_a_form_that_is_too_large_is_refused(quiet):
    answer = stranger(quiet).submit("/sign-in/password", email=ANN, password="x" * 30_000)
    assert answer.status_code == 413
