"""``flask comments check``: the stored counters against the rows."""

from typing import Any

import click
from flask.cli import with_appcontext

from comments.moderation import checking
from comments.moderation.counters import Wrong
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


@click.command("check")
@click.option("--repair", is_flag=True, help="Write what is right.")
@with_appcontext
def check(repair: bool) -> None:
    """Hold every stored counter against the rows, while people go on writing.

    It ends with 1 where something is wrong and was not mended.
    """
    session = current().session()
    rows, wrong = 0, list[Wrong]()
    with click.progressbar(length=checking.total(session), label="Checking rows") as bar:
        for stretch in checking.check(session, repair=repair, now=now()):
            bar.update(stretch.rows)
            rows += stretch.rows
            wrong += stretch.wrong
    for it in wrong[:MOST_TOLD]:
        click.echo(_sentence(it), err=True)
    if len(wrong) > MOST_TOLD:
        click.echo(f"And {len(wrong) - MOST_TOLD:,} more.", err=True)
    _conclude(rows, wrong, repaired=repair)


def _conclude(rows: int, wrong: list[Wrong], *, repaired: bool) -> None:
    told = f"Looked at {_counted(rows, 'row')}"
    threads = len({it.thread for it in wrong})
    values = f"{_counted(len(wrong), 'value')} in {_counted(threads, 'discussion')}"
    if not rows:
        click.echo("There is no discussion in this database: is it the one you mean?")
    elif not wrong:
        click.echo(f"{told}: every counter is what they say.")
    elif repaired:
        click.echo(f"{told}. Mended: {values}.")
    else:
        raise click.ClickException(
            f"{told}. Wrong: {values}. `flask comments check --repair` puts them right."
        )


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _sentence(it: Wrong) -> str:
    place = it.thread if it.comment_id is None else f"{it.thread}, comment {it.comment_id}"
    return f"{place}: {_WORDS[it.name]} is {_value(it.stored)} and should be {_value(it.right)}."


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)
