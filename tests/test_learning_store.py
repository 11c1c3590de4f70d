"""What moderators decide is counted, exactly, on both databases; and is the next judgement."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from comments import learning
from comments.learning import Counts, store
from comments.learning.features import features
from comments.models import LearnedFeature
from tests.reading import statements
from tests.spam_examples import HAM, LEARNED_HAM, LEARNED_SPAM, SPAM, UNSEEN_HAM, UNSEEN_SPAM


def rows(session: Session) -> dict[str, tuple[int, int]]:
    query = select(LearnedFeature.feature, LearnedFeature.spam, LearnedFeature.ham)
    return {feature: (spam, ham) for feature, spam, ham in session.execute(query)}


def judge(session: Session, source: str) -> learning.Judgement | None:
    return learning.judge(session, source, learning.learned(session))


@pytest.fixture
def taught(session) -> Session:
    """A session whose filter has learned the examples."""
    learning.learn(session, LEARNED_SPAM, as_spam=True)
    learning.learn(session, LEARNED_HAM, as_spam=False)
    return session


# ── judging ──────────────────────────────────────────────────────────────────────────────────


def test_spam_it_never_saw_is_held(taught):
    assert [text for text in UNSEEN_SPAM if not judge(taught, text).is_held] == []


def test_innocent_comments_are_not(taught):
    assert [text for text in UNSEEN_HAM if judge(taught, text).is_held] == []


def test_the_words_that_tipped_it_are_told(taught):
    judgement = judge(taught, "please visit my page https://bread.example/?ref=1")

    assert "a link" in str(learning.reason(judgement))


def test_it_says_nothing_before_it_has_learned_enough_of_both(session):
    enough = learning.LEAST_OF_EACH
    learning.learn(session, SPAM[:enough], as_spam=True)
    learning.learn(session, HAM[: enough - 1], as_spam=False)
    assert judge(session, SPAM[0]) is None

    learning.learn(session, HAM[enough - 1 : enough], as_spam=False)
    assert judge(session, SPAM[0]) is not None


def test_nothing_was_learned_at_first(session):
    assert learning.learned(session) == Counts(0, 0)
    assert judge(session, "anything") is None


@pytest.mark.parametrize("comment", [SPAM[0], "", " ".join(f"word{n}" for n in range(900))])
def test_one_judgement_takes_one_query(taught, engine, comment):
    total = learning.learned(taught)
    taught.commit()
    with statements(engine) as sent:
        learning.judge(taught, comment, total)

    assert len([statement for statement, _ in sent if "SELECT" in statement]) == len(sent) == 1


# ── counting ─────────────────────────────────────────────────────────────────────────────────


def test_a_feature_is_counted_once_for_each_comment_that_has_it(session):
    learning.learn(session, ["roses roses", "red roses"], as_spam=True)
    learning.learn(session, ["red tulips"], as_spam=False)

    counted = rows(session)
    assert counted["word:roses"] == (2, 0)
    assert counted["word:red"] == (1, 1)
    assert learning.learned(session) == Counts(2, 1)


def test_it_makes_no_difference_whether_comments_come_together(session):
    learning.learn(session, SPAM, as_spam=True)
    together = rows(session)
    learning.unlearn(session, SPAM, as_spam=True)
    for comment in SPAM:
        learning.learn(session, [comment], as_spam=True)

    assert rows(session) == together


def test_unlearning_is_the_exact_inverse(taught):
    before = rows(taught)
    learning.learn(taught, SPAM, as_spam=True)
    learning.learn(taught, HAM, as_spam=False)
    learning.unlearn(taught, HAM, as_spam=False)
    learning.unlearn(taught, SPAM, as_spam=True)

    assert rows(taught) == before


def test_nothing_is_left_of_a_text_that_was_unlearned(session):
    learning.learn(session, ["my telephone is in the garden"], as_spam=False)
    learning.unlearn(session, ["my telephone is in the garden"], as_spam=False)

    assert rows(session) == {}


def test_no_count_falls_below_nothing(session):
    learning.learn(session, ["roses"], as_spam=True)
    learning.unlearn(session, ["roses", "tulips"], as_spam=False)

    assert rows(session)["word:roses"] == (1, 0)
    assert learning.learned(session) == Counts(1, 0)


@pytest.mark.parametrize("act", [learning.learn, learning.unlearn])
def test_no_comments_teach_nothing(session, engine, act):
    with statements(engine) as sent:
        act(session, [], as_spam=True)

    assert sent == []


def test_a_wave_is_learned_in_a_few_statements(session, engine):
    wave = [f"cheap roses {number} at http://roses{number}.example" for number in range(10_000)]
    with statements(engine) as sent:
        learning.learn(session, wave, as_spam=True)

    assert len(sent) <= 2  # one may be BEGIN
    assert learning.learned(session) == Counts(10_000, 0)


# ── at once ──────────────────────────────────────────────────────────────────────────────────

WRITERS = 6


def test_counts_are_exact_when_everybody_decides_at_once(engine):
    """Each writer learns all examples in an order of its own, and takes some back."""
    together = Barrier(WRITERS)

    def decide(number: int) -> None:
        examples = [(text, True) for text in SPAM[:12]] + [(text, False) for text in HAM[:12]]
        random.Random(number).shuffle(examples)
        together.wait()
        for text, as_spam in examples:
            with Session(engine) as session, session.begin():
                learning.learn(session, [text, "a second text"], as_spam=as_spam)
            with Session(engine) as session, session.begin():
                learning.unlearn(session, ["a second text"], as_spam=as_spam)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(decide, range(WRITERS)))

    with Session(engine) as session:
        exact = {
            feature: (WRITERS * spam, WRITERS * ham) for feature, (spam, ham) in _counted().items()
        }
        assert rows(session) == exact | {store.TOTAL: (WRITERS * 12, WRITERS * 12)}


def _counted() -> dict[str, tuple[int, int]]:
    counted: dict[str, tuple[int, int]] = {}
    for place, texts in enumerate((SPAM[:12], HAM[:12])):
        for text in texts:
            for feature in features(text):
                both = list(counted.get(feature, (0, 0)))
                both[place] += 1
                counted[feature] = (both[0], both[1])
    return counted


# ── forgetting ───────────────────────────────────────────────────────────────────────────────


def test_the_rarest_are_forgotten_first(session):
    learning.learn(session, ["roses are red", "roses are cheap", "roses"], as_spam=True)
    total = len(rows(session)) - 1

    assert learning.prune(session, most=total) == 0
    forgotten = learning.prune(session, most=total - 1)

    left = rows(session)
    assert len(left) - 1 == total - forgotten
    assert "word:roses" in left and "word:cheap" not in left
    assert learning.learned(session) == Counts(3, 0)


def test_all_can_be_forgotten_but_how_much_was_learned(session):
    learning.learn(session, ["roses are red", "roses"], as_spam=True)
    learning.prune(session, most=0)

    assert rows(session) == {store.TOTAL: (2, 0)}


def test_what_was_forgotten_can_still_be_unlearned(session):
    learning.learn(session, ["roses are red", "roses"], as_spam=True)
    learning.prune(session, most=0)
    learning.unlearn(session, ["roses are red", "roses"], as_spam=True)

    assert rows(session) == {}
