"""The arithmetic of the section on scale."""

import pytest
from sqlalchemy import func, select, table
from sqlalchemy.orm import Session

from tests.bench import proxy, scale


def test_popularity_is_zipfs():
    shares = scale.popularity(1000, 1.0)
    assert sum(shares) == pytest.approx(1)
    assert shares[0] / shares[9] == pytest.approx(10)
    assert scale.popularity(4, 0) == [0.25] * 4


def test_a_thread_has_the_same_shard_everywhere_and_shards_have_equal_parts():
    assert scale.shard_of("article-1", 8) == 2
    places = [scale.shard_of(f"article-{n}", 8) for n in range(4000)]
    assert all(400 < places.count(shard) < 600 for shard in range(8))


def test_a_cache_lets_one_request_through_in_the_time_it_keeps_a_page():
    assert scale.behind_cache(10_000, 5) == pytest.approx(0.2, rel=0.001)
    assert scale.behind_cache(0.001, 5) == pytest.approx(0.001, rel=0.01)


def test_a_load_is_what_falls_on_the_busiest_shard():
    found = scale.spread([0.5, 0.3, 0.2], [0, 1, 1], reads=100, kept=0)
    assert (found.asked, found.asked_share, found.top) == (100, 0.5, 0.5)
    assert (found.behind, found.behind_share) == (100, 0.5)
    kept = scale.spread([0.5, 0.3, 0.2], [0, 1, 1], reads=1000, kept=10)
    assert kept.behind == pytest.approx(0.3, rel=0.01)
    assert kept.behind_share == pytest.approx(2 / 3, rel=0.01)


def test_a_comment_weighs_what_its_tables_have_grown_by():
    names = ("comments_comments", "comments_votes", "comments_decisions", "comments_search")
    empty = dict.fromkeys(names, (100, 10))
    full = dict(zip(names, [(1100, 210), (300, 110), (200, 60), (400, 60)], strict=True))
    assert scale.weigh(empty, full, loaded=10, posted=5) == [
        ("comments_comments", 100, 20),
        ("comments_search", 60, 10),
        ("comments_votes", 20, 10),
        ("comments_decisions", 20, 10),
    ]


def test_the_weighed_tables_are_those_that_a_comment_writes_to(fresh_postgres):
    with Session(fresh_postgres) as session:
        scale.post(session, 2)
        for name in scale.sizes(fresh_postgres):
            if name != "comments_votes":
                assert session.scalar(select(func.count()).select_from(table(name))) == 2, name


def test_what_reaches_the_app_is_counted_in_its_log(tmp_path):
    path = proxy.PAGE.partition("?")[0]
    lines = [f'{{"method": "GET", "path": "{asked}"}}\n' for asked in (path, "/healthz", path)]
    (tmp_path / "server-1.log").write_text("".join(lines))
    assert proxy.answered(tmp_path) == 2
