"""The measurement of the learned filter: honest about what was seen, the same every time."""

import json
from xml.etree import ElementTree

import pytest

from tests.bench import plot, spam
from tests.bench.section import Run
from tests.bench.spam import Outcome, Written
from tests.spam_examples import HAM, SPAM

VIDEOS = ("trams", "gardens", "bread")


@pytest.fixture
def file(tmp_path):
    """Our examples as a file of three videos."""
    both = [(text, 1) for text in SPAM] + [(text, 0) for text in HAM]
    rows = [
        {"video": VIDEOS[place % 3], "text": text, "spam": is_spam}
        for place, (text, is_spam) in enumerate(both)
    ]
    path = tmp_path / "comments.json"
    path.write_text(json.dumps(rows))
    return path


def test_comments_are_read_by_video_in_their_order(file):
    videos = spam.read(file)

    assert tuple(videos) == VIDEOS
    assert videos["gardens"][0] == Written(SPAM[1], is_spam=True)
    assert videos["trams"][-1] == Written(HAM[-1], is_spam=False)


def test_one_video_is_not_enough(tmp_path):
    path = tmp_path / "comments.json"
    path.write_text(json.dumps([{"video": "trams", "text": "roses", "spam": 0}]))

    with pytest.raises(SystemExit, match="two videos"):
        spam.read(path)


def test_the_unseen_video_is_not_among_the_others():
    videos = {
        "long": [Written(f"long {number}", is_spam=False) for number in range(4)],
        "short": [Written(f"short {number}", is_spam=False) for number in range(2)],
        "unseen": [Written("unseen", is_spam=True)],
    }
    others = [comment.text for comment in spam.together(videos, but="unseen")]

    assert others == ["long 0", "short 0", "long 1", "long 2", "short 1", "long 3"]


def test_draws_are_even_and_each_takes_others():
    written = [Written(str(number), is_spam=False) for number in range(100)]
    draws = [[int(one.text) for one in draw] for draw in spam.draws_of(written, 20, 5)]

    assert all(len(draw) == 20 and max(draw) - min(draw) == 95 for draw in draws)
    assert sorted(number for draw in draws for number in draw) == list(range(100))


@pytest.mark.parametrize(("count", "taken"), [(0, 0), (9, 9), (400, 9), (None, 9)])
def test_there_is_one_draw_where_there_is_nothing_to_choose(count, taken):
    written = [Written("roses", is_spam=False)] * 9

    assert [len(draw) for draw in spam.draws_of(written, count, 5)] == [taken]


def test_shares_are_of_each_kind():
    outcome = Outcome(spam=[0.99, 0.95, 0.5, 0.92], ham=[0.1, 0.93])

    assert outcome.held() == (0.75, 0.5)
    assert outcome.held(0.94) == (0.5, 0.0)
    assert Outcome([], []).held() == (0.0, 0.0)


def test_what_was_judged_before_is_not_changed_by_what_comes_later(tmp_path):
    examples = [Written(text, is_spam=True) for text in SPAM]
    examples += [Written(text, is_spam=False) for text in HAM]
    unseen = [examples[0], examples[-1], examples[1]]

    short = spam.run(examples, unseen[:2], tmp_path)
    long = spam.run(examples, unseen, tmp_path)

    assert long.decided == len(examples)
    assert long.fixed.spam[:1] == long.learning.spam[:1] == short.learning.spam
    assert long.learning.spam[1] != long.fixed.spam[1]


@pytest.mark.again
def test_a_whole_measurement_prints_tables_and_draws(file, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(spam, "CURVE", (0, spam.DECISIONS))
    goals = spam.measure(Run(tmp_path, quick=True, pictures=tmp_path / "pictures", spam=file))

    said = capsys.readouterr().out
    assert [goal.promise.split(":")[0] for goal in goals] == sorted(2 * VIDEOS, key=VIDEOS.index)
    assert all(video in said for video in VIDEOS)
    for name in ("spam-held.svg", "spam-learned.svg"):
        picture = (tmp_path / "pictures" / name).read_text()
        assert all(video in picture for video in VIDEOS)
        assert f"Drawn: {tmp_path / 'pictures' / name}" in said


def test_a_picture_is_well_formed_and_draws_inside_itself():
    axis = plot.Axis("share of <roses>", 0, 1, [(0, "0 %"), (1, "100 %")])
    line = plot.Line("red & white", [(0, 0), (0.5, 2), (1, 1)], 0, dashed=True, marks=[(1, 1)])
    picture = plot.Picture("Roses", "A line", axis, axis, [line], goals=[(0, 0.5, 0.9, 1)])

    root = ElementTree.fromstring(plot.svg(picture))  # noqa: S314 - of our own making
    kind = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{kind}title") == "Roses"
    points = root.find(f"{kind}polyline").get("points").split()
    heights = [float(point.split(",")[1]) for point in points]
    assert heights[0] > heights[1] == heights[2] == plot._TOP
    assert "red & white" in "".join(root.itertext())
