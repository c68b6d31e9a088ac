"""The labels and annotations by which our objects are found again.

Rule: each key contains "notebook", or the notebook controller copies it into the pod's template
and a later one restarts the pod for it. A label's value is 63 characters at most: a longer one is
cut and ends in a sum of the whole.
"""

import hashlib
import re

OURS = "notebooks.kfnb.dev"
MANAGED = "app.kubernetes.io/managed-by"  # a label, of objects of our own only
MANAGER = "kfnb-ext"
NOTEBOOK = f"{OURS}/notebook"  # label: the notebook's name
SET = f"{OURS}/set"  # label: all volumes of one snapshot
REASON = f"{OURS}/reason"  # label
GROUP = f"{OURS}/group"  # label of a claim, while it is cut: the set that it is cut for
RESTORE = f"{OURS}/restore"  # label of objects; annotation of the Notebook: the journal
RESTORES = f"{OURS}/restores"  # annotation of the Notebook: the restores that were made
NAME = f"{OURS}/name"  # annotation: what a person called it
NOTE = f"{OURS}/note"
CREATOR = f"{OURS}/creator"
VOLUME = f"{OURS}/volume"  # annotation: the claim and its mount as they were, JSON
VOLUMES = f"{OURS}/volumes"  # annotation of a group: all its claims, as VOLUME
LEFT_OUT = f"{OURS}/left-out"  # annotation: the claims that are not in the set and why, JSON
WARNINGS = f"{OURS}/warnings"  # annotation: what a person should know of the set, JSON
ENVIRONMENT = f"{OURS}/environment"  # annotation: the environment in short, JSON
REPLACES = f"{OURS}/replaces"  # annotation of a new claim: the one whose place it took
REPLACED = f"{OURS}/replaced-by"  # annotation of the old one, which is kept
MAKER = f"{OURS}/made-by-notebook"  # annotation of a claim that is made for another notebook
FROM = f"{OURS}/restored-from"  # annotation: the VolumeSnapshot

# By these labels Argo CD knows what it made: it deletes whatever bears one and is not in Git.
TRACKED = {"app.kubernetes.io/instance", "argocd.argoproj.io/instance"}

LONGEST = 63


def value(text: str) -> str:
    """A text as a label's value, or as a name: short enough, and unlike any other's."""
    plain = re.sub(r"[^A-Za-z0-9_.-]", "-", text).strip("-_.")
    if plain == text and len(text) <= LONGEST:
        return text
    tail = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{plain[: LONGEST - 9]}-{tail}".strip("-_.")
