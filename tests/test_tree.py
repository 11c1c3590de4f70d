"""Orders, cursors and the flat walk over a tree; no database."""

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments import tree
from comments.errors import CommentsError
from comments.keys import Keys
from comments.tree import ORDERS, Cursor, Node, order_named
from tests.factories import KEYS, NOON


def row(id: int, minute: int = 0, score: int = 0, parent: int | None = None) -> SimpleNamespace:
    return SimpleNamespace(
        id=id,
        parent_id=parent,
        created_at=NOON + timedelta(minutes=minute),
        vote_rank=-score,
        revision=1,
    )


rows = st.lists(
    st.builds(row, st.integers(1, 2**63 - 1), st.integers(0, 2), st.integers(-2, 2)),
    unique_by=lambda row: row.id,
)


# ── orders ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        ("oldest", [1, 2, 4, 3, 5]),
        ("newest", [5, 3, 4, 2, 1]),
        ("most_voted", [4, 3, 1, 2, 5]),
    ],
)
def test_golden_orders(sort, ids):
    five = [row(5, 2, -1), row(4, 1, 7), row(3, 2, 3), row(2, 1, 0), row(1, 1, 0)]
    assert [it.id for it in ORDERS[sort].sort(five)] == ids


@pytest.mark.parametrize("order", ORDERS.values(), ids=str)
@given(rows=rows)
def test_an_order_is_total_so_how_rows_came_in_does_not_matter(order, rows):
    assert order.sort(rows) == order.sort(rows[::-1])
    assert len({order.key(row) for row in rows}) == len(rows)


def test_an_unknown_sort_is_a_wrong_field_and_says_what_there_is():
    with pytest.raises(CommentsError) as refused:
        order_named("controversial")
    assert refused.value.problem.status == 422
    assert str(refused.value.errors["sort"]) == "Sort is one of oldest, newest, most_voted."


# ── cursors ──────────────────────────────────────────────────────────────────────────────────

CURSOR = Cursor(3, 8, "most_voted", (-4, NOON + timedelta(microseconds=1), 2**40), 17, (5, 6))
LIST: dict[str, Any] = {"thread_id": 3, "parent_id": 8, "sort": "most_voted"}


@given(
    order=st.sampled_from(list(ORDERS.values())),
    row=st.builds(row, st.integers(1, 2**63 - 1), st.integers(-(10**6), 10**6), st.integers()),
    microsecond=st.integers(0, 999_999),
    parent=st.none() | st.integers(1, 2**63 - 1),
    pinned=st.lists(st.integers(1, 2**63 - 1), max_size=5).map(tuple),
)
def test_a_cursor_comes_back_as_it_went_to_the_microsecond(order, row, microsecond, parent, pinned):
    row.created_at += timedelta(microseconds=microsecond)
    went = Cursor(1, parent, order.name, order.key(row), 2, pinned)
    came = Cursor.open(KEYS, went.seal(KEYS), thread_id=1, parent_id=parent, sort=order.name)
    assert came == went


def test_a_cursor_before_the_first_comment_has_no_key():
    cursor = replace(CURSOR, key=None)
    assert Cursor.open(KEYS, cursor.seal(KEYS), **LIST).key is None


@pytest.mark.parametrize(
    "another",
    [{"thread_id": 4}, {"parent_id": 9}, {"parent_id": None}, {"sort": "oldest"}],
    ids=str,
)
def test_a_cursor_of_another_list_is_refused(another):
    with pytest.raises(CommentsError) as refused:
        Cursor.open(KEYS, CURSOR.seal(KEYS), **LIST | another)
    assert refused.value.code == "bad_cursor"


@given(st.text(max_size=80))
def test_a_made_up_cursor_is_refused(text):
    with pytest.raises(CommentsError, match="not one that was given here"):
        Cursor.open(KEYS, text, **LIST)


def test_a_cursor_signed_with_another_secret_or_for_another_purpose_is_refused():
    payload = json.dumps([3, 8, "most_voted", None, 17, []]).encode()
    for forged in (CURSOR.seal(Keys("guessed")), KEYS.seal("guest", payload)):
        with pytest.raises(CommentsError, match="not one that was given here"):
            Cursor.open(KEYS, forged, **LIST)


# ── assembly ─────────────────────────────────────────────────────────────────────────────────


def test_replies_hang_under_their_parents_in_order_and_one_too_many_says_there_is_more():
    parents = {1: Node(row(1)), 2: Node(row(2)), 3: Node(row(3))}
    came = [row(9, 3, parent=1), row(7, 1, parent=1), row(8, 2, parent=1), row(5, parent=2)]

    level = tree.attach(parents, came, ORDERS["oldest"], each=2)

    assert [reply.row.id for reply in parents[1].replies] == [7, 8]
    assert (parents[1].more, parents[2].more, parents[3].more) == (True, False, False)
    assert parents[1].last_key == ORDERS["oldest"].key(came[2])
    assert sorted(level) == [5, 7, 8]


# ── the walk ─────────────────────────────────────────────────────────────────────────────────


@dataclass
class View:
    id: int
    replies: list["View"] = field(default_factory=list)
    next: str | None = None


def told(nodes: list[View]) -> str:
    return " ".join(f"{step}{node.id}" for step, node in tree.walk(nodes))


def test_the_walk_opens_and_closes_in_reading_order():
    views = [View(1, [View(2, next="a cursor"), View(3)], next="another"), View(4)]
    assert told(views) == (
        "open1 list1 open2 list2 more2 unlist2 close2 open3 close3 more1 unlist1 close1 "
        "open4 close4"
    )


def test_the_walk_of_nothing_is_empty():
    assert told([]) == ""


views = st.recursive(
    st.builds(View, st.integers()),
    lambda inner: st.builds(View, st.integers(), st.lists(inner, max_size=4)),
    max_leaves=30,
)


@given(st.lists(views, max_size=4))
def test_whatever_is_opened_is_closed_in_turn(forest):
    open_now: list[tuple[str, View]] = []
    for step, node in tree.walk(forest):
        if step in ("open", "list"):
            open_now.append((step, node))
        else:
            began = open_now.pop()
            assert began == ({"close": "open", "unlist": "list"}[step], node)
    assert open_now == []


def test_a_chain_deeper_than_the_stack_of_python_is_walked():
    deep = View(0)
    for number in range(1, 20_000):
        deep = View(number, [deep])
    steps = tree.walk([deep])
    assert sum(step == "open" for step, _ in steps) == 20_000
