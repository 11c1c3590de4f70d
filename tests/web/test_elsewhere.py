"""Signing in with an account one has elsewhere, as a browser without JavaScript does it."""

from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from comments.models import Account, Login, SignIn
from comments.providers import GitHub
from tests.elsewhere import GitHubStandIn
from tests.services.ports import free_port
from tests.web import cast
from tests.web.cast import BLOG, ELSEWHERE, HERE

PAGE = "/comments/thread?key=story"


@pytest.fixture
def make(make_app, openid_provider):
    """The service with a real provider."""

    def start(**settings):
        return make_app(
            COMMENTS_OIDC=openid_provider.setting,
            **settings,
        )

    return start


@pytest.fixture
def app(make):
    return make()


@pytest.fixture
def browser(app) -> FlaskClient:
    return app.test_client()


def set_out(browser: FlaskClient, provider: str = "oidc", **query: str) -> str:
    """Where the browser is sent."""
    answer = browser.get(f"/comments/sign-in/with/{provider}", query_string=query)
    assert answer.status_code == 302, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.headers["Location"]


def come_back(
    browser: FlaskClient, brought: dict[str, str], provider: str = "oidc"
) -> TestResponse:
    return browser.get(f"/comments/sign-in/from/{provider}", query_string=brought)


def rows(app, model) -> int:
    with app.app_context():
        return cast.state_of(app).session().scalar(select(func.count()).select_from(model))


def viewer(browser: FlaskClient):
    return browser.get("/comments/api/v1/me?thread=story").json["viewer"]


# ── on our own origin ────────────────────────────────────────────────────────────────────────


def test_somebody_signs_in_and_is_the_same_the_next_time(app, browser, openid_provider):
    answer = come_back(browser, openid_provider.visit(set_out(browser, back=PAGE), "dora"))
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert viewer(browser)["name"] == "Dora"
    another = app.test_client()
    come_back(another, openid_provider.visit(set_out(another), "dora"))
    assert viewer(another)["name"] == "Dora"
    assert (rows(app, Account), rows(app, Login), rows(app, SignIn)) == (1, 1, 2)


def test_what_they_wrote_as_a_guest_is_theirs(browser, openid_provider):
    form = {"key": "story", "name": "Gil", "body": "Before"}
    browser.post("/comments/post", data=form, headers={"Origin": HERE})
    come_back(browser, openid_provider.visit(set_out(browser), "dora"))
    [comment] = browser.get("/comments/api/v1/comments?thread=story").json["comments"]
    assert (comment["author"]["name"], comment["author"]["kind"]) == ("Dora", "user")


def test_the_journey_is_kept_by_the_browser_and_over_when_it_is_back(browser, openid_provider):
    answer = browser.get("/comments/sign-in/with/oidc")
    kept = answer.headers["Set-Cookie"]
    assert all(word in kept for word in ("comments_journey=", "HttpOnly", "SameSite=Lax"))
    brought = openid_provider.visit(answer.headers["Location"], "dora")
    answer = come_back(browser, brought)
    assert any("comments_journey=;" in cookie for cookie in answer.headers.getlist("Set-Cookie"))
    assert refused(come_back(browser, brought)) == 403


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "x", ""]
)
def test_nobody_is_sent_elsewhere(browser, openid_provider, back):
    answer = come_back(browser, openid_provider.visit(set_out(browser, back=back), "dora"))
    assert answer.headers["Location"].startswith("/comments/account")


# ── for a page of another site ───────────────────────────────────────────────────────────────


def test_a_site_that_embeds_gets_the_token_and_no_cookie(browser, openid_provider):
    article = f"{BLOG}/article#comments-window=1-2"
    address = set_out(browser, origin=BLOG, back=article)
    answer = come_back(browser, openid_provider.visit(address, "dora"))
    assert answer.status_code == 200
    assert f'data-origin="{BLOG}"' in answer.text
    assert f'data-back="{article}"' in answer.text
    assert "comments_session" not in str(answer.headers.getlist("Set-Cookie"))
    token = answer.text.partition('data-token="')[2].partition('"')[0]
    reads = {"Authorization": f"Bearer {token}", "Origin": BLOG}
    me = browser.get("/comments/api/v1/me?thread=story", headers=reads).json
    assert (me["viewer"]["name"], me["can"]["sign_out"]) == ("Dora", True)


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", BLOG + "/", "http://blog.example"])
def test_a_site_that_may_not_embed_gets_nobody(browser, origin):
    answer = browser.get("/comments/sign-in/with/oidc", query_string={"origin": origin})
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


# ── what does not work ───────────────────────────────────────────────────────────────────────


def refused(answer: TestResponse) -> int:
    """The status of a page with a sentence, that tells nothing and signs nobody in."""
    assert answer.mimetype == "text/html"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert "Traceback" not in answer.text
    assert "comments_session" not in str(answer.headers.getlist("Set-Cookie"))
    return answer.status_code


def test_a_browser_that_did_not_set_out_cannot_come_back(app, browser, openid_provider):
    """Login CSRF: the address of somebody else's return signs nobody in as them."""
    brought = openid_provider.visit(set_out(browser), "mallory")
    victim = app.test_client()
    assert refused(come_back(victim, brought)) == 403
    set_out(victim)
    assert refused(come_back(victim, brought)) == 403
    assert (viewer(victim), rows(app, Account)) == (None, 0)


def test_who_cancels_reads_so_and_finds_the_way_on(browser, openid_provider):
    answer = come_back(browser, openid_provider.visit(set_out(browser, back=PAGE), None))
    assert refused(answer) == 403
    assert "You did not sign in with Our staff." in answer.text
    assert 'href="/comments/sign-in/with/oidc?back=%2Fcomments%2Fthread' in answer.text
    assert f'href="{PAGE}"' in answer.text


def test_what_the_address_says_is_shown_to_nobody(browser):
    state = parse_qs(urlsplit(set_out(browser)).query)["state"][0]
    said = {"state": state, "error": "x", "error_description": "Call <b>0900</b>"}
    answer = come_back(browser, said)
    assert refused(answer) == 403
    assert "0900" not in answer.text


def test_a_provider_that_is_down_is_said_to_be(make_app):
    nobody = f"http://127.0.0.1:{free_port()} client secret Our staff"
    answer = make_app(COMMENTS_OIDC=nobody).test_client().get("/comments/sign-in/with/oidc")
    assert refused_plainly(answer) == 503
    assert "Our staff does not answer just now." in answer.text
    assert answer.headers["Retry-After"] == "30"


def refused_plainly(answer: TestResponse) -> int:
    assert "Traceback" not in answer.text
    return answer.status_code


@pytest.mark.parametrize("way", ["with", "from"])
def test_a_provider_that_is_not_set_up_is_not_there(browser, way):
    assert browser.get(f"/comments/sign-in/{way}/github").status_code == 404


def test_what_comes_from_one_provider_is_not_taken_from_another(make, serve, openid_provider):
    made = GitHubStandIn()
    app = make(COMMENTS_GITHUB=f"client:{made.secret}")
    at(app, serve(made.app()))
    browser = app.test_client()
    brought = openid_provider.visit(set_out(browser), "dora")
    assert refused(come_back(browser, brought, "github")) == 403
    assert rows(app, Account) == 0


def test_it_is_counted(make, openid_provider):
    browser = make().test_client()
    for _ in range(60):
        set_out(browser)
    answer = browser.get("/comments/sign-in/with/oidc")
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)


# ── GitHub ───────────────────────────────────────────────────────────────────────────────────


def at(app, url: str) -> None:
    """GitHub lies at *url* for this app."""
    state = cast.state_of(app)
    moved = [replace(p, home=url, api=url) if isinstance(p, GitHub) else p for p in state.providers]
    app.extensions["comments"] = replace(state, providers=tuple(moved))


def test_who_comes_from_github_with_a_known_address_is_the_same_person(
    make, serve, openid_provider
):
    made = GitHubStandIn()
    made.emails = [{"email": "dora@people.example", "primary": True, "verified": True}]
    app = make(COMMENTS_GITHUB=f"client:{made.secret}")
    url = serve(made.app())
    at(app, url)
    browser = app.test_client()
    come_back(browser, openid_provider.visit(set_out(browser), "dora"))
    address = set_out(browser, "github")
    assert address.startswith(url)
    sent_back = made.app().test_client().get(address.removeprefix(url))
    brought = dict(parse_qsl(urlsplit(sent_back.headers["Location"]).query))
    assert come_back(browser, brought, "github").status_code == 303
    assert (rows(app, Account), rows(app, Login)) == (1, 2)


# ── where it is offered ──────────────────────────────────────────────────────────────────────


def test_the_form_and_the_page_of_signing_in_offer_what_there_is(browser):
    thread = browser.get(PAGE).text
    way = "/comments/sign-in/with/oidc?back=%2Fcomments%2Fthread%3Fkey%3Dstory"
    assert f'href="{way}' in thread
    assert "Our staff</a>" in thread
    page = browser.get("/comments/sign-in", query_string={"origin": BLOG, "back": f"{BLOG}/a"})
    assert "Sign in with Our staff" in page.text
    assert "with/oidc?origin=https%3A%2F%2Fblog.example&amp;back=https%3A%2F%2F" in page.text


def test_where_nobody_can_sign_in_nothing_is_offered(sqlite_app):
    assert "Sign in" not in sqlite_app.test_client().get(PAGE).text
