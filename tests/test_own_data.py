"""What is kept of somebody: given to them whole, and erased without a trace."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, create_engine, func, inspect, select, text
from sqlalchemy.orm import Session

from comments import identity, moderation, people, posting, threads
from comments.errors import CommentsError
from comments.identity import Author, from_identity
from comments.limits import counters
from comments.models import (
    Account,
    Appointment,
    AuthorKind,
    Ban,
    Comment,
    Decision,
    Letter,
    Login,
    MailedLink,
    Person,
    ReservedName,
    Role,
    SignIn,
    Status,
    Thread,
    Vote,
)
from comments.moderation import bans, search
from comments.people import Subject
from comments.screening.bans import found as found_ban
from tests import factories as make
from tests.factories import BOB, CAROL, KEYS, NOON, SETTINGS, minutes
from tests.reading import wrong_counters
from tests.test_concurrency import at_once, recount, until_somebody_waits

#: Words that stand nowhere else.
EMAIL, NETWORK = "zenobia@quince.example", "networkhash7q0q7"
EMAIL_HASH = KEYS.digest("email", EMAIL)
TRACES = (
    "zenobia",
    "quince",
    "marzipan",
    "rhubarb",
    "turnip",
    "7q0q7",
    "kohlrabi",
    "celeriac",
    EMAIL_HASH,
)
ZENOBIA = Author(
    id="guest:zenobia", kind=AuthorKind.GUEST, address=NETWORK, email_hash=EMAIL_HASH, verified=True
)
AS_ZENOBIA = {"name": "Zenobia", "website": "https://quince.example"}


def everything(session: Session) -> str:
    """All that stands in the database, the tables of the index and their blocks included."""
    session.flush()
    found = []
    for name in inspect(session.connection()).get_table_names():
        for row in session.execute(text(f'SELECT * FROM "{name}"')):  # noqa: S608
            found += [it.decode("latin-1") if isinstance(it, bytes) else str(it) for it in row]
    return "\n".join(found).lower()


def traces(session: Session) -> set[str]:
    kept = everything(session)
    # The index holds other alphabets as numbers.
    return {trace for trace in TRACES if trace in kept}


def zenobia_says(session: Session, body="marzipan", **more) -> Comment:
    return make.post(
        session, ZENOBIA, body, name="Zenobia", website="https://quince.example", **more
    )


def a_life(session: Session, author: Author = ZENOBIA) -> dict[str, Comment]:
    """All that somebody may leave behind, among what others wrote."""
    make.noise(session)
    other = make.post(session, CAROL, "Hello there", name="Carol")
    answered = make.post(session, author, "marzipan", **AS_ZENOBIA)
    make.post(session, CAROL, "An answer", to=answered, name="Carol")
    edited = make.post(session, author, "turnip", to=other, **AS_ZENOBIA)
    posting.edit(session, author, edited.id, "rhubarb", settings=SETTINGS, now=NOON)
    waiting = make.post(session, author, "marzipan pending", **AS_ZENOBIA)
    make.decide(session, waiting, Status.PENDING)
    spam = make.post(session, author, "marzipan spam", key="a key of the client", **AS_ZENOBIA)
    reason = {"reason": "Zenobia wrote kohlrabi"}
    moderation.decide(session, spam.id, Status.SPAM, make.action(**reason))
    removed = make.post(session, author, "marzipan removed", **AS_ZENOBIA)
    posting.delete(session, author, removed.id, settings=SETTINGS, now=NOON)
    make.vote(session, other, -1, by=author)
    report(session, author, other, "celeriac")
    report(session, CAROL, answered, "Zenobia says marzipan")
    return {
        "other": other,
        "answered": answered,
        "edited": edited,
        "waiting": waiting,
        "spam": spam,
    }


def report(session, author, comment, note) -> None:
    posting.report(session, author, comment.id, "abuse", note, settings=SETTINGS, now=NOON)


def known(session: Session) -> None:
    """What is kept of a guest beside the comments."""
    session.add(
        Person(
            author_id=ZENOBIA.id,
            email_hash=EMAIL_HASH,
            verified_at=NOON,
            trusted_at=NOON,
            created_at=NOON,
        )
    )
    bans.trust(session, ZENOBIA.id, make.action(reason="Zenobia is nice"), trusted=False)
    mail(session, EMAIL, author_id=ZENOBIA.id)
    session.execute(
        counters.insert().values(key=f"LIMITS/{ZENOBIA.id}/editing", hits=1, expires_at=9e9)
    )
    session.flush()


def mail(session: Session, email: str, author_id: str | None = None, waits: bool = False) -> None:
    at = {"created_at": NOON, "expires_at": NOON}
    link = {"token_hash": secrets.token_hex(8), "purpose": "verify", "email": email}
    session.add(MailedLink(**link, author_id=author_id, **at))
    session.add(
        Letter(
            recipient=email,
            subject="A link",
            text="",
            created_at=NOON,
            next_try_at=NOON if waits else None,
        )
    )


def erase(session: Session, subject: Subject | str = ZENOBIA.id, at: float = 5) -> int:
    if isinstance(subject, str):
        subject = people.subject_of(session, KEYS, subject)
    return people.erase(session, subject, now=minutes(at))


# ── nothing is left ──────────────────────────────────────────────────────────────────────────


def test_of_an_erased_guest_nothing_is_left_anywhere(session):
    made = a_life(session)
    known(session)
    assert traces(session) == set(TRACES)
    ids = {name: comment.id for name, comment in made.items()}

    assert erase(session) == 5
    assert traces(session) == set()
    # What others wrote is all there, and the place that they answered.
    tombstone = make.fresh(session, ids["answered"])
    assert (tombstone.status, tombstone.listed, tombstone.body) == (Status.DELETED, True, "")
    assert "hello there" in everything(session)
    assert session.scalar(select(func.count()).select_from(Comment)) == 5 + 7
    assert wrong_counters(session) == {"threads": [], "comments": []}


def test_a_member_is_erased_with_account_logins_and_mail(session):
    account = Account(email=EMAIL, name="Zenobia", created_at=NOON)
    session.add(account)
    session.flush()
    for made in (
        Login(provider="github", subject="rhubarb", account_id=account.id, created_at=NOON),
        SignIn(
            token_hash="7q0q7",
            account_id=account.id,
            created_at=NOON,
            seen_at=NOON,
            expires_at=NOON,
        ),
    ):
        session.add(made)
    mail(session, EMAIL, waits=True)
    moderation.note(session, make.action(reason="marzipan"), "appoint", target=EMAIL)
    a_life(session, from_identity(identity.Identity(id=account.id, name="Zenobia"), realm="member"))
    erase(session, people.subject_of(session, KEYS, email=EMAIL))
    assert traces(session) == set()
    assert session.scalars(select(Account)).all() == []


def test_a_moderators_account_is_ended_by_an_owner_first(session):
    session.add(Account(id=7, email=EMAIL, created_at=NOON))
    session.flush()
    session.add(Appointment(account_id=7, site="", role=Role.MODERATOR, created_at=NOON))
    with pytest.raises(CommentsError, match="Ask an owner"):
        erase(session, "member:7")


def test_a_hosts_moderator_leaves_decisions_without_a_name_and_frees_theirs(session):
    zenobia = make.member("Zenobia", is_moderator=True)
    make.post(session, zenobia, "marzipan")
    comment = make.post(session, CAROL, "shoes")
    act = make.action(by=zenobia.id, name="Zenobia", reason="sells shoes")
    moderation.decide(session, comment.id, Status.SPAM, act)
    made = bans.ban(session, CAROL.id, act)
    erase(session, zenobia.id)
    assert traces(session) == set()
    entry = session.scalars(select(Decision).where(Decision.reason == "sells shoes")).first()
    assert entry.actor == made.created_by and entry.actor.startswith("erased:")
    assert session.get(ReservedName, "zenobia") is None


def test_a_letter_that_waits_for_somebody_else_still_goes_out(session):
    """Anybody may type anybody's address."""
    mail(session, "victim@example.org", author_id=ZENOBIA.id, waits=True)
    erase(session)
    assert session.scalar(select(Letter.recipient)) == "victim@example.org"


# ── what stays true ──────────────────────────────────────────────────────────────────────────


def test_votes_are_taken_back_so_that_nobody_votes_twice(session):
    comment = make.post(session, CAROL, name="Carol")
    make.vote(session, comment, by=make.stranger())
    for _ in range(3):
        make.vote(session, comment, by=ZENOBIA)
        erase(session)
    row = make.fresh(session, comment)
    assert (row.up, row.score, row.vote_rank) == (1, 1, -1)
    assert len(session.scalars(select(Vote)).all()) == 1


def test_a_ban_outlives_its_name(session):
    zenobia_says(session)
    for target in (ZENOBIA.id, f"network:{NETWORK}", f"email:{EMAIL_HASH}"):
        bans.ban(session, target, make.action(reason="Zenobia again"))
    erase(session)
    assert traces(session) == set()
    kept = session.scalars(select(Ban)).all()
    assert [(ban.name, ban.reason) for ban in kept] == [("", "")] * 3
    again = Author(id="guest:new", kind=AuthorKind.GUEST, address=NETWORK)
    mailed = Author(id="guest:newer", kind=AuthorKind.GUEST, email_hash=EMAIL_HASH)
    for author in (ZENOBIA, again, mailed):
        assert found_ban(session, author, minutes(9)), author.id
    # And it can be lifted still, and the lifting undone.
    bans.lift(session, kept[0].id, make.action(6, batch="b1"))
    assert moderation.undo(session, "b1", make.action(7)) == 1


def test_no_moderator_brings_an_erased_text_back(session):
    comment = zenobia_says(session)
    moderation.decide(session, comment.id, Status.SPAM, make.action(batch="b1"))
    erase(session, at=1)
    assert moderation.undo(session, "b1", make.action(2)) == 0
    with pytest.raises(CommentsError):
        make.decide(session, comment, Status.PUBLISHED)
    assert traces(session) == set()


def test_somebody_who_has_nothing_here_erases_nothing(session):
    make.noise(session)
    session.commit()
    before = everything(session)
    assert erase(session, "guest:nobody") == 0
    assert everything(session) == before


def test_two_ids_of_one_person_go_together(session):
    comment = make.post(session, CAROL, name="Carol")
    for author in (ZENOBIA, make.guest("quince")):
        make.vote(session, comment, by=author)
        report(session, author, comment, "celeriac")
    erase(session, Subject(author_ids=frozenset({ZENOBIA.id, "guest:quince"})))
    assert traces(session) == set()
    assert make.fresh(session, comment).open_reports == 2


def test_a_member_goes_with_the_guest_they_were_before_they_signed_in(session):
    zenobia_says(session, "turnip")
    member = make.member("Zenobia")
    make.post(session, member, "marzipan")
    act = make.action(by=member.id, name="Zenobia")
    moderation.note(session, act, "claim", target=ZENOBIA.id, after={"comments": 1})
    assert erase(session, member.id) == 2
    assert traces(session) == set()


# ── whose it is ──────────────────────────────────────────────────────────────────────────────


def test_a_verified_address_leads_to_all_that_was_written_under_it(session):
    known(session)
    mine = zenobia_says(session)
    without = make.post(session, Author(id=ZENOBIA.id, kind=AuthorKind.GUEST), name="Z")
    other = Author(id="guest:other", kind=AuthorKind.GUEST, email_hash=EMAIL_HASH)
    elsewhere = make.post(session, other, name="Zen")
    theirs = make.post(session, make.guest("other"), name="Zen")
    subject = people.subject_of(session, KEYS, email=EMAIL)
    told = people.export(session, subject, now=NOON)
    assert [it["id"] for it in told["comments"]] == [mine.id, without.id, elsewhere.id]
    assert people.erase(session, subject, now=NOON) == 3
    assert make.fresh(session, theirs).body == "Hello"


def test_an_address_that_somebody_only_typed_leads_to_no_other_of_their_comments(session):
    session.add(Person(author_id=CAROL.id, email_hash=EMAIL_HASH, created_at=NOON))
    make.post(session, CAROL, name="Carol")
    subject = people.subject_of(session, KEYS, email=EMAIL)
    assert people.export(session, subject, now=NOON)["comments"] == []


# ── the copy ─────────────────────────────────────────────────────────────────────────────────


def test_the_copy_holds_everything_of_its_owner_and_nothing_of_others(session):
    a_life(session)
    known(session)
    told = people.export(session, people.subject_of(session, KEYS, ZENOBIA.id), now=minutes(1))
    text = json.dumps(told)
    states = {it["text"]: it["state"] for it in told["comments"]}
    assert states == {
        "marzipan": "published",
        "rhubarb": "published",
        "marzipan pending": "pending",
        "marzipan spam": "rejected",
        "": "deleted",
    }
    assert [it["text"] for it in told["comments"][1]["earlier_texts"]] == ["turnip"]
    assert [it["value"] for it in told["votes"]] == [-1]
    assert [it["note"] for it in told["reports"]] == ["celeriac"]
    assert told["people"][0]["email_verified_at"] == "2026-11-22T12:00:00Z"
    assert told["exported_at"] == "2026-11-22T12:01:00Z"
    for secret in ("Carol", CAROL.id, "Hello there", "kohlrabi", NETWORK, EMAIL_HASH, BOB.id):
        assert secret not in text, secret


def test_the_copy_of_a_member_tells_how_and_where_they_sign_in(session):
    account = Account(email=EMAIL, name="Zenobia", created_at=NOON)
    session.add(account)
    session.flush()
    session.add(Login(provider="github", subject="7q0q7", account_id=account.id, created_at=NOON))
    at = {"created_at": NOON, "seen_at": NOON, "expires_at": NOON + timedelta(days=1)}
    session.add(SignIn(token_hash="secret", account_id=account.id, **at))
    session.flush()
    subject = people.subject_of(session, KEYS, f"member:{account.id}")
    (told,) = people.export(session, subject, now=NOON)["accounts"]
    assert (told["email"], told["signs_in_with"]) == (EMAIL, ["github"])
    assert told["mailed_what_waits"] == "never"
    assert len(told["signed_in"]) == 1
    assert "secret" not in json.dumps(told)
    assert (
        people.export(session, people.subject_of(session, KEYS, "member:99"), now=NOON)["accounts"]
        == []
    )


def test_a_shadow_does_not_show_in_the_copy(session):
    comment = zenobia_says(session)
    make.decide(session, comment, Status.SPAM)
    make.fresh(session, comment).shadowed = True
    bans.ban(session, ZENOBIA.id, make.action(reason="unseen"), shadow=True)
    session.flush()
    told = people.export(session, people.subject_of(session, KEYS, ZENOBIA.id), now=NOON)
    assert [it["state"] for it in told["comments"]] == ["published"]
    assert told["bans"] == []


def test_an_open_ban_does_with_its_reason(session):
    bans.ban(session, ZENOBIA.id, make.action(reason="shouts"), until=minutes(9))
    told = people.export(session, people.subject_of(session, KEYS, ZENOBIA.id), now=NOON)["bans"]
    assert [(it["reason"], it["until"]) for it in told] == [("shouts", "2026-11-22T12:09:00Z")]


# ── while others write ───────────────────────────────────────────────────────────────────────


def test_erasing_while_they_write_and_moderators_decide_leaves_every_number_exact(engine):
    with Session(engine) as session:
        ids = [zenobia_says(session, thread=f"thread {number % 3}").id for number in range(12)]
        for id in ids:
            make.post(session, CAROL, to=id, thread=make.fresh(session, id) and _key(session, id))
            make.vote(session, id, by=make.guest("voter"))
        session.commit()

    def decide(session: Session) -> None:
        for id in ids:
            try:
                make.decide(session, id, Status.SPAM)
                make.decide(session, id, Status.PUBLISHED)
            except CommentsError:
                session.rollback()  # erased meanwhile
            session.commit()

    def write(session: Session) -> None:
        for number in range(8):
            zenobia_says(session, thread=f"thread {number % 3}")
            session.commit()

    def vote(session: Session) -> None:
        for id in ids:
            try:
                make.vote(session, id, by=make.guest("other voter"))
            except CommentsError:
                session.rollback()
            session.commit()

    at_once(engine, erase, decide, write, vote, erase)
    with Session(engine) as session:
        erase(session)
        session.commit()
        assert traces(session) == set()
        assert wrong_counters(session) == {"threads": [], "comments": []}
        assert search.find(session, search.Query(author="zenobia"), sites=None).rows == []
    recount(engine)


@pytest.fixture
def postgres_engine(migrated_postgres_uri):
    """SQLite has one writer at a time: nobody writes while somebody waits."""
    engine = create_engine(migrated_postgres_uri)
    yield engine
    engine.dispose()


def test_what_they_write_and_vote_on_elsewhere_while_erasing_waits_goes_as_well(postgres_engine):
    with Session(postgres_engine) as session:
        zenobia_says(session, thread="busy")
        comment = make.post(session, CAROL, thread="elsewhere").id
        session.commit()
    with (
        ThreadPoolExecutor() as pool,
        Session(postgres_engine) as holds,
        Session(postgres_engine) as votes,
    ):
        threads.lock(holds, make.thread(holds, "busy").id)
        erased = pool.submit(_erase_all, postgres_engine)
        until_somebody_waits(postgres_engine)
        with Session(postgres_engine) as session:
            zenobia_says(session, thread="elsewhere")
            make.vote(session, comment, by=ZENOBIA)
            session.commit()
        make.vote(votes, comment, by=make.guest("voter"))
        holds.rollback()
        until_somebody_waits(postgres_engine)
        votes.commit()
        assert erased.result() == 2
    with Session(postgres_engine) as session:
        assert traces(session) == set()
    recount(postgres_engine)


def _erase_all(engine: Engine) -> int:
    with Session(engine) as session:
        erased = erase(session)
        session.commit()
    return erased


def _key(session: Session, id: int) -> str:
    return session.get_one(Thread, make.fresh(session, id).thread_id).key
