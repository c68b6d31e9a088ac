"""The routes under ``{base_url}kfnb/v1/``, as a table.

Rule: this table is the only place that says which routes there are; the handlers and the
OpenAPI document are both made from it.
"""

from typing import Any

from kfnb_ext import errors
from kfnb_ext.assembly import Pod
from kfnb_ext.model import (
    cluster,
    culling,
    filling,
    gpu,
    operations,
    retention,
    shm,
    snapshots,
    status,
)
from kfnb_ext.server.route import Call, Route
from kfnb_ext.server.routes_changes import CHANGES
from kfnb_ext.server.routes_environment import ENVIRONMENT
from kfnb_ext.services.waiting import Waiting

__all__ = ["ROUTES", "Call", "Route", "by_path"]

# Seconds that the work behind one answer may take: before the handler would give up on it.
COMPARING, ESTIMATING = 45.0, 5.0


def _prune(pod: Pod, call: Call) -> Any:
    if call.body.dry_run:
        return pod.snapshots.prune_plan(call.body, Waiting(ESTIMATING))
    return pod.snapshots.prune(call.body, call.user).record


def _end(pod: Pod, call: Call) -> Any:
    if pod.options.read_only:
        raise errors.Forbidden("The site forbids every change. Nothing was ended.")
    from kfnb_ext.services.gpu import ending

    return ending.end(call.body)


ONE = "snapshots/{engine}/{id}"

ROUTES = (
    Route(
        "GET", "status", "All readings at one moment", {200: status.Status}, None,
        query={"since": "a reading's seq: add the history after it (0: all there is)"},
    ),
    Route(
        "GET", "snapshots", "All snapshots, engines and restores", {200: snapshots.SnapshotList},
        lambda pod, call: pod.snapshots.list(),
    ),
    Route(
        "POST", "snapshots", "Take a snapshot", {202: operations.Operation},
        lambda pod, call: pod.snapshots.create(call.body, call.user).record,
        snapshots.CreateRequest,
    ),
    Route(
        "GET", ONE, "One snapshot", {200: snapshots.Snapshot},
        lambda pod, call: pod.snapshots.get(call.path["engine"], call.path["id"]),
    ),
    Route(
        "DELETE", ONE, "Delete a snapshot", {202: operations.Operation},
        lambda pod, call: pod.snapshots.delete(
            call.path["engine"], call.path["id"], call.user
        ).record,
    ),
    Route(
        "GET", f"{ONE}/files", "One folder of a snapshot", {200: snapshots.EntryList},
        lambda pod, call: pod.snapshots.files(
            call.path["engine"], call.path["id"], call.query.get("path", "")
        ),
        query={"path": "the folder, from the top of the workspace; empty: the top"},
    ),
    Route(
        "GET", f"{ONE}/content", "The bytes of one file of a snapshot", {200: None}, None,
        query={"path": "the file, from the top of the workspace"},
    ),
    Route(
        "POST", f"{ONE}/verify", "Read a snapshot whole and find what differs",
        {202: operations.Operation},
        lambda pod, call: pod.snapshots.verify(
            call.path["engine"], call.path["id"], call.user
        ).record,
    ),
    Route(
        "POST", "restores/preview", "What a restore would do; changes nothing",
        {200: snapshots.RestorePlan},
        lambda pod, call: pod.snapshots.plan(call.body, Waiting(COMPARING)),
        snapshots.RestoreRequest,
    ),
    Route(
        "POST", "restores", "Restore all or some paths", {202: operations.Operation},
        lambda pod, call: pod.snapshots.restore(call.body, call.user).record,
        snapshots.RestoreRequest,
    ),
    Route(
        "POST", "restores/{id}/undo/preview", "What taking back a restore would do",
        {200: snapshots.RestorePlan},
        lambda pod, call: pod.snapshots.undo_plan(call.path["id"], Waiting(COMPARING)),
    ),
    Route(
        "POST", "restores/{id}/undo", "Take back a restore", {202: operations.Operation},
        lambda pod, call: pod.snapshots.undo(call.path["id"], call.body, call.user).record,
        snapshots.UndoRequest,
    ),
    Route(
        "POST", "prune", "Delete what the retention does not keep (dry_run: only say what)",
        {200: retention.PrunePlan, 202: operations.Operation}, _prune, retention.PruneRequest,
    ),
    Route(
        "GET", "operations", "Operations that run or have ended within the hour",
        {200: tuple[operations.Operation, ...]}, lambda pod, call: pod.operations.list(),
    ),
    Route(
        "GET", "operations/{id}", "One operation", {200: operations.Operation},
        lambda pod, call: pod.operations.get(call.path["id"]),
    ),
    Route(
        "DELETE", "operations/{id}", "Ask an operation to stop", {202: operations.Operation},
        lambda pod, call: pod.operations.cancel(call.path["id"]),
    ),
    Route(
        "POST", "gpu/end", "End a process that holds a GPU and belongs to no kernel or terminal",
        {200: gpu.GpuEnded}, _end, gpu.GpuEndRequest,
    ),
    Route(
        "GET", "filling", "What fills the workspace: one folder of the last scan",
        {200: filling.Filling},
        lambda pod, call: pod.capacity.scans.show(call.query.get("path", "")),
        query={"path": "the folder, from the top of the workspace; empty: the top"},
    ),
    Route(
        "POST", "filling/scan", "Look again what fills the workspace", {202: operations.Operation},
        lambda pod, call: pod.capacity.scans.start(call.body, call.user).record,
        filling.ScanRequest,
    ),
    Route(
        "POST", "filling/remove", "Move a file or folder to the trash, or delete it for good",
        {202: operations.Operation},
        lambda pod, call: pod.capacity.removal.remove(call.body, call.user).record,
        filling.RemoveRequest,
    ),
    Route(
        "POST", "filling/empty-trash", "Delete for good what lies in the trash",
        {202: operations.Operation}, lambda pod, call: pod.capacity.removal.empty(call.user).record,
        filling.EmptyRequest,
    ),
    Route(
        "POST", "shm/end", "End orphans of killed kernels", {200: shm.Cleared},
        lambda pod, call: pod.capacity.clearing.end(call.body), shm.EndRequest,
    ),
    Route(
        "POST", "shm/clear", "Remove files of /dev/shm that nobody uses", {200: shm.Cleared},
        lambda pod, call: pod.capacity.clearing.clear(call.body), shm.ClearRequest,
    ),
    Route(
        "GET", "keep-awake", "What is asked for at the moment, and how much may be",
        {200: culling.KeepAwakeState}, lambda pod, call: pod.keep_awake.look(),
    ),
    Route(
        "POST", "keep-awake", "Keep the notebook awake, or change until when",
        {200: culling.KeepAwakeState},
        lambda pod, call: pod.keep_awake.ask(call.body.seconds, call.body.reason, call.user),
        culling.KeepAwakeRequest,
    ),
    Route(
        "DELETE", "keep-awake", "End it now", {200: culling.KeepAwakeState},
        lambda pod, call: pod.keep_awake.revoke(),
    ),
    Route(
        "GET", "cluster", "The cluster around this notebook: where, what may be done, what is left",
        {200: cluster.Cluster},
        lambda pod, call: pod.cluster.looking.look(call.query.get("fresh") == "1"),
        query={"fresh": "1: ask everything anew, also what the service account may"},
        apart=True,
    ),
    *CHANGES,
    *ENVIRONMENT,
    Route(
        "DELETE", "kept/{kind}/{name}", "Let go what a restore left behind and nothing uses",
        {202: operations.Operation},
        lambda pod, call: pod.cluster.letting_go.start(
            call.path["kind"], call.path["name"], call.user
        ).record,
    ),
    Route("GET", "openapi.json", "This document", {200: dict}, None),
)  # fmt: skip


def by_path() -> dict[str, dict[str, Route]]:
    """The routes by path, then by method."""
    table: dict[str, dict[str, Route]] = {}
    for route in ROUTES:
        table.setdefault(route.path, {})[route.method] = route
    return table
