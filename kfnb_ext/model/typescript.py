"""Writes the records as TypeScript: ``src/contract.ts`` is what ``generate()`` returns.

Rule: one contract. The front end never describes a record by hand, and a test fails when the
file differs. What has no word in TypeScript here raises, so that nothing turns into ``any``.
"""

import ast
import importlib
import inspect
import pkgutil
import sys
import types
import typing
from collections.abc import Iterator
from datetime import datetime

import msgspec

from kfnb_ext import model
from kfnb_ext.model.reading import Reading, Record, Request

HEADER = """\
// GENERATED from kfnb_ext/model by `python -m kfnb_ext.model.typescript`. Do not edit.
// Integers are bytes unless the name says otherwise, ratios are 0..1. Unknown is null, never 0.
"""
BASES = (Record, Request, Reading)
PRIMITIVES: dict[object, str] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    datetime: "string",
    type(None): "null",
}

Aliases = dict[object, str]


def generate() -> str:
    """The text of ``src/contract.ts``. Raises: TypeError for a type that it cannot say."""
    modules = list(_modules())
    aliases = {v: n for m in modules for n, v in vars(m).items() if _is_literal(v)}
    parts = [HEADER]
    parts += [f"export type {n} = {_type(v, {})};\n" for v, n in aliases.items()]
    parts += [_interface(r, aliases) for m in modules for r in _records(m)]
    return "\n".join(parts)


def _modules() -> Iterator[types.ModuleType]:
    for info in pkgutil.iter_modules(model.__path__):
        if info.name != "typescript":
            yield importlib.import_module(f"{model.__name__}.{info.name}")


def _records(module: types.ModuleType) -> Iterator[type[msgspec.Struct]]:
    for value in vars(module).values():
        own = inspect.isclass(value) and value.__module__ == module.__name__
        if own and issubclass(value, (Record, Request)) and value not in BASES:
            yield value


def _interface(record: type[msgspec.Struct], aliases: Aliases) -> str:
    lines = _comment(inspect.getdoc(record) or "")
    lines.append(f"export interface {record.__name__} {{")
    config = record.__struct_config__
    if config.tag is not None:
        lines.append(f"  readonly {config.tag_field}: '{config.tag}';")
    hints, notes = typing.get_type_hints(record), _notes(record)
    for field in msgspec.structs.fields(record):
        # What we send is always whole; only what we receive may leave out what has a default.
        mark = "?" if issubclass(record, Request) and not field.required else ""
        hint = hints[field.name]
        said = [notes.get(field.name, ""), "ISO 8601, UTC" if _is_time(hint) else ""]
        note = "; ".join(filter(None, said))
        line = f"  readonly {field.name}{mark}: {_type(hint, aliases)};"
        lines.append(f"{line} // {note}" if note else line)
    return "\n".join([*lines, "}", ""])


def _comment(text: str) -> list[str]:
    lines = text.replace("``", "`").splitlines()
    if len(lines) == 1:
        return [f"/** {lines[0]} */"]
    return ["/**", *(f" * {line}".rstrip() for line in lines), " */"]


def _notes(record: type[msgspec.Struct]) -> dict[str, str]:
    """The comment behind each field: that is where the units stand."""
    source = inspect.getsource(record)
    lines = source.splitlines()
    (body,) = ast.parse(source).body
    assert isinstance(body, ast.ClassDef)
    notes = {}
    for node in body.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            rest = lines[(node.end_lineno or node.lineno) - 1].encode()[node.end_col_offset or 0 :]
            notes[node.target.id] = rest.decode().strip().removeprefix("#").strip()
    return notes


def _is_literal(value: object) -> bool:
    return typing.get_origin(value) is typing.Literal


def _is_time(hint: object) -> bool:
    return hint is datetime or datetime in typing.get_args(hint)


def _type(hint: typing.Any, aliases: Aliases) -> str:
    named = aliases.get(hint) or PRIMITIVES.get(hint)
    if named:
        return named
    if inspect.isclass(hint) and issubclass(hint, msgspec.Struct):
        return hint.__name__
    return _composed(typing.get_origin(hint), typing.get_args(hint), aliases, hint)


def _composed(origin: object, args: typing.Any, aliases: Aliases, hint: object) -> str:
    if origin is typing.Literal:
        return " | ".join(f"'{a}'" for a in args)
    if origin in (types.UnionType, typing.Union):
        return " | ".join(_type(a, aliases) for a in args)
    if origin is tuple and args[1:] == (...,):
        return f"readonly {_type(args[0], aliases)}[]"
    if origin is dict and args[0] is str:
        return f"{{ readonly [key: string]: {_type(args[1], aliases)} }}"
    raise TypeError(f"no TypeScript for {hint!r}")


if __name__ == "__main__":
    sys.stdout.write(generate())
