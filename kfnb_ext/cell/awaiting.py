"""Lets a cell under ``%%gpu`` await.

Rule: IPython calls a magic and does not await it, so such a cell is rewritten into one that awaits
us; every other cell is left as it is. The rewriting is pure: it is also asked for while a person
types.
"""

from typing import Any

MAGIC = "%%gpu"
CALL = "await __import__('kfnb_ext.cell', fromlist=['awaited']).awaited({!r}, {!r})\n"


def listen(shell: Any) -> None:
    """Look at each cell before IPython takes its magics for calls."""

    def rewrite(lines: list[str]) -> list[str]:
        head, _, options = lines[0].partition(" ") if lines else ("", "", "")
        body = "".join(lines[1:])
        if head.strip() != MAGIC or not _awaits(shell, body):
            return lines
        return [CALL.format(options.strip(), body)]

    shell.input_transformers_cleanup[:] = [
        one for one in shell.input_transformers_cleanup if one.__module__ != __name__
    ] + [rewrite]


def _awaits(shell: Any, body: str) -> bool:
    if "await" not in body and "async" not in body:
        return False
    import ast
    import inspect

    try:
        code = compile(shell.transform_cell(body), "", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError):  # it is told when it runs
        return False
    return bool(code.co_flags & inspect.CO_COROUTINE)
