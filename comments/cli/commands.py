"""The commands of ``flask comments``."""

import csv
import sys
from collections.abc import Iterable
from datetime import timedelta
from typing import IO, Any

import click
from flask.cli import AppGroup
from sqlalchemy import func, select, update

from comments import config, mentions, moderation, schema, signals, text, threads, upkeep
from comments.cli import checking, people
from comments.errors import CommentsError
from comments.models import Comment, Report, Status, Thread
from comments.moderation import search
from comments.screening import explaining
from comments.web.state import current, now

group = AppGroup("comments")
db = AppGroup("db", help="The comments' own tables; the app's are never touched.")
group.add_command(db)
group.add_command(people.moderators)
group.add_command(people.deliver)
group.add_command(checking.check)

#: Rows drawn anew between two commits, so that a stop loses little and blocks nobody.
RENDER_BATCH = 500
#: Characters of a comment in a list.
OPENING = 300
MOST_REPORTS = 500


# ── the database ─────────────────────────────────────────────────────────────────────────


@db.command("upgrade")
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Make or update the tables."""
    schema.upgrade(current().engine(), revision)
    click.echo(f"The tables are at revision {schema.current(current().engine())}.")


@db.command("downgrade")
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the tables back to REVISION (`base`: away with them, and what is in them)."""
    schema.downgrade(current().engine(), revision)
    click.echo(f"The tables are at revision {schema.current(current().engine())}.")


@db.command("current")
def show_revision() -> None:
    """Say which revision the tables are at."""
    click.echo(schema.current(current().engine()) or "no tables yet")


@db.command("check")
def check_schema() -> None:
    """Compare the tables with what this version needs."""
    found = schema.differences(current().engine())
    for difference in found:
        click.echo(f"differs: {difference}", err=True)
    if found:
        raise click.ClickException("Run `flask comments db upgrade`.")
    click.echo("The tables are what this version needs.")


# ── settings ─────────────────────────────────────────────────────────────────────────────


@group.command("config")
@click.option("--markdown", is_flag=True, help="As the table of the docs, without values.")
def show_config(markdown: bool) -> None:
    """Print every setting: its value here, its default and what it means."""
    settings = current().settings
    if markdown:
        click.echo(settings_table())
        return
    for row in config.table():
        value = getattr(settings, row.name)
        shown = "(set)" if row.secret and value else _value(value)
        changed = "" if value == row.default else click.style("  changed", bold=True)
        click.echo(f"{click.style(row.key, bold=True)} = {shown}{changed}\n    {row.help}")


def settings_table() -> str:
    """The settings as a Markdown table; ``docs/configuration.md`` holds it."""
    lines = ["| key | default | meaning |", "|---|---|---|"]
    lines += [f"| `{row.key}` | {_value(row.default)} | {row.help} |" for row in config.table()]
    return "\n".join(lines)


def _value(value: Any) -> str:
    if value is None or value == ():
        return "none"
    return f"`{', '.join(value)}`" if isinstance(value, tuple) else f"`{value}`"


# ── upkeep ───────────────────────────────────────────────────────────────────────────────


@group.command("render")
@click.option("--all", "everything", is_flag=True, help="Every comment, not only the outdated.")
def render(everything: bool) -> None:
    """Draw comments anew that an older version of the renderer drew."""
    session = current().session()
    outdated = Comment.renderer_version < text.RENDERER_VERSION
    wanted = [Comment.body != "", *([] if everything else [outdated])]
    total = session.scalar(select(func.count()).select_from(Comment).where(*wanted)) or 0
    last = 0
    with click.progressbar(length=total, label="Drawing comments") as bar:
        while True:
            batch = session.execute(
                select(Comment.id, Comment.thread_id, Comment.listed, Comment.body, Comment.html)
                .where(*wanted, Comment.id > last)
                .order_by(Comment.id)
                .limit(RENDER_BATCH)
            ).all()
            if not batch:
                break
            last = batch[-1].id
            _render_batch(session, batch)
            bar.update(len(batch))
    click.echo(f"{total} drawn.")


def _render_batch(session: Any, batch: Any) -> None:
    drawn = mentions.drawn(session, {row.id: row.body for row in batch})
    # Threads first, as everybody who changes a comment locks them; sorted, so that two who lock
    # several do it in the same order.
    locked = {id: threads.lock(session, id) for id in sorted({row.thread_id for row in batch})}
    for row in batch:
        session.execute(
            update(Comment)
            # Whoever edited or deleted it since it was read has left nothing to draw anew.
            .where(Comment.id == row.id, Comment.body == row.body)
            .values(html=drawn[row.id], renderer_version=text.RENDERER_VERSION)
            .execution_options(synchronize_session=False)
        )
    for id in {row.thread_id for row in batch if row.listed and drawn[row.id] != row.html}:
        locked[id].revision += 1
    session.commit()


@group.command("index")
def make_index() -> None:
    """Make the index of the search anew, for a new version or after an import."""
    session = current().session()
    total = session.scalar(select(func.count()).select_from(Comment)) or 0
    with click.progressbar(length=total, label="Indexing comments") as bar:
        for done in search.reindex(session):
            session.commit()
            bar.update(done)
    click.echo(f"{total} indexed.")


@group.command("sweep")
def sweep() -> None:
    """Drop what is past its time. Writes do this by themselves now and then."""
    session = current().session()
    total = 0
    keep = timedelta(days=current().settings.keep_rejected_days)
    while swept := upkeep.sweep(session, now(), keep_rejected=keep):
        session.commit()
        total += swept
    click.echo(f"{total} swept.")


@group.command("screen")
@click.option(
    "--explain",
    "file",
    type=click.File(encoding="utf-8"),
    required=True,
    help="Comments to look at (`-`: standard input): a JSON list, a JSON object on each line, or "
    "one plain text.",
)
def screen(file: IO[str]) -> None:
    """Show what each screen would say to the comments of a file; nothing is stored."""
    state = current()
    try:
        samples = explaining.read(file.read())
    except ValueError as wrong:
        raise click.ClickException(str(wrong)) from None
    session = state.session()
    for sample in samples:
        submitted = explaining.submitted(session, sample, state.settings, now())
        click.echo(explaining.table(submitted, state.screens()))
    session.rollback()


# ── moderation without the views ─────────────────────────────────────────────────────────


@group.command("pending")
def pending() -> None:
    """List the comments that wait for a decision, the oldest first, as CSV."""
    waiting = (
        current()
        .session()
        .execute(
            select(Comment, Thread.key)
            .join(Thread, Thread.id == Comment.thread_id)
            .where(Comment.status == Status.PENDING)
            .order_by(Comment.created_at)
        )
    )
    _print_csv(
        ["id", "thread", "created", "edited", "author", "links", "text"],
        (
            [
                comment.id,
                key,
                comment.created_at.isoformat(),
                comment.edited_at.isoformat() if comment.edited_at else "",
                comment.author_name,
                text.count_links(comment.html),
                _opening(comment.body),
            ]
            for comment, key in waiting
        ),
    )


@group.command("reports")
def reports() -> None:
    """List what readers reported, the newest first, as CSV."""
    found = (
        current()
        .session()
        .execute(
            select(Report, Comment.status, Comment.body)
            .join(Comment, Comment.id == Report.comment_id)
            .order_by(Report.id.desc())
            .limit(MOST_REPORTS)
        )
    )
    _print_csv(
        ["comment", "reported", "reason", "note", "state", "text"],
        (
            [
                report.comment_id,
                report.created_at.isoformat(),
                report.reason,
                report.note,
                status.value,
                _opening(body),
            ]
            for report, status, body in found
        ),
    )


def _print_csv(head: list[str], rows: Iterable[list[Any]]) -> None:
    out = csv.writer(sys.stdout)
    out.writerow(head)
    for row in rows:
        out.writerow([text.plain_cell(cell) for cell in row])


def _opening(body: str) -> str:
    """The beginning of a text on one line, and a sign where it was cut."""
    line = " ".join(body.split())
    return line if len(line) <= OPENING else f"{line[:OPENING]}…"


def _action(reason: str = "") -> moderation.Action:
    return moderation.Action(by="command-line", reason=reason, now=now())


@group.command("moderate")
@click.argument("status", type=click.Choice([status.value for status in Status]))
@click.argument("comment_ids", type=int, nargs=-1, required=True)
@click.option("--reason", default="", help="Kept in the log.")
def moderate(status: str, comment_ids: tuple[int, ...], reason: str) -> None:
    """Decide on comments by their ids: `flask comments moderate published 12 13`."""
    session = current().session()
    for comment_id in comment_ids:
        try:
            moderation.decide(session, comment_id, Status(status), _action(reason))
        except CommentsError as refused:
            session.rollback()
            raise click.ClickException(f"{comment_id}: {refused}") from None
        session.commit()
        signals.send_waiting(session, current().owner)
        click.echo(f"{comment_id}: {status}")


@group.command("close")
@click.argument("thread_key")
@click.option("--open", "reopen", is_flag=True, help="Open it again.")
def close(thread_key: str, reopen: bool) -> None:
    """Close a thread to new comments."""
    session = current().session()
    found = threads.find(session, thread_key)
    if found.id is None:
        raise click.ClickException(f"Nobody has written in a thread called {thread_key!r}.")
    days = current().settings.close_days
    moderation.close(session, found.id, _action(), closed=not reopen, close_days=days)
    session.commit()
    click.echo(f"{thread_key}: {'open' if reopen else 'closed'}")


@group.command("pin")
@click.argument("comment_id", type=int)
@click.option("--off", is_flag=True, help="Back into its place.")
def pin(comment_id: int, off: bool) -> None:
    """Show a top-level comment first in its thread."""
    session = current().session()
    try:
        moderation.pin(session, comment_id, _action(), pinned=not off)
    except CommentsError as refused:
        raise click.ClickException(str(refused)) from None
    session.commit()
    click.echo(f"{comment_id}: {'in its place' if off else 'pinned'}")
