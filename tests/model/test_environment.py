"""What is kept of an environment: no secret, wherever it was planted; and what changed since."""

import json
from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfnb_ext.model import environment, exporting, redacting
from kfnb_ext.model.environment import Environment, Interpreter, Package, Repository

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
PLANTED = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=12, max_size=24).map(
    lambda text: f"zq{text}"
)


def made(**more) -> Environment:
    packages = (Package(name="numpy", version="2.1"), Package(name="six", version="1.17"))
    one = Interpreter(path="/opt/python", version="3.12.1", kernels=("", "python3"),
                      packages=more.pop("packages", packages))  # fmt: skip
    return Environment(
        taken=NOW, interpreters=(one,), kernels=(), repositories=more.pop("repositories", ()),
        **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("https://me:pw@host/x.git", "https://host/x.git"),
        ("https://host/simple?token=abc#frag", "https://host/simple"),
        ("git@github.com:team/x.git", "github.com:team/x.git"),
        ("https://conda.host/t/abc-123/channel", "https://conda.host/channel"),
        ("ssh://git:pw@host:22/x", "ssh://host:22/x"),
        ("git+https://x:y@host/r@v1", "git+https://host/r@v1"),
        ("plain words", "plain words"),
    ],
)
def test_a_url_keeps_where_it_leads_and_nothing_else(told, kept):
    assert redacting.url(told) == kept


@settings(max_examples=200, deadline=None)
@given(secret=PLANTED, place=st.sampled_from(range(11)))
def test_a_secret_in_a_notebook_is_nowhere_in_what_is_kept(secret, place):
    container = {"name": "demo", "image": "img:1", "env": [{"name": "PLAIN", "value": "x"}]}
    spec = {"containers": [container], "volumes": []}
    plant = [
        lambda: container["env"].append({"name": "TOKEN", "value": secret}),
        lambda: container["env"].append({"name": "HARMLESS", "value": secret}),
        lambda: container.update(args=[f"--NotebookApp.token={secret}"]),
        lambda: container.update(args=["--password", secret]),
        lambda: container.update(command=["sh", "-c", f"export API_KEY={secret}; start"]),
        lambda: container.update(args=[f"https://u:{secret}@host/x"]),
        lambda: container.update(args=[f"https://host/x?sig={secret}"]),
        lambda: spec["volumes"].append(
            {"name": "v", "csi": {"volumeAttributes": {"plain": secret}}}
        ),
        lambda: container.update(livenessProbe={"httpGet": {"httpHeaders": [
            {"name": "Authorization", "value": secret}]}}),
        lambda: spec.update(annotations={"last": secret}),
        lambda: spec["volumes"].append({"name": "v", "iscsi": {"chapAuthSession": secret}}),
    ]  # fmt: skip
    plant[place]()
    kept = json.dumps(redacting.spec({"spec": {"template": {"spec": spec}}}))
    assert secret not in kept
    assert "img:1" in kept
    assert "PLAIN" in kept


def test_where_a_variable_is_taken_from_is_kept_and_names_of_secrets_are_too():
    origin = {"secretKeyRef": {"name": "db", "key": "password"}}
    kept = redacting.spec({"env": [{"name": "DB", "valueFrom": origin}]})
    assert kept["env"][0]["name"] == "DB"
    assert kept["env"][0]["valueFrom"]["secretKeyRef"]["name"] == "db"
    volume = {"name": "v", "secret": {"secretName": "certs"}}
    assert redacting.spec({"volumes": [volume]}) == {"volumes": [volume]}


def test_what_changed_is_told_by_name_before_and_after():
    before = made(image="a:1", repositories=(
        Repository(path="x", branch="main", commit="a" * 40, remotes={}),))  # fmt: skip
    after = made(
        image="a:2",
        packages=(Package(name="numpy", version="2.2"), Package(name="torch", version="2.9")),
        repositories=(Repository(path="x", branch="main", commit="b" * 40, remotes={}),),
    )
    found = {(c.what, c.name): (c.before, c.after) for c in environment.changes(
        before, after).changes}  # fmt: skip
    assert found == {
        ("image", ""): ("a:1", "a:2"),
        ("package", "numpy"): ("2.1", "2.2"),
        ("package", "six"): ("1.17", ""),
        ("package", "torch"): ("", "2.9"),
        ("repository", "x"): ("main " + "a" * 12, "main " + "b" * 12),
    }
    assert environment.changes(before, before).changes == ()


def test_requirements_pin_what_was_there_and_say_what_pip_cannot_bring():
    text = exporting.requirements(made(packages=(
        Package(name="numpy", version="2.1"),
        Package(name="mine", version="1", origin="git+https://host/r@abc"),
        Package(name="local", version="1", origin="file:///home/x"),
        Package(name="openssl", version="3.4", source="conda"),
    ))).text  # fmt: skip
    lines = text.splitlines()
    assert "numpy==2.1" in lines
    assert "mine @ git+https://host/r@abc" in lines
    assert any(line.startswith("# local==1") for line in lines)
    assert "# From conda, not from pip: conda install openssl=3.4" in lines


def test_the_notebook_brings_back_the_image_by_its_digest():
    spec = {"template": {"spec": {"containers": [{"name": "demo", "image": "img:1"}]}}}
    body = {"kind": "Notebook", "metadata": {"name": "demo"}, "spec": spec}
    text = exporting.notebook(made(notebook=json.dumps(body), digest="img@sha256:ab")).text
    found = json.loads("\n".join(line for line in text.splitlines() if line[0] != "#"))
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "img@sha256:ab"


def test_the_short_form_fits_an_annotation_however_much_is_installed():
    import msgspec

    many = tuple(Package(name=f"package-{n}", version="1.0") for n in range(3000))
    data = msgspec.json.encode(made(packages=many, notebook="x" * 20000, digest="img@sha256:ab"))
    text = environment.short(data)
    assert 0 < len(text.encode()) < 8192
    found = environment.read(text.encode())
    assert found
    assert found.digest == "img@sha256:ab"
    assert environment.short(b"") == ""
    assert environment.read(b"{") is None
