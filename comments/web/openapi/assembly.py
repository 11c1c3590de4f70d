"""The document, put together from the app's addresses and what is said of its calls."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from comments.config import Settings
from comments.errors import PROBLEMS, Problem
from comments.web.openapi.calls import PRIVATE, PUBLIC, Call, calls
from comments.web.openapi.parameters import PARAMETERS
from comments.web.openapi.schemas import ref, schemas
from comments.web.state import State
from comments.web.urls import PATHS

Json = dict[str, Any]

#: The blueprint of the described calls, and where the app keeps the document.
BLUEPRINT = "comments.api"
KEPT = "comments.openapi"

_IN_RULE = re.compile(r"<(?:\w+:)?(\w+)>")

#: Refusals that end by themselves, and say when.
_WAITING = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


def document(app: Flask, state: State) -> Json:
    """The document of *app*. It is made once; only the address may differ from call to call."""
    made: Json | None = app.extensions.get(KEPT)
    if made is None:
        made = app.extensions[KEPT] = _document(list(_operations(app, state)), state.settings)
    return made | {"servers": [{"url": state.urls()("api_base")}]}


@dataclass(frozen=True, slots=True)
class _Operation:
    """A call at its address."""

    path: str
    method: str
    call: Call
    in_path: tuple[str, ...]

    def refusals(self) -> dict[int, list[str]]:
        """The codes of each status."""
        by_status: dict[int, list[str]] = {}
        for code in sorted(set(self.call.refusals(self.in_path))):
            by_status.setdefault(PROBLEMS[code].status, []).append(code)
        return dict(sorted(by_status.items()))


def _operations(app: Flask, state: State) -> Iterator[_Operation]:
    base = state.prefix + PATHS["api_base"]
    for rule in app.url_map.iter_rules():
        blueprint, _, view = rule.endpoint.rpartition(".")
        if blueprint == BLUEPRINT:
            path = _IN_RULE.sub(r"{\1}", rule.rule.removeprefix(base))
            for method in _methods(rule):
                yield _Operation(path, method, calls()[view], tuple(sorted(rule.arguments)))


def _methods(rule: Rule) -> Iterator[str]:
    for method in sorted(rule.methods or ()):
        if method not in ("HEAD", "OPTIONS"):
            yield method.lower()


# ── the whole ────────────────────────────────────────────────────────────────────────────


def _document(operations: Iterable[_Operation], settings: Settings) -> Json:
    paths: Json = {}
    refusals: Json = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
        for status, codes in operation.refusals().items():
            refusals[_refusal_name(status, codes)] = _refusal(status, codes)
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        "tags": [{"name": kind.name, "description": kind.about} for kind in (PUBLIC, PRIVATE)],
        "paths": paths,
        "components": {
            "schemas": schemas(settings),
            "parameters": {
                name: parameter.described(settings) for name, parameter in PARAMETERS.items()
            },
            "responses": refusals,
            "headers": _HEADERS,
            "securitySchemes": _SECURITY,
            # What the type of a refusal points at.
            "x-problems": {code: _problem(problem) for code, problem in PROBLEMS.items()},
        },
    }


def _component(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}


# ── one call ─────────────────────────────────────────────────────────────────────────────


def _described(operation: _Operation) -> Json:
    call = operation.call
    takes = (*operation.in_path, *call.parameters)
    told: Json = {
        "operationId": call.name,
        "tags": [call.kind.name],
        "summary": call.summary,
        "description": call.description,
        "parameters": [_component("parameters", name) for name in takes],
        "requestBody": call.body and _body(call.body),
        "responses": _answers(call) | _refusals(operation),
        "security": call.kind.security,
    }
    return {key: value for key, value in told.items() if value}


def _body(schema: str) -> Json:
    return {"required": True, "content": {"application/json": {"schema": ref(schema)}}}


def _answers(call: Call) -> Json:
    return {str(status): _answer(call, status) for status in (*call.answers, *call.kind.answers)}


def _answer(call: Call, status: int) -> Json:
    answer: Json = {
        "description": HTTPStatus(status).phrase,
        "headers": {
            name: _component("headers", component) for name, component in call.kind.headers.items()
        },
    }
    schema = call.answers.get(status)
    if schema:
        answer["content"] = {"application/json": {"schema": ref(schema)}}
    return answer


# ── what can be refused ──────────────────────────────────────────────────────────────────


def _refusals(operation: _Operation) -> Json:
    return {
        str(status): _component("responses", _refusal_name(status, codes))
        for status, codes in operation.refusals().items()
    }


def _refusal_name(status: int, codes: list[str]) -> str:
    return ".".join((str(status), *codes))


def _refusal(status: int, codes: list[str]) -> Json:
    """A status with the codes that it can mean for some call."""
    headers = {"Cache-Control": _component("headers", "no-store")}
    if status in _WAITING:
        headers["Retry-After"] = _component("headers", "Retry-After")
    narrowed = {"properties": {"status": {"const": status}, "code": {"enum": codes}}}
    schema = {"allOf": [ref("Problem"), narrowed]}
    return {
        "description": "\n".join(f"- `{code}`: {PROBLEMS[code].detail}" for code in codes),
        "headers": headers,
        "content": {"application/problem+json": {"schema": schema}},
    }


def _problem(problem: Problem) -> Json:
    return {
        "status": problem.status,
        "title": str(problem.title),
        "detail": str(problem.detail),
    }


# ── what is the same everywhere ─────────────────────────────────────────────────────────────

_INFO: Json = {
    "title": "Flask-Comments",
    "version": "1",
    "description": "Threaded comments. Version 1 may grow; what stands here keeps its meaning. "
    "Times are RFC 3339 in UTC, ids are integers, texts are UTF-8.",
}

_HEADERS: Json = {
    "ETag": {
        "description": "Changes when the answer does; give it back as `If-None-Match`.",
        "required": True,
        "schema": {"type": "string"},
    },
    "public": {
        "description": "How long a CDN may keep the answer. A browser asks again each time.",
        "required": True,
        "schema": {"type": "string", "pattern": "^public, max-age=0, s-maxage=[0-9]+"},
    },
    "no-store": {
        "description": "Nobody may keep the answer.",
        "required": True,
        "schema": {"const": "no-store"},
    },
    "Retry-After": {
        "description": "Seconds until it is worth asking again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
}

_SECURITY: Json = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A guest's token, from the guest's first write, or the JWT by which a "
        "site of COMMENTS_SSO_SECRETS signed its reader in. Readers who are signed in "
        "at the host's own site need none: its session counts on requests from its own pages.",
    }
}
