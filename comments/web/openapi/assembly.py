"""The document, put together from the app's addresses and what is said of its calls."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from comments.config import Settings
from comments.errors import PROBLEMS
from comments.web.openapi.calls import PRIVATE, PUBLIC, Call, calls
from comments.web.openapi.parameters import PARAMETERS
from comments.web.openapi.schemas import ref, schemas
from comments.web.state import State
from comments.web.urls import PATHS

Json = dict[str, Any]

#: The blueprint of the described calls, and where the app keeps the document.
BLUEPRINT = "comments.api"
KEPT = "comments.openapi"

PROBLEM_TYPE = "application/problem+json"
JSON_TYPE = "application/json"

_IN_RULE = re.compile(r"<(?:\w+:)?(\w+)>")


def document(app: Flask, state: State) -> Json:
    """The document of *app*. It is made once; only the address may differ from call to call."""
    made: Json | None = app.extensions.get(KEPT)
    if made is None:
        made = app.extensions[KEPT] = _document(app, state)
    return made | {"servers": [{"url": state.urls()("api_base")}]}


def _document(app: Flask, state: State) -> Json:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Flask-Comments",
            "version": "1",
            "description": "Threaded comments. Version 1 may grow; what stands here keeps its "
            "meaning. Times are RFC 3339 in UTC, texts UTF-8.",
        },
        "servers": [],
        "tags": [{"name": kind.name, "description": kind.about} for kind in (PUBLIC, PRIVATE)],
        "paths": _paths(app, state),
        "components": {
            "schemas": schemas(state.settings),
            "parameters": _parameters(state.settings),
            "responses": dict(_refusals(calls().values())),
            "headers": _HEADERS,
            "securitySchemes": _SECURITY,
            "x-problems": _problems(),
        },
    }


def _paths(app: Flask, state: State) -> Json:
    base = state.prefix + PATHS["api_base"]
    paths: Json = {}
    for rule in app.url_map.iter_rules():
        blueprint, _, view = rule.endpoint.rpartition(".")
        if blueprint != BLUEPRINT:
            continue
        path = _IN_RULE.sub(r"{\1}", rule.rule.removeprefix(base))
        for method in _methods(rule):
            paths.setdefault(path, {})[method] = _operation(calls()[view])
    return paths


def _methods(rule: Rule) -> Iterator[str]:
    for method in sorted(rule.methods or ()):
        if method not in ("HEAD", "OPTIONS"):
            yield method.lower()

    # ── one call ─────────────────────────────────────────────────────────────────────────────

    if call.description:
        operation["description"] = call.description
    if call.body:
        content = {JSON_TYPE: {"schema": ref(call.body)}}
        operation["requestBody"] = {"required": True, "content": content}
    if call.kind.security:
        operation["security"] = list(call.kind.security)
    return operation


def _answers(call: Call) -> Json:
    answers = {str(status): _answer(call, status) for status in call.answers}
    if call.kind is PUBLIC:
        answers["304"] = _answer(call, HTTPStatus.NOT_MODIFIED)
    return answers


def _answer(call: Call, status: int) -> Json:
    answer: Json = {
        "description": HTTPStatus(status).phrase,
        "headers": {name: _header(component) for name, component in call.kind.headers.items()},
    }
    schema = call.answers.get(status)
    if schema:
        answer["content"] = {JSON_TYPE: {"schema": ref(schema)}}
    return answer


# ── what can be refused ──────────────────────────────────────────────────────────────────


def _refusals(codes: Iterable[str]) -> Json:
    by_status: dict[int, list[str]] = {}
    for code in sorted(set(codes)):
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    return {str(status): _refusal(status, by_status[status]) for status in sorted(by_status)}


def _refusal(status: int, codes: list[str]) -> Json:
    headers = {"Cache-Control": _header("no-store")}
    if status in _WAITING:
        headers["Retry-After"] = _header("Retry-After")
    narrowed = {"properties": {"status": {"const": status}, "code": {"enum": codes}}}
    return {
        "description": "\n".join(f"- `{code}`: {PROBLEMS[code].detail}" for code in codes),
        "headers": headers,
        "content": {PROBLEM_TYPE: {"schema": {"allOf": [ref("Problem"), narrowed]}}},
    }


def _problems() -> Json:
    """What ``type`` of a refusal points at."""
    return {code: asdict(problem) for code, problem in PROBLEMS.items()}


# ── headers and security ─────────────────────────────────────────────────────────────────

#: Refusals that end by themselves, and say when.
_WAITING = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)

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
        "description": "A guest's token, from the guest's first write. Readers who are signed in "
        "at the host's own site need none: its session counts on requests from its own pages.",
    }
}


def _header(name: str) -> Json:
    return {"$ref": f"#/components/headers/{name}"}
