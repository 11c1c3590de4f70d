"""The formula, and the sentence in which its judgement is told."""

from math import exp, log, sqrt

import pytest

from comments.learning import Counts, Judgement, bayes, reason
from comments.learning.clues import clues

TOTAL = Counts(spam=9, ham=9)


def judged(**seen: tuple[int, int]) -> Judgement:
    """The judgement on a comment with these words, each in so much spam and so much else."""
    counts = {f"word:{word}": Counts(*counted) for word, counted in seen.items()}
    return bayes.judge(counts, counts, TOTAL)


def test_a_word_weighs_the_logarithm_of_its_odds():
    assert bayes.weight(Counts(9, 0), TOTAL) == pytest.approx(log(9.5 / 0.5))
    assert bayes.weight(Counts(0, 9), TOTAL) == pytest.approx(-log(9.5 / 0.5))
    assert bayes.weight(Counts(4, 4), TOTAL) == 0


def test_how_much_spam_there_was_in_all_does_not_count():
    assert bayes.weight(Counts(2, 2), Counts(19, 99)) > bayes.weight(Counts(2, 2), TOTAL)


def test_weights_are_added_as_deviates():
    evidence = (log(9.5 / 0.5) + log(6.5 / 0.5)) / sqrt(2)

    assert judged(roses=(9, 0), tulips=(6, 0)).probability == pytest.approx(
        1 / (1 + exp(-evidence))
    )


def test_words_never_seen_say_nothing():
    judgement = bayes.judge(["word:roses", "word:new"], {"word:roses": Counts(9, 0)}, TOTAL)

    assert judgement == judged(roses=(9, 0))
    assert bayes.judge(["word:new"], {}, TOTAL) == Judgement(0.5, ())


def test_more_evidence_is_surer_and_mixed_evidence_less_sure():
    one = judged(roses=(9, 0)).probability
    assert judged(roses=(9, 0), tulips=(9, 0)).probability > one
    assert judged(roses=(9, 0), rain=(0, 9)).probability == pytest.approx(0.5)


def test_prose_around_an_advertisement_does_not_drown_it():
    advertisement = {f"buy{number}": (9, 0) for number in range(bayes.MOST_TELLING)}
    prose = {f"and{number}": (4, 6) for number in range(500)}

    assert judged(**advertisement, **prose) == judged(**advertisement)


def test_it_holds_from_the_threshold_on():
    assert Judgement(bayes.HOLD_AT, ()).is_held
    assert not Judgement(bayes.HOLD_AT - 0.001, ()).is_held


def test_what_speaks_for_spam_is_told_the_most_telling_first():
    judgement = judged(tulips=(6, 0), rain=(0, 9), roses=(9, 0))

    assert [feature for feature, _ in judgement.tipping] == ["word:roses", "word:tulips"]


def told(*features: str) -> list[str]:
    return list(map(str, clues(Judgement(0.97, tuple((feature, 1.0) for feature in features)))))


@pytest.mark.parametrize(
    ("features", "read"),
    [
        (["word:roses", "pair:my page", "link:any"], ['"roses"', '"my page"', "a link"]),
        (["pair:^ visit", "first:visit", "word:visit"], ['"visit"']),
        (["stem:subsc", "word:subscribe"], ['"subscribe"']),
        (["stem:subsc", "word:roses"], ['"roses"', '"subsc…"']),
        (["host:roses.example", "link:any", "host:.example"], ["a link to roses.example"]),
        (["host:.example"], ["a link"]),
        (["link:among words 0", "link:at roses"], ["nothing but a link"]),
        (["word:⟨link⟩", "link:any"], ["a link"]),
        (["word:⟨number⟩", "pair:⟨number⟩ roses"], ["a number"]),
        (["call:asks 3", "call:asks readers"], ["it asks readers for something"]),
        (["style:capitals"], ["all in capitals"]),
        (["pair:免费 费领"], ['"免费领"']),
        (["pair:免费 领取"], ['"免费 领取"']),
        ([f"word:{word}" for word in ("a", "b", "c", "d")], ['"a"', '"b"', '"c"']),
        (["pair:^ $"], []),
    ],
)
def test_clues_are_what_a_moderator_can_read(features, read):
    assert told(*features) == read


@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        ([], "reads like spam (97 %)"),
        (["word:roses"], 'reads like spam (97 %): "roses"'),
        (["word:roses", "link:any"], 'reads like spam (97 %): "roses", a link'),
        (
            ["word:subscribe", "pair:my page", "link:any"],
            'reads like spam (97 %): "subscribe", "my page", a link',
        ),
    ],
)
def test_the_reason_is_one_sentence(features, sentence):
    tipping = tuple((feature, 1.0) for feature in features)

    assert str(reason(Judgement(0.9799, tipping))) == sentence


def test_a_percent_sign_in_a_comment_stays_one():
    assert '"100%s"' in str(reason(Judgement(0.95, (("word:100%s", 1.0),))))
