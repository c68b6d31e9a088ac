"""What an administrator installs: it is what the notebook asks for, and no more."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfnb_ext import config
from kfnb_ext.model import cluster, rights, roles
from tools import options
from tools import roles as tool

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
MANIFESTS = sorted(DEPLOY.rglob("*.yaml"))
DOCKERFILES = sorted(DEPLOY.glob("images/*/Dockerfile"))
KINDS = {
    "kustomization.yaml": {"Kustomization"},
    "snapshots.yaml": {"ClusterRole"},
    "classes-read.yaml": {"ClusterRole", "ClusterRoleBinding"},
    "role.yaml": {"Role", "RoleBinding"},
    "poddefault.yaml": {"PodDefault"},
    "volumesnapshotclass.yaml": {"VolumeSnapshotClass"},
    "notebook.yaml": {"Notebook"},
}
SERVED = rights.Served(snapshots=True, workspaces=False, groups="v1")
STOCK = rights.Rights(
    rules=(rights.Rule(("*",), ("", "kubeflow.org", "batch"), ("*",)),),
    complete=True,
    reviewed=dict.fromkeys(rights.CLASSES, False),
    served=SERVED,
)
NOTHING = rights.Rights(complete=True, served=SERVED)


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


def place(platform: cluster.Platform, **more: str) -> cluster.Place:
    return cluster.Place(platform=platform, notebook="my-notebook", **more)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_each_manifest_is_of_the_kinds_that_its_name_says(path):
    found = documents(path)
    assert {one["kind"] for one in found} == KINDS[path.name]
    for one in found:
        assert "/" in one["apiVersion"]
        if one["kind"] != "Kustomization":
            assert re.fullmatch(r"[a-z0-9-]+", one["metadata"]["name"])


@pytest.mark.parametrize("folder", ["base", "minimal"])
def test_the_kustomization_names_every_file_beside_it(folder):
    (found,) = documents(DEPLOY / folder / "kustomization.yaml")
    beside = {path.name for path in (DEPLOY / folder).glob("*.yaml")} - {"kustomization.yaml"}
    assert set(found["resources"]) == beside


@pytest.mark.parametrize("name", sorted(tool.files()))
def test_the_shipped_roles_are_made_of_what_the_code_needs(name):
    assert (DEPLOY / name).read_text() == tool.files()[name], "run: python -m tools.roles"


def test_what_a_notebook_on_kubeflow_asks_for_is_the_base():
    files = ("snapshots", "classes-read")
    shipped = "---\n".join((DEPLOY / f"base/{name}.yaml").read_text() for name in files)
    assert roles.for_admin(STOCK, place("kubeflow")) == shipped


def test_what_a_notebook_elsewhere_asks_for_is_the_minimal_role():
    here = place("openshift", namespace="my-namespace", service_account="my-notebook")
    assert roles.for_admin(NOTHING, here) == (DEPLOY / "minimal/role.yaml").read_text()


def test_no_role_holds_a_star_or_reaches_what_is_not_ours():
    for path in (*DEPLOY.glob("base/*.yaml"), DEPLOY / "minimal/role.yaml"):
        for document in documents(path):
            for rule in document.get("rules") or ():
                assert "*" not in [*rule["verbs"], *rule["apiGroups"], *rule["resources"]]
                assert not {"secrets", "configmaps", "serviceaccounts"} & set(rule["resources"])
                assert not {"watch", "update", "deletecollection"} & set(rule["verbs"])


def test_every_variable_of_the_examples_is_an_option():
    variables = {trait.metadata["env"] for trait in config.options().values()}
    (found,) = documents(DEPLOY / "examples/poddefault.yaml")
    named = {one["name"]: one["value"] for one in found["spec"]["env"]}
    assert set(named) <= variables
    config.settle({}, named, {})


def test_the_example_of_a_notebook_takes_the_pod_default_and_mounts_what_it_names():
    (found,) = documents(DEPLOY / "examples/notebook.yaml")
    (default,) = documents(DEPLOY / "examples/poddefault.yaml")
    wanted = default["spec"]["selector"]["matchLabels"].items()
    assert wanted <= found["metadata"]["labels"].items()
    spec = found["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    mounted = {one["name"] for one in container["volumeMounts"]}
    assert mounted == {one["name"] for one in spec["volumes"]}
    assert container["name"] == found["metadata"]["name"]
    assert all("kubectl" in key or "notebook" in key for key in found["metadata"]["annotations"])


def test_the_guide_lists_every_option_as_the_code_has_it():
    guide = options.GUIDE.read_text()
    assert guide == options.within(guide), "run: python -m tools.options"


def test_the_guide_names_files_that_exist():
    guide = options.GUIDE.read_text()
    for named in re.findall(r"`(deploy/[\w./-]+|benchmarks/[\w./-]+)`", guide):
        assert (ROOT / named).exists(), named


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_an_image_is_built_on_a_digest_that_somebody_looked_up_and_never_as_root(path):
    text = path.read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines[1:3] == ["ARG DIGEST", "FROM ${BASE}@${DIGEST}"]
    assert "sha256:" not in text
    assert "imagetools inspect" in text
    assert "USER root" not in text
    assert len([line for line in lines if line.startswith(("RUN", "COPY"))]) == 2
    for copied in re.findall(r"^COPY \S+ (\S+) ", text, re.MULTILINE):
        assert (DEPLOY / copied).exists()


@pytest.mark.parametrize(("uid", "by"), [("0", "s6-setuidgid jovyan nice"), ("1000", "nice")])
def test_the_service_of_the_agent_becomes_the_user_only_where_it_is_root(tmp_path, uid, by):
    for name, body in (
        ("id", f"echo {uid}"),
        ("s6-setuidgid", 'echo "s6-setuidgid $@"'),
        ("nice", 'echo "nice $@"'),
    ):
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    run = DEPLOY / "agent/s6/kfnb-agent/run"
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}
    said = subprocess.run(
        ["/bin/sh", str(run)], env=env, capture_output=True, text=True, check=True
    ).stdout
    assert said.strip() == f"{by} -n 10 kfnb agent"
