"""The routes of the environment, as a part of the table.

Rule: what is served is what was recorded, or what is there now; nothing is changed.
"""

from typing import Any

from kfnb_ext import errors
from kfnb_ext.assembly import Pod
from kfnb_ext.model import environment, exporting
from kfnb_ext.server.route import Call, Route

ONE = "snapshots/{engine}/{id}/environment"
FORMAT = {"format": "requirements or notebook: as a file that brings it back; empty: as recorded"}


def _recorded(pod: Pod, call: Call) -> environment.Environment:
    return pod.snapshots.environment(call.path["engine"], call.path["id"])


def _shown(found: environment.Environment, call: Call) -> Any:
    wanted = call.query.get("format", "")
    if wanted == "requirements":
        return exporting.requirements(found)
    if wanted == "notebook":
        return exporting.notebook(found)
    if wanted:
        raise errors.BadRequest(
            f"There is no format {wanted[:80]!r}.", "There are: requirements, notebook."
        )
    return found


def _changes(pod: Pod, call: Call) -> environment.EnvironmentChanges:
    return environment.changes(_recorded(pod, call), pod.environment.capture())


ENVIRONMENT = (
    Route(
        "GET", "environment", "What the workspace's files run in now",
        {200: environment.Environment | environment.Text},
        lambda pod, call: _shown(pod.environment.capture(), call), query=FORMAT, apart=True,
    ),
    Route(
        "GET", ONE, "What the files of a snapshot ran in",
        {200: environment.Environment | environment.Text},
        lambda pod, call: _shown(_recorded(pod, call), call), query=FORMAT, apart=True,
    ),
    Route(
        "GET", f"{ONE}/changes", "What changed since a snapshot",
        {200: environment.EnvironmentChanges}, _changes, apart=True,
    ),
)  # fmt: skip
