"""Who moderates, changed and taken back; whose account it is knows :mod:`comments.accounts`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from comments.database import begin_write, insert_or_ignore
from comments.errors import CommentsError, say
from comments.models import Account, Appointment, Decision, Role
from comments.moderation.actions import Action, facts, note

#: Whoever has the machine may do all, and is how a service gets its owner back.
COMMAND_LINE = "command-line"


def give_role(session: Session, account_id: int, site: str, role: Role, action: Action) -> None:
    """Let an account have *role* on *site* (all of them when empty), whichever it had there.

    Raises 422 for oneself, and where no owner would be left.
    """
    _check_may_change(session, account_id, site, role, action)
    fresh = insert_or_ignore(
        session,
        Appointment,
        account_id=account_id,
        site=site,
        role=role,
        created_at=action.now,
    )
    known = session.get_one(Appointment, (account_id, site), populate_existing=True)
    before = None if fresh else _told(known)
    known.role = role
    session.flush()
    _note(session, action, "appoint", account_id, before=before, after=_told(known))


def take_role(session: Session, account_id: int, site: str, action: Action) -> bool:
    """End one appointment; tells whether there was one.

    Raises 422 for oneself, and where no owner would be left.
    """
    _check_may_change(session, account_id, site, None, action)
    known = session.get(
        Appointment, (account_id, site), populate_existing=True, with_for_update=True
    )
    if known is None:
        return False
    before = _told(known) | {"since": known.created_at.isoformat()}
    session.delete(known)
    session.flush()
    _note(session, action, "dismiss", account_id, before=before, after=None)
    return True


def _check_may_change(
    session: Session, account_id: int, site: str, role: Role | None, action: Action
) -> None:
    """The owners' rows are held until the end: of two who dismiss each other, one comes first."""
    begin_write(session)
    owners = session.execute(
        select(Appointment.account_id, Appointment.site)
        .where(Appointment.role == Role.OWNER)
        .order_by(Appointment.account_id, Appointment.site)
        .with_for_update()
    ).all()
    if action.by == COMMAND_LINE:
        return
    if action.by == _target(account_id):
        raise CommentsError("invalid", say("You cannot change your own role; another owner can."))
    here = (account_id, site)
    if role is not Role.OWNER and [tuple(one) for one in owners] == [here]:
        raise CommentsError("invalid", say("Somebody has to own the service: this is the last."))


def _target(account_id: int) -> str:
    return f"member:{account_id}"


def _told(appointment: Appointment) -> dict[str, Any]:
    return {"role": appointment.role, "site": appointment.site}


def _note(
    session: Session, action: Action, what: str, account_id: int, *, before: Any, after: Any
) -> None:
    note(session, action, what, target=_target(account_id), before=before, after=after)


# ── taking back ──────────────────────────────────────────────────────────────────────────


def undo_appoint(session: Session, entries: Sequence[Decision], action: Action) -> int:
    """Each has the role again that it had before, unless somebody has given it another since."""
    changed = 0
    for entry in reversed(entries):
        account_id, was, now = _number(entry), facts(entry.before), facts(entry.after)
        known = _known(session, account_id, now["site"])
        if known is None or known.role != now["role"]:
            continue
        if was:
            give_role(session, account_id, was["site"], Role(was["role"]), action)
        else:
            take_role(session, account_id, now["site"], action)
        changed += 1
    return changed


def undo_dismiss(session: Session, entries: Sequence[Decision], action: Action) -> int:
    """They moderate again, since when they did; not those who do by now, or left for good."""
    changed = 0
    for entry in reversed(entries):
        account_id, was = _number(entry), facts(entry.before)
        account = session.get(Account, account_id)
        is_gone = account is None or account.closed_at is not None
        if is_gone or _known(session, account_id, was["site"]) is not None:
            continue
        give_role(session, account_id, was["site"], Role(was["role"]), action)
        again = session.get_one(Appointment, (account_id, was["site"]))
        again.created_at = datetime.fromisoformat(was["since"]) if "since" in was else action.now
        changed += 1
    session.flush()
    return changed


def _known(session: Session, account_id: int, site: str) -> Appointment | None:
    return session.get(Appointment, (account_id, site), populate_existing=True)


def _number(entry: Decision) -> int:
    """Whose role it was; 0, which nobody has, for those who have erased themselves since."""
    kind, _, number = (entry.target or "").partition(":")
    return int(number) if kind == "member" else 0
