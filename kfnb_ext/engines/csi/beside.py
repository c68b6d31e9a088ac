"""A new notebook beside this one: the same image by its digest, the same resources, own claims.

Rule: of this notebook only the list of its restores is changed. The claims are made first, since a
Notebook without them would wait for ever; what was made for a Notebook that could not be made is
taken away again. The new Notebook owns no claim: they outlive it, as those of every notebook do.
"""

import copy
import re
from typing import TYPE_CHECKING, Any

from kfnb_ext import errors
from kfnb_ext.engines import base
from kfnb_ext.engines.csi import journal, keys, provisioning, target
from kfnb_ext.engines.csi.context import Context
from kfnb_ext.kube.client import address, failures
from kfnb_ext.model import snapshots

if TYPE_CHECKING:
    from kfnb_ext.engines.csi.intending import Intent

# What says something of the old one's life, not of what it is.
LEFT = (
    "kubeflow-resource-stopped",
    "last-activity",
    "last_activity",
    "kfnb.dev/restore",
    "kubectl.kubernetes.io",
    "update-pending",
    "notebook-restart",
    "last-image-selection",  # OpenShift AI would put that stream's image in the place of ours
)
TRIES = 3  # of a note that somebody else's write came between
SHARED = ("ReadWriteMany", "ReadOnlyMany")
Object = dict[str, Any]


def make(context: Context, intent: "Intent", progress: base.Progress) -> snapshots.Restore:
    """Make it. Raises: ClusterError, Conflict, EngineFailed, Cancelled."""
    from kfnb_ext.engines.csi import intending

    namespace = intent.target.namespace
    try:
        for wanted in intent.claims:
            progress.advance(0)
            progress.phase(f"making the claim {wanted.name}")
            provisioning.make(context, namespace, intending.claim(intent, wanted))
        progress.phase(f"making the notebook {intent.name}")
        provisioning.once(context, address.NOTEBOOKS.at(namespace), body(intent))
    except errors.KfnbError as error:
        _taken_away(context, intent)
        raise error
    made = snapshots.Restore(
        id=intent.id,
        engine="csi",
        snapshot=intent.snapshot,
        safety=None,
        paths=(),
        exact=True,
        ended=context.now(),
        undone=False,
        way="new_notebook",
        switches=intent.switches,
        notebook=intent.name,
    )
    _noted(context, intent, made)
    return made


def _noted(context: Context, intent: "Intent", made: snapshots.Restore) -> None:
    """Remember it with this Notebook. The new one stands, whatever comes of that."""
    for _ in range(TRIES):
        try:
            found = intent.target.read(context.client)
            if any(one.id == made.id for one in journal.made(found)):
                return
            if target.annotations(found):
                steps = journal.noted(found, made)
                context.client.patch_json(intent.target.address, steps, touches=())
                return
            metadata = found["metadata"]
            condition = {"resourceVersion": metadata["resourceVersion"], "uid": metadata["uid"]}
            note = {keys.RESTORES: journal.noted(found, made)[-1]["value"]}
            patch = {"metadata": {**condition, "annotations": note}}
            context.client.patch_merge(intent.target.address, patch)
            return
        except failures.ClusterError as error:
            if not (error.uncertain or error.reason in ("test_failed", "stale", "conflict")):
                return


def _taken_away(context: Context, intent: "Intent") -> None:
    """Only claims that no Notebook names: after a lost answer it may be there all the same."""
    namespace = intent.target.namespace
    try:
        there = address.NOTEBOOKS.at(namespace, intent.name)
        found = context.client.get(there).body
        spare = target.named(found)
    except failures.Missing:
        spare = set()
    except failures.ClusterError:
        return
    try:
        provisioning.away(context.client, namespace, intent.id, spare=spare)
    except failures.ClusterError:
        return


def tried(context: Context, intent: "Intent") -> None:
    """Let the cluster say whether it would take it. Raises: ClusterError, Conflict."""
    namespace = intent.target.namespace
    try:
        context.client.create(address.NOTEBOOKS.at(namespace), body(intent), dry_run=True)
    except failures.ClusterError as error:
        if error.reason in ("exists", "being_deleted"):
            raise errors.Conflict(
                f"There is a notebook {intent.name} already.", "Choose another name."
            ) from error
        raise


def body(intent: "Intent") -> Object:
    """The Notebook to create."""
    found, metadata = intent.found, intent.found["metadata"]
    spec = copy.deepcopy(found["spec"])
    pod = spec["template"]["spec"]
    _volumes(intent, pod)
    if pod.get("serviceAccountName") == intent.target.name:  # OpenShift AI: one for each notebook
        pod["serviceAccountName"] = intent.name
    for container in pod["containers"]:
        if container.get("name") == intent.target.name:
            container["name"] = intent.name  # the controller finds its own by this name
            if intent.here.digest:
                container["image"] = intent.here.digest
        kept = [one for one in container.get("env") or () if one.get("name") != "NB_PREFIX"]
        if "env" in container:
            container["env"] = kept
    notes = {
        key: _moved(intent, value)
        for key, value in (metadata.get("annotations") or {}).items()
        if "notebook" in key and not any(left in key for left in LEFT)
    }
    labels = {
        key: intent.name if value == intent.target.name else value
        for key, value in (metadata.get("labels") or {}).items()
        if key not in keys.TRACKED
    }
    labels |= {keys.RESTORE: intent.id}
    made = {"name": intent.name, "namespace": intent.target.namespace, "labels": labels}
    return {
        "apiVersion": found["apiVersion"],
        "kind": found["kind"],
        "metadata": made | {"annotations": notes | {keys.FROM: intent.snapshot}},
        "spec": _moved(intent, spec),
    }


def _moved(intent: "Intent", value: Any) -> Any:
    """The same with the new notebook's path: probes, arguments and headers name the old one's."""
    if isinstance(value, dict):
        return {key: _moved(intent, one) for key, one in value.items()}
    if isinstance(value, list):
        return [_moved(intent, one) for one in value]
    if not isinstance(value, str):
        return value
    path = f"/notebook/{intent.target.namespace}/"
    whole = rf"{re.escape(path + intent.target.name)}(?![A-Za-z0-9-])"
    return re.sub(whole, path + intent.name, value)


def _volumes(intent: "Intent", pod: Object) -> None:
    """Own claims for what the snapshot holds; of the rest only what many may share."""
    new = {one.volume: one.new for one in intent.switches}
    shared = {
        one.volume for one in intent.here.mounted if set(one.claim.access_modes) & set(SHARED)
    }
    kept, gone = [], set()
    for volume in pod.get("volumes") or ():
        source = volume.get("persistentVolumeClaim")
        if source is not None and volume["name"] in new:
            source["claimName"] = new[volume["name"]]
        elif source is not None and volume["name"] not in shared:
            gone.add(volume["name"])
            continue
        kept.append(volume)
    pod["volumes"] = kept
    for container in [*pod["containers"], *(pod.get("initContainers") or ())]:
        if container.get("volumeMounts"):
            container["volumeMounts"] = [
                one for one in container["volumeMounts"] if one["name"] not in gone
            ]
