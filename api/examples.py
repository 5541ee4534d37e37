"""Examples of answers, put together from those of their members."""

from collections.abc import Mapping
from typing import Any

_OF_FORMAT = {"date-time": "2026-01-31T08:00:00Z", "date": "2026-01-31"}
_OF_TYPE: dict[str, Any] = {"integer": 1, "number": 1.0, "boolean": False, "null": None, "string": "…"}
# A schema may hold itself.
_DEEPEST = 16


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], *, depth: int = 0) -> Any:
    """A value that fits a JSON schema, told by the examples in it as far as there are any.

    Parameters
    ----------
    schema : mapping
    schemas : mapping
        What ``$ref`` points into, by name.
    depth : int
        How deep within the answer it stands.

    Returns
    -------
    value that JSON can hold
    """
    for given in ("examples", "enum"):
        if schema.get(given):
            return schema[given][0]
    for given in ("example", "const"):
        if given in schema:
            return schema[given]
    if depth > _DEEPEST:
        return None
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas, depth=depth + 1)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return example_of(schema[choice][0], schemas, depth=depth + 1)
    return _of_type(schema, schemas, depth)


def _of_type(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> Any:
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        members = schema.get("properties", {})
        found = {name: example_of(member, schemas, depth=depth + 1) for name, member in members.items()}
        others = schema.get("additionalProperties")
        if not members and isinstance(others, Mapping):
            found["…"] = example_of(others, schemas, depth=depth + 1)
        return found
    if kind == "array":
        items = schema.get("prefixItems") or [schema.get("items", {})]
        return [example_of(item, schemas, depth=depth + 1) for item in items]
    if kind == "string":
        return _OF_FORMAT.get(schema.get("format", ""), _OF_TYPE["string"])
    if kind in ("integer", "number") and "minimum" in schema:
        return schema["minimum"]
    return _OF_TYPE.get(str(kind))
