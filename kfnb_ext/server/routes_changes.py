"""The routes that change this notebook in the cluster, as a part of the table.

Rule: what a change would do is a route of its own, and changes nothing. Each asks the cluster, and
so waits apart.
"""

from kfnb_ext.model import changes, operations
from kfnb_ext.server.route import Route

CHANGES = (
    Route(
        "POST", "claims/{name}/grow/preview", "What enlarging a claim would do; changes nothing",
        {200: changes.GrowPlan},
        lambda pod, call: pod.changing.growing.preview(call.path["name"], call.body),
        changes.GrowRequest,
        apart=True,
    ),
    Route(
        "POST", "claims/{name}/grow", "Enlarge a claim; never make it smaller",
        {202: operations.Operation},
        lambda pod, call: pod.changing.growing.grow(
            call.path["name"], call.body, call.user
        ).record,
        changes.GrowRequest,
        apart=True,
    ),
    Route(
        "POST", "patches/preview", "What the patch of an advice would change in the Notebook",
        {200: changes.PatchPlan},
        lambda pod, call: pod.changing.patching.preview(call.body), changes.PatchRequest,
        apart=True,
    ),
    Route(
        "POST", "patches", "Apply the patch of an advice to the Notebook; it restarts",
        {202: operations.Operation},
        lambda pod, call: pod.changing.patching.apply(call.body, call.user).record,
        changes.PatchRequest,
        apart=True,
    ),
    Route(
        "GET", "patches", "The patches applied to this Notebook", {200: changes.PatchList},
        lambda pod, call: pod.changing.unpatching.list(),
        apart=True,
    ),
    Route(
        "POST", "patches/{id}/undo/preview", "What taking back a patch would change",
        {200: changes.PatchPlan},
        lambda pod, call: pod.changing.unpatching.preview_undo(call.path["id"]),
        apart=True,
    ),
    Route(
        "POST", "patches/{id}/undo", "Take back a patch of the Notebook; it restarts",
        {202: operations.Operation},
        lambda pod, call: pod.changing.unpatching.undo(call.path["id"], call.user).record,
        apart=True,
    ),
    Route(
        "POST", "notebook/stop", "Stop this notebook, on request once a snapshot has succeeded",
        {202: operations.Operation},
        lambda pod, call: pod.changing.stopping.stop(call.body, call.user).record,
        changes.StopRequest,
        apart=True,
    ),
    Route(
        "POST", "notebook/restart", "Restart this notebook, the same way",
        {202: operations.Operation},
        lambda pod, call: pod.changing.stopping.restart(call.body, call.user).record,
        changes.StopRequest,
        apart=True,
    ),
)  # fmt: skip
