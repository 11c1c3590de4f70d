"""What happens to a comment before anyone sees it."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from comments import posting, screening
from comments.errors import CommentsError, say
from comments.models import Status
from comments.screening import SCREENS, Arrival, Submitted, Verdict, explain, screen
from comments.screening.order import name_of
from comments.screening.work import Proof
from tests import factories as make
from tests.factories import ALICE, BOB, CAROL, NOON, minutes, with_settings
from tests.reading import statements

DORA = make.member("Dora")
LINK = "[a](https://a.example)"
LONG = "This very sentence is longer than forty characters."
LINKS = " ".join(f"[{n}](https://a.example/{n})" for n in range(11))
HARBOUR = replace(ALICE, address="harbour")
HASTY = Arrival(proof=Proof("a proof", NOON - timedelta(seconds=1.9)))
DONE = Arrival(proof=Proof("a proof", NOON - timedelta(minutes=1)))

Set = Callable[[Any], None]


def submit(session, author=ALICE, body: str = "Hello", hold: str = "none", **facts) -> Submitted:
    return make.submitted(session, author, body, settings=with_settings(hold=hold), **facts)


def verdict(session, hold: str, author=ALICE, body: str = "Hello") -> Verdict:
    return screen(submit(session, author, body, hold))


# ── each screen ──────────────────────────────────────────────────────────────────────────────


def nothing(_session) -> None:
    pass


def said_before(times: int, **facts) -> Set:
    def say_it(session) -> None:
        for number in range(times):
            make.post(session, facts.get("by", HARBOUR), LONG, thread=f"thread {number}")

    return say_it


def held_lately(session) -> None:
    for _ in range(30):
        make.post(session, make.stranger(), settings=with_settings(hold="all"))


def ban(target: str, **facts) -> Set:
    return lambda session: make.ban(session, target, **facts)  # type: ignore[return-value]


def word(which: str) -> Set:
    return lambda session: make.listed_word(session, "herring", which)  # type: ignore[return-value]


HELD, SPAM, OUT, IN = Status.PENDING, Status.SPAM, Status.REJECTED, Status.PUBLISHED

#: The screen; what there is; what is submitted; what it says, and why.
SAYS: list[tuple[str, Set, dict[str, Any], Status, str]] = [
    ("moderators_pass", nothing, {"author": BOB}, IN, "written by a moderator"),
    ("refuse_banned", ban(ALICE.id), {}, OUT, "You may not write here."),
    ("refuse_banned", ban(DORA.id, reason="rude"), {"author": DORA}, OUT, "not write here: rude"),
    ("refuse_banned", ban("network:harbour"), {"author": HARBOUR}, OUT, "You may not"),
    ("refuse_banned", ban("email:abc"), {"author": replace(ALICE, email_hash="abc")}, OUT, "may"),
    (
        "refuse_banned",
        ban(ALICE.id, until=minutes(60), reason="rude"),
        {},
        OUT,
        "until 2026-11-22 13:00 UTC: rude",
    ),
    ("refuse_banned", ban(ALICE.id, until=minutes(1)), {}, OUT, "until 2026-11-22 12:01 UTC."),
    ("refuse_banned", ban(ALICE.id, shadow=True), {}, SPAM, "its author is shadow-banned"),
    ("trusted_pass", lambda s: make.trust(s, ALICE), {}, IN, "a moderator trusts its author"),
    ("honeypot", nothing, {"arrival": Arrival(trapped=True)}, SPAM, "a field that people do not"),
    ("listed_words", word("reject"), {"body": "a herring"}, OUT, '"herring"'),
    ("listed_words", word("hold"), {"body": "a herring"}, HELD, "looked at"),
    ("listed_words", word("hold"), {"name": "Herring"}, HELD, '"herring"'),
    ("listed_words", word("hold"), {"website": "https://herring.example"}, HELD, "herring"),
    ("learned_filter", make.teach, {"body": "Win crypto coins casino"}, HELD, "reads like spam"),
    ("quoted_passage", word("reject"), {"quoted": "a herring"}, HELD, 'contains "herring"'),
    ("quoted_passage", word("hold"), {"quoted": "a Herring"}, HELD, 'contains "herring"'),
    ("too_many_links", nothing, {"body": LINKS}, HELD, "it contains 11 links, more than 10"),
    ("repeated", said_before(2), {"author": HARBOUR, "body": LONG}, HELD, "sent several times"),
    ("repeated", said_before(2), {"author": ALICE, "body": LONG.upper()}, HELD, "several times"),
    (
        "repeated",
        said_before(2),
        {"author": replace(CAROL, address="harbour"), "body": f"  {LONG} "},
        HELD,
        "sent several times",
    ),
    ("lacks_work", nothing, {"hold": "first", "arrival": Arrival()}, HELD, "the small sum"),
    ("lacks_work", held_lately, {"arrival": Arrival()}, HELD, "the small sum"),
    ("too_fast", nothing, {"arrival": HASTY}, HELD, "sooner than anybody can type it"),
    ("thread_held", nothing, {"thread_held": True}, HELD, "everything in this discussion waits"),
    ("hold_all", nothing, {"hold": "all"}, HELD, "every comment waits for a moderator"),
    ("hold_links", nothing, {"hold": "links", "body": LINK}, HELD, "it contains a link"),
    (
        "hold_first",
        nothing,
        {"hold": "first", "author": make.guest("new")},
        HELD,
        "it is this guest's first comment",
    ),
]


@pytest.mark.parametrize(("name", "there_is", "facts", "status", "reason"), SAYS)
def test_a_screen_says_where_a_comment_goes_and_why(session, name, there_is, facts, status, reason):
    make.noise(session)
    there_is(session)
    said = dict(explain(submit(session, **facts)))[name]
    assert said is not None and said.status is status
    assert reason in str(said.reason)
    assert {other for other, verdict in explain(submit(session)) if verdict} <= {name}


#: The screen; what there is; what is submitted; it says nothing.
SILENT: list[tuple[str, Set, dict[str, Any]]] = [
    ("moderators_pass", nothing, {"author": DORA}),
    (
        "moderators_pass",
        nothing,
        {
            "author": replace(BOB, sites=frozenset({"https://a.example"})),
            "site": "https://b.example",
        },
    ),
    ("refuse_banned", ban(CAROL.id), {}),
    ("refuse_banned", ban(ALICE.id, until=NOON), {}),
    ("refuse_banned", ban(ALICE.id, lifted_at=NOON), {}),
    ("trusted_pass", lambda s: make.trust(s, CAROL), {}),
    ("honeypot", nothing, {"arrival": Arrival()}),
    ("listed_words", word("reject"), {"body": "a mackerel"}),
    ("listed_words", nothing, {"body": "a herring"}),
    ("learned_filter", nothing, {"body": "Win crypto coins casino"}),
    ("quoted_passage", word("reject"), {"quoted": "a mackerel"}),
    ("quoted_passage", make.teach, {"quoted": "The harbour was cold"}),
    ("quoted_passage", nothing, {"quoted": "Win crypto coins casino"}),
    ("too_many_links", nothing, {"body": LINK}),
    ("repeated", said_before(1), {"author": HARBOUR, "body": LONG}),
    ("repeated", said_before(2, by=CAROL), {"author": HARBOUR, "body": LONG}),
    ("repeated", said_before(2), {"author": HARBOUR, "body": LONG + " Not quite."}),
    ("repeated", said_before(2), {"author": HARBOUR, "body": LONG, "comment_id": 7}),
    ("repeated", said_before(2), {"author": HARBOUR, "body": LONG, "now": minutes(24 * 60)}),
    ("lacks_work", nothing, {"arrival": Arrival()}),
    ("lacks_work", nothing, {"hold": "first"}),
    ("lacks_work", nothing, {"hold": "first", "arrival": DONE}),
    ("lacks_work", nothing, {"hold": "first", "arrival": Arrival(), "author": DORA}),
    ("lacks_work", held_lately, {"arrival": Arrival(), "now": minutes(11)}),
    ("too_fast", nothing, {"arrival": DONE}),
    ("too_fast", nothing, {"arrival": Arrival()}),
    ("hold_links", nothing, {"hold": "links"}),
    ("hold_links", nothing, {"hold": "links", "body": "`<a href=x>`"}),
    ("hold_first", nothing, {"hold": "first", "author": DORA}),
    ("hold_first", make.post, {"hold": "first"}),
]


@pytest.mark.parametrize(("name", "there_is", "facts"), SILENT)
def test_a_screen_has_nothing_to_say(session, name, there_is, facts):
    there_is(session)
    assert dict(explain(submit(session, **facts)))[name] is None


def test_a_passage_that_reads_like_spam_makes_its_comment_wait(session):
    make.teach(session)
    said = dict(explain(submit(session, quoted="Win crypto coins casino")))["quoted_passage"]
    assert said is not None and said.status is HELD
    assert str(said.reason) == "the passage it is about reads like spam"


def test_every_screen_is_in_the_two_tables():
    names = {name_of(look) for look in SCREENS}
    assert names == {row[0] for row in SAYS}
    assert names - {row[0] for row in SILENT} == {"thread_held", "hold_all"}


@pytest.mark.parametrize(
    ("settings", "facts"),
    [
        ({"proof_of_work": "off", "hold": "first"}, {"arrival": Arrival()}),
        ({"rate_limits": "off"}, {"arrival": Arrival(proof=Proof("p", NOON))}),
        ({"rate_limits": "off"}, {"author": HARBOUR, "body": LONG}),
        ({"max_links": 11}, {"body": LINKS}),
    ],
)
def test_an_owner_can_switch_it_off(session, settings, facts):
    said_before(2)(session)
    make.post(session)
    given = make.submitted(session, **facts, settings=with_settings(**settings))
    assert [name for name, said in explain(given) if said] == []


# ── the list ─────────────────────────────────────────────────────────────────────────────────


def test_the_first_verdict_counts(session):
    assert SCREENS[0] is screening.people.moderators_pass
    assert str(verdict(session, "all", BOB).reason) == "written by a moderator"


@pytest.mark.parametrize("hold", ["none", "links", "first", "all"])
def test_whoever_moderates_or_is_trusted_never_waits(session, hold):
    make.trust(session, CAROL)
    for author in (BOB, CAROL):
        assert verdict(session, hold, author, LINKS).status is Status.PUBLISHED


def test_what_passes_every_screen_is_published(session):
    said = verdict(session, "none")
    assert (said.status, str(said.reason)) == (Status.PUBLISHED, "passed every screen")


@pytest.mark.parametrize(
    ("stronger", "weaker", "facts"),
    [
        (ban(ALICE.id), word("reject"), {"body": "herring"}),
        (ban(ALICE.id), lambda s: make.trust(s, ALICE), {}),
        (word("reject"), nothing, {"body": "herring", "arrival": Arrival(), "hold": "all"}),
        (word("hold"), nothing, {"body": "herring", "arrival": Arrival(), "hold": "first"}),
    ],
)
def test_a_stronger_reason_is_not_hidden_by_a_weaker_one(session, stronger, weaker, facts):
    stronger(session)
    alone = screen(submit(session, **facts))
    weaker(session)
    assert screen(submit(session, **facts)) == alone


def test_the_risk_is_the_greatest_that_was_seen_on_the_way(session):
    make.teach(session)
    harmless = screen(submit(session, body="The harbour was cold", hold="first"))
    spam = screen(submit(session, body="crypto coins", hold="all"))
    assert 0 < harmless.risk < 0.5 < spam.risk
    comment = make.post(session, body="crypto coins", settings=with_settings(hold="all"))
    assert comment.risk == spam.risk


def test_a_list_that_changed_is_read_again(session):
    assert verdict(session, "none", body="herring").status is Status.PUBLISHED
    listed = make.listed_word(session, "herring")
    assert verdict(session, "none", body="herring").status is Status.PENDING
    session.delete(listed)
    session.flush()
    assert verdict(session, "none", body="herring").status is Status.PUBLISHED
    make.listed_word(session, "cod")
    assert verdict(session, "none", body="cod").status is Status.PENDING


# ── guests ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [Status.PENDING, Status.SPAM, Status.REJECTED, Status.DELETED])
def test_a_comment_that_was_never_approved_opens_no_door(session, status):
    make.decide(session, make.post(session, ALICE), status)
    assert verdict(session, "first", ALICE).status is Status.PENDING


def test_a_guests_second_comment_waits_as_long_as_the_first_does(session):
    hold = with_settings(hold="first")
    first = make.post(session, settings=hold)
    assert make.post(session, settings=hold).status is Status.PENDING
    make.decide(session, first, Status.PUBLISHED)
    assert make.post(session, settings=hold).status is Status.PUBLISHED


def test_many_short_equal_comments_are_published_at_once_where_nothing_is_held(session):
    many = [make.post(session, HARBOUR, arrival=Arrival()) for _ in range(40)]
    assert {comment.status for comment in many} == {Status.PUBLISHED}


# ── bans ─────────────────────────────────────────────────────────────────────────────────────


def test_somebody_who_is_banned_stores_nothing_and_is_told(session):
    make.ban(session, ALICE.id, reason="rude", until=minutes(60))
    with pytest.raises(CommentsError) as refused:
        make.post(session)
    assert refused.value.code == "banned"
    assert "rude" in str(refused.value.detail) and "13:00" in str(refused.value.detail)


def test_an_open_ban_counts_before_a_shadow_and_the_one_that_ends_last_before_others(session):
    for facts in ({"shadow": True}, {"until": minutes(1)}, {"until": minutes(9)}):
        make.ban(session, ALICE.id, **facts)
    assert "12:09" in str(verdict(session, "none").reason)
    make.ban(session, ALICE.id)
    assert str(verdict(session, "none").reason) == "You may not write here."


def test_somebody_who_is_shadow_banned_writes_on_among_themselves(session):
    make.ban(session, ALICE.id, shadow=True)
    first = make.post(session)
    reply = make.post(session, to=first)
    assert (reply.status, reply.shadowed, reply.parent_id) == (Status.SPAM, True, first.id)
    assert make.thread(session).count == 0
    posting.edit(session, ALICE, reply.id, "Better", settings=make.SETTINGS, now=NOON)
    make.delete(session, reply)
    with pytest.raises(CommentsError) as refused:
        make.post(session, CAROL, to=first)
    assert refused.value.code == "parent_gone"


def test_a_ban_holds_for_edits_too(session):
    comment = make.post(session)
    make.ban(session, ALICE.id)
    with pytest.raises(CommentsError) as refused:
        posting.edit(session, ALICE, comment.id, "Worse", settings=make.SETTINGS, now=NOON)
    assert refused.value.code == "banned"


def test_what_waits_is_never_let_through_by_an_edit(session):
    comment = make.post(session, settings=with_settings(hold="all"))
    posting.edit(session, ALICE, comment.id, "Nicer.", settings=make.SETTINGS, now=minutes(1))
    assert make.fresh(session, comment).status is Status.PENDING


def test_what_waits_is_thrown_out_for_what_it_becomes(session):
    comment = make.post(session, settings=with_settings(hold="all"))
    make.listed_word(session, "snail", "reject")
    edited = posting.edit(
        session, ALICE, comment.id, "A snail.", settings=make.SETTINGS, now=minutes(1)
    )
    assert (edited.status, edited.version) == (Status.REJECTED, 2)


def test_an_edit_is_screened_like_a_comment(session):
    comment = make.post(session)
    make.listed_word(session, "herring")
    posting.edit(session, ALICE, comment.id, "A herring", settings=make.SETTINGS, now=NOON)
    assert (comment.status, comment.risk) == (Status.PENDING, 0.6)


def test_everything_in_a_held_thread_waits(session):
    make.post(session)
    make.thread(session).hold_all = True
    session.flush()
    assert make.post(session).status is Status.PENDING


# ── a host's own screens ─────────────────────────────────────────────────────────────────────

NO_FISH = Verdict(Status.PENDING, say("it is about fish"))


def about_fish(submitted: Submitted) -> Verdict | None:
    return NO_FISH if "fish" in submitted.text else None


def broken(submitted: Submitted) -> Verdict | None:
    submitted.session.execute(say("not a statement"))  # type: ignore[call-overload]
    raise AssertionError("never here")


def gives_nonsense(_submitted: Submitted) -> Any:
    return True


def names(screens) -> list[str]:
    return [name_of(look) for look in screens]


def test_a_hosts_screen_stands_before_what_the_owner_holds_anyway(session):
    screens = screening.add(SCREENS, about_fish)
    assert names(screens)[names(screens).index("about_fish") + 1] == "thread_held"
    given = submit(session, body="fish", hold="all")
    assert screen(given, screens) == NO_FISH
    assert ("about_fish", NO_FISH) in explain(given, screens)


@pytest.mark.parametrize(
    ("place", "index"), [({"before": "honeypot"}, 3), ({"after": "honeypot"}, 4)]
)
def test_a_host_says_where_its_screen_stands(place, index):
    assert names(screening.add(SCREENS, about_fish, **place))[index] == "about_fish"


def test_a_place_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="There is no screen 'honey'; there are moderators_pass,"):
        screening.add(SCREENS, about_fish, before="honey")


def gives(*facts: Any, **more: Any) -> Any:
    def gives_it(_submitted: Submitted) -> Verdict:
        return Verdict(*facts, **more)

    return gives_it


NONSENSE = [
    gives("spam", say("a word for a state")),
    gives(Status.DELETED, say("nothing is deleted before it is there")),
    gives(Status.PENDING, say("it has %(number)s faults", faults=3)),
    gives(Status.PENDING, say("for sure"), risk=7),
    gives(Status.PENDING, say("who knows"), risk=float("nan")),
    gives(Status.PENDING, None),
]


def test_a_hosts_reason_may_be_a_plain_text(session):
    screens = screening.add(SCREENS, gives(Status.PENDING, "100% about fish"))
    assert make.post(session, screens=screens).status_reason == "100% about fish"
    refuses = screening.add(SCREENS, gives(Status.REJECTED, "no fish", refused=True))
    with pytest.raises(CommentsError, match="no fish"):
        make.post(session, screens=refuses)


@pytest.mark.parametrize("look", [broken, gives_nonsense, *NONSENSE])
def test_a_hosts_screen_that_fails_loses_no_comment(session, caplog, look):
    screens = screening.add(SCREENS, look)
    with caplog.at_level(logging.ERROR, "comments.screening"):
        comment = make.post(session, screens=screens)
    assert comment.status is Status.PENDING
    assert comment.status_reason == "a screen of this site could not be asked"
    assert f"The screen {look.__name__} failed" in caplog.text


def test_a_slow_screen_is_named_in_the_log(session, caplog, monkeypatch):
    monkeypatch.setattr("comments.screening.hosts.SLOW", 0.0)
    make.post(session, body="fish", screens=screening.add(SCREENS, about_fish))
    assert "The screen about_fish took 0.0 seconds." in caplog.text


def test_a_host_is_asked_once_and_before_anybody_has_to_wait(session, engine):
    asked = []

    def look(submitted: Submitted) -> None:
        asked.append(submitted.thread_key)
        assert not any("INSERT" in it[0] or "UPDATE" in it[0] for it in sent)

    with statements(engine) as sent:
        make.post(session, screens=screening.add(SCREENS, look))
        assert sent
    assert asked == [make.ARTICLE]


def test_a_host_is_asked_about_an_edit(session):
    comment = make.post(session)
    screens = screening.add(SCREENS, about_fish)
    edit = {"settings": make.SETTINGS, "now": NOON, "screens": screens}
    posting.edit(session, ALICE, comment.id, "Better", **edit)
    assert comment.status is Status.PUBLISHED
    posting.edit(session, ALICE, comment.id, "fish", **edit)
    assert comment.status_reason == "it is about fish"


def test_nobody_is_asked_about_those_who_pass_anyway(session):
    screens = screening.add(SCREENS, broken)
    assert make.post(session, BOB, screens=screens).status is Status.PUBLISHED


# ── what it costs ────────────────────────────────────────────────────────────────────────────

#: Statements of one guest's comment with everything switched on: what is known of its author and
#: of listed words, the thread, the key, the proof, what was learned, repeats, the first comment;
#: then the comment, the thread, the log, the index of the search and the key again.
MOST_STATEMENTS = 13


def test_a_guests_comment_takes_few_statements(session, engine):
    make.teach(session)
    make.listed_word(session, "herring")
    settings = with_settings(hold="first")
    facts = {"settings": settings, "arrival": DONE, "key": "a key"}
    make.post(session, HARBOUR, "warm up")
    session.commit()
    with statements(engine) as sent:
        make.post(session, HARBOUR, LONG, **facts)
    assert len(sent) <= MOST_STATEMENTS, "\n".join(it[0] for it in sent)
