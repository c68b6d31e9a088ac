"""One trouble with its way out, and what is known of the notebook to make it of."""

from typing import Literal, NamedTuple

import msgspec

from kfnb_ext.model import patches
from kfnb_ext.model.reading import Record

Severity = Literal["info", "warning", "error"]
Section = Literal["limits", "shm", "volumes"]


class Advice(Record, frozen=True, kw_only=True):
    """One trouble, and the way out."""

    id: str  # "shm_small", "volume_full /home/jovyan"
    severity: Severity
    title: str
    text: str
    patch: str = ""  # YAML, with the command that applies it; empty: none helps
    section: Section


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the notebook itself; empty: not known."""

    namespace: str = ""
    notebook: str = ""
    spec: patches.Spec | None = None  # the Notebook's, as the cluster has it
    claims: dict[str, patches.Spec] = {}  # those of its volumes, by name, as the cluster has them
    workspace: bool = False  # of Notebooks 2.0: there is no Notebook to patch


class Proposal(NamedTuple):
    """An advice with its patch as operations; None: none helps."""

    advice: Advice
    patch: patches.Patch | None


def proposal(
    *, id: str, severity: Severity, title: str, text: str, section: Section,
    patch: patches.Patch | None = None,
) -> Proposal:  # fmt: skip
    """Advice with its patch, or with the reason why there is none."""
    if patch and patch.refused:
        text = f"{text} {patch.refused}"
    made = Advice(id=id, severity=severity, title=title, text=text, section=section,
                  patch=patch.yaml if patch else "")  # fmt: skip
    return Proposal(made, patch)


def percent(share: float) -> str:
    """A share as people read it."""
    return f"{share * 100:.0f} %"
