"""The recordings of a real API server, and the world that each of them was made in.

A recording tells the state of objects at a resourceVersion. The world before one is what all of
them together tell of that moment: for each object its newest version that is not newer. What no
recording tells (an object made between two of them, a switch of the cluster) stands in tables
here, with its reason.

Rule: an answer is never taken from the recording that it is compared with, but for the objects
that a reading shows, which nobody else can know.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.kubernetes import api
from tests.fakes.kubernetes.kinds import Kind, Registry

FOLDER = Path(__file__).parents[1] / "vectors" / "kubernetes"
Object = dict[str, Any]
# Answers that tell no resourceVersion, within seconds in which many things changed.
AT = {
    "notebook_create_exists_409": 528,
    "notebook_create_bad_name_422": 528,
    "notebook_create_schema_invalid_422": 528,
    "notebook_create_unknown_field_strict_400": 528,
    "notebook_create_unknown_field_warn_201": 528,
    "notebook_create_wrong_apiversion_400": 528,
    "notebook_merge_patch_noop_200": 529,
    "notebook_merge_patch_stale_resourceversion_409": 530,
    "notebook_merge_patch_wrong_uid_422": 531,
    "notebook_patch_nonstring_annotation": 531,
    "notebook_patch_bad_annotation_key_422": 531,
    "notebook_patch_bad_json_400": 531,
    "notebook_patch_annotation_too_long_422": 531,
    "notebook_patch_404": 531,
    "notebook_strategic_merge_415": 531,
    "notebook_json_patch_test_failed_422": 532,
    "notebook_put_stale_409": 532,
    "notebook_put_without_resourceversion": 532,
    "notebook_server_side_apply_conflict_409": 533,
    "notebook_patch_status_via_main_ignored_200": 534,
    "notebook_watch_list_initial_events_200": 541,
    "notebook_watch_one_no_rv_200": 541,
    "notebook_list_future_rv_504": 543,
    "storage_down_get_no_timeout": 1355,
    "storage_down_get_timeout4s": 1355,
    "notebook_delete_precondition_uid_409": 572,
    "notebook_delete_precondition_rv_409": 572,
    "notebook_delete_dryrun_200": 572,
    "notebook_delete_200": 572,
    "notebook_delete_404": 573,
}
# It changed nothing, so its answer shows the state before it.
UNCHANGED = {"notebook_patch_status_via_main_ignored_200"}
# What was deleted between two recordings, and after which resourceVersion it is not seen again.
ENDED = {"resourcequotas": 550, "limitranges": 560}


@dataclass(frozen=True)
class Version:
    """One object as it was at one resourceVersion."""

    revision: int
    kind: Kind
    object: Object
    source: str
    gone: bool = False

    @property
    def key(self) -> tuple[str, str, str, str]:
        metadata = self.object["metadata"]
        return (self.kind.group, self.kind.plural, metadata.get("namespace", ""), metadata["name"])


@cache
def names() -> tuple[str, ...]:
    """All recordings, in the order of their names."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.json")))


@cache
def load(name: str) -> Object:
    """One recording."""
    return dict(json.loads((FOLDER / f"{name}.json").read_text()))


def date(name: str) -> datetime | None:
    """When it was made."""
    text = (load(name)["response"].get("headers") or {}).get("Date")
    return parsedate_to_datetime(text) if text else None


@cache
def versions() -> tuple[Version, ...]:
    """All that is told of objects, oldest first."""
    found = [version for name in names() for version in told(name)]
    return tuple(sorted(found, key=lambda v: v.revision))


def told(name: str) -> Iterator[Version]:
    """The objects that one recording shows."""
    response = load(name)["response"]
    body = response.get("body")
    if "dryRun" in api_query(load(name)):
        return  # what it shows never was
    for event in response.get("stream") or ():
        if event.get("type") in ("ADDED", "MODIFIED", "DELETED"):
            yield from _version(event["object"], name, event["type"] == "DELETED")
    if not isinstance(body, dict):
        return
    if body.get("kind", "").endswith("List") and "items" in body:
        kind = body["kind"].removesuffix("List")
        for item in body["items"]:
            whole = {"kind": kind, "apiVersion": body["apiVersion"], **item}
            yield from _version(whole, name)
    else:
        yield from _version(body, name)


def _version(found: Object, name: str, gone: bool = False) -> Iterator[Version]:
    kind = Registry().of(found.get("apiVersion", ""), found.get("kind", ""))
    revision = (found.get("metadata") or {}).get("resourceVersion")
    if kind and revision and "name" in found["metadata"]:
        yield Version(int(revision), kind, found, name, gone)


def revision(name: str) -> int:
    """The store's resourceVersion just before the request."""
    if name in AT:
        return AT[name]
    recording = load(name)
    body = recording["response"].get("body")
    query = api_query(recording)
    if "watch" in query and query.get("resourceVersion", "").isdecimal():
        return int(query["resourceVersion"])
    own = (body.get("metadata") or {}).get("resourceVersion") if isinstance(body, dict) else None
    if own:
        return int(own) - (recording["request"]["method"] != "GET" and "dryRun" not in query)
    made = date(name)
    return max(v.revision for v in versions() if made and (date(v.source) or made) <= made)


def api_query(recording: Object) -> dict[str, str]:
    """The query of a request."""
    return dict(parse_qsl(urlsplit(recording["request"]["path"]).query))


def world(name: str) -> list[Version]:
    """The objects that were there when the request came."""
    recording, until = load(name), revision(name)
    reading = recording["request"]["method"] == "GET" or name in UNCHANGED
    newest: dict[tuple[str, str, str, str], Version] = {}
    for version in versions():
        ended = ENDED.get(version.kind.plural, until)
        if version.revision <= until <= ended and (reading or version.source != name):
            newest[version.key] = version
    own = [version for version in told(name) if reading and "watch" not in api_query(recording)]
    if reading:
        newest = {key: v for key, v in newest.items() if not _outlisted(recording, v)}
    if recording["request"]["method"] == "DELETE":
        own = [_undeleted(version) for version in told(name)]
    newest |= {version.key: version for version in own}
    for key in list(newest):
        if newest[key].gone or _made_by(recording, key):
            del newest[key]
    return list(newest.values())


def _undeleted(version: Version) -> Version:
    """An object as it was before it was marked as deleted."""
    found = copy.deepcopy(version.object)
    metadata = found["metadata"]
    metadata["resourceVersion"] = str(version.revision - 1)
    del metadata["deletionTimestamp"], metadata["deletionGracePeriodSeconds"]
    if "generation" in metadata:
        metadata["generation"] -= 1
    return Version(version.revision - 1, version.kind, found, version.source)


def _outlisted(recording: Object, version: Version) -> bool:
    """A list without a selector names all there is: what it lacks was gone by then."""
    place = api.parse(recording["request"]["path"].partition("?")[0])
    query = api_query(recording)
    if "as=Table" in recording["request"]["headers"].get("Accept", ""):
        return False
    chosen = {"labelSelector", "fieldSelector", "limit", "continue", "watch"} & set(query)
    if place is None or place.name or chosen:
        return False
    return version.key[:3] == (place.group, place.plural, place.namespace)


def _made_by(recording: Object, key: tuple[str, str, str, str]) -> bool:
    """What a request made was not there before: an older one of its name had been deleted."""
    body = recording["request"].get("body")
    place = api.parse(recording["request"]["path"].partition("?")[0])
    if recording["response"].get("status") != 201 or not isinstance(body, dict) or not place:
        return False
    made = (place.group, place.plural, place.namespace, (body.get("metadata") or {}).get("name"))
    return key == made
