"""What was learned, in the database: one table that says of each feature how often it was where.

Everything a moderator decides can be learned, and unlearned again to the last count. There is no
model to build beside the counts: the next comment is judged with them as they are.

The first row to be written is always that of the totals. Whoever learns at the same time waits
there for the other to commit, and so never for one another in a circle.
"""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Text,
    bindparam,
    case,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.orm import Session

from comments.database import begin_write, insert_into, is_sqlite
from comments.learning import bayes
from comments.learning.bayes import Counts, Judgement
from comments.learning.features import features
from comments.models import LearnedFeature, table_of

#: Comments of each kind before anything is judged.
LEAST_OF_EACH = 20
#: Features that :func:`prune` leaves; about 12 MB.
MOST_FEATURES = 200_000

# No feature has this name: theirs have a kind before the colon.
TOTAL = "*"
_TABLE = table_of(LearnedFeature)
_IS_TOTAL = _TABLE.c.feature == TOTAL
#: The comments of each kind that were learned from: one row, or none where nothing was.
TOTALS = select(_TABLE.c.spam, _TABLE.c.ham).where(_IS_TOTAL)
_IS_NAMED = _TABLE.c.feature == bindparam("named")


def _less(column: Column[int], by: str) -> ColumnElement[int]:
    """*column* less a parameter, and never less than nothing."""
    less = column - bindparam(by)
    return case((less > 0, less), else_=0)


# All names in one parameter: a statement with a hundred of them is written anew every time.
_EACH = func.json_each(bindparam("named")).table_valued("value")
_SEEN_SQLITE = select(_TABLE).where(_TABLE.c.feature.in_(select(_EACH.c.value)))
_SEEN_POSTGRES = select(_TABLE).where(
    _TABLE.c.feature == func.any(bindparam("named", type_=ARRAY(Text)))
)
_LESS = (
    update(_TABLE)
    .where(_IS_NAMED)
    .values(spam=_less(_TABLE.c.spam, "less_spam"), ham=_less(_TABLE.c.ham, "less_ham"))
)
_GONE = delete(_TABLE).where(_IS_NAMED, _TABLE.c.spam == 0, _TABLE.c.ham == 0)


def judge(session: Session, source: str, total: Counts) -> Judgement | None:
    """How much a comment, as it was typed, reads like spam, after *total* comments; one query.

    ``None`` while fewer than :data:`LEAST_OF_EACH` comments of either kind were learned.
    """
    if min(total) < LEAST_OF_EACH:
        return None
    found = features(source)
    return bayes.judge(found, _seen(session, found), total)


def learn(session: Session, sources: Iterable[str], *, as_spam: bool) -> None:
    """Count in the comments *sources*, as they were typed, which a moderator decided on."""
    counted = _counted(sources)
    if counted:
        begin_write(session)
        _add(session, counted, as_spam=as_spam)


def unlearn(session: Session, sources: Iterable[str], *, as_spam: bool) -> None:
    """Take out again what :func:`learn` counted in for the same texts and the same *as_spam*.

    No count falls below nothing, and a feature that is left in no comment is forgotten: nothing
    remains of a text that was learned alone.
    """
    counted = _counted(sources)
    if counted:
        begin_write(session)
        _take(session, counted, as_spam=as_spam)


def learned(session: Session) -> Counts:
    """How many comments of each kind the filter has learned from."""
    row = session.connection().execute(TOTALS).one_or_none()
    return Counts(*row) if row else Counts(0, 0)


def prune(session: Session, most: int = MOST_FEATURES) -> int:
    """Forget the rarest features where there are more than *most*; gives how many it forgot.

    Each comment brings about eight that nobody uses again. What was seen once goes first, then
    what was seen twice, and so on; a word that matters comes back with the next comments.
    """
    begin_write(session)
    session.execute(select(_TABLE).where(_IS_TOTAL).with_for_update())
    held = session.scalar(select(func.count()).select_from(_TABLE).where(~_IS_TOTAL)) or 0
    forgotten, seen = 0, 0
    while held - forgotten > most:
        seen += 1
        rare = _TABLE.c.spam + _TABLE.c.ham <= seen
        gone = session.execute(delete(_TABLE).where(rare, ~_IS_TOTAL).returning(_TABLE.c.feature))
        forgotten += len(gone.all())
    return forgotten


def _counted(sources: Iterable[str]) -> dict[str, int]:
    """In how many of *sources* each feature is: the total first, the rest in order."""
    counted: Counter[str] = Counter()
    comments = 0
    for source in sources:
        counted.update(features(source))
        comments += 1
    return {TOTAL: comments} | dict(sorted(counted.items())) if comments else {}


def _seen(session: Session, found: Iterable[str]) -> dict[str, Counts]:
    named = list(found)
    if is_sqlite(session):
        rows = session.connection().execute(_SEEN_SQLITE, {"named": json.dumps(named)})
    else:
        rows = session.connection().execute(_SEEN_POSTGRES, {"named": named})
    return {feature: Counts(spam, ham) for feature, spam, ham in rows}


def _add(session: Session, counted: dict[str, int], *, as_spam: bool) -> None:
    added = insert_into(session, _TABLE)
    both = added.on_conflict_do_update(
        index_elements=[_TABLE.c.feature],
        set_={
            "spam": _TABLE.c.spam + added.excluded.spam,
            "ham": _TABLE.c.ham + added.excluded.ham,
        },
    )
    session.execute(both, _rows(counted, as_spam=as_spam))


def _take(session: Session, counted: dict[str, int], *, as_spam: bool) -> None:
    rows = [
        {"named": row["feature"], "less_spam": row["spam"], "less_ham": row["ham"]}
        for row in _rows(counted, as_spam=as_spam)
    ]
    session.connection().execute(_LESS, rows)
    session.connection().execute(_GONE, [{"named": row["named"]} for row in rows])


def _rows(counted: dict[str, int], *, as_spam: bool) -> list[dict[str, Any]]:
    return [
        {
            "feature": feature,
            "spam": comments if as_spam else 0,
            "ham": 0 if as_spam else comments,
        }
        for feature, comments in counted.items()
    ]
