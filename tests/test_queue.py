"""The queue: which comments, in which order, and what there is to know beside each."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from comments import moderation, posting
from comments.errors import CommentsError
from comments.models import Comment, Status, Thread
from comments.moderation import dossier
from comments.moderation import queue as waiting
from comments.moderation.queue import COUNTED, ORDERS, SHOWS, Filter, Page, Seen
from tests import factories as make
from tests.factories import ALICE, BOB, CAROL, KEYS, NOON, SETTINGS, guest, minutes
from tests.reading import statements

HOLD = make.with_settings(hold="all")


def read(session: Session, asked: Filter, sites=None, **more) -> Page:
    return waiting.page(session, KEYS, asked, sites, now=minutes(60), **more)


def ids(session: Session, sites=None, **asked) -> list[int]:
    return [row.id for row in read(session, Filter(**asked), sites).rows]


def held(session: Session, number: int = 1, **more) -> list[int]:
    """Comments that wait, a minute apart."""
    return [
        make.post(session, now=minutes(n), settings=HOLD, body=f"Number {n}", **more).id
        for n in range(number)
    ]


def report(session: Session, comment: int, by=CAROL, at: float = 1) -> None:
    never_hold = make.with_settings(reports_to_hold=0)
    posting.report(session, by, comment, "abuse", "look", settings=never_hold, now=minutes(at))


def on_site(session: Session, key: str, site: str) -> None:
    session.execute(update(Thread).where(Thread.key == key).values(site=site))


# ── which, and in which order ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", list(Status))
def test_each_state_has_its_tab(session, status):
    make.post(session, settings=HOLD if status is not Status.PENDING else SETTINGS)
    comment = make.post(session, settings=HOLD)
    make.decide(session, comment, status)
    assert comment.id in ids(session, show=status.value)
    assert comment.id in ids(session, show="everything")
    assert all(comment.id not in ids(session, show=s.value) for s in Status if s is not status)


def test_the_orders(session):
    first, second, third = held(session, 3)
    for comment, risk in ((first, 0.2), (second, 0.9), (third, 0.2)):
        make.fresh(session, comment).risk = risk
    session.flush()
    assert ids(session, order="newest") == [third, second, first]
    assert ids(session, order="oldest") == [first, second, third]
    assert ids(session, order="riskiest") == [second, third, first]


def test_what_was_reported_most_is_the_riskiest(session):
    first, second, _quiet = (make.post(session).id for _ in range(3))
    for comment, reporters in ((first, 1), (second, 2)):
        for number in range(reporters):
            report(session, comment, guest(f"reader {number}"))
    assert ids(session, show="reported", order="riskiest") == [second, first]
    assert ids(session, show="reported", order="newest") == [second, first]


def test_the_queue_of_one_thread_one_author_and_one_network(session):
    here = make.post(session, guest("x", "net 1"), settings=HOLD)
    there = make.post(session, guest("y", "net 1"), settings=HOLD, thread="other", name="Yan")
    else_ = make.post(session, guest("x", "net 2"), settings=HOLD, thread="other")
    for comment, network in ((here, "net 1"), (there, "net 1"), (else_, "net 2")):
        comment.address_hash = network
    session.flush()
    assert ids(session, thread="other") == [else_.id, there.id]
    assert ids(session, author="guest:x") == [else_.id, here.id]
    assert ids(session, like=here.id) == [there.id, here.id]
    assert ids(session, thread="nowhere") == []


@pytest.mark.parametrize("show", ["pending", "reported", "everything", "published"])
@pytest.mark.parametrize("order", ORDERS)
def test_pages_give_every_comment_once_whatever_comes_between(session, show, order):
    settings = SETTINGS if show in ("reported", "published") else HOLD
    # Two share each moment, and each risk.
    made = [make.post(session, now=minutes(n // 2), settings=settings).id for n in range(7)]
    for comment in made:
        make.fresh(session, comment).risk = (comment % 3) / 10
        if show == "reported":
            report(session, comment)
    session.flush()
    seen: list[int] = []
    after = None
    while True:
        page = read(session, Filter(show=show, order=order), after=after, limit=2)
        seen += [row.id for row in page.rows]
        after = page.next
        if after is None:
            break
        if order == "newest":
            make.post(session, now=minutes(90), settings=settings)
    assert sorted(seen) == made
    assert len(seen) == len(made)


def test_a_cursor_is_good_for_its_own_list_alone(session):
    held(session, 3)
    cursor = read(session, Filter(), limit=1).next
    for asked in (Filter(order="oldest"), Filter(show="spam")):
        with pytest.raises(CommentsError, match="cursor"):
            read(session, asked, after=cursor)
    with pytest.raises(CommentsError, match="cursor"):
        read(session, Filter(), after="made-up")


@pytest.mark.parametrize(
    ("given", "field"), [({"show": "all"}, "show"), ({"order": "best"}, "order")]
)
def test_a_tab_or_an_order_there_is_none_of_is_refused(given, field):
    with pytest.raises(CommentsError) as refused:
        Filter.read(given)
    assert set(refused.value.errors) == {field}


def test_a_filter_is_read_back_from_what_it_says():
    asked = Filter(show="spam", order="riskiest", thread="a", author="guest:1", like=7)
    assert Filter.read(asked.as_fields()) == asked
    assert Filter().as_fields() == {}
    assert Filter.read({"like": "²"}) == Filter()


# ── all that match ───────────────────────────────────────────────────────────────────────────


def test_all_that_match_means_what_was_seen(session):
    first, second, third, fourth = held(session, 4)
    seen = read(session, Filter()).seen
    later = minutes(61)
    make.post(session, now=later, settings=HOLD)
    posting.edit(session, ALICE, second, "Other words", settings=with_time(), now=later)
    moderation.decide(session, third, Status.SPAM, make.action(61))
    moderation.decide(session, third, Status.PENDING, make.action(62))
    assert sorted(waiting.matching(session, Filter(), None, seen)) == [first, fourth]


def with_time():
    return make.with_settings(hold="all", edit_minutes=600)


def test_what_was_seen_is_read_back():
    seen = Seen(7, minutes(1) + timedelta(microseconds=3))
    assert Seen.read(str(seen)) == seen


@pytest.mark.parametrize("text", ["", "7", "7.x", "x.7", "²." + "1" * 3, "7." + "9" * 18])
def test_what_nobody_has_seen_is_refused(text):
    with pytest.raises(CommentsError) as refused:
        Seen.read(text)
    assert set(refused.value.errors) == {"seen"}


# ── numbers on the tabs ──────────────────────────────────────────────────────────────────────


def test_tabs_count_up_to_a_thousand(session):
    made = make.rows(session, 1_005)
    session.execute(update(Comment).values(status=Status.SPAM))
    session.execute(update(Comment).where(Comment.id == made[0]).values(status=Status.PENDING))
    counts = waiting.counts(session, Filter(), None)
    assert counts == {"pending": 1, "reported": 0, "spam": 1_001, "rejected": 0}
    assert set(counts) == set(COUNTED) <= set(SHOWS)


def test_all_that_match_are_counted_up_to_many(session, monkeypatch):
    make.rows(session, 4)
    make.rows(session, 2, key="other")
    everything = Filter(show="everything")
    assert waiting.how_many(session, everything, None) == 6
    assert waiting.how_many(session, Filter(show="everything", thread=make.ARTICLE), None) == 4
    monkeypatch.setattr(waiting, "MOST_MATCHED", 2)
    assert waiting.how_many(session, everything, None) == 3


# ── the moderators of some sites ─────────────────────────────────────────────────────────────


def test_a_moderator_of_one_site_sees_and_decides_its_threads_alone(session):
    mine = make.post(session, settings=HOLD, thread="mine").id
    theirs = make.post(session, settings=HOLD, thread="theirs").id
    nobodys = make.post(session, settings=HOLD, thread="nobody's").id
    on_site(session, "mine", "https://mine.example")
    on_site(session, "theirs", "https://theirs.example")
    sites = frozenset({"https://mine.example"})
    action = make.action(sites=sites)

    assert ids(session, sites) == [mine]
    assert waiting.counts(session, Filter(), sites)["pending"] == 1
    assert waiting.one(session, mine, sites).id == mine
    for act in (
        lambda: waiting.one(session, theirs, sites),
        lambda: moderation.decide(session, theirs, Status.SPAM, action),
        lambda: moderation.keep(session, theirs, action),
        lambda: moderation.pin(session, nobodys, action, pinned=True),
    ):
        with pytest.raises(CommentsError, match="no such comment"):
            act()
    seen = read(session, Filter(), sites).seen
    assert waiting.matching(session, Filter(), sites, seen) == [mine]
    assert moderation.decide_many(session, [mine, theirs], Status.SPAM, action) == [mine]


# ── what there is to know beside it ──────────────────────────────────────────────────────────


def facts(session: Session, comment: int) -> dossier.Dossier:
    row = waiting.one(session, comment, None)
    return dossier.dossiers(session, [row], None)[0]


def test_the_authors_history_counts_by_state_since_their_first(session):
    make.noise(session)
    author = guest("xaver")
    for n, status in enumerate([Status.PUBLISHED, Status.PUBLISHED, Status.SPAM]):
        make.decide(session, make.post(session, author, now=minutes(n)), status)
    history = facts(session, make.post(session, author, settings=HOLD).id).history
    assert history is not None
    assert history.counts == {Status.PUBLISHED: 2, Status.SPAM: 1, Status.PENDING: 1}
    assert (history.total, history.since) == (4, NOON)


def test_a_moderators_history_is_not_counted(session):
    assert facts(session, make.post(session, BOB).id).history is None


def test_the_network_tells_how_many_it_is_and_under_how_many_names(session):
    for number in range(3):
        comment = make.post(session, guest(f"net {number % 2}"))
        comment.address_hash = "one network"
    session.flush()
    assert facts(session, comment.id).network == dossier.Network(comments=3, authors=2)
    assert facts(session, make.post(session).id).network is None


def test_reports_that_wait_come_with_their_notes(session):
    comment = make.post(session).id
    for number in range(12):
        report(session, comment, guest(f"reader {number}"), at=number)
    found = facts(session, comment)
    assert len(found.reports) == dossier.MOST_REPORTS
    assert {(r.reason, r.note) for r in found.reports} == {("abuse", "look")}
    moderation.keep(session, comment, make.action(20))
    assert facts(session, comment).reports == ()


def test_earlier_texts_come_newest_first(session):
    comment = make.post(session, body="one")
    for n, body in enumerate(("two", "three")):
        posting.edit(session, ALICE, comment.id, body, settings=SETTINGS, now=minutes(n + 1))
    assert [edit.body for edit in facts(session, comment.id).earlier] == ["two", "one"]


def test_who_decided_is_named_and_a_screen_is_nobody(session):
    comment = make.post(session)
    assert facts(session, comment.id).decided_by is None
    make.decide(session, comment, Status.SPAM)
    assert facts(session, comment.id).decided_by == "Bob"


def test_links_are_counted(session):
    comment = make.post(session, body="https://a.example and [b](https://b.example)")
    assert facts(session, comment.id).links == 2


def test_a_page_takes_the_same_number_of_queries_however_full_it_is(engine: Engine):
    def queries(number: int) -> int:
        with Session(engine) as session:
            for n in range(number):
                comment = make.post(session, make.stranger(), now=minutes(n))
                comment.address_hash = f"net {n}"
                report(session, comment.id, at=n)
                posting.edit(
                    session,
                    guest(comment.author_id.removeprefix("guest:")),
                    comment.id,
                    "new",
                    settings=SETTINGS,
                    now=minutes(n),
                )
            session.commit()
            with statements(engine) as sent:
                page = read(session, Filter(show="reported"))
                dossier.dossiers(session, page.rows, None)
            return len(sent)

    one = queries(1)
    assert queries(20) == one <= 9
