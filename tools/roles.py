"""The roles of deploy/, written from what the code needs: ``python -m tools.roles``.

Rule: what is needed stands in ``kfnb_ext/model/rights.py`` alone.
"""

from pathlib import Path

from kfnb_ext.model import rights, roles

DEPLOY = Path(__file__).parent.parent / "deploy"
# Everything is served, and a notebook has an account of its own.
SERVED = rights.Served(snapshots=True, groups=rights.GROUP_VERSIONS[0])
NAMESPACE, ACCOUNT = "my-namespace", "my-notebook"


def files() -> dict[str, str]:
    """The text of each file, by its path in deploy/."""
    inside = [one for one in rights.wanted("openshift", SERVED) if not one.cluster]
    return {
        "base/snapshots.yaml": _joined(roles.aggregated((*rights.SNAPSHOTS, *rights.GROUPS))),
        "base/classes-read.yaml": _joined(roles.classes(rights.CLASSES)),
        "minimal/role.yaml": _joined(roles.bound(inside, NAMESPACE, ACCOUNT)),
    }


def _joined(documents: list[str]) -> str:
    return "---\n".join(documents)


if __name__ == "__main__":
    for name, text in files().items():
        (DEPLOY / name).write_text(text)
