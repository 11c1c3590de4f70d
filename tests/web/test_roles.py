"""Reaching for what is not yours: every call that is not for everybody, by every role.

A line of :data:`TABLE` is a call of :data:`CALLS` and the status that each role is answered with;
what is in :data:`OPEN` is for everybody. Whatever the status, no answer holds a text that waits,
was rejected or is shadowed, but for its author and for those who moderate its site.
"""

import re
from typing import Any

import pytest

from comments.models import Comment, Status
from tests.web.cast import STORY
from tests.web.roles import HIDDEN, ROLES, SETTINGS, Scene

API = "/api/v1"

#: By its name in the table: method, address below ``/comments``, fields (JSON below ``/api``).
CALLS: dict[str, tuple[str, str, Any]] = {
    # a comment of one's own; to those who have none, somebody else's
    "edit": ("PATCH", f"{API}/comments/{{own}}", {"body": "Changed."}),
    "edit-form": ("GET", "/comment/{own}/edit", None),
    "edit-send": ("POST", "/comment/{own}/edit", {"body": "Changed."}),
    "delete-form": ("GET", "/comment/{own}/delete", None),
    "delete": ("DELETE", f"{API}/comments/{{gone}}", None),
    "delete-send": ("POST", "/comment/{gone}/delete", {}),
    "vote-own": ("PUT", f"{API}/comments/{{own}}/vote", {"value": 1}),
    "vote-own-send": ("POST", "/comment/{own}/vote", {"value": "1"}),
    # a comment of somebody else
    "edit-others": ("PATCH", f"{API}/comments/{{others}}", {"body": "Changed."}),
    "delete-others": ("DELETE", f"{API}/comments/{{others}}", None),
    "report": ("POST", f"{API}/comments/{{others}}/reports", {"reason": "spam"}),
    "report-form": ("GET", "/comment/{others}/report", None),
    "report-send": ("POST", "/comment/{others}/report", {"reason": "spam"}),
}
# what of somebody else nobody may see
for _hidden in HIDDEN:
    CALLS |= {
        f"{_hidden}": ("GET", f"{API}/comments/{{{_hidden}}}", None),
        f"{_hidden}-below": ("GET", f"{API}/comments/{{{_hidden}}}/replies", None),
        f"{_hidden}-edit": ("PATCH", f"{API}/comments/{{{_hidden}}}", {"body": HIDDEN[_hidden]}),
        f"{_hidden}-vote": ("PUT", f"{API}/comments/{{{_hidden}}}/vote", {"value": 1}),
        f"{_hidden}-answer": (
            "POST",
            f"{API}/comments",
            {"thread": STORY, "name": "Zoe", "body": "But!", "parent": f"{{{_hidden}}}"},
        ),
    }
CALLS |= {
    "pending-piece": ("GET", "/fragment/comment?id={pending}", None),
    "pending-pieces": ("GET", "/fragment/replies?id={pending}", None),
    "pending-news": ("GET", f"/fragment/news?key={STORY}&since=0", None),
    "pending-page": ("GET", f"/thread?key={STORY}&comment={{pending}}", None),
    "pending-edit-form": ("GET", "/comment/{pending}/edit", None),
    "pending-delete-form": ("GET", "/comment/{pending}/delete", None),
    "pending-delete": ("DELETE", f"{API}/comments/{{pending}}", None),
    "pending-report": ("POST", f"{API}/comments/{{pending}}/reports", {"reason": "spam"}),
    "pending-report-form": ("GET", "/comment/{pending}/report", None),
    # one's own layer, data and sign-in
    "me": ("GET", f"{API}/me?thread={STORY}&fragment=1", None),
    "mine": ("GET", f"/mine?key={STORY}", None),
    "data": ("GET", f"{API}/me/data", None),
    "data-page": ("GET", "/mine/data", None),
    "erase-form": ("GET", "/mine/erase", None),
    "erase!": ("DELETE", f"{API}/me", None),
    "erase-send!": ("POST", "/mine/erase", {}),
    "claim": ("POST", f"{API}/claims", {"guest": "{guest}"}),
    "claim-forged": ("POST", f"{API}/claims", {"guest": "0" * 60}),
    "claim-nothing": ("POST", f"{API}/claims", {}),
    "verification": ("POST", f"{API}/verifications", {"link": "made up"}),
    "account": ("GET", "/account", None),
    "rename": ("POST", "/account/name", {"name": ""}),
    "password": ("POST", "/account/password", {"password": "short"}),
    "queue-mail": ("POST", "/account/queue-mail", {"pace": "hourly"}),
    "end-others": ("POST", "/account/end", {"which": "others"}),
    "continue": ("POST", "/sign-in/continue", {"origin": "https://blog.example"}),
    "sign-out!": ("DELETE", f"{API}/sign-in", None),
    "sign-out-send!": ("POST", "/sign-out", {}),
    # decisions in the thread
    "waiting": ("GET", f"{API}/waiting?thread={STORY}&fragment=1", None),
    "status": ("PUT", f"{API}/comments/{{others}}/status", {"status": "spam"}),
    "status-held": ("PUT", f"{API}/comments/{{pending}}/status", {"status": "pending"}),
    "pin": ("PUT", f"{API}/comments/{{others}}/pin", {"pinned": False}),
    "undo": ("POST", f"{API}/undo", {"batch": "{batch}"}),
    # the moderation views
    "home": ("GET", "/admin/", None),
    "queue": ("GET", "/admin/queue?show=everything", None),
    "queue-story": ("GET", f"/admin/queue?thread={STORY}", None),
    "comment": ("GET", "/admin/comment/{pending}", None),
    "author": ("GET", "/admin/comment/{pending}/author", None),
    "decide": ("POST", "/admin/queue/decide", {"id": "{others}", "act": "spam"}),
    "bulk": ("POST", "/admin/queue/bulk", {"id": "{others}", "act": "spam", "seen": "9.9"}),
    "admin-undo": ("POST", "/admin/undo", {"batch": "{batch}"}),
    "threads": ("GET", "/admin/threads", None),
    "thread": ("GET", "/admin/thread/{thread}", None),
    "close": ("POST", "/admin/thread/{thread}/close", {"closed": "1"}),
    "hold": ("POST", "/admin/thread/{thread}/hold", {"held": "1"}),
    "rename-thread": ("POST", "/admin/thread/{thread}/rename", {"title": "Another"}),
    "move-thread": ("POST", "/admin/thread/{thread}/rename", {"site": "https://shop.example"}),
    "merge": ("POST", "/admin/thread/{thread}/merge", {"into": "{key}"}),
    "alias": ("POST", "/admin/thread/{thread}/alias", {"key": "an-old-key-{word}"}),
    "release": ("POST", "/admin/thread/{old}/release", {}),
    "people": ("GET", "/admin/people", None),
    "person": ("GET", "/admin/people?id={person}", None),
    "ban": ("POST", "/admin/people/ban", {"target": "{target}", "duration": "day"}),
    "lift": ("POST", "/admin/people/lift", {"ban": "{ban}"}),
    "trust": ("POST", "/admin/people/trust", {"id": "{target}", "trusted": "1"}),
    "words": ("GET", "/admin/words", None),
    "add-words": ("POST", "/admin/words/add", {"list": "hold", "words": "forbidden"}),
    "remove-words": ("POST", "/admin/words/remove", {"id": "{word}"}),
    "try-words": ("POST", "/admin/words/try", {"body": "A text."}),
    # An owner gets as far as being told what is wrong with it.
    "moderators": ("GET", "/admin/moderators", None),
    "appoint": ("POST", "/admin/moderators/appoint", {"email": "nobody"}),
    "dismiss": ("POST", "/admin/moderators/dismiss", {"account": "4711"}),
    "search": ("GET", "/admin/search?text=hush", None),
    "log": ("GET", "/admin/log?everything=1", None),
    "csv": ("GET", "/admin/log.csv?everything=1", None),
    "overview": ("GET", "/admin/overview", None),
    "messages": ("GET", "/admin/messages", None),
    "resend": ("POST", "/admin/messages/resend", {"id": "4711"}),
    "test-mail": ("POST", "/admin/messages/test", {}),
}

# fmt: off
TABLE = """
                    nobody stranger author late banned shadow member writer jwt other site all owner
edit                   401      403    200  403    403    200    403    200 403   403  403 403   403
edit-form              403      403    200  403    200    200    403    200 403   403  403 403   403
edit-send              403      403    303  403    403    303    403    303 403   403  403 403   403
delete-form            403      403    200  403    200    200    403    200 403   403  403 403   403
delete                 401      403    204  403    204    204    403    204 403   403  403 403   403
delete-send            403      403    303  403    303    303    403    303 403   403  403 403   403
vote-own               200      200    403  403    403    403    200    403 200   200  200 200   200
vote-own-send          303      303    403  403    403    403    303    403 403   303  303 303   303
edit-others            401      403    403  403    403    403    403    403 403   403  403 403   403
delete-others          401      403    403  403    403    403    403    403 403   403  403 403   403
report                 201      201    201  201    403    201    201    201 201   201  201 201   201
report-form            200      200    200  200    200    200    200    200 200   200  200 200   200
report-send            303      303    303  303    403    303    303    303 403   303  303 303   303
pending                404      404    404  404    404    404    404    404 404   404  404 404   404
pending-below          404      404    404  404    404    404    404    404 404   404  404 404   404
pending-edit           401      404    404  404    404    404    404    404 404   404  404 404   404
pending-vote           404      404    404  404    403    404    404    404 404   404  404 404   404
pending-answer         409      409    409  409    409    409    409    409 409   409  409 409   409
rejected               404      404    404  404    404    404    404    404 404   404  404 404   404
rejected-below         404      404    404  404    404    404    404    404 404   404  404 404   404
rejected-edit          401      404    404  404    404    404    404    404 404   404  404 404   404
rejected-vote          404      404    404  404    403    404    404    404 404   404  404 404   404
rejected-answer        409      409    409  409    409    409    409    409 409   409  409 409   409
shadowed               404      404    404  404    404    404    404    404 404   404  404 404   404
shadowed-below         404      404    404  404    404    404    404    404 404   404  404 404   404
shadowed-edit          401      404    404  404    404    200    404    404 404   404  404 404   404
shadowed-vote          404      404    404  404    403    403    404    404 404   404  404 404   404
shadowed-answer        409      409    409  409    409    201    409    409 409   409  409 409   409
pending-piece          404      404    404  404    404    404    404    404 404   404  404 404   404
pending-pieces         404      404    404  404    404    404    404    404 404   404  404 404   404
pending-news           200      200    200  200    200    200    200    200 200   200  200 200   200
pending-page           200      200    200  200    200    200    200    200 200   200  200 200   200
pending-edit-form      404      404    404  404    404    404    404    404 404   404  404 404   404
pending-delete-form    404      404    404  404    404    404    404    404 404   404  404 404   404
pending-delete         401      404    404  404    404    404    404    404 404   404  404 404   404
pending-report         404      404    404  404    403    404    404    404 404   404  404 404   404
pending-report-form    404      404    404  404    404    404    404    404 404   404  404 404   404
me                     200      200    200  200    200    200    200    200 200   200  200 200   200
mine                   200      200    200  200    200    200    200    200 200   200  200 200   200
data                   401      200    200  200    200    200    200    200 200   200  200 200   200
data-page              401      200    200  200    200    200    200    200 200   200  200 200   200
erase-form             200      200    200  200    200    200    200    200 200   200  200 200   200
erase!                 401      204    204  204    204    204    204    204 204   422  422 422   422
erase-send!            401      303    303  303    303    303    303    303 403   422  422 422   422
claim                  401      401    401  401    401    401    200    200 200   200  200 200   200
claim-forged           401      401    401  401    401    401    401    401 401   401  401 401   401
claim-nothing          401      401    401  401    401    401    422    422 422   422  422 422   422
verification           401      403    403  403    403    403    403    403 403   403  403 403   403
account                401      401    401  401    401    401    200    200 401   200  200 200   200
rename                 401      401    401  401    401    401    422    422 403   422  422 422   422
password               401      401    401  401    401    401    422    422 403   422  422 422   422
queue-mail             401      401    401  401    401    401    404    404 403   404  404 404   404
end-others             401      401    401  401    401    401    303    303 403   303  303 303   303
continue               401      401    401  401    401    401    200    200 403   200  200 200   200
sign-out!              401      401    401  401    401    401    204    204 204   204  204 204   204
sign-out-send!         303      303    303  303    303    303    303    303 403   303  303 303   303
waiting                401      401    401  401    401    401    403    403 403   403  200 200   200
status                 401      401    401  401    401    401    403    403 403   404  200 200   200
status-held            401      401    401  401    401    401    403    403 403   404  200 200   200
pin                    401      401    401  401    401    401    403    403 403   404  200 200   200
undo                   401      401    401  401    401    401    403    403 403   404  200 200   200
home                   401      401    401  401    401    401    403    403 401   302  302 302   302
queue                  401      401    401  401    401    401    403    403 401   200  200 200   200
queue-story            401      401    401  401    401    401    403    403 401   200  200 200   200
comment                401      401    401  401    401    401    403    403 401   404  200 200   200
author                 401      401    401  401    401    401    403    403 401   404  303 303   303
decide                 401      401    401  401    401    401    403    403 403   404  303 303   303
bulk                   401      401    401  401    401    401    403    403 403   303  303 303   303
admin-undo             401      401    401  401    401    401    403    403 403   404  303 303   303
threads                401      401    401  401    401    401    403    403 401   200  200 200   200
thread                 401      401    401  401    401    401    403    403 401   404  200 200   200
close                  401      401    401  401    401    401    403    403 403   404  303 303   303
hold                   401      401    401  401    401    401    403    403 403   404  303 303   303
rename-thread          401      401    401  401    401    401    403    403 403   404  303 303   303
move-thread            401      401    401  401    401    401    403    403 403   403  403 403   303
merge                  401      401    401  401    401    401    403    403 403   404  303 303   303
alias                  401      401    401  401    401    401    403    403 403   404  303 303   303
release                401      401    401  401    401    401    403    403 403   404  303 303   303
people                 401      401    401  401    401    401    403    403 401   200  200 200   200
person                 401      401    401  401    401    401    403    403 401   404  200 200   200
ban                    401      401    401  401    401    401    403    403 403   404  303 303   303
lift                   401      401    401  401    401    401    403    403 403   404  403 303   303
trust                  401      401    401  401    401    401    403    403 403   404  403 303   303
words                  401      401    401  401    401    401    403    403 401   403  403 403   200
add-words              401      401    401  401    401    401    403    403 403   403  403 403   303
remove-words           401      401    401  401    401    401    403    403 403   403  403 403   303
try-words              401      401    401  401    401    401    403    403 403   403  403 403   200
moderators             401      401    401  401    401    401    403    403 401   403  403 403   200
appoint                401      401    401  401    401    401    403    403 403   403  403 403   422
dismiss                401      401    401  401    401    401    403    403 403   403  403 403   409
search                 401      401    401  401    401    401    403    403 401   200  200 200   200
log                    401      401    401  401    401    401    403    403 401   200  200 200   200
csv                    401      401    401  401    401    401    403    403 401   200  200 200   200
overview               401      401    401  401    401    401    403    403 401   200  200 200   200
messages               401      401    401  401    401    401    403    403 401   403  403 403   200
resend                 401      401    401  401    401    401    403    403 403   403  403 403   404
test-mail              401      401    401  401    401    401    403    403 403   403  403 403   404
"""
# fmt: on

#: What everybody may ask for: public answers, one's own first write, and the ways in.
OPEN = {
    "api": """give_challenge list_anchors list_comments list_replies show_comment show_contract
        show_counts show_pulse post_comment preview subscribe""",
    "feeds": "feed",
    "forms": "post preview",
    "pages": """asset embed fragment_comment fragment_news fragment_pieces fragment_passage
        fragment_replies fragment_subscribe fragment_thread thread""",
    "signin": """ask by_password mail_link ask_for_data mail_data_link show_data use_data_link
        show_link use_link show_new_password use_new_password show_verify verify show_queue_mail
        end_queue_mail sign_in_from sign_in_with""",
    # Behind the links in mails: whoever holds one owns the address.
    "subscriptions": """ask subscribe show_confirm confirm show_list change show_unsubscribe
        unsubscribe""",
}


def lines() -> list[tuple[str, list[int]]]:
    head, *rows = TABLE.strip().splitlines()
    assert tuple(head.split()) == ROLES
    return [(name, [int(each) for each in told]) for name, *told in map(str.split, rows)]


def test_each_role_is_answered_with_the_right_status_and_no_hidden_text(make_app):
    scene = Scene(make_app(**SETTINGS))
    wrong = []
    for name, told in lines():
        for role, status in zip(ROLES, told, strict=True):
            answer = scene.call(role, *CALLS[name])
            if answer.status_code != status:
                wrong.append(f"{name} by {role}: {answer.status_code} and not {status}")
            wrong += [f"{name} tells {role} of {it}" for it in scene.leaks(role, answer)]
            if name.endswith("!"):
                scene.comes_anew(role)
    assert not wrong, "\n".join(wrong)


def test_every_call_is_in_the_table_or_open_to_everybody(sqlite_app):
    assert [name for name, _ in lines()] == list(CALLS)
    adapter = sqlite_app.url_map.bind("localhost")
    met = set()
    for method, path, _fields in CALLS.values():
        plain = f"/comments{path.partition('?')[0]}"
        met.add(adapter.match(re.sub(r"\{\w+\}", "1", plain), method)[0])
    open_ones = {f"comments.{room}.{it}" for room, all in OPEN.items() for it in all.split()}
    ours = {rule.endpoint for rule in sqlite_app.url_map.iter_rules()}
    ours = {it for it in ours if it.startswith("comments.")} - {"comments.lost"}
    assert met | open_ones == ours


@pytest.mark.parametrize("role", ["other", "site"])
def test_all_that_match_are_all_within_reach(start, migrated_sqlite_uri, role):
    scene = Scene(start(migrated_sqlite_uri, **SETTINGS))
    everything = {"all": "1", "act": "reject", "show": "everything", "seen": f"999.{10**17}"}
    assert scene.call(role, "POST", "/admin/queue/bulk", everything).status_code == 303
    with scene.app.app_context():
        rejected = scene.session.query(Comment).filter_by(status=Status.REJECTED).count()
        all_of_them = scene.session.query(Comment).count()
    assert rejected == (1 if role == "other" else all_of_them)
