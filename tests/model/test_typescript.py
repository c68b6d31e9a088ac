"""One contract: what the front end believes is what the records say."""

from pathlib import Path

import pytest

from kfnb_ext.model import typescript

CONTRACT = Path(__file__).parents[2] / "src" / "contract.ts"


def test_the_contract_of_the_front_end_is_the_generated_one() -> None:
    assert CONTRACT.read_text() == typescript.generate(), (
        "run: python -m kfnb_ext.model.typescript > src/contract.ts"
    )


@pytest.mark.parametrize(
    "line",
    [
        "  readonly kind: 'unavailable';",
        "  readonly activity: Activity | Unavailable;",
        "  readonly memory_limit: number | null; // bytes; None: no limit",
        "  readonly ended: string | null; // ISO 8601, UTC",
        "  readonly missing: { readonly [key: string]: string };",
        "  readonly operations: readonly Operation[];"
        " // those that run, and those that ended in the last minute",
        "export type Face = 'server' | 'kernel' | 'shell';",
        "  readonly face: Face;",
        "  readonly paths?: readonly string[];",
        "/** Take a snapshot. */",
    ],
)
def test_unions_literals_unknowns_times_and_comments_are_kept(line: str) -> None:
    assert line in typescript.generate().splitlines()


def test_nothing_is_said_as_any() -> None:
    assert ": any" not in typescript.generate()
    with pytest.raises(TypeError, match="no TypeScript"):
        typescript._type(complex, {})
