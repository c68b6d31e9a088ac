"""``%%gpu``: runs a cell and says what it did to the GPU.

Rule: the cell runs as it would without, whatever becomes of the watching, and what it raises is
raised. Afterwards the record is in ``_gpu``.
"""

import argparse
import shlex
import sys
from typing import Any

from kfnb_ext.cell import watching
from kfnb_ext.text import cell as text

INTERVAL = 0.1  # seconds between two looks


def gpu(line: str, cell: str) -> Any:
    """What this cell did to the GPU: memory, work, power, and the frameworks' own figures."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    given = _given(line)
    if given is None:
        return None
    if given.reset_peak:
        _reset()
    watch = watching.Watch(max(given.interval, 0.02))
    watch.begin()
    try:
        return _run(shell, cell)
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


def _run(shell: Any, cell: str) -> Any:
    """As %%time does: in the user's names, and the value of a last expression is the cell's."""
    import ast

    tree = shell.transform_ast(shell.compile.ast_parse(shell.transform_cell(cell)))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    name = shell.compile.cache(cell)
    exec(shell.compile(tree, name, "exec"), shell.user_ns)
    quiet = cell.rstrip().endswith(";")
    if last is None:
        return None
    value = eval(shell.compile(ast.Expression(last.value), name, "eval"), shell.user_ns)
    return None if quiet else value


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
