"""What a patch is: JSON patch operations, whom they change, and the same as YAML to copy.

Rule: the YAML holds the very operations that would be sent, no other. It shows no container
whole: environment variables hold secrets.
"""

import json
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

Kind = Literal["notebook", "pvc"]
Operation = dict[str, Any]


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON patch that tests what it relies on.

    ``touches`` are the places it changes, as the door to the cluster wants them named. Made of
    guesses (``certain`` is false), it is for a person: what the cluster holds was not seen.
    """

    kind: Kind
    namespace: str  # empty: not known
    name: str  # of the Notebook or of the claim; empty: not known
    operations: tuple[Operation, ...] = ()
    certain: bool = False
    note: str = ""  # what a person must know; lines
    refused: str = ""  # why there are no operations

    @property
    def touches(self) -> tuple[str, ...]:
        """The places that it changes, each once."""
        return touched(self.operations)

    @property
    def yaml(self) -> str:
        """To copy: the command in a comment, and the operations. Empty: there are none."""
        if not self.operations:
            return ""
        namespace, name = self.namespace or "NAMESPACE", self.name or self.kind.upper()
        head = [
            "# Stop the notebook first; then:" if self.kind == "notebook" else "",
            f"# kubectl -n {namespace} patch {self.kind} {name} --type=json "
            "--patch-file patch.yaml",
            *(f"# {line}" for line in self.note.splitlines()),
        ]
        return "\n".join([line for line in head if line] + list(map(_said, self.operations))) + "\n"


def touched(operations: Iterable[Operation]) -> tuple[str, ...]:
    """The places that operations change, each once."""
    return tuple(dict.fromkeys(one["path"] for one in operations if one["op"] != "test"))


def test(path: str, value: Any) -> Operation:
    """Nothing is changed unless this is what stands there. ``None``: nothing may stand there."""
    return {"op": "test", "path": path, "value": value}


def add(path: str, value: Any) -> Operation:
    """Add it there; ``/-`` at the end of a list."""
    return {"op": "add", "path": path, "value": value}


def replace(path: str, value: Any) -> Operation:
    """Put it in the place of what stands there."""
    return {"op": "replace", "path": path, "value": value}


def _said(operation: Operation) -> str:
    # JSON is YAML: nothing of a name can turn into another structure.
    step = f"- op: {operation['op']}\n  path: {json.dumps(operation['path'])}"
    if operation["op"] == "remove":
        return step
    return f"{step}\n  value: {json.dumps(operation['value'], ensure_ascii=False)}"
