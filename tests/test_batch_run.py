"""Running a batch: what is skipped, what fails, what a dead worker costs, what an interrupt leaves."""

import argparse
import io
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from blender_pose3d.batch import memory
from blender_pose3d.batch.claim import claim
from blender_pose3d.batch.inputs import find
from blender_pose3d.batch.plan import Clip
from blender_pose3d.batch.progress import Progress
from blender_pose3d.batch.run import Made, run
from blender_pose3d.batch.summary import DONE, ELSEWHERE, FAILED, UP_TO_DATE, Outcome
from blender_pose3d.batch.workers import affordable
from blender_pose3d.batch.workers import run as run_workers


def clips(folder: Path, *names: str) -> list[Clip]:
    made = []
    for name in names:
        (folder / f"{name}.npz").write_text(name)
        args = argparse.Namespace(height=1.7)
        made.append(Clip(folder / f"{name}.npz", folder / "out", name, name, args))
    return made


class Maker:
    """Stands for Blender: writes a file, and fails where it is told to."""

    def __init__(self, fails: dict[str, Exception] | None = None) -> None:
        self.fails, self.made = fails or {}, []

    def __call__(self, clip: Clip, folder: Path) -> Made:
        self.made.append(clip.name)
        if clip.name in self.fails:
            raise self.fails[clip.name]
        result = folder / f"{clip.name}.fbx"
        result.write_text(clip.name)
        return Made([result], {"frames": 7})


class Refused(Exception):
    exit_code = 3


def test_a_second_run_does_only_what_is_missing(tmp_path):
    wanted, maker = clips(tmp_path, "a", "b", "c"), Maker()
    assert [o.status for o in run(wanted, maker, "p")] == [DONE] * 3
    (tmp_path / "out" / "b.fbx").unlink()
    (tmp_path / "c.npz").write_text("a new take")
    again = Maker()
    outcomes = list(run(wanted, again, "p"))
    assert [o.status for o in outcomes] == [UP_TO_DATE, DONE, DONE]
    assert outcomes[0].facts == {"frames": 7}
    assert again.made == ["b", "c"]
    assert [o.status for o in run(wanted, Maker(), "p", again=True)] == [DONE] * 3


def test_what_fails_does_not_stop_the_rest(tmp_path):
    fails = {
        "a": Refused("Nobody in\nview."),
        "b": RuntimeError("bug"),
        "c": OSError(28, "No space left", "x"),
    }
    outcomes = list(run(clips(tmp_path, "a", "b", "c", "d"), Maker(fails), "p"))
    assert [(o.status, o.code) for o in outcomes] == [(FAILED, 3), (FAILED, 1), (FAILED, 1), (DONE, 0)]
    assert [o.message for o in outcomes[:3]] == [
        "Nobody in\nview.",
        "Something unexpected went wrong (RuntimeError: bug).",
        f"Cannot write to {tmp_path / 'out'}: No space left.",
    ]
    assert not list((tmp_path / "out").glob(".*"))


def test_an_input_that_went_away_is_told(tmp_path):
    wanted = clips(tmp_path, "a")
    wanted[0].path.unlink()
    (outcome,) = run(wanted, Maker(), "p")
    assert outcome.status == FAILED and "a.npz" in outcome.message


def test_what_another_run_is_at_is_left_to_it(tmp_path):
    wanted = clips(tmp_path, "a", "b")
    (tmp_path / "out").mkdir()
    with claim(tmp_path / "out" / ".a.claim"):
        assert [o.status for o in run(wanted, Maker(), "p")] == [ELSEWHERE, DONE]


def test_an_interrupt_leaves_no_claim(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        list(run(clips(tmp_path, "a"), Maker({"a": KeyboardInterrupt()}), "p"))
    assert not (tmp_path / "out").exists()


# A worker of these tests' own: answers after a moment, or dies.
WORKER = """
import json, os, sys, time
for line in sys.stdin:
    label = json.loads(line)["label"]
    if label == "deadly":
        os._exit(9)
    if label == "endless":
        open(sys.argv[1], "w").write(str(os.getpid()))
        time.sleep(60)
    time.sleep(0.02)
    answer = {"label": label, "status": "done", "seconds": 0.02, "facts": {"pid": os.getpid()}}
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def worker(tmp_path) -> list[str]:
    (tmp_path / "worker.py").write_text(WORKER)
    return [sys.executable, "-S", str(tmp_path / "worker.py"), str(tmp_path / "pid")]


def test_workers_share_the_clips(tmp_path, worker):
    wanted = clips(tmp_path, *(f"c{i}" for i in range(8)))
    outcomes = list(run_workers([[clip] for clip in wanted], worker, 2))
    assert sorted(o.label for o in outcomes) == sorted(c.label for c in wanted)
    assert all(o.status == DONE for o in outcomes)
    assert len({o.facts["pid"] for o in outcomes}) == 2


def test_a_worker_that_dies_costs_one_clip(tmp_path, worker):
    outcomes = {o.label: o for o in run_workers([clips(tmp_path, "a", "deadly", "b", "c")], worker, 1)}
    assert [outcomes[name].status for name in "abc"] == [DONE] * 3
    assert outcomes["deadly"].status == FAILED and "exit code 9" in outcomes["deadly"].message


def test_a_program_that_is_not_there_fails_every_clip(tmp_path):
    outcomes = list(run_workers([[clip] for clip in clips(tmp_path, "a", "b")], [str(tmp_path / "gone")], 2))
    assert [o.status for o in outcomes] == [FAILED, FAILED]


@pytest.mark.skipif(os.name != "posix", reason="asks the system for a process by its number")
def test_leaving_ends_the_workers(tmp_path, worker):
    running = run_workers([clips(tmp_path, "a", "endless")], worker, 1)
    assert next(running).label == "a"
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.01)
    running.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_results_appear_together_or_not_at_all(tmp_path):
    wanted = clips(tmp_path, "a")
    list(run(wanted, Maker(), "p"))
    (tmp_path / "a.npz").write_text("a new take")
    left = tmp_path / "out" / ".a.0123abcd"  # of a run that was killed
    left.mkdir()
    (left / "a.fbx").write_text("half")
    (tmp_path / "out" / ".a.0123abcd.blend@").write_text("half")
    (tmp_path / "out" / ".a.b.0123abcd").write_text("of a clip called a.b")

    class Full(Maker):
        def __call__(self, clip, folder):
            super().__call__(clip, folder)
            raise OSError(28, "No space left on device", str(folder / "a.bvh"))

    (outcome,) = run(wanted, Full(), "p")
    assert outcome.message == f"Cannot write to {tmp_path / 'out'}: No space left on device."
    there = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert there.pop("a.done.json") and there == {"a.fbx": "a", ".a.b.0123abcd": "of a clip called a.b"}


def test_what_a_kill_at_the_last_moment_leaves_is_cleared(tmp_path):
    wanted = clips(tmp_path, "a")
    list(run(wanted, Maker(), "p"))
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    ended.wait()
    own = json.dumps({"host": socket.gethostname(), "pid": ended.pid})
    (tmp_path / "out" / ".a.claim").write_text(own)
    (tmp_path / "out" / ".a.0123abcd").mkdir()
    assert [o.status for o in run(wanted, Maker(), "p")] == [UP_TO_DATE]
    assert not list((tmp_path / "out").glob(".*"))
    with claim(tmp_path / "out" / ".a.claim"):
        assert [o.status for o in run(wanted, Maker(), "p")] == [UP_TO_DATE]


def test_messages_name_results_where_they_appear(tmp_path):
    class Refuses(Maker):
        def __call__(self, clip, folder):
            raise Refused(f"Cannot write {folder / 'a.fbx'}: no.")

    (outcome,) = run(clips(tmp_path, "a"), Refuses(), "p")
    assert outcome.message == f"Cannot write {tmp_path / 'out' / 'a.fbx'}: no."


def test_a_file_where_a_folder_should_be_is_named(tmp_path):
    (tmp_path / "out").write_text("a file")
    (outcome,) = run(clips(tmp_path, "a"), Maker(), "p")
    assert outcome.message.endswith(f"{tmp_path / 'out'} is a file, not a folder.")


def test_results_of_a_kill_while_they_appear_are_no_inputs(tmp_path, monkeypatch):
    """Killed between two renames: a second run takes nothing that the first one made for an input."""

    class Writes(Maker):
        def __call__(self, clip, folder):
            results = [folder / f"{clip.name}.{kind}" for kind in ("trc", "fbx")]
            for result in results:
                result.write_text("x")
            return Made(results)

    done, true = [], Path.replace

    def killed(self, target):
        if Path(target).suffix in (".trc", ".fbx"):
            done.append(target)
            if len(done) == 2:
                raise KeyboardInterrupt
        return true(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    wanted = [replace(clip, folder=tmp_path) for clip in clips(tmp_path, "a")]
    with pytest.raises(KeyboardInterrupt):
        list(run(wanted, Writes(), "p"))
    monkeypatch.undo()
    assert (tmp_path / "a.trc").exists() and not (tmp_path / "a.fbx").exists()
    assert [found.path.name for found in find([tmp_path])] == ["a.npz"]
    assert [o.status for o in run(wanted, Writes(), "p")] == [DONE]
    # another time without TRC: the old one is still a result
    wanted = [replace(clip, args=argparse.Namespace(height=2)) for clip in wanted]
    assert [o.status for o in run(wanted, Maker(), "p")] == [DONE]
    assert [found.path.name for found in find([tmp_path])] == ["a.npz"]


def test_clips_of_a_heap_go_to_one_worker(tmp_path, worker):
    wanted = clips(tmp_path, *(f"c{i}" for i in range(4)))
    outcomes = {o.label: o.facts["pid"] for o in run_workers([wanted[:3], wanted[3:]], worker, 2)}
    assert outcomes["c0"] == outcomes["c1"] == outcomes["c2"] != outcomes["c3"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_has_one_line_and_a_log_whole_ones(tmp_path):
    terminal, log, results = Terminal(), io.StringIO(), io.StringIO()
    for stream in (terminal, log):
        progress = Progress(3, stream, results)
        progress.tell(Outcome("a", DONE, seconds=2.0), [tmp_path / "a.fbx"])
        progress.tell(Outcome("b", FAILED, 3, "It is broken."), [])
        progress.tell(Outcome("c", UP_TO_DATE), [])
        progress.end()
    assert log.getvalue().splitlines() == [
        "[1/3] a done",
        "[2/3] b failed: It is broken.",
        "[3/3] c up to date",
    ]
    lines = terminal.getvalue().split("\n")
    assert len(lines) == 2 and lines[0].endswith("\x1b[K[2/3] b failed: It is broken.")
    shown = terminal.getvalue().split("\x1b[K")
    assert shown[1] == "0 of 3 clips\r" and any("2 of 3 clips, 1 failed" in one for one in shown)
    assert any("left  a" in one for one in shown) and terminal.getvalue().endswith("\x1b[K")
    assert results.getvalue().count("a.fbx") == 2


def test_memory_is_what_a_scheduler_leaves(tmp_path, monkeypatch):
    proc, groups = tmp_path / "proc", tmp_path / "groups"
    (proc / "self").mkdir(parents=True)
    (proc / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable: 20000000 kB\n")
    (proc / "self" / "cgroup").write_text("0::/slurm/job_7/step\n")
    (groups / "slurm" / "job_7" / "step").mkdir(parents=True)
    monkeypatch.setattr(memory, "_PROC", proc)
    monkeypatch.setattr(memory, "_GROUPS", groups)
    assert memory.free_memory() == 20_000_000 * 1024
    for group, limit in (("slurm/job_7", "4000000000"), ("slurm/job_7/step", "max")):
        (groups / group / "memory.max").write_text(limit + "\n")
        (groups / group / "memory.current").write_text("1500000000\n")
        (groups / group / "memory.stat").write_text("anon 1\ninactive_file 500000000\n")
    assert memory.free_memory() == 3e9
    assert affordable(8, videos=False) == 3


def test_workers_are_no_more_than_memory_carries(monkeypatch):
    monkeypatch.setattr("blender_pose3d.batch.workers.free_memory", lambda: 6e9)
    assert affordable(8, videos=True) == 2
    assert affordable(4, videos=False) == 4
    monkeypatch.setattr("blender_pose3d.batch.workers.free_memory", lambda: 1e6)
    assert affordable(8, videos=True) == 1


def test_what_is_noted_can_be_read_by_programs(tmp_path):
    list(run(clips(tmp_path, "a"), Maker(), "p"))
    noted = json.loads((tmp_path / "out" / "a.done.json").read_text())
    assert noted["input"] == "a.npz" and noted["files"] == {"a.fbx": 1} and noted["frames"] == 7
