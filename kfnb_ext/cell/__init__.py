"""What belongs to the cells of a notebook: ``%%gpu``, and what frameworks tell of themselves.

Rule: loading this costs a kernel next to nothing; what it needs is imported by the first cell that
needs it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(shell: "InteractiveShell") -> None:
    """Register ``%%gpu``, and listen for the end of cells."""
    from kfnb_ext.cell import awaiting, telling

    shell.register_magic_function(gpu, "cell", "gpu")  # type: ignore[arg-type]
    awaiting.listen(shell)
    telling.listen(shell)


def gpu(line: str, cell: str) -> object:
    """What this cell does to the GPU: ``%%gpu -h`` shows the options."""
    from kfnb_ext.cell import magic

    return magic.gpu(line, cell)


async def awaited(line: str, cell: str) -> object:
    """``%%gpu`` of a cell that awaits."""
    from kfnb_ext.cell import magic

    return await magic.awaited(line, cell)
