"""What the workspace's files run in, seen on real interpreters, kernels and repositories."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kfnb_ext.probes import environment as probe
from kfnb_ext.probes.environment import interpreters, kernels, repositories

SECRET = "zq9planted8secret7"


@pytest.fixture
def kernel_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Adds a kernel; no other is seen."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "none"))

    def add(name: str, program: str, **more: object) -> None:
        folder = tmp_path / "jupyter/kernels" / name
        folder.mkdir(parents=True)
        told = {"argv": [program, "-m", "x"], "display_name": name, "language": "python", **more}
        (folder / "kernel.json").write_text(json.dumps(told))

    return add


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another Python, with a package of its own from a URL with a password in it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    packages = next((tmp_path / "venv/lib").glob("python*/site-packages"))
    folder = packages / "planted-1.2.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: planted\nVersion: 1.2\n")
    url = f"https://me:{SECRET}@host/r.git?token={SECRET}"
    vcs = {"vcs": "git", "commit_id": "abc"}
    (folder / "direct_url.json").write_text(json.dumps({"url": url, "vcs_info": vcs}))
    return tmp_path / "venv/bin/python"


def test_the_interpreter_of_a_kernel_is_asked_too_and_remembered(tmp_path, kernel_of, other):
    kernel_of("mine", str(other), env={"TOKEN": SECRET})
    found = probe.look(tmp_path, {})
    assert not found.notes, found.notes
    mine = next(one for one in found.interpreters if "mine" in one.kernels)
    (package,) = [one for one in mine.packages if one.name == "planted"]
    assert (package.version, package.origin) == ("1.2", "git+https://host/r.git@abc")
    assert SECRET not in repr(found.interpreters) + repr(found.kernels)
    server = next(one for one in found.interpreters if "" in one.kernels)
    assert "msgspec" in {package.name for package in server.packages}
    again = probe.look(tmp_path, found.known)
    assert again.known == found.known
    assert all(again.known[p] is found.known[p] for p in found.known)


def test_what_is_installed_later_is_seen(tmp_path, other):
    before = interpreters.look(str(other), {})
    assert not isinstance(before, str), before
    packages = next((other.parents[1] / "lib").glob("python*/site-packages"))
    (packages / "late-1.dist-info").mkdir()
    (packages / "late-1.dist-info/METADATA").write_text("Name: late\nVersion: 1\n")
    os.utime(packages, ns=(time.time_ns(), time.time_ns() + 1))
    after = interpreters.look(str(other), {str(other): before})
    assert not isinstance(after, str)
    assert "late" in {name for name, _, _ in after.packages}


@pytest.mark.parametrize("text", ["#!/bin/sh\nsleep 60", "#!/bin/sh\necho no", "#!/bin/sh\nexit 3"])
def test_an_interpreter_that_does_not_answer_is_a_note(tmp_path, text):
    program = tmp_path / "python"
    program.write_text(text)
    program.chmod(0o755)
    assert "did not say" in str(interpreters.look(str(program), {}, 0.5))
    assert "did not say" in str(interpreters.look(str(tmp_path / "gone"), {}))


def test_conda_is_read_without_conda(tmp_path, other):
    records = other.parents[1] / "conda-meta"
    records.mkdir()
    (records / "openssl-3.4.0-h7b32b05_1.json").write_text("{}")
    (records / "history").write_text("")
    seen = interpreters.look(str(other), {})
    assert not isinstance(seen, str)
    found = interpreters.of(str(other), seen, ("x",))
    assert ("openssl", "3.4.0", "conda") in [(p.name, p.version, p.source) for p in found.packages]


def test_a_kernel_specification_that_is_broken_is_passed_over(kernel_of, tmp_path):
    kernel_of("good", "python3")
    broken = tmp_path / "jupyter/kernels/broken"
    broken.mkdir()
    (broken / "kernel.json").write_text("{")
    found = {one.name: one for one in kernels.found()}
    assert found["good"].program == sys.executable
    assert "broken" not in found


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=x", "-c", "user.email=x@y"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def test_repositories_tell_branch_commit_and_remotes_without_credentials(tmp_path):
    folder = tmp_path / "deep/project"
    folder.mkdir(parents=True)
    git(folder, "init", "-b", "main")
    (folder / "x").write_text("x")
    git(folder, "add", "x")
    git(folder, "commit", "-m", "x")
    git(folder, "remote", "add", "origin", f"https://me:{SECRET}@host/r.git")
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()
    ((one,), note) = repositories.found(tmp_path)
    assert (one.path, one.branch, one.commit) == ("deep/project", "main", head)
    assert one.remotes == {"origin": "https://host/r.git"}
    assert not note
    git(folder, "pack-refs", "--all")
    assert repositories.found(tmp_path)[0][0].commit == head
    git(folder, "checkout", "--detach")
    assert (repositories.found(tmp_path)[0][0].branch) == ""


def test_a_walk_that_takes_too_long_is_cut_short_and_says_so(tmp_path):
    for name in "abc":
        (tmp_path / name).mkdir()
    ticks = iter(range(100))
    _, note = repositories.found(tmp_path, clock=lambda: float(next(ticks)))
    assert "Not every folder" in note
