"""Every refusal that a real API server was heard to give becomes a sentence and a reason."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kfnb_ext.kube.client import answered, answers, failures, retries
from kfnb_ext.kube.client.address import Address
from tests.fakes.kubernetes import api

VECTORS = Path(__file__).parents[1] / "vectors" / "kubernetes"

REASONS: dict[str, failures.Reason] = {
    "bad_signature_token_401": "unauthenticated",
    "expired_token_401": "unauthenticated",
    "garbage_token_401": "unauthenticated",
    "no_token_anonymous_403": "unauthenticated",
    "crd_missing_list_404": "not_served",
    "discovery_missing_group_404": "not_served",
    "discovery_missing_version_404": "not_served",
    "group_missing_admin_404": "not_served",
    "resource_missing_admin_404": "not_served",
    "notebook_get_404": "not_found",
    "notebook_delete_404": "not_found",
    "notebook_patch_404": "not_found",
    "pod_get_404": "not_found",
    "pvc_delete_404": "not_found",
    "pvc_get_404": "not_found",
    "volumesnapshot_get_404": "not_found",
    "volumesnapshot_get_after_delete_404": "not_found",
    "volumesnapshot_get_deleted_while_creating": "not_found",
    "volumesnapshotclass_get_404": "not_found",
    "notebook_create_exists_409": "exists",
    "notebook_post_on_object_409": "exists",
    "pvc_create_exists_409": "exists",
    "volumesnapshot_create_exists_409": "exists",
    "pvc_create_while_terminating_409": "being_deleted",
    "notebook_delete_precondition_rv_409": "stale",
    "notebook_delete_precondition_uid_409": "stale",
    "notebook_merge_patch_stale_resourceversion_409": "stale",
    "notebook_put_stale_409": "stale",
    "notebook_server_side_apply_conflict_409": "stale",
    "notebook_create_over_count_quota_403": "quota",
    "pod_create_over_quota_403": "quota",
    "pod_create_quota_must_specify_403": "quota",
    "pvc_create_over_quota_403": "quota",
    "pvc_create_over_quota_dryrun_403": "quota",
    "pvc_create_limitrange_403": "limit_range",
    "pvc_create_namespace_terminating_403": "terminating",
    "pvc_expand_forbidden_403": "forbidden",
    "notebook_json_patch_test_failed_422": "test_failed",
    "throttled_429": "throttled",
    "notebook_list_future_rv_504": "timeout",
    "storage_down_list_timeout4s": "timeout",
    "storage_down_patch_timeout4s": "timeout",
    "storage_down_patch_no_timeout": "server",
    "pod_log_no_kubelet": "server",
    "notebook_watch_bad_rv": "server",
}


def recorded() -> list[str]:
    """The names of all recordings of a refusal."""
    found = []
    for file in sorted(VECTORS.glob("*.json")):
        if (json.loads(file.read_text())["response"].get("status") or 0) >= 400:
            found.append(file.stem)
    return found


def translated(name: str) -> failures.ClusterError:
    """The error that a recording becomes."""
    record = json.loads((VECTORS / f"{name}.json").read_text())
    response = record["response"]
    body = response.get("body", (response.get("stream") or [None])[0])
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    place = api.parse(urlsplit(record["request"]["path"]).path)
    address = Address("", "v1", "things")
    if place:
        address = Address(
            place.group, place.version, place.plural, place.namespace, place.name, place.subresource
        )
    method, headers = record["request"]["method"], response.get("headers") or {}
    return answers.translate(answered.Answered(method, address, response["status"], headers, raw))


@pytest.mark.parametrize("name", recorded())
def test_a_recorded_refusal_becomes_a_sentence_with_a_way_out(name: str):
    error = translated(name)

    assert error.reason == REASONS.get(name, _usual(error.code))
    assert error.code
    assert error.message.endswith(".")
    assert error.hint.endswith(".")
    assert len(error.message) < 2 * answered.LONGEST


def _usual(code: int | None) -> str:
    return {403: "rbac", 422: "invalid"}.get(code or 0, "bad_request")


def test_a_missing_right_is_named_so_that_an_administrator_can_give_it():
    error = translated("volumesnapshot_create_403")

    assert error.message == (
        "The service account default-editor may not create volumesnapshots.snapshot.storage.k8s.io "
        "in the namespace alice. Nothing was changed."
    )
    assert "“create” on volumesnapshots.snapshot.storage.k8s.io" in error.hint


def test_a_used_up_quota_says_how_much_is_left():
    assert translated("pvc_create_over_quota_403").message == (
        "The quota kf-resource-quota of the namespace alice leaves no room: asked "
        "requests.storage=5Gi, used requests.storage=0, allowed requests.storage=2Gi. "
        "Nothing was changed."
    )


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (
            "status unknown for quota: q, resources: persistentvolumeclaims,requests.storage",
            "has not counted yet what the quota q of the namespace alice leaves",
        ),
        (
            "insufficient quota to consume: requests.storage",
            "No quota of the namespace alice grants it (consume: requests.storage)",
        ),
        (
            "insufficient quota to match these scopes: [{PriorityClass In [high]}]",
            "grants it (match these scopes: [{PriorityClass In [high]}])",
        ),
    ],
)
def test_what_else_quotas_refuse_is_told_by_the_words_of_their_source(why: str, words: str):
    error = refused(403, "Forbidden", f'persistentvolumeclaims "a" is forbidden: {why}')

    assert error.reason == "quota"
    assert words in error.message
    assert "Nothing was changed" in error.message


def test_a_quota_that_is_being_counted_is_asked_again_and_no_change_of_ours():
    text = (
        'Operation cannot be fulfilled on resourcequotas "q": the object has been modified; please '
        "apply your changes to the latest version and try again"
    )
    error = refused(409, "Conflict", text)

    assert error.reason == "throttled"
    assert not error.uncertain
    assert retries.Policy().pause(error, "POST", attempt=1, spent=0.1, chance=0) is not None


def refused(status: int, reason: str, message: str) -> failures.ClusterError:
    """The error that a refusal becomes which nobody recorded."""
    body = json.dumps({"kind": "Status", "reason": reason, "message": message}).encode()
    address = Address("", "v1", "persistentvolumeclaims", "alice")
    return answers.translate(answered.Answered("POST", address, status, {}, body))


def test_after_a_write_that_timed_out_nobody_claims_that_nothing_changed():
    assert translated("storage_down_patch_timeout4s").uncertain
    assert "not known" in translated("storage_down_patch_no_timeout").message
    assert not translated("storage_down_list_timeout4s").uncertain
