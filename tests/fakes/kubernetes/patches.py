"""Merge patches (RFC 7386) and JSON patches (RFC 6902).

Rule: pure; the given object is never changed. A JSON patch that cannot be applied raises
``LookupError``, as does a `test` that fails: the API server makes no difference.

A `test` compares strings by the bytes of their JSON, with every escape (evanphx/json-patch v4 in
the API server): what says the same in other letters is another.
"""

import copy
import json as jsons
from typing import Any


class Written(str):
    """A string of a patch, that remembers how it was written."""

    raw: str

    @classmethod
    def read(cls, text: str, end: int, strict: bool = True) -> tuple["Written", int]:
        value, stop = jsons.decoder.py_scanstring(text, end, strict)  # type: ignore[attr-defined]
        made = cls(value)
        made.raw = text[end - 1 : stop]
        return made, stop


def decoded(body: bytes) -> Any:
    """A JSON patch, whose strings remember how they were written. Raises: ValueError."""
    decoder = jsons.JSONDecoder()
    decoder.parse_string = Written.read
    decoder.scan_once = jsons.scanner.py_make_scanner(decoder)  # type: ignore[attr-defined]
    return decoder.decode(body.decode())


def plain(value: Any) -> Any:
    """The same without that memory, as it is stored."""
    return jsons.loads(jsons.dumps(value))


def _same(found: Any, asked: Any) -> bool:
    if isinstance(found, dict) and isinstance(asked, dict):
        return found.keys() == asked.keys() and all(_same(found[key], asked[key]) for key in found)
    if isinstance(found, list) and isinstance(asked, list):
        return len(found) == len(asked) and all(map(_same, found, asked))
    if isinstance(found, str) and isinstance(asked, Written):
        return _as_go(found) == asked.raw
    return bool(found == asked)


def _as_go(text: str) -> str:
    written = jsons.dumps(text, ensure_ascii=False)
    for letter in "<>&\u2028\u2029":
        written = written.replace(letter, f"\\u{ord(letter):04x}")
    return written


def merge(target: Any, patch: Any) -> Any:
    """The object after a merge patch: null removes."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def json(target: Any, operations: list[dict[str, Any]]) -> Any:
    """The object after a JSON patch, all of it or none."""
    result = copy.deepcopy(target)
    for operation in operations:
        _apply(result, operation)
    return plain(result)


def _apply(document: Any, operation: dict[str, Any]) -> None:
    verb = operation["op"]
    if verb in ("move", "copy"):
        holder, last = _locate(document, operation["from"])
        value = copy.deepcopy(_read(holder, last))
        if verb == "move":
            _remove(holder, last)
        _add(*_locate(document, operation["path"]), value)
        return
    holder, last = _locate(document, operation["path"])
    if verb == "test":
        # A path that is not there equals null, as the server's library has it.
        found = _read(holder, last, missing=operation.get("value") is None)
        if not _same(found, operation.get("value")):
            raise LookupError("test failed")
    elif verb == "add":
        _add(holder, last, operation["value"])
    elif verb == "remove":
        _remove(holder, last)
    elif verb == "replace":
        _read(holder, last)
        if isinstance(holder, list):
            holder[int(last)] = operation["value"]
        else:
            holder[last] = operation["value"]
    else:
        raise LookupError(verb)


def _locate(document: Any, pointer: str) -> tuple[Any, str]:
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    if not parts:
        raise LookupError(pointer)
    for part in parts[:-1]:
        document = _read(document, part)
    return document, parts[-1]


def _read(holder: Any, part: str, missing: bool = False) -> Any:
    if isinstance(holder, list) and part.isdecimal() and int(part) < len(holder):
        return holder[int(part)]
    if isinstance(holder, dict) and (part in holder or missing):
        return holder.get(part)
    raise LookupError(part)


def _add(holder: Any, part: str, value: Any) -> None:
    if isinstance(holder, list):
        index = len(holder) if part == "-" else int(part)
        if index > len(holder):
            raise LookupError(part)
        holder.insert(index, value)
    elif isinstance(holder, dict):
        holder[part] = value
    else:
        raise LookupError(part)


def _remove(holder: Any, part: str) -> None:
    _read(holder, part)
    if isinstance(holder, list):
        del holder[int(part)]
    else:
        del holder[part]
