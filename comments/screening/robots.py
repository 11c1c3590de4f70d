"""Screens that look at how a comment was sent: by a person, or by a program that floods us."""

from datetime import timedelta

from comments.errors import say
from comments.models import Status
from comments.screening import attack
from comments.screening.verdicts import Submitted, Verdict

#: From the moment a browser got its sum; our script lets nobody be faster by accident.
LEAST_TIME = timedelta(seconds=2)
#: How likely it is spam what came without the sum, when nothing else is known of it. A guest
#: whose browser runs no script is as innocent as anybody.
RISK_WITHOUT_WORK = 0.3


def honeypot(submitted: Submitted) -> Verdict | None:
    if submitted.arrival is None or not submitted.arrival.trapped:
        return None
    return Verdict(Status.SPAM, say("it fills in a field that people do not see"), risk=1.0)


def lacks_work(submitted: Submitted) -> Verdict | None:
    """Members have shown who they are. Where nothing is held, a guest's comment without the sum
    waits only while there is an attack."""
    arrival, settings = submitted.arrival, submitted.settings
    if arrival is None or arrival.proof is not None or not submitted.author.is_guest:
        return None
    if settings.proof_of_work == "off":
        return None
    if settings.hold == "none" and not attack.is_on(submitted.session, submitted.now):
        return None
    reason = say("sent without the small sum that the page computes")
    return Verdict(Status.PENDING, reason, risk=RISK_WITHOUT_WORK)


def too_fast(submitted: Submitted) -> Verdict | None:
    arrival = submitted.arrival
    if arrival is None or arrival.proof is None or submitted.settings.rate_limits == "off":
        return None
    if submitted.now - arrival.proof.issued_at >= LEAST_TIME:
        return None
    reason = say("sent sooner than anybody can type it")
    return Verdict(Status.PENDING, reason, risk=RISK_WITHOUT_WORK)
