"""What must never leave the pod, whoever asks for it.

The notebook controller copies labels, and annotations whose key lacks ``notebook``, into the
pod's template; a controller that re-applies the template then kills the user's pod. So: an
annotation key of ours contains ``notebook``, labels are never patched, and a patch touches
nothing but annotations unless its caller names the other place.

One key is let through though it lacks the word: the mark by which Kubeflow's own buttons stop and
start a notebook. Its pod ends by it in any case, so that no template can be harmed.

One label is let through, on a claim and nowhere else: by it the claims of a group snapshot are
chosen. No template is made from a claim.

Rule: refuse, never repair. A refusal is a mistake in our own code.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kfnb_ext.kube.client import failures

ANNOTATIONS = "/metadata/annotations"
LABELS = "/metadata/labels"
MARK = "notebooks.kfnb.dev/group"  # the one label, of claims alone
CLAIMS = "persistentvolumeclaims"
# Conditions of a merge patch, not changes: the server compares them.
CONDITIONS = frozenset({"/metadata/uid", "/metadata/resourceVersion"})
WORD = "notebook"
STOPPED = "kubeflow-resource-stopped"  # the one exception: Kubeflow's, and only this key


def creation(body: Mapping[str, Any]) -> None:
    """An object that is made. Its labels are its own. Raises: Invalid."""
    metadata = body.get("metadata", {})
    _keys(metadata.get("annotations") or {}, str(body.get("kind", "object")))


def merge(patch: Mapping[str, Any], touches: Sequence[str] = (), kind: str = "") -> None:
    """A merge patch; ``touches`` are the JSON pointers it may change beside annotations.

    ``kind`` is of the object, in the words of ``Address.kind``.

    Raises: Invalid.
    """
    metadata = patch.get("metadata")
    if isinstance(metadata, Mapping) and "annotations" in metadata:
        annotations = metadata["annotations"]
        if not isinstance(annotations, Mapping):
            raise _refusal("it would remove all annotations at once")
        _keys(annotations, "the patch")
    for place in _leaves(patch, ""):
        if place not in CONDITIONS:
            _place(place, touches, kind)


def json(
    operations: Iterable[Mapping[str, Any]], touches: Sequence[str] = (), kind: str = ""
) -> None:
    """A JSON patch: annotations one by one. Raises: Invalid."""
    for operation in operations:
        verb, place = operation.get("op"), str(operation.get("path", ""))
        if verb == "test":
            continue
        if verb not in ("add", "replace", "remove"):
            raise _refusal(f"the operation {verb!r} is not one of ours")
        _place(place, touches, kind)
        if place == ANNOTATIONS:
            raise _refusal("it would replace all annotations at once")
        if place.startswith(ANNOTATIONS + "/"):
            key = place[len(ANNOTATIONS) + 1 :].replace("~1", "/").replace("~0", "~")
            _keys({key: operation.get("value")}, "the patch", removed=verb == "remove")


def _keys(annotations: Mapping[str, Any], whose: str, removed: bool = False) -> None:
    for key, value in annotations.items():
        if WORD not in key and key != STOPPED:
            raise _refusal(f"the annotation key {key!r} of {whose} lacks {WORD!r}")
        if not isinstance(value, str) and not (value is None or removed):
            raise _refusal(f"the annotation {key!r} of {whose} is not a string")


def _place(place: str, touches: Sequence[str], kind: str) -> None:
    if kind == CLAIMS and place == f"{LABELS}/{MARK.replace('/', '~1')}":
        return
    if _within(place, LABELS) or _within(LABELS, place):
        raise _refusal("labels are never changed")
    if not any(_within(place, allowed) for allowed in (ANNOTATIONS, *touches)):
        raise _refusal(f"{place or 'the whole object'} is not among what this patch may change")


def _within(place: str, root: str) -> bool:
    return place == root or place.startswith(root.rstrip("/") + "/")


def _leaves(value: Any, place: str) -> Iterable[str]:
    if not isinstance(value, Mapping) or (not value and place):
        yield place
        return
    for key, inner in value.items():
        escaped = str(key).replace("~", "~0").replace("/", "~1")
        yield from _leaves(inner, f"{place}/{escaped}")


def _refusal(why: str) -> failures.Invalid:
    return failures.Invalid(
        "refused_here",
        f"This change was not sent to the cluster: {why}. Nothing was changed.",
        "This is a mistake in kfnb-ext: please report it.",
    )
