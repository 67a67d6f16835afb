"""Running a batch: what is skipped, what fails, what a dead worker costs, what an interrupt leaves."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import pytest

from blender_pose3d.batch.claim import claim
from blender_pose3d.batch.plan import Clip
from blender_pose3d.batch.run import Made, run
from blender_pose3d.batch.summary import DONE, ELSEWHERE, FAILED, UP_TO_DATE
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
