"""Owners see who moderates, appoint and dismiss; nobody gets in who should not."""

import re

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.test import TestResponse

from comments.models import Account
from tests.services.smtp import MailServer
from tests.web import cast
from tests.web.admin.rooms import owner, press, pressed, see, undo
from tests.web.cast import BLOG, HERE, Visitor

ANN, BEA = "ann@example.org", "bea@example.org"
GOOD = "seven green bicycles"


def member(app: Flask, email: str, name: str, *words: str) -> Visitor:
    """Somebody appointed from the command line, signed in with a password."""
    run = app.test_cli_runner().invoke
    said = run(args=["comments", "moderators", "add", email, "--name", name, *words])
    visitor = cast.visitor(app, "alice")
    assert comes_in(visitor, said.output).status_code == 303, said.output
    return visitor


def comes_in(visitor: Visitor, text: str, **fields: str) -> TestResponse:
    """By the link that stands in *text*."""
    (token,) = re.findall(r"token=([\w-]+)", text)
    return visitor.submit("/sign-in/new-password", token=token, password=GOOD, **fields)


@pytest.fixture
def ann(app) -> Visitor:
    """The owner of the service."""
    return member(app, ANN, "Ann")


def rows(answer: TestResponse) -> list[str]:
    page = BeautifulSoup(answer.text, "html.parser")
    return [" ".join(row.get_text(" ").split()) for row in page.select(".m-people tbody tr")]


def appoint(by: Visitor, email: str = BEA, **fields: str) -> TestResponse:
    return press(by, "/moderators/appoint", **({"email": email, "role": "moderator"} | fields))


def dismiss(by: Visitor, account: int, site: str = "") -> TestResponse:
    return press(by, "/moderators/dismiss", id=account, site=site)


def notice(answer: TestResponse) -> str:
    found = BeautifulSoup(answer.text, "html.parser").select_one(".a-notice")
    return " ".join(found.get_text(" ").split()) if found else ""


# ── appointing ───────────────────────────────────────────────────────────────────────────────


def test_without_mail_the_link_is_shown_once_and_lets_the_new_one_in(app, ann):
    answer = appoint(ann, " Bea@example.org", site=BLOG)
    assert answer.status_code == 200 and notice(answer).startswith("Appointed.")
    assert "token=" not in see(ann, "/moderators").text
    assert 'aria-current="page">Moderators</a>' in answer.text
    first, second = rows(answer)
    assert first.startswith(f"Ann you {ANN} Owner Everywhere") and first.endswith("yes")
    assert second.startswith(f"{BEA} Moderator {BLOG}") and "not signed in no" in second

    bea = cast.visitor(app, "carol")
    assert comes_in(bea, answer.text, name="Bea").status_code == 303
    assert see(bea, "/queue").status_code == 200
    assert bea.client.get("/comments/admin/moderators").status_code == 403
    assert rows(see(ann, "/moderators"))[1].startswith(f"Bea {BEA} Moderator {BLOG}")


def test_appointing_again_changes_the_role_and_ends_the_link_before(app, ann):
    first, second = appoint(ann), appoint(ann, role="owner")
    assert [row.split()[1] for row in rows(second)] == ["you", "Owner"]
    bea = cast.visitor(app, "carol")
    assert comes_in(bea, first.text, name="Bea").status_code == 403
    assert comes_in(bea, second.text, name="Bea").status_code == 303


def test_nobody_gets_into_an_account_by_appointing_its_owner(app, ann):
    member(app, BEA, "Bea")
    answer = appoint(ann, role="owner")
    assert "token=" not in answer.text
    assert f"{BEA} has an account and signs in as before." in answer.text


def test_with_mail_the_link_is_mailed_and_not_shown(make_app, mail_server: MailServer):
    app = make_app(COMMENTS_SMTP_URI=mail_server.uri, COMMENTS_MAIL_FROM="c@blog.example")
    answer = appoint(member(app, ANN, "Ann"))
    assert "token=" not in answer.text and f"on its way to {BEA}" in answer.text
    (mail,) = mail_server.wait_for(1)
    assert (mail.recipients, mail.message["Subject"]) == ([BEA], "You moderate the comments")
    bea = cast.visitor(app, "carol")
    assert comes_in(bea, mail.text, name="Bea", without="1").status_code == 303
    assert see(bea, "/queue").status_code == 200


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"email": "bea"}, "That is not an e-mail address."),
        ({"site": "https://elsewhere.example"}, "There are no comments of that site."),
        ({"site": HERE, "role": "owner"}, "An owner looks after all sites, not one."),
        ({"role": "king"}, "Choose one of the roles."),
        ({"email": ANN}, "You cannot change your own role"),
    ],
)
def test_what_cannot_be_is_told_and_appoints_nobody(app, ann, fields, sentence):
    answer = appoint(ann, **fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert len(rows(answer)) == 1
    with app.app_context():
        assert cast.state_of(app).session().query(Account).count() == 1


# ── letting go ───────────────────────────────────────────────────────────────────────────────


def test_who_is_dismissed_is_out_at_once_and_back_when_it_is_undone(app, ann):
    bea = member(app, BEA, "Bea", "--site", BLOG)
    since = rows(see(ann, "/moderators"))[1]
    page = ann.client.get(dismiss(ann, 2, BLOG).location)
    assert notice(page).startswith("Dismissed.") and len(rows(page)) == 1
    assert bea.client.get("/comments/admin/queue").status_code == 403

    undo(ann)
    assert rows(see(ann, "/moderators"))[1] == since
    assert see(bea, "/queue").status_code == 200


def test_an_appointment_is_taken_back(app, ann):
    appoint(ann)
    assert "Taken back. Dismissed." in undo(ann).text
    assert len(rows(see(ann, "/moderators"))) == 1
    member(app, BEA, "Bea")
    appoint(ann, role="owner")
    undo(ann)
    assert "Moderator" in rows(see(ann, "/moderators"))[1]


def test_what_another_has_changed_since_stays(app, ann):
    appoint(ann)
    member(app, BEA, "Bea", "--role", "owner")
    undo(ann)
    assert "Owner" in rows(see(ann, "/moderators"))[1]
    dismiss(ann, 2)
    member(app, BEA, "Bea")
    undo(ann)
    assert "Moderator" in rows(see(ann, "/moderators"))[1]


def test_nobody_dismisses_themselves_or_the_last_owner(app, ann, monkeypatch):
    answer = dismiss(ann, 1)
    assert answer.status_code == 422 and "You cannot change your own role" in answer.text
    hosts = owner(app, monkeypatch)
    answer = dismiss(hosts, 1)
    assert answer.status_code == 422 and "Somebody has to own the service" in answer.text
    assert len(rows(answer)) == 1


@pytest.mark.parametrize(("account", "site"), [(2, ""), (99, ""), ("x", "")])
def test_of_two_who_dismiss_the_second_is_told(app, ann, account, site):
    member(app, BEA, "Bea", "--site", BLOG)
    answer = dismiss(ann, account, site)
    assert answer.status_code == 409 and len(rows(answer)) == 2


def test_the_log_tells_both_by_name_and_without_an_address(app, ann):
    member(app, BEA, "Bea", "--site", BLOG)
    dismiss(ann, 2, BLOG)
    log = see(ann, "/log").text
    assert "Ann dismissed Bea" in log and "The command line appointed Bea" in log
    assert BEA not in log and BLOG in log


# ── a host's own people ──────────────────────────────────────────────────────────────────────


def test_a_hosts_owner_is_told_that_the_host_decides_and_appoints_nobody(app, monkeypatch):
    bob = owner(app, monkeypatch)
    page = see(bob, "/moderators").text
    assert "It decides who moderates" in page and "/moderators/appoint" not in page
    assert appoint(bob).status_code == 404


def test_the_frame_leads_members_to_their_account_and_out(app, ann, bob):
    assert 'action="/comments/sign-out"' not in see(bob, "/queue").text
    page = see(ann, "/queue").text
    assert 'href="/comments/account"' in page
    ann.submit("/sign-out")
    assert ann.client.get("/comments/admin/queue").status_code == 401


def test_pressed_forms_come_back_to_the_list(ann, app):
    member(app, BEA, "Bea")
    page = pressed(ann, "/moderators/dismiss", id=2, site="")
    assert 'aria-current="page">Moderators</a>' in page.text
