"""Patches of the Notebook and of its claim as YAML, with the command that applies them.

Rule: JSON patches, for a merge patch would replace whole lists of a custom resource. Each tests
first what it relies on; where that is not so, nothing is changed. Never applied here.
"""

from typing import Protocol

GIB = 1 << 30
TEMPLATE = "/spec/template/spec"
CONTAINER = f"{TEMPLATE}/containers/0"


class Known(Protocol):
    """Whose notebook it is; empty: not known."""

    @property
    def namespace(self) -> str:
        """Of the notebook."""

    @property
    def notebook(self) -> str:
        """Its name."""


def shm(known: Known, size: int) -> str:
    """A memory volume of this size at /dev/shm, where there is none yet."""
    return _notebook(
        known,
        f"""\
- op: add
  path: {TEMPLATE}/volumes/-
  value: {{name: dshm, emptyDir: {{medium: Memory, sizeLimit: {quantity(size)}}}}}
- op: add
  path: {CONTAINER}/volumeMounts/-
  value: {{name: dshm, mountPath: /dev/shm}}
""",
    )


def shm_limit(known: Known, size: int) -> str:
    """A size limit for the memory volume that the spawner has made."""
    return _notebook(
        known,
        f"""\
# The volume's place in the list: 0 for the first. The test refuses a wrong one.
- op: test
  path: {TEMPLATE}/volumes/0/name
  value: dshm
- op: add
  path: {TEMPLATE}/volumes/0/emptyDir/sizeLimit
  value: {quantity(size)}
""",
    )


def memory(known: Known, size: int) -> str:
    """More memory; the request as well, so that the node really has it."""
    return _resources(known, "memory", quantity(size))


def cpu(known: Known, cores: float) -> str:
    """More CPU."""
    return _resources(known, "cpu", f"'{cores:g}'")


def claim(known: Known, name: str, size: int) -> str:
    """A larger claim. It cannot be made smaller again."""
    namespace = known.namespace or "NAMESPACE"
    return f"""\
# kubectl -n {namespace} patch pvc {name or "CLAIM"} --patch-file larger.yaml
# (the storage class must allow it; a claim cannot be made smaller again)
spec:
  resources:
    requests:
      storage: {quantity(size)}
"""


def home(known: Known, mount: str) -> str:
    """A volume for the home; the claim must exist."""
    point = "/home/jovyan" if mount == "/" else mount
    return _notebook(
        known,
        f"""\
- op: add
  path: {TEMPLATE}/volumes/-
  value: {{name: home, persistentVolumeClaim: {{claimName: CLAIM}}}}
- op: add
  path: {CONTAINER}/volumeMounts/-
  value: {{name: home, mountPath: {point}}}
""",
    )


def quantity(size: int) -> str:
    """Bytes as Kubernetes writes them: 2Gi, 1536Mi."""
    for unit, name in ((GIB, "Gi"), (1 << 20, "Mi")):
        if size >= unit and size % unit == 0:
            return f"{size // unit}{name}"
    return str(size)


def _resources(known: Known, name: str, value: str) -> str:
    return _notebook(
        known,
        "".join(
            f"- op: add\n  path: {CONTAINER}/resources/{part}/{name}\n  value: {value}\n"
            for part in ("requests", "limits")
        ),
    )


def _notebook(known: Known, operations: str) -> str:
    namespace, name = known.namespace or "NAMESPACE", known.notebook or "NOTEBOOK"
    first = ""
    if known.notebook:
        first = f"- op: test\n  path: {CONTAINER}/name\n  value: {name}\n"
    command = f"kubectl -n {namespace} patch notebook {name} --type=json --patch-file patch.yaml"
    return f"# Stop the notebook first; then:\n# {command}\n{first}{operations}"
