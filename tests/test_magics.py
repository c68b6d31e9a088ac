"""The magics in a real kernel, over its real channels."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

from tests.commands.shell import fill


class Answer(NamedTuple):
    """What a cell came to."""

    status: str  # of the reply: "error" keeps "Run All" from going on
    printed: str
    value: str
    error: tuple[str, ...]  # the lines that are shown instead of a traceback
    asked: tuple[str, ...]


class Notebook:
    """A kernel in a workspace, and the cells that are run in it."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient, place: Path) -> None:
        self.manager, self.client, self.place = manager, client, place

    def run(self, code: str, reply: str | None = None, stop_after: str = "") -> Answer:
        """Run a cell, answer its question, press the stop button when a text has come."""
        got: dict[str, Any] = {"printed": "", "value": "", "error": (), "asked": []}

        def hear(message: dict[str, Any]) -> None:
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                got["printed"] += content["text"]
                if stop_after and stop_after in content["text"] and not got.get("stopped"):
                    got["stopped"] = True
                    self.manager.interrupt_kernel()
            elif kind == "execute_result":
                got["value"] = content["data"]["text/plain"]
            elif kind == "error":
                got["error"] = tuple(content["traceback"])

        def answer(message: dict[str, Any]) -> None:
            got["asked"].append(message["content"]["prompt"])
            self.client.input(reply)

        done = self.client.execute_interactive(
            code, allow_stdin=reply is not None, output_hook=hear, stdin_hook=answer, timeout=60
        )
        asked = tuple(got["asked"])
        status = done["content"]["status"]
        return Answer(status, got["printed"], got["value"], got["error"], asked)


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    top = tmp_path_factory.mktemp("kernel")
    place = top / "workspace"
    place.mkdir()
    (place / "notes.txt").write_text("first\n")
    own = {"KFNB_STATE_DIR": str(top / "state"), "KFNB_WORKSPACE": str(place)}
    own |= {"HOME": str(top), "IPYTHONDIR": str(top / "ipython")}
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("KFNB_", "PYTEST_"))]:
            patch.delenv(name)
        for name, value in own.items():
            patch.setenv(name, value)
        manager, client = start_new_kernel(cwd=str(place))
    try:
        book = Notebook(manager, client, place)
        assert book.run("%load_ext kfnb_ext").status == "ok"
        yield book
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_snapshot_and_the_way_back_in_a_notebook(notebook: Notebook):
    made = notebook.run('%kfnb snapshot create "before cleanup"')
    assert made.status == "ok"
    assert '"before cleanup": 1 file' in made.printed

    notes = notebook.place / "notes.txt"
    notes.write_text("second\n")
    restored = notebook.run("%kfnb snapshot restore latest", reply="y")
    assert restored.asked == ("Restore? [y/N] ",)
    assert notes.read_text() == "first\n"
    assert "To take this back: %kfnb snapshot undo" in restored.printed

    assert notebook.run("%kfnb snapshot undo --yes").status == "ok"
    assert notes.read_text() == "second\n"


def test_json_is_a_value_of_dicts_and_lists_and_prints_nothing(notebook: Notebook):
    assert notebook.run("s = %kfnb status --json").printed == ""
    assert notebook.run("s['workspace']").value == repr(str(notebook.place))
    assert notebook.run("l = %kfnb snapshot list --json").status == "ok"
    assert notebook.run("type(l), type(l['snapshots'])").value == "(dict, list)"


def test_a_failure_is_a_message_and_a_hint_and_ends_run_all(notebook: Notebook):
    failed = notebook.run("%kfnb snapshot show nothing")

    assert failed.status == "error"
    assert failed.error == (
        "There is no snapshot 'nothing'. Nothing was changed.",
        "`%kfnb snapshot list` shows those there are.",
    )


@pytest.mark.parametrize("words", ["", "nonsense", "snapshot restore", 'snapshot create "open'])
def test_wrong_words_are_said_without_a_traceback(notebook: Notebook, words: str):
    failed = notebook.run(f"%kfnb {words}")

    assert failed.status == "error"
    assert len(failed.error) == 2
    assert not any("Traceback" in line for line in failed.error)


def test_a_failure_can_be_caught_by_its_words(notebook: Notebook):
    code = (
        "try:\n    %kfnb snapshot show nothing\nexcept Exception as error:\n    print(error.hint)"
    )

    assert "%kfnb snapshot list" in notebook.run(code).printed


def test_a_no_changes_nothing_and_without_anybody_to_ask_it_says_add_yes(notebook: Notebook):
    notebook.run("%kfnb snapshot create")

    refused = notebook.run("%kfnb snapshot delete latest", reply="n")
    assert refused.error == ("Not confirmed. Nothing was changed.",)
    alone = notebook.run("%kfnb snapshot delete latest")
    assert "Add --yes" in alone.error[1]
    assert notebook.run("%kfnb snapshot show latest").status == "ok"


def test_keep_awake_has_the_same_words_and_needs_a_server(notebook: Notebook):
    asked = notebook.run('%kfnb keep-awake 2h --reason "a long download"')
    assert asked.status == "error"
    assert "could tell the cluster" in asked.error[0]
    assert "%kfnb keep-awake 2h" in notebook.run("%kfnb keep-awake").printed
    assert "In a terminal: kfnb agent" in notebook.run("%kfnb agent").error[1]


def test_help_and_version_are_printed(notebook: Notebook):
    assert "usage: %kfnb snapshot restore" in notebook.run("%kfnb snapshot restore -h").printed
    assert notebook.run("%kfnb --version").printed.startswith("kfnb ")


def test_many_looks_at_the_status_leave_no_threads_behind(notebook: Notebook):
    notebook.run("import threading\ns = %kfnb status --json\nbefore = threading.active_count()")
    notebook.run("for _ in range(5):\n    s = %kfnb status --json")

    assert notebook.run("threading.active_count() - before").value == "0"


def test_the_stop_button_stops_the_operation_and_the_progress_line_is_one(notebook: Notebook):
    fill(notebook.place)
    timer = threading.Timer(30, notebook.manager.interrupt_kernel)  # should no progress come
    timer.start()

    stopped = notebook.run("%kfnb snapshot create stopped", stop_after=" % ")
    timer.cancel()

    assert stopped.status == "error"
    assert stopped.error[0].endswith("Everything is as it was before.")
    assert stopped.printed.startswith("\r")
    assert "\n" not in stopped.printed
    assert "stopped" not in notebook.run("%kfnb snapshot list").printed
