"""How schemas are written here. Objects stay open: version 1 may grow."""

from typing import Any

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def thing(about: str, required: Schema, optional: Schema | None = None) -> Schema:
    return {
        "type": "object",
        "description": about,
        "required": list(required),
        "properties": required | (optional or {}),
    }


def mapping(about: str, keys: Schema, values: Schema) -> Schema:
    return {
        "type": "object",
        "description": about,
        "propertyNames": keys,
        "additionalProperties": values,
    }


def list_of(of: str) -> Schema:
    return {"type": "array", "items": ref(of)}


def nullable(schema: Schema) -> Schema:
    if "type" in schema:
        return schema | {"type": [schema["type"], "null"]}
    if "enum" in schema:
        return schema | {"enum": [*schema["enum"], None]}
    return {"anyOf": [schema, {"type": "null"}]}


def text(
    about: str | None = None, *, most: int | None = None, pattern: str | None = None
) -> Schema:
    told = {"type": "string", "description": about, "maxLength": most, "pattern": pattern}
    return {key: value for key, value in told.items() if value is not None}


def moment(about: str) -> Schema:
    # UTC, to the second.
    pattern = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
    return text(about, pattern=pattern) | {"format": "date-time"}


def count(about: str) -> Schema:
    return {"type": "integer", "minimum": 0, "description": about}


YES_OR_NO: Schema = {"type": "boolean"}
COMMENT_NUMBER = text(pattern=r"^[1-9][0-9]*$")
CURSOR = nullable(text("What to give as `after` for the next page; null at the end."))
TOKEN = text("Only when one was made with this call: keep it, and send it from now on.")
REASON = text("Why nobody but its author sees it, for its author.")
FRAGMENT = text("The comment as HTML, where `fragment` was asked for.")
UNTIL = moment("Until when its author may change or delete it.")
