"""The OpenAPI document as a judge of what the API answers."""

from typing import Any

from flask import Flask
from jsonschema_rs import Draft202012Validator
from werkzeug.test import TestResponse

from comments.web import openapi
from tests.web import cast

Json = dict[str, Any]
GOOD = ("200", "201", "202", "204", "304")


def document_of(app: Flask) -> Json:
    with app.test_request_context(base_url=cast.HERE):
        return openapi.document(app, cast.state_of(app))


def operations(document: Json) -> dict[str, Json]:
    """Every operation by its id, which is the name of the view."""
    methods = (method for path in document["paths"].values() for method in path.values())
    return {operation["operationId"]: operation for operation in methods}


class Contract:
    """Says what is wrong with an answer. It is stricter than the document: what an answer holds
    beyond its shape is a fault too, for it would be a field that nobody told about."""

    def __init__(self, document: Json) -> None:
        self._components = _closed(document["components"])
        self._operations = operations(document)
        self._judges: dict[str, Draft202012Validator] = {}

    def faults(self, call: str, answer: TestResponse) -> list[str]:
        """What the document does not say of *answer*, which came of the operation *call*."""
        status = str(answer.status_code)
        described = self._operations[call]["responses"].get(status)
        if described is None:
            return [f"{call} may not answer {status}"]
        told = self._resolved(described)
        return [*self._wrong_headers(told, answer), *self._wrong_body(told, answer)]

    def _wrong_headers(self, told: Json, answer: TestResponse) -> list[str]:
        faults = []
        for name, header in told["headers"].items():
            given: Any = answer.headers.get(name, "")
            schema = self._resolved(header)["schema"]
            if schema.get("type") == "integer" and given.isdigit():
                given = int(given)
            faults += self._faults(name, schema, given)
        return faults

    def _wrong_body(self, told: Json, answer: TestResponse) -> list[str]:
        content = told.get("content")
        if content is None:
            return ["a body"] if answer.data else []
        if answer.content_type not in content:
            return [f"{answer.content_type} instead of {', '.join(content)}"]
        schema = content[answer.content_type]["schema"]
        return self._faults("body", schema, answer.get_json(force=True))

    def _faults(self, what: str, schema: Json, value: Any) -> list[str]:
        judge = self._judges.get(repr(schema))
        if judge is None:
            root = schema | {"components": self._components}
            judge = Draft202012Validator(root, validate_formats=True)
            self._judges[repr(schema)] = judge
        return [f"{what}{error.instance_path}: {error}" for error in judge.iter_errors(value)]

    def _resolved(self, thing: Json) -> Json:
        if "$ref" not in thing:
            return thing
        _, _, kind, name = thing["$ref"].split("/")
        found: Json = self._components[kind][name]
        return found


def _closed(thing: Any) -> Any:
    """*thing* with every object shut that lists its fields."""
    if isinstance(thing, list):
        return [_closed(part) for part in thing]
    if not isinstance(thing, dict):
        return thing
    lists_fields = thing.get("type") == "object" and "properties" in thing
    shut = {"additionalProperties": False} if lists_fields else {}
    return shut | {name: _closed(part) for name, part in thing.items()}
