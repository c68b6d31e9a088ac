"""An environment as files that bring it back: requirements with versions, and a Notebook.

Rule: exactly what was recorded. What the record does not hold (values of variables) is said in
the file itself.
"""

import json

from kfnb_ext.model import environment
from kfnb_ext.model.environment import Environment, Interpreter, Package

HEAD = "# The packages of {path} (Python {version}), {taken:%Y-%m-%d %H:%M} UTC."
CONDA = "# From conda, not from pip: conda install {}"
NOTEBOOK = """\
# The Notebook of {taken:%Y-%m-%d %H:%M} UTC, on the image that the node ran{by}.
# Values of environment variables are not recorded: fill in those that stand here by name alone.
# Claims are the notebook's own: a second notebook needs its own, or the same as ReadWriteMany.
"""


def requirements(found: Environment, kernel: str = "") -> environment.Text:
    """For ``pip install -r``; of the Python that a kernel runs in, else of the server's."""
    one = next((i for i in found.interpreters if kernel in i.kernels), None)
    if one is None or not one.packages:
        return environment.Text(name="requirements.txt", text="")
    lines = [HEAD.format(path=one.path, version=one.version, taken=found.taken)]
    lines += [_pinned(package) for package in _of(one, "python")]
    lines += [CONDA.format(f"{p.name}={p.version}") for p in _of(one, "conda")]
    return environment.Text(name="requirements.txt", text="\n".join(lines) + "\n")


def _of(one: Interpreter, source: environment.PackageSource) -> list[Package]:
    return sorted((p for p in one.packages if p.source == source), key=lambda p: p.name.lower())


def _pinned(package: Package) -> str:
    if package.origin.startswith("file:"):
        return f"# {package.name}=={package.version} was installed from {package.origin}"
    if package.origin:
        return f"{package.name} @ {package.origin}"
    return f"{package.name}=={package.version}"


def notebook(found: Environment, name: str = "") -> environment.Text:
    """A Notebook that brings it back: the same spec, the image by its digest."""
    if not found.notebook:
        return environment.Text(name="notebook.yaml", text="")
    body = json.loads(found.notebook)
    for container in _containers(body)[:1]:
        container["image"] = found.digest or container.get("image", "")
    if name:
        body["metadata"] = {**body.get("metadata", {}), "name": name}
    by = ", by its digest" if found.digest else " (its digest is not known)"
    # JSON is YAML, and no name in it can turn into another structure.
    text = NOTEBOOK.format(taken=found.taken, by=by) + json.dumps(body, indent=2) + "\n"
    return environment.Text(name="notebook.yaml", text=text)


def _containers(body: dict[str, object]) -> list[dict[str, object]]:
    node: object = body
    for part in ("spec", "template", "spec", "containers"):
        node = node.get(part) if isinstance(node, dict) else None
    return [one for one in node if isinstance(one, dict)] if isinstance(node, list) else []
