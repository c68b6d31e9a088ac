"""Whatever a person, a script or an enemy writes: words and an exit status, never a traceback."""

import hashlib
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from kfnb_ext import commands

LONG = "n" * 10_000
NASTY = ("", ".", "..", "../..", "/", "/etc/passwd", "~root", "a\0b", "\0", LONG, "-1", "--", "*")
NASTY += ("\udcff", "a\nb", "\x1b[31m", "{}", "null", "latest ", "link/passwd", "🦑", "%s", "$HOME")
words = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=()), max_size=40)
few = settings(max_examples=60, deadline=None)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace with two snapshots and a link that leads out of it."""
    top = tmp_path_factory.mktemp("bad")
    workspace = top / "workspace"
    (workspace / "data").mkdir(parents=True)
    (workspace / "data" / "table.csv").write_text("1,2,3\n")
    (workspace / "link").symlink_to("/etc")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("KFNB_")]:
            patch.delenv(name)
        patch.setenv("KFNB_STATE_DIR", str(top / "state"))
        patch.setenv("HOME", str(top / "home"))
        patch.chdir(workspace)
        for _ in range(2):
            assert run("snapshot", "create")[0] == 0
        (workspace / "data" / "table.csv").write_text("4,5,6\n")
        yield workspace


def run(*argv: str) -> tuple[int, str, str]:
    """The command in this process, where also a NUL can be handed over."""
    out, err = io.StringIO(), io.StringIO()
    code = commands.run(argv, "shell", out, err, None)
    return code, out.getvalue(), err.getvalue()


def refused(place: Path, *argv: str) -> None:
    """Hold it to what is promised of a command that cannot be carried out."""
    before = tree(place)
    code, _, err = run(*argv)
    assert code in (1, 2), (argv, err)
    message, *hint = err.splitlines()
    assert message
    assert hint, f"no way out: {err!r}"
    assert len(err) < 2000
    assert "Traceback" not in err
    assert "unexpectedly" not in err
    assert tree(place) == before


def tree(folder: Path) -> str:
    """One sum over all that can be seen of a folder."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        target = os.readlink(path) if path.is_symlink() else ""
        total.update(repr((path, about.st_mode, about.st_mtime_ns, content, target)).encode())
    return total.hexdigest()


@few
@given(word=words, verb=st.sampled_from(("show", "restore", "delete", "verify", "undo")))
def test_an_unknown_id_is_refused(place: Path, word: str, verb: str):
    assume(word not in ("latest", "-h", "--yes", "--json", "--exact", "--"))
    yes = ["--yes"] if verb in ("restore", "delete", "undo") else []
    refused(place, "snapshot", verb, *yes, word)
    refused(place, "snapshot", verb, *yes, "--", word)


@few
@given(path=words)
@example("link/passwd")
@example("data/../../workspace2")
@example("./../..")
@example("--")
@example("/proc/self/root/etc/passwd")
@example(".kfnb")
@example(".kfnb/lock")
@example("\udd00")
def test_a_path_that_is_not_in_the_snapshot_is_refused(place: Path, path: str):
    assume(os.path.normpath(path) not in (".", "data", "link", "./."))
    refused(place, "snapshot", "restore", "latest", "--yes", "--", path)
    refused(place, "snapshot", "restore", "latest", "--yes", "--exact", "--", path)


@few
@given(name=st.text(min_size=201, max_size=300) | st.text("\0\n\x1b\x7f\u2028\udc80", min_size=1))
@example(LONG)
def test_a_name_that_cannot_be_one_is_refused(place: Path, name: str):
    refused(place, "snapshot", "create", "--", name)


@few
@given(folder=words)
@example("/etc/passwd")
@example("data/table.csv")
def test_a_workspace_that_is_no_folder_is_refused(place: Path, folder: str):
    assume(folder == "" or "\0" in folder or not os.path.isdir(os.path.expanduser(folder)[:4000]))
    for words in (["status"], ["operations"], ["snapshot", "create"]):
        refused(place, *words, f"--workspace={folder}")


@few
@given(engine=words)
def test_an_unknown_engine_is_refused(place: Path, engine: str):
    for words in (["create"], ["list"], ["show", "latest"], ["verify"], ["prune"], ["undo"]):
        refused(place, "snapshot", *words, f"--engine={engine}")


@few
@given(number=words | st.integers(max_value=-1).map(str) | st.integers(100_001, 10**9).map(str))
@example("1e3")
@example("0")
@example("9" * 5000)
def test_a_retention_that_is_no_number_or_keeps_nothing_is_refused(place: Path, number: str):
    assume(not re.fullmatch(r"\s*[+]?0*[1-9][0-9_]{0,4}\s*", number))
    refused(place, "snapshot", "prune", "--yes", f"--last={number}")


@few
@given(argv=st.lists(words | st.sampled_from(("snapshot", "restore", "--json", "-x", "--engine"))))
@example([])
@example(["snapshot"])
@example(["status", "status"])
@example(["--workspace"])
@example(["snapshot", "restore", "latest", "--exakt"])
def test_words_outside_of_the_grammar_are_refused(place: Path, argv: list[str]):
    refused(place, *argv)


def test_what_is_refused_in_json_is_one_record(place: Path):
    import msgspec

    for argv in (["snapshot", "show", "\udcff\0"], ["snapshot", LONG], ["snapshot", "undo"]):
        _, out, err = run(*argv, "--json")
        assert out == ""
        assert set(msgspec.json.decode(err)) == {"message", "hint"}


def test_a_site_that_forbids_changes_is_obeyed(place: Path, monkeypatch: pytest.MonkeyPatch):
    for variable, value in (("KFNB_READ_ONLY", "1"), ("KFNB_SNAPSHOTS_ENABLED", "0")):
        with monkeypatch.context() as patch:
            patch.setenv(variable, value)
            for words in (
                ["create"],
                ["restore", "latest", "--yes"],
                ["delete", "latest", "--yes"],
            ):
                refused(place, "snapshot", *words)
            assert run("snapshot", "list")[0] == 0
            assert run("snapshot", "verify")[0] == 0


def test_options_that_cannot_be_used_are_named(place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KFNB_SNAPSHOT_SHARE", "much")

    refused(place, "status")
    assert "KFNB_SNAPSHOT_SHARE" in run("status")[2]


@pytest.mark.parametrize("word", ["0", "-1", "many", "1.5", "100001"])
def test_a_count_that_is_none_is_a_wrong_word(place: Path, word: str):
    for words in (["snapshot", "prune", f"--last={word}"], ["du", f"--top={word}"]):
        code, _, err = run(*words)

        assert code == 2
        assert f"'{word}' is not a whole number from 1 to 100000" in err


@pytest.mark.parametrize(
    "word", ["\udd00", "a\0b", LONG, "nowhere"], ids=["surrogate", "NUL", "long", "absent"]
)
def test_what_is_no_folder_is_not_scanned(place: Path, word: str):
    refused(place, "du", "--", word)
