"""Own data by a mailed link, for whoever has shown an address and has lost the browser.

The link is good once: for the copy, or for erasing. Asking tells nobody whether anything is kept.
"""

from flask import Response, request

from comments import accounts, people
from comments.draft import check_email
from comments.errors import CommentsError
from comments.people import Subject
from comments.web import answers, guards
from comments.web.own import FILE
from comments.web.signin import scene
from comments.web.signin.scene import signin
from comments.web.state import State, commit, current, now

PURPOSE = "data"


@signin.get("/mine/by-mail")
def ask_for_data() -> Response:
    state = current()
    if not guards.sends_mail(state):
        raise CommentsError("not_found")
    return scene.draw(state, "data_ask.html", sent=False)


@signin.post("/mine/by-mail")
def mail_data_link() -> Response:
    """The same answer for every address, whether anything is kept under it or not."""
    state = current()
    base = guards.public_base(state)
    if base is None or not guards.sends_mail(state):
        raise CommentsError("not_found")
    try:
        email = check_email(request.form.get("email", ""))
        scene.count_try()
    except CommentsError as refused:
        return scene.draw(state, "data_ask.html", refused, sent=False)
    accounts.links.ask(
        state.session(),
        PURPOSE,
        email,
        language=state.language(),
        settings=state.settings,
        base_url=base,
        now=now(),
    )
    commit(state)
    return scene.draw(state, "data_ask.html", sent=True, email=email)


@signin.get("/mine/by-mail/link")
def show_data() -> Response:
    state = current()
    token = request.args.get("token", "")
    asked = accounts.links.peek(state.session(), token, PURPOSE, now())
    return scene.draw(state, "data.html", token=token, email=asked.email, done=False)


@signin.post("/mine/by-mail/link")
def use_data_link() -> Response:
    """The copy, or with ``erase`` everything goes; either uses the link up."""
    state = current()
    subject = _redeem(state)
    if not request.form.get("erase"):
        answer = answers.json_answer(people.export(state.session(), subject, now=now()))
        answer.headers["Content-Disposition"] = f'attachment; filename="{FILE}"'
        commit(state)
        return answer
    people.erase(state.session(), subject, now=now())
    commit(state)
    return scene.draw(state, "data.html", done=True)


def _redeem(state: State) -> Subject:
    scene.count_try()
    token = request.form.get("token", "")
    asked = accounts.links.redeem(state.session(), token, PURPOSE, now())
    return people.subject_of(state.session(), state.keys, email=asked.email)
