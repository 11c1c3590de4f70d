"""Who is told of what is new: the question before it, and what its answer begins and ends."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comments import accounts, moderation, people, subscriptions, threads, upkeep
from comments.errors import CommentsError
from comments.identity import Author, Identity, from_identity
from comments.models import (
    Comment,
    Letter,
    Pace,
    Person,
    Scope,
    Subscriber,
    Subscription,
    Thread,
)
from comments.notify.links import Holder, seal
from comments.subscriptions import Mailing, Wish
from tests import factories as make
from tests.factories import ALICE, ARTICLE, CAROL, KEYS, NOON, guest, minutes
from tests.reading import statements
from tests.test_concurrency import at_once, until_somebody_waits

ANN = "ann@example.org"
MAILING = Mailing(base_url="https://blog.example/comments", language="en")
DAY = 24 * 60


def ask(
    session: Session,
    author: Author = ALICE,
    email: str = ANN,
    *,
    scope: Scope = Scope.ALL,
    at: float = 0,
    thread: str = ARTICLE,
    mailing: Mailing = MAILING,
    **more: Any,
) -> bool:
    now = minutes(at)
    wish = Wish(email=email, scope=scope, **more)
    row = threads.lock_or_create(session, thread, now=now)
    return subscriptions.ask(session, author, wish, row, keys=KEYS, mailing=mailing, now=now)


def leave(session: Session, author: Author = ALICE, email: str | None = ANN, at: float = 0) -> None:
    thread_id = threads.find(session, ARTICLE).id
    given = {"keys": KEYS, "mailing": MAILING, "now": minutes(at)}
    subscriptions.leave(session, author, email, thread_id, **given)


def letters(session: Session) -> list[Letter]:
    return list(session.scalars(select(Letter).order_by(Letter.id)))


def rows(session: Session) -> list[Subscription]:
    return list(session.scalars(select(Subscription).order_by(Subscription.id)))


def token_in(letter: Letter) -> str:
    return letter.text.split("token=")[1].split()[0].split("&")[0]


def confirm(session: Session, number: int = -1, at: float = 1) -> Subscription:
    """Ann presses the button behind the link in one of the mails."""
    token = token_in(letters(session)[number])
    return subscriptions.confirm(session, KEYS, token, language="en", now=minutes(at))


def confirmed(session: Session, author: Author = ALICE, **more: Any) -> Subscription:
    ask(session, author, **more)
    return confirm(session, at=more.get("at", 0) + 1)


def owner(session: Session) -> int:
    return session.scalars(select(Subscriber.id).where(Subscriber.email == ANN)).one()


def scopes(session: Session) -> list[Scope]:
    """What Ann is mailed."""
    return [one.scope for one in rows(session) if one.confirmed_at]


def refused(act: Callable[..., Any], *args: Any, **more: Any) -> str:
    with pytest.raises(CommentsError) as caught:
        act(*args, **more)
    return caught.value.code


# ── the question ─────────────────────────────────────────────────────────────────────────────


def test_nothing_is_subscribed_before_its_address_has_said_yes(session):
    assert ask(session)
    assert scopes(session) == []
    [letter] = letters(session)
    assert (letter.purpose, letter.subscriber_id) == ("confirm", owner(session))
    assert "https://blog.example/comments/subscriptions/confirm?token=" in letter.text
    assert "https://blog.example/comments/thread?key=article" in letter.text
    confirm(session)
    assert scopes(session) == [Scope.ALL]


def test_an_address_stands_in_one_place(session):
    ask(session, email=ANN)
    [letter] = letters(session)
    assert letter.recipient == ""
    assert ANN not in letter.text + letter.subject + letter.headers + letter.html


def test_saying_yes_twice_changes_nothing(session):
    ask(session)
    first = confirm(session).confirmed_at
    assert confirm(session, at=5).confirmed_at == first


def test_the_link_is_good_for_three_days(session):
    ask(session)
    assert refused(confirm, session, at=3 * DAY) == "link_not_good"
    confirm(session, at=3 * DAY - 1)


@pytest.mark.parametrize(
    "token", ["", "x", "\ud800", seal(KEYS, Holder(1)), KEYS.seal("link", b"1.9")]
)
def test_a_link_that_was_not_made_for_it_confirms_nothing(session, token):
    ask(session)
    for act in (subscriptions.confirm, subscriptions.to_confirm):
        more = {"language": "en"} if act is subscriptions.confirm else {}
        assert refused(act, session, KEYS, token, now=NOON, **more) == "link_not_good"


def test_looking_at_the_question_confirms_nothing(session):
    ask(session)
    one = subscriptions.to_confirm(session, KEYS, token_in(letters(session)[0]), now=NOON)
    assert (one.thread.key, one.scope, one.waits) == (ARTICLE, Scope.ALL, True)
    assert scopes(session) == []


def test_the_mail_speaks_the_language_of_who_asked(session):
    ask(session, mailing=replace(MAILING, language="de"))
    assert "lang=de" in letters(session)[0].text
    assert session.get_one(Subscriber, owner(session)).language == "de"


def test_it_is_remembered_where_the_site_is_unless_that_is_configured(session):
    ask(session)
    ask(session, email="bea@example.org", mailing=replace(MAILING, is_configured=True))
    assert list(session.scalars(select(Subscriber.base_url).order_by(Subscriber.id))) == [
        MAILING.base_url,
        "",
    ]


def test_who_wants_mail_again_gets_it(session):
    confirmed(session)
    ann = session.get_one(Subscriber, owner(session))
    ann.pace = Pace.NEVER
    confirmed(session, CAROL, at=2)
    assert ann.pace is Pace.IMMEDIATE
    ann.pace = Pace.NEVER
    ask(session, thread="another", at=4)
    assert ann.pace is Pace.IMMEDIATE


def test_a_link_to_what_has_been_erased_is_not_good(session):
    ask(session)
    token = token_in(letters(session)[0])
    people.erase(session, people.subject_of(session, KEYS, email=ANN), now=NOON)
    more = {"now": NOON}
    assert refused(subscriptions.to_confirm, session, KEYS, token, **more) == "link_not_good"
    more |= {"language": "en"}
    assert refused(subscriptions.confirm, session, KEYS, token, **more) == "link_not_good"


# ── no question ──────────────────────────────────────────────────────────────────────────────

MEMBER = from_identity(Identity(id=7, name="Ann", email="Ann@Example.org"), realm="member")
VERIFIED = replace(ALICE, email_hash=KEYS.digest("email", ANN), verified=True)


@pytest.mark.parametrize("author", [MEMBER, VERIFIED], ids=["signed in", "verified"])
def test_who_is_known_to_own_the_address_is_asked_nothing(session, author):
    assert not ask(session, author)
    assert (scopes(session), letters(session)) == ([Scope.ALL], [])


@pytest.mark.parametrize(
    "author",
    [
        from_identity(Identity(id=7, name="Ann", email="other@example.org")),
        from_identity(Identity(id=7, name="Ann")),
        replace(VERIFIED, verified=False),
        replace(VERIFIED, email_hash=KEYS.digest("email", "other@example.org")),
    ],
)
def test_who_is_known_by_another_address_is_asked(session, author):
    assert ask(session, author)
    assert scopes(session) == []


def test_a_browser_that_has_confirmed_the_address_is_asked_no_more(session):
    confirmed(session)
    assert not ask(session, thread="another", at=2)
    assert ask(session, CAROL, thread="another", at=2)
    assert len(scopes(session)) == 2


def test_only_its_owner_changes_how_an_address_is_written_to(session):
    confirmed(session, pace=Pace.DAILY)
    ask(session, CAROL, pace=Pace.HOURLY, mailing=replace(MAILING, language="ar"), at=2)
    ann = session.get_one(Subscriber, owner(session))
    assert (ann.pace, ann.language) == (Pace.DAILY, "en")
    ask(session, pace=Pace.HOURLY, mailing=replace(MAILING, language="ar"), at=3)
    assert (ann.pace, ann.language) == (Pace.HOURLY, "ar")


def test_all_and_replies_take_each_others_place_in_one_browser(session):
    confirmed(session)
    ask(session, scope=Scope.REPLIES, at=2)
    assert scopes(session) == [Scope.REPLIES]
    ask(session, scope=Scope.COMMENT, comment_id=make.post(session).id, at=3)
    assert scopes(session) == [Scope.REPLIES, Scope.COMMENT]


def test_one_reads_what_one_asked_for_oneself(session):
    thread_id = confirmed(session).thread_id
    ask(session, CAROL, email="carol@example.org", at=2)
    told = [subscriptions.scope_of(session, author.id, thread_id) for author in (ALICE, CAROL)]
    assert told == ["all", "none"]


# ── limits ───────────────────────────────────────────────────────────────────────────────────


def test_one_wish_is_asked_about_once_an_hour(session):
    for at in (0, 1, 59, 60):
        ask(session, at=at)
    assert len(letters(session)) == 2
    assert len(rows(session)) == 1


def test_one_address_gets_three_questions_an_hour_and_six_a_day(session):
    asked = []
    for at in (*range(5), *range(61, 66), *range(122, 127), DAY + 5):
        ask(session, guest(f"g{at}"), at=at)
        asked.append(len(letters(session)))
    assert asked == [1, 2, 3, 3, 3, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7]
    ask(session, email="bea@example.org", at=127)
    assert len(letters(session)) == 8


def test_what_nobody_confirms_is_kept_up_to_a_number(session):
    for number in range(25):
        ask(session, guest(f"g{number}"))
    assert len(rows(session)) == 20


def test_what_strangers_leave_unconfirmed_keeps_its_owner_from_nothing(session):
    for number in range(20):
        ask(session, guest(f"g{number}"))
    member = from_identity(Identity(id="5", name="Ann", email=ANN))
    assert not ask(session, member)
    assert scopes(session) == [Scope.ALL]


def test_what_was_ended_does_not_wait_for_a_yes(session):
    for number in range(20):
        ask(session, guest(f"g{number}"))
    end(session)
    ask(session, CAROL, at=DAY + 6)
    confirm(session, at=DAY + 7)
    assert [one.author_id for one in rows(session) if one.confirmed_at] == [CAROL.id]


@pytest.mark.parametrize("shadow", [False, True])
def test_a_banned_address_gets_no_mail(session, shadow):
    make.ban(session, f"email:{KEYS.digest('email', ANN)}", shadow=shadow)
    assert ask(session)
    confirmed(session, email="bea@example.org")
    leave(session, CAROL, at=2)
    assert len(letters(session)) == 1


def test_who_is_banned_has_nobody_mailed(session):
    make.ban(session, ALICE.id)
    assert refused(ask, session) == "banned"
    assert refused(leave, session) == "banned"
    assert letters(session) == []


# ── what stands in the mail ──────────────────────────────────────────────────────────────────


def thread_named(title: str | None, url: str | None = None) -> Thread:
    return Thread(key="a key?&", title=title, url=url)


@pytest.mark.parametrize(
    "title",
    [
        "Win at https://evil.example",
        "www.evil",
        "evil.example",
        "mail me@x",
        "EVIL.Example",
        "Call +1 (800) 555-0199",
    ],
)
def test_a_title_that_a_mail_program_would_make_a_link_of_is_left_out(session, title):
    threads.lock_or_create(session, ARTICLE, now=NOON)
    row = make.thread(session)
    row.title = title
    ask(session)
    assert title not in letters(session)[0].text


def test_a_title_stands_before_its_address(session):
    threads.lock_or_create(session, ARTICLE, now=NOON)
    row = make.thread(session)
    row.title, row.url = "Harbours: a history", "/2026/harbours"
    ask(session, scope=Scope.COMMENT, comment_id=7)
    page = "Harbours: a history\nhttps://blog.example/2026/harbours?comment=7#comment-7\n"
    assert page in letters(session)[0].text


@pytest.mark.parametrize("scope", list(Scope))
def test_the_mail_says_what_for(session, scope):
    ask(session, scope=scope)
    assert str(subscriptions.ABOUT[scope]) % {"host": "blog.example"} in letters(session)[0].text


# ── ending and taking back ───────────────────────────────────────────────────────────────────


def wanted(session: Session) -> list[subscriptions.Wanted]:
    return subscriptions.wanted(session, owner(session))


def end(session: Session, at: float = 5, **more: Any) -> list[int]:
    return subscriptions.end(session, owner(session), now=minutes(at), **more)


def test_the_list_has_a_line_for_what_several_browsers_asked_for(session):
    confirmed(session)
    confirmed(session, CAROL, at=2)
    ask(session, guest("eve"), at=4)
    ask(session, guest("eve"), thread="another", scope=Scope.REPLIES, at=5)
    lines = [(one.thread.key, one.scope, one.waits, len(one.ids)) for one in wanted(session)]
    assert lines == [
        ("another", Scope.REPLIES, True, 1),
        (ARTICLE, Scope.ALL, False, 3),
    ]


def test_what_is_ended_can_be_taken_back(session):
    ids = [confirmed(session).id, confirmed(session, CAROL, at=2).id]
    assert end(session) == ids
    assert (scopes(session), wanted(session)) == ([], [])
    assert end(session, at=6) == []
    subscriptions.take_back(session, owner(session), ids[:1], now=minutes(7))
    assert [one.ids for one in wanted(session)] == [(ids[0],)]


def test_one_is_ended_or_those_of_a_thread(session):
    first = confirmed(session)
    ask(session, thread="another", at=2)
    ask(session, thread="third", at=2)
    end(session, only=[first.id])
    end(session, thread_id=threads.find(session, "another").id)
    assert [one.thread.key for one in wanted(session)] == ["third"]


def test_nobody_ends_or_takes_what_is_anothers(session):
    mine = confirmed(session)
    confirmed(session, CAROL, email="carol@example.org", at=2)
    theirs = rows(session)[1].subscriber_id
    assert subscriptions.end(session, theirs, only=[mine.id], now=NOON) == []
    assert subscriptions.take_back(session, theirs, [mine.id], now=NOON) == 0
    assert len(scopes(session)) == 2


def test_asking_again_after_the_end_asks_again(session):
    confirmed(session)
    end(session, at=2)
    assert ask(session, at=3)
    assert scopes(session) == []
    confirm(session, at=4)
    assert scopes(session) == [Scope.ALL]


def test_who_asked_ends_it_themselves_with_no_mail(session):
    confirmed(session)
    confirmed(session, CAROL, at=2)
    leave(session, at=4)
    assert [one.author_id for one in rows(session) if one.confirmed_at] == [CAROL.id]
    leave(session, CAROL, None, at=5)
    assert (scopes(session), len(letters(session))) == ([], 2)


def test_a_stranger_who_wants_to_end_it_has_its_owner_shown_the_way_once_an_hour(session):
    confirmed(session)
    for at in (2, 3, 61):
        leave(session, CAROL, at=at)
    assert scopes(session) == [Scope.ALL]
    assert len(letters(session)) == 3
    assert subscriptions.read_manage(KEYS, token_in(letters(session)[-1])) == owner(session)


def test_being_shown_the_way_counts_as_being_asked(session):
    confirmed(session)
    for hour in range(24):
        leave(session, CAROL, at=60 * hour + 2)
    assert len(letters(session)) == 6


def test_an_address_that_nobody_knows_gets_no_mail_for_ending(session):
    leave(session)
    assert letters(session) == []
    assert session.scalars(select(Subscriber)).all() == []


def test_a_link_that_ends_the_mails_of_one_thread_shows_no_others():
    token = seal(KEYS, Holder(7, 3))
    assert subscriptions.read_holder(KEYS, token) == Holder(7, 3)
    assert refused(subscriptions.read_manage, KEYS, token) == "link_not_good"


def test_the_pace_is_one_that_there_is(session):
    confirmed(session)
    subscriptions.set_pace(session, owner(session), "daily")
    assert subscriptions.pace_of(session, owner(session)) is Pace.DAILY
    for wrong in ("yearly", ""):
        assert refused(subscriptions.set_pace, session, owner(session), wrong) == "invalid"


@pytest.mark.parametrize(
    "act",
    [
        lambda session: subscriptions.end(session, 4711, now=NOON),
        lambda session: subscriptions.take_back(session, 4711, [1], now=NOON),
        lambda session: subscriptions.set_pace(session, 4711, "daily"),
        lambda session: subscriptions.pace_of(session, 4711),
    ],
)
def test_a_link_of_somebody_who_is_gone_is_not_good(session, act):
    assert refused(act, session) == "link_not_good"


# ── what is thrown away ──────────────────────────────────────────────────────────────────────


def sweep(session: Session, at: float) -> None:
    upkeep.sweep(session, minutes(at))
    session.expire_all()


def test_what_nobody_confirms_goes_after_three_days_and_its_address_with_it(session):
    ask(session)
    confirmed(session, CAROL, email="carol@example.org")
    sweep(session, 3 * DAY - 1)
    assert len(rows(session)) == 2
    sweep(session, 3 * DAY + 1)
    assert [one.author_id for one in rows(session)] == [CAROL.id]
    assert session.scalars(select(Subscriber.email)).all() == ["carol@example.org"]
    assert [letter.subscriber_id for letter in letters(session)] == [rows(session)[0].subscriber_id]


def test_what_was_ended_goes_three_days_later(session):
    confirmed(session)
    end(session, at=10 * DAY)
    sweep(session, 13 * DAY - 1)
    assert len(rows(session)) == 1
    sweep(session, 13 * DAY + 1)
    assert (rows(session), session.scalars(select(Subscriber)).all()) == ([], [])


def test_no_number_of_a_subscriber_comes_again(session):
    """A link in an old mail would open what is somebody else's."""
    ask(session)
    first = owner(session)
    sweep(session, 4 * DAY)
    ask(session, email="bea@example.org", at=5 * DAY)
    assert session.scalars(select(Subscriber.id)).one() > first


# ── what moves ───────────────────────────────────────────────────────────────────────────────


def key_of(session: Session, one: Subscription) -> str:
    return session.get_one(Thread, one.thread_id).key


def test_subscriptions_follow_a_guest_who_signs_in(session):
    make.post(session, ALICE)
    confirmed(session)
    ask(session, scope=Scope.REPLIES, thread="never written in", at=2)
    accounts.claim(session, ALICE.id, MEMBER, now=minutes(9))
    assert {one.author_id for one in rows(session)} == {MEMBER.id}


def test_of_two_that_become_the_same_the_confirmed_one_is_left(session):
    ask(session, MEMBER, email="other@example.org")
    confirmed(session, email="other@example.org", at=2)
    accounts.claim(session, ALICE.id, MEMBER, now=minutes(9))
    [one] = rows(session)
    assert one.author_id == MEMBER.id and one.confirmed_at


def merged(session: Session) -> moderation.Action:
    one, other = (threads.find(session, key).id for key in ("one", "other"))
    action = make.action(60)
    moderation.merge(session, one, other, action)
    return action


def test_subscriptions_move_with_a_merged_discussion_and_back(session):
    said = make.post(session, thread="one")
    make.post(session, thread="other")
    confirmed(session, thread="one")
    ask(session, scope=Scope.COMMENT, comment_id=said.id, thread="one", at=2)
    ask(session, CAROL, thread="one", at=3)
    confirmed(session, CAROL, thread="other", at=4)
    action = merged(session)
    assert {key_of(session, one) for one in rows(session)} == {"other"}
    assert len(rows(session)) == 3
    new = make.post(session, to=said, thread="other", now=minutes(61))
    ask(session, scope=Scope.COMMENT, comment_id=new.id, thread="other", at=62)
    moderation.undo(session, action.batch, make.action(65))
    keys = {(one.author_id, str(one.scope), key_of(session, one)) for one in rows(session)}
    assert keys == {
        (ALICE.id, "all", "one"),
        (ALICE.id, "comment", "one"),
        (CAROL.id, "all", "other"),
    }


def test_whatever_is_subscribed_is_somebodys_own_data_and_shows_no_address(session):
    confirmed(session)
    copy = people.export(session, people.subject_of(session, KEYS, ALICE.id), now=NOON)
    assert [(one["thread"], one["to"], one["pace"]) for one in copy["subscriptions"]] == [
        (ARTICLE, "all", "immediate")
    ]
    assert ANN not in str(copy)


def erase(session: Session, **subject: Any) -> None:
    people.erase(session, people.subject_of(session, KEYS, **subject), now=minutes(9))
    session.expire_all()


def test_erasing_a_guest_takes_what_they_asked_for_and_leaves_what_others_did(session):
    confirmed(session)
    confirmed(session, CAROL, at=2)
    confirmed(session, email="bea@example.org", at=3)
    erase(session, author_id=ALICE.id)
    assert [one.author_id for one in rows(session)] == [CAROL.id]
    assert session.scalars(select(Subscriber.email)).all() == [ANN]


def test_erasing_an_address_takes_all_that_is_mailed_to_it(session):
    confirmed(session)
    ask(session, CAROL, at=2)
    erase(session, email=ANN)
    assert (rows(session), letters(session)) == ([], [])
    assert session.scalar(select(func.count()).select_from(Subscriber)) == 0


def test_erasing_a_guest_who_verified_the_address_takes_what_other_browsers_asked_for(session):
    session.add(
        Person(
            author_id=ALICE.id,
            email_hash=KEYS.digest("email", ANN),
            created_at=NOON,
            verified_at=NOON,
        )
    )
    confirmed(session)
    confirmed(session, CAROL, at=2)
    erase(session, author_id=ALICE.id)
    assert (rows(session), session.scalars(select(Subscriber)).all()) == ([], [])


# ── the same for everybody ───────────────────────────────────────────────────────────────────


def test_as_much_is_done_for_an_address_that_nobody_knows(engine):
    with Session(engine) as session:
        confirmed(session)
        session.commit()
    kinds = []
    for email in (ANN, "nobody@example.org"):
        with Session(engine) as session, statements(engine) as sent:
            ask(session, CAROL, email, at=2)
            session.commit()
        kinds.append([statement.split()[0] for statement, _ in sent])
    assert kinds[0] == kinds[1]


# ── many at once ─────────────────────────────────────────────────────────────────────────────


def test_eight_who_ask_for_one_address_at_once_cause_three_mails(engine):
    people_who_ask = [guest(f"g{number}") for number in range(8)]

    def asking(author: Author) -> Callable[[Session], Any]:
        return lambda session: ask(session, author, thread=f"thread of {author.id}")

    assert at_once(engine, *map(asking, people_who_ask)) == [True] * 8
    with Session(engine) as session:
        assert len(letters(session)) == 3
        assert len(rows(session)) == 8
        assert session.scalars(select(Subscriber.email)).all() == [ANN]


def test_a_wish_and_its_yes_at_once_are_one_subscription(engine):
    with Session(engine) as session:
        ask(session)
        session.commit()
    acts = [lambda session: ask(session, at=2), lambda session: confirm(session, 0).id] * 4
    at_once(engine, *acts)
    with Session(engine) as session:
        assert scopes(session) == [Scope.ALL]


def test_a_yes_that_ends_another_holds_both_in_their_order(postgres_engine, fresh_postgres):
    """A merge of discussions holds them by number; whoever goes the other way would lock it out."""
    with Session(postgres_engine) as session:
        ask(session)
        ask(session, scope=Scope.REPLIES, at=1)
        first = confirm(session, 0, at=2).id
        second = rows(session)[-1].id
        session.commit()
    row = select(Subscription.id).order_by(Subscription.id)
    with Session(postgres_engine) as merging, ThreadPoolExecutor(1) as pool:
        merging.scalar(row.where(Subscription.id == first).with_for_update())
        saying_yes = pool.submit(at_once, postgres_engine, lambda s: confirm(s, at=3).id)
        until_somebody_waits(postgres_engine)
        free = row.where(Subscription.id == second).with_for_update(nowait=True)
        assert merging.scalar(free) == second
        merging.commit()
        assert saying_yes.result() == [second]
    with Session(postgres_engine) as session:
        assert scopes(session) == [Scope.REPLIES]


def test_a_sweep_and_those_who_ask_at_once_lose_nothing(engine):
    late: datetime = NOON + timedelta(days=4)
    with Session(engine) as session:
        ask(session)
        session.commit()
    minutes_on = (late - NOON) / timedelta(minutes=1)

    def sweeping(session: Session) -> str:
        upkeep.sweep(session, late)
        return "swept"

    def asking(session: Session) -> bool:
        return ask(session, CAROL, at=minutes_on)

    at_once(engine, *[sweeping, asking] * 4)
    with Session(engine) as session:
        assert CAROL.id in {one.author_id for one in rows(session)}
        assert len(letters(session)) >= 1
        assert session.scalar(select(func.count()).select_from(Comment)) == 0
