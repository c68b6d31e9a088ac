"""The shell command, as processes against a real workspace."""

import json
import os
import sys
from pathlib import Path

import pytest

from kfnb_ext.commands import grammar
from kfnb_ext.model import operations, retention, snapshots, status
from tests.commands.shell import KFNB, call, kfnb, record


def test_the_whole_story_of_a_snapshot(place: Path):
    made = record(snapshots.Snapshot, "snapshot", "create", "before cleanup")
    assert (made.name, made.files) == ("before cleanup", 2)

    (place / "notes.txt").write_text("second\n")
    (place / "data" / "table.csv").unlink()
    (place / "new.txt").write_text("new\n")

    said = kfnb("snapshot", "restore", "latest", "--yes").stdout
    assert "create   1" in said
    assert "replace  1" in said
    assert f"as in the snapshot {made.id}." in said
    assert (place / "notes.txt").read_text() == "first\n"
    assert (place / "data" / "table.csv").read_text() == "1,2,3\n"
    assert (place / "new.txt").exists()

    undone = record(snapshots.Restore, "snapshot", "undo", "--yes")
    assert undone.undo_of
    assert (place / "notes.txt").read_text() == "second\n"
    assert not (place / "data" / "table.csv").exists()

    listed = record(snapshots.SnapshotList, "snapshot", "list")
    assert made.id in [one.id for one in listed.snapshots]
    kfnb("snapshot", "delete", made.id, "--yes")
    assert "no snapshot" in kfnb("snapshot", "show", made.id, status=1).stderr


def test_one_path_comes_back_and_the_rest_stays(place: Path):
    kfnb("snapshot", "create")
    (place / "notes.txt").write_text("second\n")
    (place / "data" / "table.csv").write_text("4\n")

    kfnb("snapshot", "restore", "latest", "--exact", "data/", "--yes")

    assert (place / "data" / "table.csv").read_text() == "1,2,3\n"
    assert (place / "notes.txt").read_text() == "second\n"


@pytest.mark.parametrize("named", ["./table.csv", "../data/table.csv", "{place}/data/table.csv"])
def test_a_path_can_be_given_from_here_and_in_full(place: Path, named: str):
    kfnb("snapshot", "create")
    (place / "data" / "table.csv").unlink()

    words = ("--workspace", str(place), "snapshot", "restore", "latest")
    kfnb(*words, named.format(place=place), "--yes", cwd=place / "data")

    assert (place / "data" / "table.csv").exists()


def test_a_restore_that_is_not_possible_is_refused_without_a_question(place: Path):
    kfnb("snapshot", "create")
    (place / "notes.txt").unlink()
    (place / "notes.txt").mkdir()
    (place / "notes.txt" / "newer").write_text("x")
    for words in ((), ("--yes",)):
        said = kfnb("snapshot", "restore", "latest", *words, status=1).stderr
        assert "not possible. Nothing was changed" in said
        assert "newer things: move it away" in said
    assert len(record(snapshots.SnapshotList, "snapshot", "list").snapshots) == 1


def test_without_a_terminal_a_restore_needs_yes_and_shows_what_it_would_do(place: Path):
    kfnb("snapshot", "create")
    (place / "notes.txt").write_text("second\n")

    done = kfnb("snapshot", "restore", "latest", status=2)

    assert "replace  1" in done.stdout
    assert "Add --yes" in done.stderr
    assert (place / "notes.txt").read_text() == "second\n"


def test_json_prints_the_records_of_the_routes(place: Path):
    kfnb("snapshot", "create")

    assert record(status.Status, "status").workspace == str(place)
    assert record(snapshots.Snapshot, "snapshot", "show", "latest").files == 2
    assert record(tuple[snapshots.Verification, ...], "snapshot", "verify")[0].ok
    plan = record(retention.PrunePlan, "snapshot", "prune", "--dry-run", "--last", "1")
    assert len(plan.keep) == 1
    assert record(tuple[operations.Operation, ...], "operations")[0].kind == "verify"


def test_a_current_folder_that_was_deleted_is_named(place: Path):
    kfnb("snapshot", "create")
    gone = place.parent / "gone"
    code = "import os, sys; os.rmdir(os.getcwd()); os.execv(sys.argv[1], sys.argv[1:])"
    for words, said in (
        (("snapshot", "list"), "The current folder is not there any more."),
        (("--workspace", str(place), "snapshot", "restore", "latest", "./a"), "counts from it"),
    ):
        gone.mkdir()
        done = call(sys.executable, "-c", code, *KFNB, *words, cwd=gone)
        assert done.returncode == 1
        assert said in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_snapshots_of_somebody_else_do_not_make_a_folder_above_the_workspace(place: Path):
    (place / ".kfnb").mkdir()
    assert record(status.Status, "status", cwd=place / "data").workspace == str(place)
    os.chown(place / ".kfnb", 65534, 65534)
    assert record(status.Status, "status", cwd=place / "data").workspace == str(place / "data")


def test_a_workspace_and_files_whose_names_are_no_utf8_are_told_spelt_out(place: Path):
    odd = place / os.fsdecode(b"odd\xff")
    odd.mkdir()
    (odd / os.fsdecode(b"f\xff")).write_text("x")
    made = record(snapshots.Snapshot, "snapshot", "create", cwd=odd)
    assert "odd\\udcff/.kfnb" in made.place
    kfnb("snapshot", "list", cwd=odd)
    assert "odd\\udcff" in record(status.Status, "status", cwd=odd).workspace
    (odd / os.fsdecode(b"f\xff")).unlink()
    kfnb("snapshot", "restore", "latest", "--yes", cwd=odd)
    assert (odd / os.fsdecode(b"f\xff")).exists()
    (odd / ".kfnb" / "snapshots" / made.id / "record.json").write_text("{}")
    assert "odd\\\\udcff" in kfnb("snapshot", "list", "--json", cwd=odd).stdout
    said = kfnb("--workspace", os.fsdecode(b"no\xff"), "snapshot", "list", "--json", status=1)
    assert "no\\\\udcff is no folder" in said.stderr


def test_an_error_in_json_is_a_message_and_a_hint(place: Path):
    for words, code in ((("snapshot", "show", "x"), 1), (("nonsense",), 2)):
        said = json.loads(kfnb(*words, "--json", status=code).stderr)
        assert set(said) == {"message", "hint"}
        assert all(said.values())


def test_a_check_that_finds_differences_fails_and_names_them(place: Path):
    made = record(snapshots.Snapshot, "snapshot", "create")
    file = Path(made.place) / "notes.txt"
    file.parent.chmod(0o755)
    file.chmod(0o644)
    file.write_text("other\n")

    done = kfnb("snapshot", "verify", status=1)

    assert "notes.txt" in done.stdout
    assert "Do not rely on" in done.stderr
    assert not record(tuple[snapshots.Verification, ...], "snapshot", "verify", status=1)[0].ok


def test_an_id_is_understood_from_its_beginning_when_that_is_unique(place: Path):
    first = record(snapshots.Snapshot, "snapshot", "create", "one").id
    second = record(snapshots.Snapshot, "snapshot", "create", "two").id
    same = first[: next(n for n in range(len(first)) if first[n] != second[n])]

    assert kfnb("snapshot", "show", first[: len(same) + 1]).stdout.split()[1] == first
    assert "2 snapshots begin with" in kfnb("snapshot", "show", same, status=1).stderr
    hint = kfnb("snapshot", "show", "two", status=1).stderr
    assert f"the one of that name is {second}" in hint


def test_prune_keeps_what_it_is_told_to_keep(place: Path):
    ids = [record(snapshots.Snapshot, "snapshot", "create").id for _ in range(3)]

    assert "Delete 2 snapshots" in kfnb("snapshot", "prune", "--last", "1", status=2).stdout
    kfnb("snapshot", "prune", "--last", "1", "--yes")

    listed = record(snapshots.SnapshotList, "snapshot", "list").snapshots
    assert [one.id for one in listed] == ids[-1:]
    assert "Nothing to delete" in kfnb("snapshot", "prune", "--last", "1").stdout


def test_help_needs_nothing_but_the_words():
    code = (
        "import sys; from kfnb_ext import commands\n"
        "words = ['snapshot', 'restore', '-h']\n"
        "assert commands.run(words, 'shell', sys.stdout, sys.stderr, None) == 0\n"
        "heavy = {'msgspec', 'traitlets', 'jupyter_core', 'kfnb_ext.assembly', 'asyncio'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    done = call(sys.executable, "-c", code)

    assert done.returncode == 0, done.stderr
    assert "usage: kfnb snapshot restore" in done.stdout


def test_words_behind_two_dashes_are_taken_as_they_are():
    given = grammar.parse(["snapshot", "restore", "=a", "--engine=--", "--", "--", "--yes", "=x"])

    assert (given.id, given.paths) == ("=a", ["--", "--yes", "=x"])
    assert (given.engine, given.yes) == ("--", False)


def test_options_may_stand_between_the_words():
    given = grammar.parse(["--json", "snapshot", "restore", "a", "--exact", "p", "--yes", "q"])

    assert (given.json, given.exact, given.yes) == (True, True, True)
    assert (given.id, given.paths) == ("a", ["p", "q"])
