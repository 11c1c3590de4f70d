"""Settings: every key, what is right, and what is said of what is wrong."""

import traceback
from base64 import b64decode
from dataclasses import FrozenInstanceError, fields

import pytest

from comments.config import Settings, table, unknown_keys
from comments.errors import ConfigError
from comments.kinds import EVENTS, Webhook, parse_origin

KEY = "c" * 32
LONG = "0123456789abcdef" * 2

# key: (a value as the environment gives it, what becomes of it, a wrong value)
SAMPLES = {
    "COMMENTS_DATABASE_URI": ("sqlite:///a.db", "sqlite:///a.db", 7),
    "COMMENTS_DATABASE_READ_URI": ("postgresql://b/c", "postgresql://b/c", 7),
    "COMMENTS_SECRET_KEY": ("a long random text", "a long random text", b"bytes"),
    "COMMENTS_SECRET_KEY_FALLBACKS": ("older, oldest", ("older", "oldest"), 7),
    "COMMENTS_REDIS_URI": ("redis://localhost", "redis://localhost", 7),
    "COMMENTS_ORIGINS": (
        "https://blog.example, http://localhost:4000",
        ("https://blog.example", "http://localhost:4000"),
        "blog.example",
    ),
    "COMMENTS_HOSTS": ("comments.example .example.org", ("comments.example", ".example.org"), 7),
    "COMMENTS_URL": ("https://c.example/comments/", "https://c.example/comments", "c.example"),
    "COMMENTS_RATE_LIMITS": (" OFF ", "off", "maybe"),
    "COMMENTS_GUEST_LIMIT": ("2 per minute", "2 per minute", "a few"),
    "COMMENTS_MEMBER_LIMIT": ("2/minute;9/hour", "2/minute;9/hour", "2 per fortnight"),
    "COMMENTS_GUEST_VOTES_PER_ADDRESS": ("1", 1, "0"),
    "COMMENTS_HOLD": ("Links", "links", "some"),
    "COMMENTS_EDIT_MINUTES": ("0", 0, "-1"),
    "COMMENTS_MAX_LENGTH": (" 500 ", 500, "0"),
    "COMMENTS_TRUSTED_PROXIES": ("2", 2, "one"),
    "COMMENTS_RESERVED_NAMES": ("The Editors, admin", ("The Editors", "admin"), "admin,,"),
    "COMMENTS_PROOF_OF_WORK": ("Off", "off", "maybe"),
    "COMMENTS_MAX_LINKS": ("0", 0, "many"),
    "COMMENTS_REPORTS_TO_HOLD": ("0", 0, "-1"),
    "COMMENTS_KEEP_REJECTED_DAYS": ("1", 1, "0"),
    "COMMENTS_CLOSE_DAYS": ("90", 90, "soon"),
    "COMMENTS_SSO_SECRETS": (
        f"https://blog.example={LONG}, https://shop.example={LONG}=",
        (("https://blog.example", LONG), ("https://shop.example", f"{LONG}=")),
        "https://blog.example=short",
    ),
    "COMMENTS_GITHUB": ("id:a:secret", ("id", "a:secret"), "id"),
    "COMMENTS_GOOGLE": ("id:secret", ("id", "secret"), ":secret"),
    "COMMENTS_OIDC": (
        "https://id.example/ us secret Our staff; http://localhost:9000 us secret",
        (
            ("https://id.example", "us", "secret", "Our staff"),
            ("http://localhost:9000", "us", "secret", "localhost"),
        ),
        "id.example us secret",
    ),
    "COMMENTS_DEFAULT_SORT": ("most_voted", "most_voted", "best"),
    "COMMENTS_BUBBLE": ("start", "start", "left"),
    "COMMENTS_INVITATION": (" Say hello! ", "Say hello!", 7),
    "COMMENTS_LANGUAGE": ("de", "de", 7),
    "COMMENTS_CACHE_BYTES": ("0", 0, "64MB"),
    "COMMENTS_AT_ONCE": ("16", 16, "-1"),
    "COMMENTS_PATIENCE": ("0", 0, "61"),
    "COMMENTS_PUBLIC_MAX_AGE": ("60", 60, "86401"),
    "COMMENTS_PUBLIC_STALE": ("0", 0, "1.5"),
    "COMMENTS_SMTP_URI": ("smtp://u:p@host:587", "smtp://u:p@host:587", 7),
    "COMMENTS_MAIL_FROM": ("Us <us@blog.example>", "Us <us@blog.example>", 7),
    "COMMENTS_MAIL_WAIT": ("0", 0, "a minute"),
    "COMMENTS_MODERATORS_MAIL": (
        "Mods@blog.example, ann@blog.example",
        ("mods@blog.example", "ann@blog.example"),
        "Mods <mods@blog.example>",
    ),
    "COMMENTS_WEBHOOKS": (
        f"https://a.example/in whsec_{KEY} Published, pending; http://localhost:9 whsec_{KEY};",
        (
            Webhook("https://a.example/in", (b64decode(KEY),), frozenset(("published", "pending"))),
            Webhook("http://localhost:9", (b64decode(KEY),), frozenset(EVENTS)),
        ),
        "https://a.example/in",
    ),
}
HUSH = b"hush, hush"
SECRETS = {row.key for row in table() if row.secret}


def refused(key: str, value: object) -> str:
    with pytest.raises(ConfigError) as wrong:
        Settings.load({key: value})
    return str(wrong.value)


# ── the table ────────────────────────────────────────────────────────────────────────────────


def test_every_setting_is_tried_here():
    assert SAMPLES.keys() == {row.key for row in table()}


def test_every_setting_has_a_sentence_of_help_and_says_what_would_be_right():
    for row in table():
        assert row.help.endswith((".", ")."))
        assert row.expected


def test_what_the_design_promises_is_there_with_its_default():
    defaults = {row.key: row.default for row in table()}
    assert defaults["COMMENTS_RATE_LIMITS"] == "on"
    assert defaults["COMMENTS_GUEST_LIMIT"] == "5 per minute; 50 per hour"
    assert defaults["COMMENTS_GUEST_VOTES_PER_ADDRESS"] == 5
    assert defaults["COMMENTS_HOLD"] == "first"
    assert defaults["COMMENTS_EDIT_MINUTES"] == 15
    assert defaults["COMMENTS_MAX_LENGTH"] == 10_000
    assert defaults["COMMENTS_TRUSTED_PROXIES"] == 0
    assert defaults["COMMENTS_ORIGINS"] == ()


def test_what_can_open_something_is_a_secret():
    words = (
        "DATABASE_URI DATABASE_READ_URI SECRET_KEY SECRET_KEY_FALLBACKS REDIS_URI SMTP_URI "
        "SSO_SECRETS GITHUB GOOGLE OIDC WEBHOOKS"
    )
    assert {f"COMMENTS_{word}" for word in words.split()} == SECRETS


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def test_nothing_given_means_the_defaults():
    assert Settings.load({}) == Settings()


@pytest.mark.parametrize("key", SAMPLES)
@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_value_means_the_default(key, nothing):
    assert Settings.load({key: nothing}) == Settings()


@pytest.mark.parametrize("key", SAMPLES)
def test_a_value_from_the_environment_is_read(key):
    text, value, _ = SAMPLES[key]
    settings = Settings.load({key: text, "PATH": "/bin", "COMMENTS_NOISE": "x"})
    assert getattr(settings, key.removeprefix("COMMENTS_").lower()) == value


@pytest.mark.parametrize("key", SAMPLES)
def test_a_value_from_a_flask_config_needs_no_text(key):
    _, value, _ = SAMPLES[key]
    given = list(value) if isinstance(value, tuple) else value
    assert getattr(Settings.load({key: given}), key.removeprefix("COMMENTS_").lower()) == value


@pytest.mark.parametrize("key", SAMPLES)
def test_every_default_is_a_value_that_may_be_given(key):
    default = getattr(Settings(), key.removeprefix("COMMENTS_").lower())
    assert Settings.load({key: default}) == Settings()


def test_settings_do_not_change_while_the_app_runs():
    with pytest.raises(FrozenInstanceError):
        Settings().hold = "none"  # type: ignore[misc]
    assert len(fields(Settings)) == len(SAMPLES)


# ── refusing ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("key", SAMPLES)
def test_a_wrong_value_is_refused_with_its_key_and_what_would_be_right(key):
    wrong = SAMPLES[key][2]
    said = refused(key, wrong)
    expected = {row.key: row.expected for row in table()}[key]
    shown = "(not shown)" if key in SECRETS else repr(wrong)
    assert said == f"{key} is {shown}; it must be {expected}."


@pytest.mark.parametrize("key", sorted(SECRETS))
def test_a_wrong_secret_stands_in_no_message_and_no_trace(key):
    with pytest.raises(ConfigError) as wrong:
        Settings.load({key: HUSH})
    trace = "".join(traceback.format_exception(wrong.value, chain=True))
    assert "hush" not in str(wrong.value) + trace


@pytest.mark.parametrize(
    "value", [True, "1.0", 1.5, "1e3", " ", "1_000", "٣", "100001", "10k", [], {}, object], ids=repr
)
def test_a_number_is_a_whole_number(value):
    assert "a whole number from 1 to 100000" in refused("COMMENTS_MAX_LENGTH", value)


@pytest.mark.parametrize("value", ["1", "100000", 1, 100_000])
def test_the_ends_of_a_range_belong_to_it(value):
    assert Settings.load({"COMMENTS_MAX_LENGTH": value}).max_length == int(value)


# ── origins ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://blog.example", "https://blog.example"),
        ("https://blog.example/", "https://blog.example"),
        ("HTTPS://Blog.Example:443", "https://blog.example"),
        ("http://blog.example:80", "http://blog.example"),
        ("http://blog.example:443", "http://blog.example:443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_origin_has_one_spelling(given, origin):
    assert parse_origin(given) == origin


@pytest.mark.parametrize(
    "given",
    [
        "blog.example",
        "*",
        "null",
        "//blog.example",
        "ftp://blog.example",
        "https://",
        "https://blog.example/articles",
        "https://blog.example?x",
        "https://blog.example#x",
        "https://user@blog.example",
        "https://:secret@blog.example",
        "https://blog.example:99999",
        "https://blog.example:port",
        "https://[::1",
    ],
)
def test_what_is_no_exact_origin_is_refused(given):
    assert "exact origins" in refused("COMMENTS_ORIGINS", given)


# ── keys nobody knows ────────────────────────────────────────────────────────────────────────


def test_an_unknown_key_is_named_and_the_one_that_was_meant():
    assert list(unknown_keys({"COMMENTS_ORIGIN": "x", "PATH": "/bin", "COMMENTS_HOLD": "x"})) == [
        "COMMENTS_ORIGIN is not a setting of Flask-Comments. Did you mean COMMENTS_ORIGINS?"
    ]


def test_an_unknown_key_like_no_other_is_named_without_a_guess():
    assert list(unknown_keys({"COMMENTS_XYZZY": "1"})) == [
        "COMMENTS_XYZZY is not a setting of Flask-Comments."
    ]


def test_keys_that_others_read_are_not_complained_of():
    given = {"COMMENTS_DEMO": "1", "OTHER_KEY": "1", "comments_hold": "x"}
    assert list(unknown_keys(given, also_known=["COMMENTS_DEMO"])) == []


def test_no_complaint_shows_a_value():
    assert "hush" not in "".join(unknown_keys({"COMMENTS_SECRETKEY": "hush"}))


@pytest.mark.parametrize(
    "wrong",
    [
        "ftp://a.example/ whsec_KEY",
        "https:///in whsec_KEY",
        "https://user:pass@a.example/ whsec_KEY",
        "https://a.example/#in whsec_KEY",
        "https://a.example/ KEY",
        "https://a.example/ whsec_c2hvcnQ=",
        "https://a.example/ whsec_KEY,",
        "https://a.example/ whsec_KEY deleted",
        "https://a.example/ whsec_KEY; https://a.example/ whsec_KEY pending",
        f"https://a.example/{'a' * 2000} whsec_KEY",
    ],
)
def test_a_receiver_of_webhooks_is_an_address_and_a_secret_of_the_standard(wrong):
    said = refused("COMMENTS_WEBHOOKS", wrong.replace("KEY", KEY))
    assert "whsec_" in said and KEY not in said


def test_an_old_secret_of_a_receiver_signs_beside_the_new_one():
    settings = Settings.load({"COMMENTS_WEBHOOKS": f"https://a.example/ whsec_{KEY},whsec_{LONG}"})
    assert settings.webhooks[0].keys == (b64decode(KEY), b64decode(LONG))
