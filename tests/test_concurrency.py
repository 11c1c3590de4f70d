"""Many people at once, each with a connection of their own."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from threading import Barrier, Event
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.orm import Session

from comments import engines, moderation, posting, schema, upkeep
from comments.errors import CommentsError
from comments.models import Comment, Status, Submission, Thread, Vote
from tests import factories as make
from tests.factories import ALICE, ARTICLE, KEYS, NOON, SETTINGS, guest, minutes, with_settings
from tests.reading import SORTS, walk, walk_everything, wrong_counters

PEOPLE = 8


def at_once(engine: Engine, *acts: Callable[[Session], Any]) -> list[Any]:
    """Every act in a transaction and a thread of its own; gives their answers, or refusals."""
    together = Barrier(len(acts))

    def run(act: Callable[[Session], Any]) -> Any:
        with Session(engine) as session:
            session.connection()
            together.wait()
            try:
                answer = act(session)
                session.commit()
            except CommentsError as refused:
                return refused.code
            return answer

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def until_somebody_waits(engine: Engine) -> None:
    """For a lock of PostgreSQL."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for _ in range(100_000):
            if connection.execute(waiting).scalar_one():
                return
    raise AssertionError("nobody waits")


@pytest.fixture
def comment(engine) -> int:
    """Alice's comment, and noise."""
    with Session(engine) as session:
        make.noise(session)
        comment = make.post(session).id
        session.commit()
    return comment


def score(engine: Engine, comment: int) -> tuple[int, int, int]:
    with Session(engine) as session:
        row = make.fresh(session, comment)
        return row.up, row.down, row.score


# ── votes ────────────────────────────────────────────────────────────────────────────────────


def voting(comment: int, voter, values: Iterable[int], **more) -> Callable[[Session], Any]:
    def vote(session: Session) -> Any:
        for value in values:
            ballot = make.vote(session, comment, value, by=voter, **more)
            session.commit()
        return ballot

    return vote


def test_votes_of_eight_people_who_change_their_minds_are_exact(engine, comment):
    histories = [(1,), (-1, 1), (1, 0), (1, -1, 0, 1), (-1,), (0,), (1, 1, 1), (1, -1)]
    voters = [guest(f"voter {number}") for number in range(PEOPLE)]
    at_once(engine, *map(voting, [comment] * PEOPLE, voters, histories))
    assert score(engine, comment) == (4, 2, 2)


def test_one_voter_in_eight_windows_has_one_vote(engine, comment):
    voter = guest("carol")
    histories = [(1, -1, 0, 1), (-1, 0, 1)] * (PEOPLE // 2)
    at_once(engine, *map(voting, [comment] * PEOPLE, [voter] * PEOPLE, histories))
    assert score(engine, comment) == (1, 0, 1)


def test_an_even_number_of_toggles_at_once_says_nothing(engine, comment):
    toggle = voting(comment, guest("carol"), [1, 1, 1], toggle=True)
    at_once(engine, *[toggle] * PEOPLE)
    assert score(engine, comment) == (0, 0, 0)


@pytest.mark.parametrize("ceiling", [1, 5])
def test_of_eight_guests_behind_one_address_as_many_count_as_may(engine, comment, ceiling):
    settings = with_settings(guest_votes_per_address=ceiling)
    neighbours = [guest(f"neighbour {number}", address="a network") for number in range(PEOPLE)]
    answers = at_once(
        engine, *(voting(comment, voter, [1], settings=settings) for voter in neighbours)
    )
    assert answers.count("vote_ceiling") == PEOPLE - ceiling
    assert score(engine, comment) == (ceiling, 0, ceiling)


# ── the same comment twice ───────────────────────────────────────────────────────────────────


def submitting(**more) -> Callable[[Session], Any]:
    key = posting.idempotency_hash(KEYS, ALICE.id, "a key of the client")

    def submit(session: Session) -> tuple[int, bool]:
        posted = posting.post(
            session,
            ALICE,
            make.draft(**more),
            settings=SETTINGS,
            now=NOON,
            idempotency_hash=key,
        )
        return posted.comment.id, posted.repeated

    return submit


@pytest.mark.parametrize("thread", [ARTICLE, "a thread nobody has written in"])
def test_one_key_sent_by_eight_at_once_makes_one_comment(engine, comment, thread):
    answers = at_once(engine, *[submitting(thread=thread)] * PEOPLE)
    assert len({comment_id for comment_id, _ in answers}) == 1
    assert sorted(repeated for _, repeated in answers) == [False] + [True] * (PEOPLE - 1)
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 1
        assert make.thread(session, thread).count == (2 if thread == ARTICLE else 1)


def test_one_key_for_two_threads_at_once_makes_a_comment_in_one(engine, comment):
    answers = at_once(engine, *(submitting(thread=key) for key in ("one", "other")))
    assert answers.count("key_reused") == 1
    with Session(engine) as session:
        assert session.scalar(select(func.count()).where(Comment.author_id == ALICE.id)) == 4


# ── threads ──────────────────────────────────────────────────────────────────────────────────


def test_the_first_eight_comments_of_a_thread_make_it_once(engine):
    at_once(engine, *[make.post] * PEOPLE)
    with Session(engine) as session:
        thread = session.scalars(select(Thread)).one()
        assert (thread.count, thread.revision) == (PEOPLE, PEOPLE)


def test_every_visible_change_gets_a_revision_of_its_own(engine, comment):
    at_once(engine, *[lambda session: make.post(session, to=comment)] * PEOPLE)
    with Session(engine) as session:
        revisions = session.scalars(
            select(Comment.published_revision).where(Comment.parent_id == comment)
        ).all()
    assert sorted(revisions) == list(range(2, PEOPLE + 2))


def test_nobody_answers_a_comment_that_is_being_deleted(engine, comment):
    answers = at_once(
        engine,
        lambda session: posting.delete(session, ALICE, comment, settings=SETTINGS, now=NOON),
        *[lambda session: make.post(session, to=comment).id] * (PEOPLE - 1),
    )
    with Session(engine) as session:
        row = make.fresh(session, comment)
        assert row.replies_count == PEOPLE - 1 - answers.count("parent_gone")
        assert row.listed == (row.replies_count > 0)


def pinning(comment_id: int, session: Session) -> None:
    make.pin(session, comment_id)


def test_a_fifth_pinned_comment_is_the_last_whoever_pins_at_once(engine):
    with Session(engine) as session:
        made = make.rows(session, PEOPLE)
        session.commit()
    pins = [partial(pinning, comment_id) for comment_id in made]
    assert at_once(engine, *pins).count("invalid") == PEOPLE - moderation.MAX_PINNED


# ── everything at once ───────────────────────────────────────────────────────────────────────


def anything(number: int, times: int, spared: set[int]) -> Callable[[Session], Any]:
    """Somebody who posts, votes, deletes and decides, the same in every run."""
    choice = random.Random(number)
    me = guest(f"person {number}", address=f"network {number % 3}")

    def act(session: Session) -> None:
        for _ in range(times):
            try:
                _something(session, choice, me, spared)
                session.commit()
            except CommentsError:
                session.rollback()

    return act


def _something(session: Session, choice: random.Random, me, spared: set[int]) -> None:
    known = session.scalars(
        select(Comment.id).where(Comment.thread_id == make.thread(session).id)
    ).all()
    session.rollback()
    it = choice.choice(known)
    hurt = choice.choice([id for id in known if id not in spared] or [it])
    kind = choice.choice(["post", "reply", "reply", "vote", "vote", "vote", "edit", "pin"])
    if choice.random() < 0.3 and hurt not in spared:
        make.decide(session, hurt, choice.choice(list(Status)))
    elif kind == "vote":
        make.vote(session, it, choice.choice([1, 0, -1]), by=me)
    elif kind == "edit":
        mine = make.post(session, me, now=minutes(choice.random()))
        session.commit()
        posting.edit(session, me, mine.id, "Better", settings=SETTINGS, now=minutes(1))
        session.commit()
        posting.delete(session, me, mine.id, settings=SETTINGS, now=minutes(1))
    elif kind == "pin":
        make.pin(session, it, pinned=choice.random() < 0.5)
    else:
        parent = it if kind == "reply" else None
        make.post(session, me, to=parent, now=minutes(choice.random()), key=str(choice.random()))


def recount(engine: Engine) -> None:
    """Hold every stored number against the rows, without the code that keeps them."""
    with Session(engine) as session:
        comments = session.scalars(select(Comment)).all()
        votes = session.execute(select(Vote.comment_id, Vote.value)).all()
        threads = session.scalars(select(Thread)).all()
    published = [row for row in comments if row.status is Status.PUBLISHED]
    below = Counter(chain.from_iterable(row.ancestor_ids for row in published))
    up, down = (Counter(id for id, value in votes if value == way) for way in (1, -1))
    in_thread = Counter(row.thread_id for row in published)
    assert {thread.id: thread.count for thread in threads} == {
        thread.id: in_thread[thread.id] for thread in threads
    }
    for row in comments:
        assert (row.up, row.down) == (up[row.id], down[row.id])
        assert row.score == -row.vote_rank == row.up - row.down
        assert row.replies_count == below[row.id]
        assert row.listed == (row.status is Status.PUBLISHED or below[row.id] > 0)


@pytest.fixture(params=["ours", "a host's"])
def shared(request, migrated_uri) -> Iterator[Engine]:
    """Our own engine, and one of a host that knows nothing of us."""
    ours = request.param == "ours"
    engine = create_engine(migrated_uri, **(engines.options(migrated_uri) if ours else {}))
    if ours:
        engines.prepare(engine)
    yield engine
    engine.dispose()


def test_whatever_eight_people_do_at_once_every_number_is_what_the_rows_say(shared, monkeypatch):
    monkeypatch.setattr(upkeep, "EVERY", 5)
    with Session(shared) as session:
        make.noise(session)
        make.post(session)
        session.commit()
    at_once(shared, *(anything(number, 15, set()) for number in range(PEOPLE)))
    recount(shared)
    with Session(shared) as session:
        assert wrong_counters(session) == {"threads": [], "comments": []}
        assert make.thread(session).revision > PEOPLE


@pytest.mark.parametrize("sort", SORTS)
def test_readers_see_every_comment_once_while_others_write(engine, sort):
    with Session(engine) as session:
        stay = make.rows(session, 30, parents=(None, 0, 1, None, None))
        make.pin(session, stay[0])
        session.commit()
    done = Event()

    def read(_session: Session) -> list[list[int]]:
        seen = []
        while not done.is_set() or not seen:
            seen += [walk_everything(engine, sort, 3), walk(engine, sort, 2)]
        return seen

    def write(number: int) -> Callable[[Session], Any]:
        def act(session: Session) -> None:
            try:
                anything(number, 20, set(stay))(session)
            finally:
                done.set()

        return act

    seen = at_once(engine, read, *map(write, range(4)))[0]
    top = set(stay[0::5] + stay[3::5] + stay[4::5])
    for whole, level in zip(seen[::2], seen[1::2], strict=True):
        assert sorted(whole) == sorted(set(whole))
        assert sorted(level) == sorted(set(level))
        assert set(stay) <= set(whole)
        assert top <= set(level)


# ── starting ─────────────────────────────────────────────────────────────────────────────────


def test_eight_that_open_a_new_database_at_once_all_get_in(database_uri):
    together = Barrier(PEOPLE)

    def start(_number: int) -> str | None:
        engine = engines.create(database_uri)
        together.wait()
        schema.upgrade(engine)
        with Session(engine) as session:
            make.post(session)
            session.commit()
        engine.dispose()
        return schema.head()

    with ThreadPoolExecutor(PEOPLE) as pool:
        assert list(pool.map(start, range(PEOPLE))) == [schema.head()] * PEOPLE
    engine = create_engine(database_uri)
    recount(engine)
    engine.dispose()
