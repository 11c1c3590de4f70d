"""``flask comments moderators …`` and ``flask comments deliver``."""

import sys

import click
from flask.cli import AppGroup, with_appcontext

from comments import accounts, notify, signals
from comments.draft import check_email
from comments.errors import CommentsError
from comments.models import Account, Role
from comments.moderation import COMMAND_LINE, Action
from comments.web import hooks
from comments.web.state import State, current, now

moderators = AppGroup("moderators", help="Who moderates, and their links to sign in.")

#: Where the service is reached when no setting says so; the link can be opened under any name.
_NOWHERE = "http://localhost:5000"


@moderators.command("add")
@click.argument("email")
@click.option("--name", default="", help="What readers see; they can change it.")
@click.option("--site", default="", help="Only there, such as https://blog.example.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=None)
@click.option("--url", default=None, help="Where the service is reached, for the link.")
def add(email: str, name: str, site: str, role: str | None, url: str | None) -> None:
    """Make somebody a moderator, and print the link with which they set a password.

    The first one becomes the owner. Nothing is mailed.
    """
    state = current()
    session = state.session()
    try:
        account = accounts.appoint(
            session,
            check_email(email),
            _action(),
            site=site,
            role=Role(role) if role else None,
            name=name,
        )
        link = _new_link(state, account, url)
    except CommentsError as refused:
        session.rollback()
        raise click.ClickException(_said(refused)) from None
    session.commit()
    signals.send_waiting(session, state.owner)
    for one in accounts.appointments_of(session, account.id):
        click.echo(f"{account.email}: {one.role.value} of {one.site or 'all sites'}")
    _tell(state, link)


@moderators.command("link")
@click.argument("email")
@click.option("--url", default=None, help="Where the service is reached, for the link.")
def link(email: str, url: str | None) -> None:
    """Print another link for a moderator who has lost the password."""
    state = current()
    account = _known(state, email)
    printed = _new_link(state, account, url)
    state.session().commit()
    _tell(state, printed)


@moderators.command("remove")
@click.argument("email")
@click.option("--site", default=None, help="Only there; otherwise everywhere.")
def remove(email: str, site: str | None) -> None:
    """Let somebody moderate no more, from this moment on. Their account stays."""
    state = current()
    account = _known(state, email)
    try:
        ended = accounts.dismiss(state.session(), account, _action(), site=site)
    except CommentsError as refused:
        raise click.ClickException(_said(refused)) from None
    state.session().commit()
    if not ended:
        raise click.ClickException(f"{account.email} does not moderate there.")
    click.echo(f"{account.email} moderates no more{f' on {site}' if site else ''}.")


@moderators.command("list")
def show() -> None:
    """List who moderates, owners first."""
    found = accounts.appointed(current().session())
    for one in found:
        where = one.site or "all sites"
        how = "password" if one.has_password else "no password yet"
        click.echo(f"{one.email}\t{one.name}\t{one.role.value}\t{where}\t{how}")
    if not found:
        click.echo("Nobody yet: flask comments moderators add EMAIL")


@click.command("deliver")
@with_appcontext
@click.option("--loop", is_flag=True, help="Until it is stopped; otherwise once.")
def deliver(loop: bool) -> None:
    """Send the mail and the webhooks that wait. The service does it by itself; a plugin needs this
    beside it."""
    state = current()
    if state.settings.smtp_uri is None and not state.settings.webhooks:
        raise click.ClickException(
            "Neither COMMENTS_SMTP_URI nor COMMENTS_WEBHOOKS is set: there is nothing to deliver."
        )
    if loop:
        _deliver_for_ever(state)
    else:
        _deliver_once(state)


def _deliver_for_ever(state: State) -> None:
    rounds: list[notify.Rounds] = []
    engine, settings, keys = state.engine, state.settings, state.keys
    if settings.webhooks:
        rounds.append(notify.Courier(engine, settings, keys, hooks.teller(state)))
    if settings.smtp_uri is not None:
        also = (accounts.QUEUE,)
        rounds.append(notify.Postman(engine, settings, keys, told=_tell_round, also=also))
    *beside, here = rounds
    for each in beside:
        each.start()
    here.run()


def _deliver_once(state: State) -> None:
    session, settings, keys = state.session(), state.settings, state.keys
    if settings.smtp_uri is not None:
        if settings.url is None and notify.count_stranded(session):
            click.echo(notify.STRANDED, err=True)
        notify.gather(session, settings, now())
        accounts.duty.gather(session, settings, now())
        sent = notify.deliver(
            session, settings, keys, now(), also=(accounts.QUEUE,), progress=_tell_progress
        )
        click.echo(f"{sent} sent.")
    if settings.webhooks:
        arrived = notify.deliver_webhooks(session, settings, keys, hooks.teller(state), now())
        click.echo(f"{arrived} webhooks brought.")


def _tell_round(written: int, sent: int) -> None:
    click.echo(f"{now():%H:%M:%S} {written} gathered, {sent} sent.")


def _tell_progress(sent: int) -> None:
    """One line that counts up, for somebody who watches."""
    if sys.stderr.isatty():
        click.echo(f"\r{sent} sent", err=True, nl=False)


def _action() -> Action:
    return Action(by=COMMAND_LINE, now=now())


def _known(state: State, email: str) -> Account:
    account = accounts.by_email(state.session(), email)
    if account is None:
        raise click.ClickException(f"There is no account for {email}.")
    return account


def _new_link(state: State, account: Account, url: str | None) -> str:
    assert account.email is not None
    # An address of the site or of the comments: with COMMENTS_URL one gives the latter.
    given = (url or _NOWHERE).rstrip("/").removesuffix(state.prefix)
    base = state.settings.url or given + state.prefix
    return accounts.links.for_password(state.session(), account.email, base, now())


def _tell(state: State, link: str) -> None:
    click.echo(f"\nOpen this once, within a day, to set a password:\n\n  {link}\n")
    if f"{_NOWHERE}/" in link:
        click.echo(
            "(Reached elsewhere? Set COMMENTS_URL, or give --url, such as "
            f"https://comments.example{current().prefix})"
        )


def _said(refused: CommentsError) -> str:
    return " ".join(str(wrong) for wrong in refused.errors.values()) or str(refused)
