"""``%%gpu``: runs a cell and says what it did to the GPU.

Rule: the cell runs as it would without, whatever becomes of the watching, and what it raises is
raised. Afterwards the record is in ``_gpu``.
"""

import argparse
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

from kfnb_ext.cell import watching
from kfnb_ext.text import cell as text

INTERVAL = 0.1  # seconds between two looks


def gpu(line: str, cell: str) -> Any:
    """What this cell did to the GPU: memory, work, power, and the frameworks' own figures."""
    given, shell = _given(line), _shell()
    if given is None:
        return None
    with _watched(given, shell):
        code, last, quiet = _compiled(shell, cell)
        exec(code, shell.user_ns)
        value = eval(last, shell.user_ns) if last else None
        return None if quiet else value


async def awaited(line: str, cell: str) -> Any:
    """The same for a cell that awaits, on the loop that runs the cell."""
    import ast

    given, shell = _given(line), _shell()
    if given is None:
        return None
    with _watched(given, shell):
        with shell.compile.extra_flags(ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
            code, last, quiet = _compiled(shell, cell)
        await _settled(code, shell)
        value = await _settled(last, shell) if last else None
        return None if quiet else value


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()


@contextmanager
def _watched(given: argparse.Namespace, shell: Any) -> Iterator[None]:
    if given.reset_peak:
        _reset()
    watch = watching.Watch(max(given.interval, 0.02))
    watch.begin()
    try:
        yield
    finally:
        _synchronise()
        record = watch.end()
        shell.user_ns["_gpu"] = record
        if not given.quiet:
            print(text.report(record), flush=True)
            if not given.no_chart and record.gpus and type(shell).__name__.startswith("ZMQ"):
                _draw(record)


def _given(line: str) -> argparse.Namespace | None:
    parser = argparse.ArgumentParser(
        prog="%%gpu", description=gpu.__doc__, exit_on_error=False, add_help=False
    )
    parser.add_argument("-h", "--help", action="store_true", help="show this")
    parser.add_argument("--quiet", action="store_true", help="print nothing; see _gpu")
    parser.add_argument("--no-chart", action="store_true", help="no drawing")
    parser.add_argument("--interval", type=float, default=INTERVAL, help="seconds; default 0.1")
    parser.add_argument(
        "--reset-peak", action="store_true", help="count torch's peak from here (it is global)"
    )
    try:
        given, rest = parser.parse_known_args(shlex.split(line))
    except (argparse.ArgumentError, ValueError) as error:
        raise _usage(str(error)) from None
    if rest:
        raise _usage(f"unknown: {' '.join(rest)}")
    if given.help:
        print(parser.format_help())
        return None
    return given


def _usage(message: str) -> Exception:
    from IPython.core.error import UsageError

    return UsageError(f"%%gpu: {message}. See %%gpu -h")


def _compiled(shell: Any, cell: str) -> tuple[CodeType, CodeType | None, bool]:
    """As %%time does: the cell, its last expression apart, and whether its value is silenced."""
    import ast

    tree = shell.transform_ast(shell.compile.ast_parse(shell.transform_cell(cell)))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    name = shell.compile.cache(cell)
    code = shell.compile(tree, name, "exec")
    value = last and shell.compile(ast.Expression(last.value), name, "eval")
    return code, value, cell.rstrip().endswith(";")


async def _settled(code: CodeType, shell: Any) -> Any:
    import inspect

    found = eval(code, shell.user_ns)
    return await found if code.co_flags & inspect.CO_COROUTINE else found


def _synchronise() -> None:
    """What torch was asked for may still run: the figures are of its end."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    try:
        if cuda is not None and cuda.is_initialized():
            cuda.synchronize()
    except Exception:  # an error of the cell's own kernels: the cell has told it, or will
        return


def _reset() -> None:
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    if cuda is not None and cuda.is_initialized():
        cuda.reset_peak_memory_stats()


def _draw(record: Any) -> None:
    from IPython.display import display

    from kfnb_ext.text import chart

    data = {"image/svg+xml": chart.svg(record), "text/plain": ""}
    display(data, raw=True)  # type: ignore[no-untyped-call]
