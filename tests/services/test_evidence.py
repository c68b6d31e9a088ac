"""Evidence, gathered from what was seen, and what becomes of it."""

import os
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from kfnb_ext.model.activity import Activity, ActivityPolicy
from kfnb_ext.model.gpu import Gpu, GpuActivity, GpuProcess, Gpus, MigSlice
from kfnb_ext.model.operations import Operation
from kfnb_ext.model.reading import Unavailable
from kfnb_ext.probes.nvml import said
from kfnb_ext.probes.usage import Work
from kfnb_ext.services import beats, progress
from kfnb_ext.services.activity import ActivityKeeper
from kfnb_ext.services.clock import Timeline
from kfnb_ext.services.evidence import Gatherer, Kernel, Senses, Terminal, Witnessed
from tests.fakes.time import Time

NO_GPU = Unavailable(reason=progress.NO_GPU)
HOURS_12 = timedelta(hours=12)


class Pod:
    """A pod whose parts say what the test wants."""

    def __init__(self, tmp_path: Path, **policy: object) -> None:
        self.time = Time()
        self.work: tuple[Work, ...] = ()
        self.operations: tuple[Operation, ...] = ()
        self.kernels: dict[str, Kernel] = {}
        self.terminals: dict[str, Terminal] = {}
        self.saved: tuple[str, float, str] | None = None
        self.gpus: Gpus | Unavailable = NO_GPU
        self.in_use_file = tmp_path / "in-use"
        self.heartbeat = tmp_path / "code-server" / "heartbeat"
        timeline = Timeline(self.time.clock)
        given = ActivityPolicy(**policy)  # type: ignore[arg-type]
        self.gatherer = Gatherer(timeline, self._senses(), given)
        self.keeper = ActivityKeeper(timeline, None, given)

    def _senses(self) -> Senses:
        return Senses(
            work=lambda roots, server: self.work,
            beats=lambda: beats.read(str(self.in_use_file), [str(self.heartbeat)]),
            operations=lambda: self.operations,
            awake=lambda: None,
        )

    def kernel(self, state_: str, **more: object) -> None:
        """A kernel in a state, whose last message came right now."""
        given: dict[str, object] = {"stamp": self.time.utc(), "pid": 7, "clients": 0, **more}
        self.kernels["k"] = Kernel(id="k", name="demo.ipynb", state=state_, **given)  # type: ignore[arg-type]

    def touch(self, file: Path) -> None:
        """Touch a file, by the clock of the test."""
        file.parent.mkdir(exist_ok=True)
        file.touch()
        os.utime(file, (self.time.wall, self.time.wall))

    def look(self) -> Activity:
        """Gather and weigh."""
        seen = Witnessed(
            server=1,
            kernels=tuple(self.kernels.values()),
            terminals=tuple(self.terminals.values()),
            saved=self.saved,
        )
        return self.keeper.weigh(self.gatherer.gather(seen, self.gpus))


def work(kind: str = "terminal", source: str = "2", **more: object) -> Work:
    given: dict[str, object] = {
        "pid": 44, "command": "python train.py", "itself": False, "cpu": 0.96, "io": 0, **more
    }  # fmt: skip
    return Work(kind=kind, source=source, **given)  # type: ignore[arg-type]


def gpus(utilisation: float | None) -> Gpus:
    one = Gpu(
        index=0, uuid="GPU-1", name="A100", memory_total=40, memory_used=12,
        utilisation=utilisation, temperature_c=None, power_milliwatts=None, mig_enabled=False,
    )  # fmt: skip
    return Gpus(driver_version=None, nvml_version=None, gpus=(one,))


@pytest.fixture
def pod(tmp_path: Path) -> Pod:
    found = Pod(tmp_path)
    found.time.pass_(hours=3)
    return found


@pytest.mark.parametrize(
    ("did", "text"),
    [
        (work(), "terminal 2: `python train.py` used 96 % of a core"),
        (work(cpu=3.21), "terminal 2: `python train.py` used 3.2 cores"),
        (work(cpu=0.01, io=5_200_000), "terminal 2: `python train.py` moved 5.2 MB per second"),
        (work("kernel", "k"), "kernel demo.ipynb: `python train.py` used 96 % of a core"),
        (
            work("kernel", "k", itself=True),
            "kernel demo.ipynb: work in the background used 96 % of a core",
        ),
        (work("pod", "44"), "`python train.py` (process 44) used 96 % of a core"),
    ],
)
def test_whoever_computes_is_named_with_its_figure_and_its_start(pod: Pod, did: Work, text: str):
    pod.kernel("idle")
    pod.work = (did,)
    began = pod.time.utc()
    pod.look()
    pod.time.pass_(minutes=40)
    verdict = pod.look()

    assert verdict.in_use
    assert [(r.text, r.since) for r in verdict.reasons] == [(text, began)]


def test_a_job_that_paused_starts_anew(pod: Pod):
    for did in (work(), work(cpu=0.0), work()):
        pod.work = (did,)
        pod.look()
        pod.time.pass_(30)

    assert pod.look().reasons[0].since == pod.time.utc() - timedelta(seconds=30)


def test_a_busy_kernel_is_busy_since_its_last_message(pod: Pod):
    pod.kernel("busy")
    began = pod.time.utc()
    pod.time.pass_(20)
    pod.look()
    pod.time.pass_(hours=3)
    verdict = pod.look()

    assert verdict.in_use
    assert [(r.text, r.since) for r in verdict.reasons] == [("kernel demo.ipynb is busy", began)]


def test_what_an_onlooker_prints_is_no_use_and_what_runs_beside_it_is(pod: Pod):
    started = pod.time.utc()
    for _ in range(240):  # two hours of `top`, which prints all the time
        pod.terminals["2"] = Terminal(name="2", stamp=pod.time.utc())
        pod.work = (work(cpu=0.0, looks_on="top"),)
        verdict = pod.look()
        pod.time.pass_(30)
    assert not verdict.in_use
    assert verdict.last_use == started
    assert verdict.reasons[0].text == "terminal 2 was used, and shows `top` since"

    # It is left, and the person types on.
    pod.terminals["2"] = Terminal(name="2", stamp=pod.time.utc())
    pod.work = (work(cpu=0.0),)
    verdict = pod.look()
    assert verdict.in_use
    assert verdict.last_use == pod.time.utc()


def test_terminals_keep_their_own_time_with_or_without_a_tab(pod: Pod):
    for name, minutes in (("1", 40.0), ("2", 5.0)):
        stamp = pod.time.utc() - timedelta(minutes=minutes)
        pod.terminals[name] = Terminal(name=name, stamp=stamp)
    verdict = pod.look()

    assert verdict.last_use == pod.time.utc() - timedelta(minutes=5)
    assert verdict.reasons[0].text == "terminal 2 was used"


def test_a_save_counts_at_its_own_time(pod: Pod):
    pod.saved = ("a.py", pod.time.ticks - 60, "a.py was saved")

    assert pod.look().reasons[0].text == "a.py was saved"


def test_a_touched_file_and_an_applications_heartbeat_count(pod: Pod):
    pod.touch(pod.heartbeat)
    assert pod.look().reasons[0].text == "code-server was used"
    pod.time.pass_(minutes=10)
    pod.touch(pod.in_use_file)
    pod.time.pass_(minutes=10)
    verdict = pod.look()

    assert verdict.reasons[0].text == f"{pod.in_use_file} was touched"
    # The file was touched between two looks: it cannot be older than the one before.
    assert verdict.last_use == pod.time.utc() - timedelta(minutes=10)


def test_a_file_dated_into_the_future_makes_nothing_immortal(pod: Pod):
    pod.time.jump(hours=9)
    pod.touch(pod.in_use_file)
    pod.time.jump(hours=-9)
    before = pod.look().last_use
    pod.time.pass_(hours=2)

    assert pod.look().last_use == before
    assert "not counted" in pod.look().unknown[0]


def test_rstudios_sessions_tell_their_last_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".local/share/rstudio/sessions/active/session-abc/properites"
    folder.mkdir(parents=True)
    (folder / "last-used").write_text("1800000000123")

    (beat,) = beats.read(str(tmp_path / "none"), [])
    assert (beat.text, beat.stamp and beat.stamp.timestamp()) == (
        "RStudio was used",
        1800000000.123,
    )


def test_a_gpu_that_nobody_uses_is_no_use_and_one_that_cannot_be_read_says_nothing(pod: Pod):
    pod.gpus = gpus(0.0)
    idle = pod.look()
    pod.gpus = gpus(None)
    unknown = pod.look()

    assert (idle.in_use, idle.unknown) == (False, ())
    assert not unknown.in_use
    assert "cannot be read" in unknown.unknown[0]


def held(utilisation: float | None, **more: object) -> Gpus:
    """A GPU whose device is busy at 90 %, held by one process of ours."""
    ours = GpuProcess(
        pid=7, start_ticks=1, command="python", memory=12, confidence="exact",
        utilisation=utilisation, holder="kernel", source="k", name="demo.ipynb", can_end=False,
        visible_devices=None,
    )  # fmt: skip
    (one,) = gpus(0.9).gpus
    given = msgspec.structs.replace(one, processes=(ours,), **more)
    return Gpus(driver_version=None, nvml_version=None, gpus=(given,))


@pytest.mark.parametrize(
    ("found", "share"),
    [
        (held(0.8), 0.8),
        (held(0.0), 0.0),  # memory is held, others work
        (held(None), None),  # shared, and not told by whom
        (held(None, sharing="exclusive"), 0.9),
        (gpus(0.9), None),
        (gpus(0.01), 0.01),
        (held(None, mig_enabled=True), None),
        (Gpus(driver_version=None, nvml_version=None, gpus=()), 0.0),
        (Unavailable(reason="The driver hangs."), None),
        (NO_GPU, 0.0),
    ],
)
def test_only_work_of_our_own_processes_on_a_gpu_is_ours(
    found: Gpus | Unavailable, share: float | None
):
    assert progress.gpu_work(found, ActivityPolicy()).share == share


def sliced(ran: float | None, own: int | None, used: int) -> Gpus:
    """A slice of a Hopper on which something ran."""
    activity = ran if ran is None else GpuActivity(
        window_s=2.0, sm=ran, occupancy=None, tensor=None, memory_bandwidth=None, graphics=ran
    )  # fmt: skip
    part = MigSlice(
        uuid="MIG-1", slot=0, gpu_instance=1, compute_instance=0, profile="1g.10gb",
        multiprocessors=16, gpu_slices=1, compute_slices=1, memory_total=10 << 30,
        memory_used=used, memory_own=own, activity=activity, processes=(), held_idle_since=None,
    )  # fmt: skip
    (one,) = gpus(None).gpus
    given = msgspec.structs.replace(one, mig_enabled=True, slices=(part,))
    return Gpus(driver_version=None, nvml_version=None, gpus=(given,))


@pytest.mark.parametrize(
    ("found", "share"),
    [
        (sliced(0.7, 2 << 30, (2 << 30) + (40 << 20)), 0.7),
        (sliced(0.7, 2 << 30, 6 << 30), None),  # shared in turns: it may be theirs
        (sliced(0.7, 0, 6 << 30), None),
        (sliced(0.01, 0, 6 << 30), 0.01),
        (sliced(0.7, None, 6 << 30), 0.7),  # a driver that tells no memory: a slice is one pod's
        (sliced(None, 2 << 30, 2 << 30), None),
    ],
)
def test_work_on_a_slice_beside_the_memory_of_others_is_not_taken_for_ours(
    found: Gpus, share: float | None
):
    assert progress.gpu_work(found, ActivityPolicy()).share == share


def test_work_on_a_gpu_is_use_and_memory_held_is_none(pod: Pod):
    pod.gpus = held(0.8)
    assert [reason.text for reason in pod.look().reasons] == ["a GPU works"]
    pod.gpus = held(0.0)
    assert not pod.look().in_use


def test_the_words_of_a_pod_without_a_gpu_are_the_probes():
    assert said.SENTENCES[said.NO_GPU][0] == progress.NO_GPU


def test_processes_that_cannot_be_read_are_unknown_and_not_idle(tmp_path: Path):
    pod = Pod(tmp_path)
    pod.gatherer._senses = Senses(  # the door is shut
        work=lambda roots, server: (_ for _ in ()).throw(PermissionError(13, "denied")),
        beats=lambda: (),
        operations=lambda: (),
        awake=lambda: None,
    )

    assert "denied" in pod.look().unknown[0]


def test_a_kernel_without_progress_is_in_use_where_the_administrator_says_nothing(pod: Pod):
    pod.kernel("busy")
    pod.work = (work("kernel", "k", cpu=0.002),)
    pod.time.pass_(hours=40)

    assert pod.look().in_use


def stuck_pod(tmp_path: Path) -> Pod:
    pod = Pod(tmp_path, quiet=HOURS_12)
    pod.work = (work("kernel", "k", cpu=0.002),)
    pod.kernel("busy")
    pod.look()
    return pod


def test_a_kernel_without_progress_is_idle_after_the_hours_allowed_and_a_warning(tmp_path: Path):
    pod = stuck_pod(tmp_path)
    began = pod.time.utc()
    warned: list[tuple[float, str]] = []
    for minutes in range(0, 13 * 60, 5):
        verdict = pod.look()
        warned += [(minutes, sentence) for sentence in pod.gatherer.nearly_stuck()]
        assert verdict.in_use == (minutes < 12 * 60)
        pod.time.pass_(minutes=5)

    assert verdict.last_use == began, "the true time"
    ((minutes, sentence),) = warned
    assert minutes == 12 * 60 - 15
    assert sentence.startswith("The kernel of demo.ipynb is busy, but has used no CPU")


@pytest.mark.parametrize("sign", ["cpu", "io", "output", "client", "gpu unknown", "cpu unknown"])
def test_any_sign_of_progress_and_any_doubt_keeps_a_busy_kernel_in_use(tmp_path: Path, sign: str):
    pod = stuck_pod(tmp_path)
    for _ in range(30):
        pod.time.pass_(hours=1)
        if sign == "cpu":
            pod.work = (work("kernel", "k", cpu=0.04),)
        elif sign == "io":
            pod.work = (work("kernel", "k", cpu=0.0, io=200_000),)
        elif sign == "output":
            pod.kernel("busy")
        elif sign == "client":
            pod.kernel("busy", stamp=pod.kernels["k"].stamp, clients=1)
        elif sign == "gpu unknown":
            pod.gpus = gpus(None)
        else:
            pod.work = ()
        assert pod.look().in_use
    assert pod.gatherer.nearly_stuck() == []


def test_a_kernel_that_waits_in_input_is_named_so(pod: Pod):
    pod.kernel("busy", waits_for_input=True)

    assert pod.look().reasons[0].text == "kernel demo.ipynb waits for an answer to input()"


@pytest.mark.parametrize("name", ["starting", "dead", "unknown"])
def test_a_state_that_a_culler_takes_for_busy_is_told_as_what_it_is(pod: Pod, name: str):
    pod.kernel(name)
    verdict = pod.look()

    assert verdict.in_use
    assert verdict.reasons[0].text != "kernel demo.ipynb is busy"
