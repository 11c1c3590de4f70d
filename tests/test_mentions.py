"""*@name* of somebody in the thread: whom it means, what is kept of it, and what becomes of it."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from comments import mentions, moderation, people, posting, text
from comments.accounts import claim
from comments.models import Comment, Mention, Status
from tests import factories as make
from tests.factories import BOB, CAROL, KEYS, SETTINGS, minutes
from tests.reading import statements
from tests.test_concurrency import at_once


def says(session: Session, body: str, name: str = "Carol", by=CAROL, **more) -> Comment:
    return make.post(session, by, body, name=name, **more)


def named(session: Session, comment: Comment) -> set[tuple[str, int, str]]:
    session.flush()
    columns = (Mention.name, Mention.target_id, Mention.author_id)
    found = session.execute(select(*columns).where(Mention.comment_id == comment.id))
    return {tuple(row) for row in found}


def link(target: Comment, name: str) -> str:
    return f'<a href="#comment-{target.id}">@{name}</a>'


# ── whom it means ────────────────────────────────────────────────────────────────────────────


def test_a_name_leads_to_what_its_author_wrote_last_in_this_thread(session):
    make.noise(session)
    make.post(session, BOB, "Hello")
    latest = make.post(session, BOB, "Hello again")
    make.post(session, BOB, "Elsewhere", thread="another article")

    comment = says(session, "Hi @Bob, well met")

    assert comment.html == f"<p>Hi {link(latest, 'Bob')}, well met</p>"
    assert named(session, comment) == {("Bob", latest.id, BOB.id)}


@pytest.mark.parametrize("hidden", [Status.PENDING, Status.SPAM, Status.REJECTED, Status.DELETED])
def test_nobody_is_named_by_what_nobody_sees(session, hidden):
    make.decide(session, make.post(session), hidden)

    comment = says(session, "Hi @Alice")

    assert comment.html == "<p>Hi @Alice</p>"
    assert named(session, comment) == set()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("@zoe smith was here", "@zoe smith"),
        ("(@ΖΟË SMITH)", "@ΖΟË SMITH"),
        ("@Zoë's", "@Zoë"),
        ("@zoe, smith", "@zoe"),
        ("so @Zoë Smithson", "@Zoë"),
        ("**@zoe**", "@zoe"),
    ],
)
def test_names_are_read_as_eyes_read_them_and_the_longest_counts(session, written, shown):
    short, long = says(session, "1", "Zoë"), says(session, "2", "Zoë Smith")

    comment = says(session, written)

    target = long if "mith" in shown.lower() else short
    assert link(target, shown[1:]) in comment.html
    assert named(session, comment) == {(shown[1:], target.id, CAROL.id)}


@pytest.mark.parametrize(
    "written",
    [
        "`@Alice`",
        "```\n@Alice\n```",
        "[@Alice](https://a.example)",
        "https://a.example/@Alice",
        "mail@Alice",
        "alice@Alice.example",
        "> @Alice said so",
        "- a\n\n  > @Alice",
        "@ Alice",
        "@Alicen",
        "Alice",
    ],
)
def test_not_in_code_links_addresses_and_quotes(session, written):
    make.post(session)

    comment = says(session, written)

    assert "#comment-" not in comment.html
    assert named(session, comment) == set()


def test_of_many_names_ten_are_looked_at(session):
    for number in range(12):
        says(session, "Hello", f"Guest{number}")

    comment = says(session, " ".join(f"@Guest{number}" for number in range(12)))

    assert comment.html.count("#comment-") == len(named(session, comment)) == 10


def test_under_an_old_key_the_same_people_are_there(session):
    target = make.post(session)
    thread = make.thread(session)
    moderation.alias(session, thread.id, "an old key", make.action())

    assert link(target, "Alice") in says(session, "@Alice", thread="an old key").html


# ── what it costs ────────────────────────────────────────────────────────────────────────────


def asked(engine, session: Session, body: str) -> int:
    with statements(engine) as sent:
        # Of one length: a screen asks more about a longer text.
        says(session, body.ljust(99, "."))
        session.flush()
    return len(sent)


def test_it_takes_as_many_statements_for_one_name_as_for_ten(session, engine):
    says(session, "Hello", "Zoë")
    for number in range(10):
        says(session, "Hello", f"Guest{number}")
    plain = asked(engine, session, "No name, but a@b.example and @ sign")

    assert asked(engine, session, "@nobody") == plain + 1
    # Looked up, looked at again under the lock, and kept.
    once = asked(engine, session, "@Zoë")
    assert once == plain + 3
    assert asked(engine, session, " ".join(f"@Guest{number}" for number in range(10))) == once


# ── what becomes of it ───────────────────────────────────────────────────────────────────────


def test_what_waits_has_its_names_when_it_is_published(session):
    target = make.post(session)
    waiting = says(session, "@Alice", settings=make.with_settings(hold="all"))

    assert waiting.status is Status.PENDING
    assert named(session, waiting) == {("Alice", target.id, make.ALICE.id)}


def test_an_edit_names_anew_and_never_itself(session):
    target = make.post(session)
    comment = says(session, "@Alice and @Carol")

    edited = posting.edit(
        session, CAROL, comment.id, "@Carol @alice", settings=SETTINGS, now=minutes(1)
    )

    assert edited.html == f"<p>@Carol {link(target, 'alice')}</p>"
    assert named(session, comment) == {("alice", target.id, make.ALICE.id)}


def test_drawn_anew_it_names_whom_it_named(session):
    target = make.post(session)
    comment, plain = says(session, "@Alice *again*"), says(session, "*plain*")
    make.post(session)
    session.flush()

    drawn = mentions.drawn(session, {it.id: it.body for it in (comment, plain)})

    assert drawn == {comment.id: comment.html, plain.id: plain.html}
    assert link(target, "Alice") in comment.html


def test_a_link_to_somebody_is_no_link_to_the_screens(session):
    make.post(session)

    comment = says(session, "@Alice", settings=make.with_settings(hold="links"))

    assert comment.status is Status.PUBLISHED
    assert text.count_links(comment.html) == 0


def test_what_is_deleted_names_nobody(session):
    make.post(session)
    comment = says(session, "@Alice")

    posting.delete(session, CAROL, comment.id, settings=SETTINGS, now=minutes(1))

    assert named(session, comment) == set()


def test_of_somebody_erased_the_name_stays_as_it_was_typed_and_leads_nowhere(session):
    make.post(session)
    bob = make.post(session, BOB, "Hello")
    comment = says(session, "@Alice and @Bob")
    before = make.thread(session).revision

    people.erase(session, people.subject_of(session, KEYS, make.ALICE.id), now=minutes(1))

    assert make.fresh(session, comment).html == f"<p>@Alice and {link(bob, 'Bob')}</p>"
    assert named(session, comment) == {("Bob", bob.id, BOB.id)}
    assert make.thread(session).revision > before


def test_who_is_erased_names_nobody_either(session):
    make.post(session)
    comment = says(session, "@Alice")

    people.erase(session, people.subject_of(session, KEYS, CAROL.id), now=minutes(1))

    assert named(session, comment) == set()


def test_who_was_erased_while_a_text_was_drawn_is_not_named(session):
    make.post(session)
    found = mentions.in_thread(session, make.ARTICLE)
    html = text.render("@Alice", found)
    people.erase(session, people.subject_of(session, KEYS, make.ALICE.id), now=minutes(1))
    comment = says(session, "stands for it")
    comment.body, comment.html = "@Alice", html

    mentions.keep(session, comment, found)

    assert comment.html == "<p>@Alice</p>"
    assert named(session, comment) == set()


def test_a_guest_who_becomes_a_member_is_named_as_one(session):
    make.post(session)
    comment = says(session, "@Alice")
    ann = make.member("Ann")

    claim(session, make.ALICE.id, ann, now=minutes(1))

    [(_, target, author_id)] = named(session, comment)
    assert author_id == ann.id
    assert named(session, says(session, "@Ann")) == {("Ann", target, ann.id)}


def test_a_copy_of_what_is_kept_tells_who_names_one_in_the_open(session):
    make.post(session)
    comment = says(session, "@Alice")
    says(session, "@Alice", settings=make.with_settings(hold="all"))

    copy = people.export(session, people.subject_of(session, KEYS, make.ALICE.id), now=minutes(1))

    assert copy["named_in"] == [{"comment": comment.id, "name": "Alice"}]


def test_whoever_is_erased_while_others_name_them_is_named_by_nobody(session, engine):
    make.post(session)
    session.commit()

    def name_them(session: Session) -> None:
        make.post(session, make.stranger(), "Hello @Alice", name="Zoe")

    def erase(session: Session) -> None:
        people.erase(session, people.subject_of(session, KEYS, make.ALICE.id), now=minutes(1))

    at_once(engine, *[name_them] * 3, erase, *[name_them] * 3)

    session.expire_all()
    html = session.scalars(select(Comment.html).where(Comment.html != "")).all()
    assert html == ["<p>Hello @Alice</p>"] * 6
    assert session.scalars(select(Mention)).all() == []
