"""Signing in elsewhere: a real OpenID provider, GitHub's addresses, and those who lie."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from joserfc.jwk import OctKey

from comments import providers
from comments.errors import CommentsError, ConfigError
from comments.providers import GitHub, Journey, OpenId, Person, begin, configured, directory, finish
from comments.providers.journey import LIFETIME
from tests.elsewhere import GitHubStandIn, Issuer, another_key, unsigned
from tests.factories import KEYS, NOON, SETTINGS, with_settings
from tests.services.oidc import CLIENT_ID, CLIENT_SECRET
from tests.services.ports import free_port

CALLBACK = "http://comments.test/comments/sign-in/from/oidc"


def start(provider, **more):
    where = {"origin": "", "back": ""} | more
    return begin(provider, callback=CALLBACK, now=datetime.now(UTC), **where)


def end(provider, journey, brought):
    return finish(provider, journey, brought, callback=CALLBACK, now=datetime.now(UTC))


def code_of(provider, journey, brought):
    with pytest.raises(CommentsError) as refused:
        end(provider, journey, brought)
    return refused.value.code


# ── a real provider ──────────────────────────────────────────────────────────────────────────


@pytest.fixture
def staff(openid_provider):
    return OpenId(
        issuer=openid_provider.issuer,
        client_id=CLIENT_ID,
        secret=CLIENT_SECRET,
        label="Our staff",
        slug="oidc",
    )


def test_somebody_signs_in_at_a_real_provider(openid_provider, staff):
    address, journey = start(staff)
    assert end(staff, journey, openid_provider.visit(address, "dora")) == Person(
        subject="dora",
        name="Dora",
        email="dora@people.example",
        avatar="https://pictures.example/dora.png",
    )


@pytest.mark.parametrize(
    ("login", "name", "email"),
    [
        ("unverified", "Unverified", None),
        ("silent", "Silent", None),
        ("nameless", "", "nameless@people.example"),
    ],
)
def test_an_address_counts_when_it_is_verified(openid_provider, staff, login, name, email):
    address, journey = start(staff)
    person = end(staff, journey, openid_provider.visit(address, login))
    assert (person.name, person.email) == (name, email)


def test_a_code_is_good_once_and_with_its_own_verifier(openid_provider, staff):
    address, journey = start(staff)
    brought = openid_provider.visit(address, "dora")
    _, another = start(staff)
    stolen = brought | {"state": another.state}
    assert code_of(staff, another, stolen) == "sign_in_failed"

    address, journey = start(staff)
    brought = openid_provider.visit(address, "dora")
    assert end(staff, journey, brought).subject == "dora"
    assert code_of(staff, journey, brought) == "sign_in_failed"


def test_somebody_who_cancels_is_told_that_they_did(openid_provider, staff):
    address, journey = start(staff)
    with pytest.raises(CommentsError, match="You did not sign in with Our staff") as refused:
        end(staff, journey, openid_provider.visit(address, None))
    assert refused.value.code == "sign_in_failed"


def test_a_client_whom_the_provider_does_not_know_gets_nobody(openid_provider, staff):
    address, journey = start(staff)
    brought = openid_provider.visit(address, "dora")
    forgetful = OpenId(
        issuer=staff.issuer, client_id=CLIENT_ID, secret="wrong", label="x", slug="oidc"
    )
    assert code_of(forgetful, journey, brought) == "sign_in_failed"


# ── what comes back ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "brought",
    [
        {},
        {"code": "x"},
        {"code": "x", "state": ""},
        {"code": "x", "state": "ü"},
        {"code": "x", "state": "another"},
        {"state": "its own"},
        {"code": "", "state": "its own"},
        {"code": "x", "state": "its own", "error": "server_error"},
        {"state": "its own", "error": "<script>", "error_description": "Call 0900"},
        {"code": "x", "state": "its own", "iss": "https://elsewhere.example"},
        {"code": "x", "state": "its own", "iss": ""},
    ],
    ids=repr,
)
def test_only_what_belongs_to_the_journey_is_read(brought):
    # The issuer is never asked: nobody answers there.
    staff = OpenId(issuer="https://id.example", client_id="c", secret="s", label="x", slug="oidc")
    journey = _journey(state="its own")
    with pytest.raises(CommentsError) as refused:
        end(staff, journey, brought)
    assert refused.value.code == "sign_in_failed"
    assert str(refused.value) == "Signing in did not work. Please try again."


def test_an_answer_from_another_provider_is_not_taken():
    other = OpenId(issuer="https://id.example", client_id="c", secret="s", label="x", slug="oidc-2")
    journey = _journey(state="its own")
    assert code_of(other, journey, {"code": "x", "state": "its own"}) == "sign_in_failed"


def _journey(**facts):
    known = {"provider": "oidc", "state": "s", "nonce": "n", "verifier": "v"}
    return Journey(**(known | {"started": int(NOON.timestamp())} | facts))


def test_the_browser_keeps_the_journey_under_our_seal():
    journey = _journey(origin="https://blog.example", back="https://blog.example/a")
    cookie = journey.sealed(KEYS)
    assert Journey.opened(KEYS, cookie, NOON + LIFETIME) == journey
    later = NOON + LIFETIME + timedelta(seconds=1)
    for kept, now in ((None, NOON), ("", NOON), (cookie[:-1], NOON), (cookie, later)):
        with pytest.raises(CommentsError, match="did not work"):
            Journey.opened(KEYS, kept, now)


def test_two_journeys_share_nothing():
    one, two = (start(GitHub(client_id="c", secret="s"))[1] for _ in range(2))
    assert {one.state, one.nonce, one.verifier}.isdisjoint({two.state, two.nonce, two.verifier})


# ── issuers that lie ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
def issuer(serve):
    made = Issuer()
    made.url = serve(made.app())
    return made


def visit(issuer, **wrong):
    """What comes of somebody's sign-in at an *issuer* where something is wrong."""
    issuer.wrong = wrong
    provider = OpenId(
        issuer=issuer.url, client_id=issuer.client_id, secret="s", label="Liar", slug="oidc"
    )
    _, journey = start(provider)
    issuer.nonce = journey.nonce
    return end(provider, journey, {"code": "x", "state": journey.state})


def test_the_issuer_that_tells_the_truth_is_believed(issuer):
    """The control arm: without a fault, the tests below would fail."""
    assert visit(issuer) == Person(subject="dora", name="Dora")


def test_an_issuer_may_tell_everything_in_its_token(issuer):
    told = {"name": "Dora", "email": "dora@people.example", "email_verified": "true"}
    person = visit(issuer, document={"userinfo_endpoint": None}, claims=told)
    assert person == Person(subject="dora", name="Dora", email="dora@people.example")


WRONG = {
    "another's key": {"key": another_key()},
    "no signature": {"token": None},
    "another issuer": {"claims": {"iss": "https://elsewhere.example"}},
    "another client": {"claims": {"aud": "another"}},
    "another client too": {"claims": {"aud": ["comments", "another"], "azp": "another"}},
    "another's nonce": {"claims": {"nonce": "another"}},
    "no nonce": {"claims": {"nonce": None}},
    "expired": {"claims": {"exp": 1}},
    "no end": {"claims": {"exp": None}},
    "no subject": {"claims": {"sub": None}},
    "a number for a subject": {"claims": {"sub": 42}},
    "a subject that is too long": {"claims": {"sub": "x" * 256}, "me": {"sub": "x" * 256}},
    "another access token": {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "userinfo of another": {"me": {"sub": "bob"}},
    "no keys": {"keys": {"keys": []}},
    "keys of no kind": {"keys": {"keys": [{"kty": "x"}]}},
    "keys that are none": {"keys": []},
    "no token": {"token": "{}"},
    "no JSON": {"token": "<html>"},
    "a list": {"token": "[]"},
    "nothing, in trouble": {"token": "{}", "status": 500},
    "a token of nothing": {"token": json.dumps({"access_token": "x", "id_token": 7})},
    "an error": {"token": json.dumps({"error": "invalid_grant", "error_description": "<b>"})},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_an_answer_that_does_not_hold_signs_nobody_in(issuer, wrong):
    if wrong == {"token": None}:
        wrong = {"token": json.dumps({"access_token": "x", "id_token": unsigned({"sub": "dora"})})}
    with pytest.raises(CommentsError) as refused:
        visit(issuer, **wrong)
    assert refused.value.code in ("sign_in_failed", "provider_away")
    assert "<b>" not in str(refused.value)


def test_a_signature_that_the_clients_secret_could_make_is_none(issuer):
    told = {"id_token_signing_alg_values_supported": ["HS256", "none"]}
    key = OctKey.import_key("the secret of the client, which is long enough", {"kid": "1"})
    with pytest.raises(CommentsError, match="did not work"):
        visit(issuer, document=told, header={"alg": "HS256"}, key=key)


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://elsewhere.example"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": "http://169.254.169.254/latest"},
        {"token_endpoint": "https://127.0.0.2:1/"},
        {"jwks_uri": "https://localhost:1/"},
    ],
    ids=repr,
)
def test_a_document_that_leads_astray_is_not_followed(issuer, document):
    with pytest.raises(CommentsError) as refused:
        visit(issuer, document=document)
    assert (refused.value.code, refused.value.retry_after) == ("provider_away", 30)


def test_a_provider_that_is_down_is_said_to_be():
    nobody = OpenId(
        issuer=f"http://127.0.0.1:{free_port()}", client_id="c", secret="s", label="X", slug="oidc"
    )
    with pytest.raises(CommentsError, match="X does not answer just now") as refused:
        start(nobody)
    assert refused.value.problem.status == 503


# ── GitHub ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def stand_in(serve):
    made = GitHubStandIn()
    return made, serve(made.app())


def at_github(stand_in, **wrong):
    made, url = stand_in
    github = GitHub(client_id="c", secret=wrong.get("secret", made.secret), home=url, api=url)
    address, journey = start(github)
    # The page sends the browser back at once.
    answer = requests.get(address, allow_redirects=False, timeout=10)
    brought = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    return end(github, journey, brought)


def test_somebody_signs_in_at_github(stand_in):
    assert at_github(stand_in) == Person(
        subject="583231",
        name="Mona",
        email="mona@people.example",
        avatar="https://avatars.example/583231",
    )


@pytest.mark.parametrize(
    "emails",
    [
        [],
        [{"email": "mona@people.example", "primary": True, "verified": False}],
        [{"email": "old@people.example", "primary": False, "verified": True}],
        ["mona@people.example"],
        None,
    ],
    ids=repr,
)
def test_github_tells_an_address_only_when_it_is_verified(stand_in, emails):
    stand_in[0].emails = emails
    assert at_github(stand_in).email is None


def test_who_has_no_name_at_github_has_a_login(stand_in):
    stand_in[0].user["name"] = None
    assert at_github(stand_in).name == "octocat"


def test_a_secret_that_github_does_not_know_signs_nobody_in(stand_in):
    with pytest.raises(CommentsError, match="did not work"):
        at_github(stand_in, secret="wrong")


@pytest.mark.parametrize("id", [None, "583231", True])
def test_without_an_id_nobody_is_signed_in(stand_in, id):
    stand_in[0].user["id"] = id
    with pytest.raises(CommentsError, match="GitHub does not answer"):
        at_github(stand_in)


# ── which there are ──────────────────────────────────────────────────────────────────────────


def test_the_settings_say_which_there_are():
    long = "https://id.example/" + "x" * 100
    settings = with_settings(
        github=("a", "b"),
        google=("c", "d"),
        oidc=(("https://id.example", "e", "f", "Our staff"), (long, "g", "h", "Others")),
    )
    found = configured(settings)
    assert [(p.slug, p.label) for p in found] == [
        ("github", "GitHub"),
        ("google", "Google"),
        ("oidc", "Our staff"),
        ("oidc-2", "Others"),
    ]
    assert [p.key for p in found[:3]] == [
        "github",
        "https://accounts.google.com",
        "https://id.example",
    ]
    assert len(found[3].key) <= 100
    assert configured(SETTINGS) == ()


def test_a_provider_without_the_library_stops_the_start(monkeypatch):
    settings = with_settings(github=("a", "b"))
    providers.check_installed(settings)
    monkeypatch.setattr(directory, "find_spec", lambda name: None)
    providers.check_installed(SETTINGS)
    with pytest.raises(ConfigError, match=r"Flask-Comments\[oauth\]"):
        providers.check_installed(settings)
