"""The examples for farms, run with the variables that the farms set: parts at once over one folder."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from blender_pose3d.tracks import write_tracks
from tests.blender.readers import read_pybvh
from tests.walker import camera_at, film, walk

ROOT = Path(__file__).parents[2]
FARM = ROOT / "examples" / "farm"
CLIPS = 6
pytestmark = pytest.mark.skipif(os.name != "posix", reason="shell scripts")


@pytest.fixture
def night(tmp_path) -> Path:
    """Footage, a job, and ``blender`` on the path: the bpy module by the program's command line."""
    tracks = film(walk(0.3), camera_at()).tracks
    (tmp_path / "takes").mkdir()
    for number in range(CLIPS):
        write_tracks(tmp_path / "takes" / f"c{number}.npz", tracks)
    (tmp_path / "night.toml").write_text('out = "clips"\nbvh = true\n[[folder]]\npath = "takes"\n')
    blender = tmp_path / "bin" / "blender"
    blender.parent.mkdir()
    blender.write_text(
        '#!/bin/sh\n[ "$1 $2 $3" = "-b --command pose3d" ] || exit 9\nshift 3\n'
        f'cd "{ROOT}" && exec "{sys.executable}" -m blender_pose3d "$@"\n'
    )
    blender.chmod(0o755)
    return tmp_path / "night.toml"


def start(night: Path, words: list[str], **variables: str) -> subprocess.Popen[str]:
    path = f"{night.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, **variables, "PATH": path, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        words, env=env, cwd=night.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(tasks: list[subprocess.Popen[str]]) -> tuple[list[str], list[str]]:
    """Results that all tasks printed, and clips that they say they did."""
    results, done = [], []
    for task in tasks:
        out, err = task.communicate(timeout=300)
        assert task.returncode == 0, err
        results += [line for line in out.splitlines() if line.endswith(".bvh")]
        done += re.findall(r"^\[\d+/\d+\] (\S+) done$", err, flags=re.MULTILINE)
    return results, done


def all_there(night: Path) -> None:
    clips = night.parent / "clips"
    assert sorted(path.name for path in clips.glob("*.bvh")) == [f"c{i}.bvh" for i in range(CLIPS)]
    assert all(read_pybvh(path).frames == 9 for path in clips.glob("*.bvh"))
    assert not list(clips.glob(".*")), "a claim or a stage was left"


@pytest.mark.slow
def test_a_slurm_array_and_the_same_tasks_sent_twice(night):
    """Two parts at once, and part 1 by two tasks at once, as a scheduler that lost one does it."""
    words = ["sh", str(FARM / "slurm.sh"), str(night), "2"]
    tasks = [start(night, words, SLURM_ARRAY_TASK_ID=part) for part in ("1", "2", "1")]
    results, done = ended(tasks)
    assert sorted(done) == [f"c{i}" for i in range(CLIPS)], "each clip once, by whomever"
    assert {Path(result).name for result in results} == {f"c{i}.bvh" for i in range(CLIPS)}
    all_there(night)
    reports = [json.loads(path.read_text()) for path in (night.parent / "clips").glob("pose3d-report-*.json")]
    assert sorted(row["clip"] for report in reports for row in report["clips"]) == [
        f"c{i}" for i in range(CLIPS)
    ]


@pytest.mark.slow
def test_an_aws_batch_array(night):
    definition = json.loads((FARM / "aws_batch.json").read_text())
    given = {**definition["parameters"], "job": str(night), "parts": "2"}
    words = [
        re.sub(r"^Ref::(\w+)$", lambda match: given[match[1]], word)
        for word in definition["containerProperties"]["command"]
    ]
    tasks = [start(night, words, AWS_BATCH_JOB_ARRAY_INDEX=index) for index in ("0", "1")]
    assert sorted(ended(tasks)[1]) == [f"c{i}" for i in range(CLIPS)]
    all_there(night)


def test_an_opencue_job_calls_the_same_command(tmp_path):
    """Its package is no library for anywhere: a stand-in notes what it is asked for."""
    for name, text in {
        "outline/__init__.py": "class Outline:\n    def __init__(self, *a, **k): self.layers = []\n"
        "    def add_layer(self, layer): print(layer)\n",
        "outline/cuerun.py": "def launch(job, **k): print('launched')\n",
        "outline/modules/__init__.py": "",
        "outline/modules/shell.py": "import json\ndef Shell(name, **k): return json.dumps(k)\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    said = subprocess.check_output(
        [sys.executable, "-S", str(FARM / "opencue.py"), "night.toml", "20"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        text=True,
    ).splitlines()
    layer = json.loads(said[0])
    assert layer["range"] == "1-20" and said[1] == "launched"
    assert " ".join(layer["command"]) == "blender -b --command pose3d convert night.toml --part #IFRAME#/20"


@pytest.mark.parametrize("script", sorted(FARM.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_plain_shell(script):
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
