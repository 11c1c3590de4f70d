"""From where a browser may be sent: our own pages, the sites that may embed, and nobody else."""

import pytest
from werkzeug.test import TestResponse

from comments.web import hints
from tests.web import cast
from tests.web.cast import API, BLOG, ELSEWHERE, HERE, Visitor, problem

#: What is not the origin it looks like.
FOREIGN = [
    ELSEWHERE,
    "null",
    "",
    "http://blog.example",
    "https://blog.example:444",
    "https://blog.example.elsewhere.example",
    "https://elsewhere.example/https://blog.example",
    "https://blog.example/",
    "https://BLOG.example",
    "https://sub.blog.example",
    "https://blog.example, https://elsewhere.example",
    "http://localhost:8000",
    "https://localhost",
    "http://localhost.",
    "http://127.0.0.1",
    "\xff",
]
WRITES = [
    ("POST", "/comments", {"thread": "story", "name": "carol", "body": "x"}),
    ("PATCH", "/comments/1", {"body": "x"}),
    ("DELETE", "/comments/1", None),
    ("PUT", "/comments/1/vote", {"value": 1}),
    ("POST", "/comments/1/reports", {"reason": "spam"}),
    ("POST", "/preview", {"body": "x"}),
    ("GET", "/me?thread=story", None),
]


# ── the API from other origins ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("method", "path", "fields"), WRITES)
def test_a_foreign_page_sends_nothing(app, alice, carol, method, path, fields):
    alice.says()
    alice.client.set_cookie("comments_guest", alice.token or "")
    for origin in FOREIGN:
        for who in (alice, carol):
            answer = who.call(method, path, fields, headers={"Origin": origin})
            assert problem(answer) == (403, "origin_not_allowed"), origin
            assert "Access-Control-Allow-Origin" not in answer.headers
    assert alice.reads()["thread"] == alice.reads()["thread"] | {"count": 1, "revision": 1}


def test_a_site_that_may_embed_sends_with_a_token(carol):
    carol.headers["Origin"] = BLOG
    written = carol.post()
    assert written.status_code == 201
    assert written.headers["Access-Control-Allow-Origin"] == BLOG
    assert carol.token
    comment_id = written.json["comment"]["id"]
    assert carol.edit(comment_id, "Better.").status_code == 200
    assert set(carol.me()["own"]) == {str(comment_id)}
    assert carol.delete(comment_id).status_code == 204


def test_our_own_pages_and_programs_send(alice, carol):
    assert alice.post(headers={"Origin": HERE}).status_code == 201
    assert carol.post().status_code == 201


def test_a_refusal_can_be_read_by_the_site_that_embeds(carol):
    answer = carol.post("", headers={"Origin": BLOG})
    assert problem(answer) == (422, "invalid")
    assert answer.headers["Access-Control-Allow-Origin"] == BLOG
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    "path", ["/comments/4711", "/comments?thread=story&sort=best", "/nowhere", "/comments/x"]
)
def test_every_refusal_can_be_read_there(carol, path):
    answer = carol.get(path, headers={"Origin": BLOG})
    assert answer.status_code in (404, 422)
    assert answer.headers["Access-Control-Allow-Origin"] == BLOG


@pytest.mark.parametrize("path", ["/comments?thread=story", "/counts", "/pulse?thread=story"])
def test_public_answers_can_be_read_by_the_sites_that_embed_alone(carol, path):
    for origin in FOREIGN:
        answer = carol.get(path, headers={"Origin": origin})
        assert answer.status_code == 200
        assert "Access-Control-Allow-Origin" not in answer.headers, origin
        assert "Origin" in answer.headers["Vary"]
    assert carol.get(path, headers={"Origin": BLOG}).headers["Access-Control-Allow-Origin"] == BLOG
    assert "Origin" in carol.get(path).headers["Vary"]


def test_credentials_are_never_granted(carol):
    for method, path, fields in (*WRITES, ("OPTIONS", "/comments", None)):
        answer = carol.call(method, path, fields, headers={"Origin": BLOG})
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert answer.headers.get("Access-Control-Allow-Origin") in (None, BLOG)


def test_the_script_and_the_style_are_for_everybody(carol):
    for path in ("/comments/embed.js", "/comments/static/comments.css"):
        answer = carol.client.get(path, headers={"Origin": ELSEWHERE})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        answer.close()


# ── asking first ─────────────────────────────────────────────────────────────────────────────


def preflight(who: Visitor, path: str, origin: str, method: str) -> TestResponse:
    asks = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
    }
    return who.client.options(API + path, headers=asks)


def test_a_browser_that_asks_first_is_told(carol):
    for method, path, _ in WRITES:
        answer = preflight(carol, path, BLOG, method)
        assert answer.status_code in (200, 204)
        assert answer.headers["Access-Control-Allow-Origin"] == BLOG
        assert method in answer.headers["Access-Control-Allow-Methods"]
        allowed = answer.headers["Access-Control-Allow-Headers"].lower()
        assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key"))
        assert int(answer.headers["Access-Control-Max-Age"]) > 0
        assert "Set-Cookie" not in answer.headers


def test_a_foreign_page_that_asks_first_is_told_nothing(carol):
    for method, path, _ in WRITES:
        for origin in FOREIGN:
            answer = preflight(carol, path, origin, method)
            assert not [name for name, _ in answer.headers if name.startswith("Access-Control")], (
                origin
            )


def test_without_a_list_of_sites_nobody_may_embed(make_app):
    carol = cast.visitor(make_app(COMMENTS_ORIGINS=""), "carol")
    assert problem(carol.post(headers={"Origin": BLOG})) == (403, "origin_not_allowed")
    answer = carol.get("/comments?thread=story", headers={"Origin": BLOG})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert carol.post(headers={"Origin": HERE}).status_code == 201


# ── the session of the host ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": BLOG},
        {"Origin": BLOG, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "nonsense"},
    ],
)
def test_who_is_signed_in_counts_on_our_own_origin_alone(alice, bob, headers):
    written = alice.says()
    assert bob.me()["viewer"]["kind"] == "moderator"
    seen = bob.get("/me?thread=story", headers=headers).json
    assert (seen["viewer"], seen["can"]["moderate"]) == (None, False)
    assert bob.post(headers=headers).json["comment"]["author"]["kind"] == "guest"
    bob.token = None
    assert problem(bob.edit(written["id"], "x", headers=headers)) == (401, "token_required")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": HERE},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": HERE, "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_who_is_signed_in_counts_on_our_own_origin(bob, headers):
    assert bob.post(headers=headers).json["comment"]["author"]["kind"] == "moderator"


def test_a_guests_cookie_counts_on_our_own_origin_alone(app, alice):
    written = alice.says()
    browser = cast.visitor(app, "alice")
    browser.client.set_cookie("comments_guest", alice.token or "")
    assert set(browser.me()["own"]) == {str(written["id"])}
    for headers in ({"Origin": BLOG}, {"Sec-Fetch-Site": "cross-site"}):
        assert browser.get("/me?thread=story", headers=headers).json["own"] == {}
        answer = browser.edit(written["id"], "x", headers=headers)
        assert problem(answer) == (401, "token_required")


# ── forms ────────────────────────────────────────────────────────────────────────────────────

FORMS = [
    ("/post", {"key": "story", "name": "carol", "body": "x"}),
    ("/preview", {"key": "story", "name": "carol", "body": "x"}),
    ("/comment/1/vote", {"value": "1"}),
    ("/comment/1/edit", {"body": "x"}),
    ("/comment/1/delete", {}),
    ("/comment/1/report", {"reason": "spam"}),
]


@pytest.mark.parametrize(("path", "fields"), FORMS)
def test_a_form_comes_from_our_own_pages_alone(alice, carol, path, fields):
    alice.submit("/post", key="story", name="alice", body="The first.")
    sent_from = [{"Origin": origin} for origin in (*FOREIGN, BLOG)]
    sent_from += [{"Sec-Fetch-Site": site} for site in ("cross-site", "same-site", "none", "x")]
    for headers in (*sent_from, {}):
        for who in (alice, carol):
            answer = who.client.post(f"/comments{path}", data=fields, headers=headers)
            assert answer.status_code == 403, headers
            assert "Set-Cookie" not in answer.headers
    thread = alice.reads()["thread"]
    assert (thread["count"], thread["revision"]) == (1, 1)


@pytest.mark.parametrize("headers", [{"Origin": HERE}, {"Sec-Fetch-Site": "same-origin"}])
def test_a_form_of_our_own_pages_is_taken(carol, headers):
    form = {"key": "story", "name": "carol", "body": "x"}
    assert carol.client.post("/comments/post", data=form, headers=headers).status_code == 303


def test_behind_a_proxy_the_public_address_is_our_own(make_app):
    app = make_app(COMMENTS_TRUSTED_PROXIES=1, COMMENTS_HOSTS="comments.example")
    carol = cast.visitor(app, "carol")
    form = {"key": "story", "name": "carol", "body": "x"}
    through = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "comments.example"}
    ours = through | {"Origin": "https://comments.example"}
    answer = carol.client.post("/comments/post", data=form, headers=ours)
    assert answer.status_code == 303
    assert "Secure" in answer.headers["Set-Cookie"]
    plain = through | {"Origin": "http://comments.example"}
    assert carol.client.post("/comments/post", data=form, headers=plain).status_code == 403


def test_without_a_proxy_nobody_tells_us_our_own_address(app, carol):
    spoofed = {"X-Forwarded-Host": "elsewhere.example", "X-Forwarded-Proto": "https"}
    headers = spoofed | {"Origin": ELSEWHERE}
    assert problem(carol.post(headers=headers)) == (403, "origin_not_allowed")
    form = {"key": "story", "name": "carol", "body": "x"}
    assert carol.client.post("/comments/post", data=form, headers=headers).status_code == 403


# ── what its owner is told ───────────────────────────────────────────────────────────────────


def test_a_page_of_an_unknown_site_is_told_to_the_owner_once(carol, caplog):
    for _ in range(3):
        carol.get("/comments?thread=story", headers={"Origin": ELSEWHERE})
    assert caplog.text.count(f"A page at '{ELSEWHERE}' asked for comments") == 1
    assert "COMMENTS_ORIGINS" in caplog.text


def test_pages_that_may_ask_are_not_told(carol, caplog):
    for origin in (BLOG, HERE):
        carol.get("/comments?thread=story", headers={"Origin": origin})
    assert "asked for comments" not in caplog.text


def test_nobody_fills_the_log_with_sites_that_they_make_up(carol, caplog):
    for number in range(2 * hints.MOST_TOLD):
        origin = f"https://{number}.example/\n" + "x" * 1_000
        carol.get("/me?thread=story", headers={"Origin": origin.replace("\n", "\x85")})
    told = [line for line in caplog.text.splitlines() if "asked for comments" in line]
    assert len(told) == hints.MOST_TOLD
    assert max(map(len, told)) < 3 * hints.MOST_SHOWN
