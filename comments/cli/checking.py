"""``flask comments check``: the stored counters against the rows."""

from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import click
from flask.cli import with_appcontext

from comments.moderation import checking
from comments.moderation.checking import Stretch
from comments.moderation.counters import WrongValue
from comments.web.state import current, now

#: More than that nobody reads; the sum is told in the end.
MOST_TOLD = 50

_WORDS = {
    "count": "the number of its comments",
    "revision": "its revision",
    "depth": "the number of comments above it",
    "path": "the way to it from the top",
    "root_id": "the comment at its top",
    "replies_count": "the number of comments below it",
    "listed": "whether it has a place in the list",
    "up": "the number of its up-votes",
    "down": "the number of its down-votes",
    "score": "its score",
    "vote_rank": "its rank by votes",
    "open_reports": "the number of its open reports",
}


@dataclass(slots=True)
class _Findings:
    """What was found. Only the first wrong values are kept: all of a large site may be wrong."""

    rows: int = 0
    values: int = 0
    threads: set[str] = field(default_factory=set)
    first: list[WrongValue] = field(default_factory=list)

    def add(self, stretch: Stretch) -> None:
        self.rows += stretch.rows
        for it in stretch.wrong:
            self.threads.add(it.thread)
            self.values += len(it.names)
            if len(self.first) < MOST_TOLD:
                self.first += islice(it.values(), MOST_TOLD - len(self.first))


@click.command("check")
@click.option("--repair", is_flag=True, help="Write what is right.")
@with_appcontext
def check(repair: bool) -> None:
    """Hold every stored counter against the rows, while people go on writing.

    It ends with 1 where something is wrong and was not mended.
    """
    session = current().session()
    found = _Findings()
    with click.progressbar(length=checking.total(session), label="Checking rows") as bar:
        for stretch in checking.check(session, repair=repair, now=now()):
            bar.update(stretch.rows)
            found.add(stretch)
    for it in found.first:
        click.echo(_sentence(it), err=True)
    if found.values > len(found.first):
        click.echo(f"And {found.values - len(found.first):,} more.", err=True)
    _conclude(found, repaired=repair)


def _conclude(found: _Findings, *, repaired: bool) -> None:
    told = f"Looked at {_counted(found.rows, 'row')}"
    values = f"{_counted(found.values, 'value')} in {_counted(len(found.threads), 'discussion')}"
    if not found.rows:
        click.echo("There is no discussion in this database: is it the one you mean?")
    elif not found.values:
        click.echo(f"{told}: every counter is what they say.")
    elif repaired:
        click.echo(f"{told}. Mended: {values}.")
    else:
        raise click.ClickException(
            f"{told}. Wrong: {values}. `flask comments check --repair` puts them right."
        )


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _sentence(it: WrongValue) -> str:
    place = it.thread if it.comment_id is None else f"{it.thread}, comment {it.comment_id}"
    return f"{place}: {_WORDS[it.name]} is {_value(it.stored)} and should be {_value(it.right)}."


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)
