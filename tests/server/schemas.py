"""Values that a JSON schema of our OpenAPI document allows, and answers held to it."""

from typing import Any

import jsonschema
from hypothesis import strategies as st

Document = dict[str, Any]


def values(schema: dict[str, Any], document: Document) -> st.SearchStrategy[Any]:
    """A strategy of what the schema allows. It knows the words that our own document uses.

    Raises: AssertionError for a word that it does not know, so that none is passed over.
    """
    schema = resolved(schema, document)
    if "anyOf" in schema:
        return st.one_of(*(values(one, document) for one in schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return _MAKERS[schema["type"]](schema, document)


def resolved(schema: dict[str, Any], document: Document) -> dict[str, Any]:
    """The schema itself, where a reference leads to it."""
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def check(value: Any, schema: dict[str, Any], document: Document) -> None:
    """Hold a value to the schema. Raises: ValidationError."""
    whole = {**schema, "components": document["components"]}
    jsonschema.Draft202012Validator(whole).validate(value)


def _string(schema: dict[str, Any], _: Document) -> st.SearchStrategy[Any]:
    assert schema.keys() <= {"type", "default", "pattern", "minLength", "maxLength"}, schema
    shortest, longest = schema.get("minLength", 0), min(schema.get("maxLength", 50), 50)
    made = st.from_regex(schema["pattern"]) if "pattern" in schema else st.text()
    return made.filter(lambda text: shortest <= len(text) <= longest)


def _integer(schema: dict[str, Any], _: Document) -> st.SearchStrategy[Any]:
    assert schema.keys() <= {"type", "default", "minimum", "maximum"}, schema
    return st.integers(schema.get("minimum"), schema.get("maximum"))


def _array(schema: dict[str, Any], document: Document) -> st.SearchStrategy[Any]:
    assert schema.keys() <= {"type", "items", "default", "maxItems"}, schema
    return st.lists(values(schema["items"], document), max_size=min(schema.get("maxItems", 4), 4))


def _object(schema: dict[str, Any], document: Document) -> st.SearchStrategy[Any]:
    made = {name: values(one, document) for name, one in schema["properties"].items()}
    required = set(schema["required"])
    return st.fixed_dictionaries(
        {name: one for name, one in made.items() if name in required},
        optional={name: one for name, one in made.items() if name not in required},
    )


_MAKERS: dict[str, Any] = {
    "string": _string,
    "integer": _integer,
    "array": _array,
    "object": _object,
    "boolean": lambda schema, document: st.booleans(),
    "null": lambda schema, document: st.none(),
}
